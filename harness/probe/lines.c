#include "probe/lines.h"

#include "probe/known_store.h"
#include "probe/locks.h"
#include "record/assert.h"
#include <string.h>

typedef struct known_lines {
    _Atomic uint64_t answer; /* generation << 32 | context */
    uint32_t stack, count;
    hg_python_frame frame[];
} known_lines;

static hg_known_table *_Atomic lines_by_hash;

enum { SCRIPT_SLOTS = 2 * HG_MAX_SCRIPTS };
static uint16_t scripts_by_hash[SCRIPT_SLOTS]; /* 0 is empty */

/* The scripts of the code met lately: reading names is most of the work for a new path. */
enum { MEMORIES = 1 << 11 };
static struct {
    uintptr_t code;
    uint64_t identity;
    uint32_t script;
} memories[MEMORIES];

/* The frames met lately: the interpreter looks for a line from the beginning of its function. */
enum { PACKED = 1 << 12 };
static struct {
    uintptr_t at;
    uint64_t identity;
    hg_record_frame frame;
} packed[PACKED];

static uint32_t hash_lines(uint32_t stack, const hg_python_frame *frames, uint32_t count)
{
    uint64_t factor = 1;
    uint64_t sum = stack;
    for (uint32_t i = 0; i < count; i++) {
        factor *= 0x9fb21c651e98df25u;
        sum += (frames[i].at ^ frames[i].identity) * factor;
    }
    return (uint32_t)(hg_mix(sum, count) >> 20);
}

static known_lines *find(uint32_t stack, const hg_python_frame *frames, uint32_t count, uint32_t hash)
{
    const hg_known_table *table = atomic_load_explicit(&lines_by_hash, memory_order_acquire);
    for (uint32_t index = hash; table; index++) {
        uint64_t entry = atomic_load_explicit(&table->slot[index & table->mask], memory_order_acquire);
        if (entry == 0)
            return NULL;
        if (entry >> 32 != hash)
            continue;
        const known_lines *known = hg_known_at((hg_ref)entry);
        if (known->stack == stack && known->count == count &&
            memcmp(known->frame, frames, count * sizeof *frames) == 0)
            return (known_lines *)known;
    }
    return NULL;
}

uint32_t hg_lines_find(uint32_t stack, const hg_python_frame *frames, uint32_t count, uint64_t generation)
{
    known_lines *known = find(stack, frames, count, hash_lines(stack, frames, count));
    uint64_t answer = known ? atomic_load_explicit(&known->answer, memory_order_relaxed) : 0;
    return answer >> 32 == generation >> 32 ? (uint32_t)answer : HG_CONTEXT_NONE;
}

void hg_lines_add(uint32_t stack, const hg_python_frame *frames, uint32_t count, uint64_t answer)
{
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_CONTEXTS) && count > 0);
    uint32_t hash = hash_lines(stack, frames, count);
    known_lines *known = find(stack, frames, count, hash);
    hg_ref ref;
    if (known) {
        atomic_store(&known->answer, answer);
        return;
    }
    if (!atomic_load(&lines_by_hash))
        atomic_store(&lines_by_hash, hg_known_new_table());
    if (!atomic_load(&lines_by_hash) || !hg_known_make_room(&lines_by_hash))
        return;
    known = hg_known_alloc(sizeof *known + count * sizeof *frames, &ref);
    if (!known)
        return;
    atomic_store(&known->answer, answer);
    known->stack = stack;
    known->count = count;
    memcpy(known->frame, frames, count * sizeof *frames);
    hg_known_put(atomic_load(&lines_by_hash), (uint64_t)hash << 32 | ref);
}

static uint32_t hash_text(uint32_t hash, const char *text)
{
    for (; *text; text++)
        hash = hash * 33 + (unsigned char)*text;
    return hash;
}

/* The place of a text that one of the latest scripts has, or of a copy of it; 0: there is no room. */
static uint32_t add_file(const hg_record *record, const char *file, uint32_t scripts)
{
    enum { MOST_LOOKED_AT = 64 };
    hg_record_header *header = record->header;
    for (uint32_t i = 1; i < scripts && i <= MOST_LOOKED_AT; i++)
        if (strcmp(record->script_text + record->scripts[scripts - i].file, file) == 0)
            return record->scripts[scripts - i].file;
    uint32_t at = atomic_load_explicit(&header->script_text, memory_order_relaxed);
    size_t size = strlen(file) + 1;
    if (size > HG_SCRIPT_TEXT - at)
        return 0;
    memcpy(record->script_text + at, file, size);
    atomic_store_explicit(&header->script_text, at + (uint32_t)size, memory_order_relaxed);
    return at;
}

/* The script's number, or 0 when there is no room for it. */
static uint32_t add_script(const hg_record *record, const char *function, const char *file)
{
    hg_record_header *header = record->header;
    uint32_t scripts = atomic_load_explicit(&header->scripts, memory_order_relaxed);
    uint16_t *place = &scripts_by_hash[hash_text(hash_text(0, function), file) % SCRIPT_SLOTS];
    while (*place != 0) {
        const hg_record_script *known = &record->scripts[*place];
        if (strcmp(record->script_text + known->function, function) == 0 &&
            strcmp(record->script_text + known->file, file) == 0)
            return *place;
        place = place + 1 < scripts_by_hash + SCRIPT_SLOTS ? place + 1 : scripts_by_hash;
    }
    if (scripts == HG_MAX_SCRIPTS)
        return 0;
    uint32_t file_at = add_file(record, file, scripts);
    uint32_t at = atomic_load_explicit(&header->script_text, memory_order_relaxed);
    size_t size = strlen(function) + 1;
    if (file_at == 0 || size > HG_SCRIPT_TEXT - at)
        return 0;
    memcpy(record->script_text + at, function, size);
    record->scripts[scripts] = (hg_record_script){.function = at, .file = file_at};
    atomic_store_explicit(&header->script_text, at + (uint32_t)size, memory_order_relaxed);
    atomic_store_explicit(&header->scripts, scripts + 1, memory_order_release);
    *place = (uint16_t)scripts;
    return scripts;
}

static uint32_t script_of(const hg_record *record, const hg_python_frame *frame)
{
    static char function[256], file[1024];
    size_t place = hg_mix(frame->code, frame->identity) % MEMORIES;
    if (memories[place].code != frame->code || memories[place].identity != frame->identity) {
        hg_python_names(frame, function, sizeof function, file, sizeof file);
        memories[place].code = frame->code;
        memories[place].identity = frame->identity;
        memories[place].script = add_script(record, function, file);
    }
    return memories[place].script;
}

hg_record_frame hg_lines_pack(const hg_record *record, const hg_python_frame *frame)
{
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_CONTEXTS));
    size_t place = hg_mix(frame->at, frame->identity) % PACKED;
    if (packed[place].at != frame->at || packed[place].identity != frame->identity) {
        packed[place].at = frame->at;
        packed[place].identity = frame->identity;
        packed[place].frame = HG_SCRIPT_FRAME | (uint64_t)script_of(record, frame) << HG_SCRIPT_LINE_BITS |
                              hg_python_line(frame);
    }
    return packed[place].frame;
}

void hg_lines_reset(void)
{
    memset(scripts_by_hash, 0, sizeof scripts_by_hash);
    memset(memories, 0, sizeof memories);
    memset(packed, 0, sizeof packed);
}
