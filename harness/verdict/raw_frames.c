#include "verdict/raw_frames.h"

#include "analysis/function_name.h"
#include <stdlib.h>
#include <string.h>

struct hg_raw_frames_entry {
    hg_record_frame frame;
    hg_raw_frame *found; /* NULL: the entry is free */
    size_t count;
};

bool hg_is_below(const char *path, const char *folder)
{
    size_t length = folder ? strlen(folder) : 0;
    return length > 0 && strncmp(path, folder, length) == 0 &&
           (path[length] == '/' || folder[length - 1] == '/');
}

static bool is_same_file(const char *path, const char *other)
{
    return other && strcmp(path, other) == 0;
}

hg_module_owner hg_module_owner_of(const char *path, const hg_module_owners *owners)
{
    static const char *const system_folders[] = {"/lib",       "/lib64",       "/usr/lib",
                                                 "/usr/lib64", "/usr/libexec", "linux-vdso.so.1"};
    if (is_same_file(path, owners->probe))
        return HG_MODULE_OF_PROBE;
    if (is_same_file(path, owners->runner))
        return HG_MODULE_OF_RUNNER;
    if (hg_is_below(path, owners->library_path) || is_same_file(path, owners->plugin))
        return HG_MODULE_OF_SUBJECT;
    if (owners->is_program)
        return path[0] && !hg_sites_is_runtime(path) ? HG_MODULE_OF_SUBJECT : HG_MODULE_OF_SYSTEM;
    for (size_t i = 0; i < sizeof system_folders / sizeof *system_folders; i++)
        if (hg_is_below(path, system_folders[i]) || strcmp(path, system_folders[i]) == 0)
            return HG_MODULE_OF_SYSTEM;
    return path[0] ? HG_MODULE_OF_SUBJECT : HG_MODULE_OF_SYSTEM;
}

/* FNV-1a, never 0. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

static void give_numbers(hg_raw_frame *frame)
{
    const uint64_t basis = UINT64_C(0xcbf29ce484222325);
    const char *function = frame->symbol->function;
    uint64_t hash = hash_text(hash_text(basis, frame->module), function);
    frame->name = hash_text(basis, function);
    frame->number = function[0] ? hash : (hash ^ frame->offset) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

/* NULL when memory ran out. */
static hg_raw_frame *expand(const hg_raw_frames *frames, hg_record_frame frame, size_t *ret_count)
{
    const hg_record_module *module = &frames->record->modules[frame >> 48];
    hg_module_owner owner = hg_module_owner_of(module->path, frames->owners);
    size_t count = 0;
    const hg_symbol *found =
        owner == HG_MODULE_OF_PROBE ? NULL : hg_sites_symbols(frames->record, frame, frames->symbols, &count);
    if (!found && owner != HG_MODULE_OF_PROBE)
        return NULL;
    hg_raw_frame *made = calloc(count + 1, sizeof *made);
    for (size_t i = 0; made && i < count; i++) {
        bool is_language = hg_is_language_function(found[i].function, found[i].file);
        made[i] = (hg_raw_frame){
            .symbol = &found[i],
            .module = module->path,
            .loaded = module,
            .offset = frame & 0xffffffffffffu,
            .is_line = hg_record_is_script(frame),
            .owner = owner == HG_MODULE_OF_SUBJECT && is_language ? HG_MODULE_OF_SYSTEM : owner,
        };
        give_numbers(&made[i]);
    }
    *ret_count = count;
    return made;
}

/* Where a frame is or would be; the table has room. */
static struct hg_raw_frames_entry *place_of(const hg_raw_frames *frames, hg_record_frame frame)
{
    uint64_t hash = frame * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (frames->room - 1);
    while (frames->table[at].found && frames->table[at].frame != frame)
        at = (at + 1) & (frames->room - 1);
    return &frames->table[at];
}

static bool make_room(hg_raw_frames *frames)
{
    enum { FIRST = 256 };
    if (2 * (frames->count + 1) <= frames->room)
        return true;
    hg_raw_frames larger = {.room = frames->room ? 2 * frames->room : FIRST};
    larger.table = calloc(larger.room, sizeof *larger.table);
    if (!larger.table)
        return false;
    for (size_t i = 0; i < frames->room; i++)
        if (frames->table[i].found)
            *place_of(&larger, frames->table[i].frame) = frames->table[i];
    free(frames->table);
    frames->table = larger.table;
    frames->room = larger.room;
    return true;
}

const hg_raw_frame *hg_raw_frames_find(hg_raw_frames *frames, hg_record_frame frame, size_t *ret_count)
{
    if (!make_room(frames))
        return NULL;
    struct hg_raw_frames_entry *entry = place_of(frames, frame);
    if (!entry->found) {
        hg_raw_frame *made = expand(frames, frame, &entry->count);
        if (!made)
            return NULL;
        entry->frame = frame;
        entry->found = made;
        frames->count++;
    }
    *ret_count = entry->count;
    return entry->found;
}

void hg_raw_frames_free(hg_raw_frames *frames)
{
    for (size_t i = 0; i < frames->room; i++)
        free(frames->table[i].found);
    free(frames->table);
    frames->table = NULL;
    frames->count = frames->room = 0;
}
