#include "verdict/raw_frames.h"

#include "analysis/function_name.h"
#include <stdlib.h>
#include <string.h>

/* What a frame of the record stands for. */
typedef struct expanded {
    hg_raw_frame *frames;
    size_t count;
} expanded;

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

static void give_numbers(hg_raw_frames *frames, hg_raw_frame *frame)
{
    const char *function = frame->symbol->function;
    frame->name = hg_intern_text(&frames->texts, function);
    const uint64_t key[] = {hg_intern_text(&frames->texts, frame->module), frame->name,
                            function[0] ? 0 : frame->offset};
    frame->number = hg_intern_add(&frames->functions, key, sizeof key) + 1;
}

/* False when memory ran out. */
static bool expand(hg_raw_frames *frames, hg_record_frame frame, expanded *ret_expanded)
{
    const hg_record_module *module = &frames->record->modules[frame >> 48];
    hg_module_owner owner = hg_module_owner_of(module->path, frames->owners);
    size_t count = 0;
    const hg_symbol *found =
        owner == HG_MODULE_OF_PROBE ? NULL : hg_sites_symbols(frames->record, frame, frames->symbols, &count);
    if (!found && owner != HG_MODULE_OF_PROBE)
        return false;
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
        give_numbers(frames, &made[i]);
    }
    *ret_expanded = (expanded){made, count};
    return made != NULL;
}

const hg_raw_frame *hg_raw_frames_find(hg_raw_frames *frames, hg_record_frame frame, size_t *ret_count)
{
    size_t before = frames->known.count;
    size_t number = hg_intern_add(&frames->known, &frame, sizeof frame);
    if (number == before) {
        expanded found = {0};
        if (!expand(frames, frame, &found))
            return NULL;
        hg_buffer_add(&frames->expanded, &found, sizeof found);
        if (frames->expanded.failed)
            free(found.frames);
    }
    if (frames->known.failed || frames->texts.failed || frames->functions.failed || frames->expanded.failed)
        return NULL;
    const expanded *found = (const expanded *)(const void *)frames->expanded.bytes + number;
    *ret_count = found->count;
    return found->frames;
}

void hg_raw_frames_free(hg_raw_frames *frames)
{
    const expanded *all = (const expanded *)(const void *)frames->expanded.bytes;
    for (size_t i = 0; i < frames->expanded.size / sizeof *all; i++)
        free(all[i].frames);
    hg_buffer_free(&frames->expanded);
    hg_intern_free(&frames->known);
    hg_intern_free(&frames->texts);
    hg_intern_free(&frames->functions);
}
