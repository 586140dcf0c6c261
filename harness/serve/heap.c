#include "serve/heap.h"

#include "tools/pprof_builder.h"
#include "verdict/sites.h"
#include "view/stack.h"
#include "watch/tallies.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The counters of one heap, among those of others. */
typedef struct counted {
    uint64_t number; /* of the heap */
    uint32_t contexts, control;
    const hg_tally_totals *totals;
} counted;

typedef struct counts {
    int64_t time_ns;
    size_t count;
    counted heaps[];
} counts;

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static counts *count_all(const hg_heap *heaps, size_t count)
{
    uint32_t contexts = 0;
    for (size_t i = 0; i < count; i++)
        contexts += hg_record_contexts(&heaps[i].record);
    /* Processes go on and meet more of them meanwhile; those come next time. */
    size_t head = sizeof(counts) + count * sizeof(counted);
    counts *made = calloc(1, head + contexts * sizeof(hg_tally_totals));
    if (!made)
        return NULL;
    made->time_ns = now_ns();
    made->count = count;
    hg_tally_totals *totals = (hg_tally_totals *)(void *)((char *)made + head);
    for (size_t i = 0; i < count; i++) {
        const hg_record *record = &heaps[i].record;
        uint32_t used = hg_record_contexts(record);
        used = used < contexts ? used : contexts;
        contexts -= used;
        hg_tallies_totals(heaps[i].record_fd, record, used, totals);
        made->heaps[i] = (counted){heaps[i].number, used, record->header->control_context, totals};
        totals += used;
    }
    return made;
}

void *hg_heap_since(const hg_heap *heaps, size_t count)
{
    return count_all(heaps, count);
}

/* Whether the context's blocks are memory of the program's. */
static bool is_memory(const hg_record *record, uint32_t context, uint32_t control)
{
    return !hg_record_is_descriptor(record, context) && (context == HG_CONTEXT_NONE || context != control);
}

static int64_t difference(uint64_t a, uint64_t b)
{
    return hg_count_sum((int64_t)(a - b), 0);
}

hg_heap_alive hg_heap_alive_of(const void *since, uint64_t heap_number, uint32_t context)
{
    const counts *all = since;
    hg_heap_alive alive = {.time_ns = all->time_ns};
    for (size_t i = 0; i < all->count; i++)
        if (all->heaps[i].number == heap_number && context < all->heaps[i].contexts) {
            const hg_tally_totals *total = &all->heaps[i].totals[context];
            alive.bytes = difference(total->allocated_bytes, total->freed_bytes);
            alive.blocks = difference(total->allocated_blocks, total->freed_blocks);
        }
    return alive;
}

bool hg_heap_is_memory(const hg_heap *heap, uint32_t context)
{
    return is_memory(&heap->record, context, heap->record.header->control_context);
}

bool hg_heap_sum(const hg_heap *heap, hg_heap_sums *ret_sums)
{
    counts *now = count_all(heap, 1);
    if (!now)
        return false;
    *ret_sums = (hg_heap_sums){.contexts = now->heaps[0].contexts};
    for (uint32_t i = 0; i < now->heaps[0].contexts; i++) {
        const hg_tally_totals *total = &now->heaps[0].totals[i];
        if (!is_memory(&heap->record, i, now->heaps[0].control))
            continue;
        ret_sums->live_bytes =
            hg_count_sum(ret_sums->live_bytes, difference(total->allocated_bytes, total->freed_bytes));
        ret_sums->live_blocks =
            hg_count_sum(ret_sums->live_blocks, difference(total->allocated_blocks, total->freed_blocks));
        ret_sums->allocations += total->allocated_blocks;
        ret_sums->allocated_bytes += total->allocated_bytes;
    }
    free(now);
    return true;
}

/* The state while a profile is made. */
typedef struct making {
    const hg_heap_profile *what;
    hg_pprof to;
    hg_record record;    /* frozen; of the heap that is being added */
    hg_intern frames;    /* of this heap, the hg_record_frames met so far */
    hg_buffer locations; /* of each of them, a uint64_t; 0: none, it is the probe's */
    bool failed;
} making;

static uint64_t make_location(making *now, hg_record_frame frame)
{
    enum { MOST_INLINED = 64 };
    const hg_record_module *module = &now->record.modules[frame >> 48];
    hg_frame frames[MOST_INLINED];
    const hg_frame *chain[MOST_INLINED];
    size_t count = 0;
    if (strcmp(module->path, now->what->probe) == 0)
        return 0;
    const hg_symbol *found = hg_sites_symbols(&now->record, frame, now->what->symbols, &count);
    if (!found) {
        now->failed = true;
        return 0;
    }
    count = count < MOST_INLINED ? count : MOST_INLINED;
    for (size_t i = 0; i < count; i++) {
        frames[i] = (hg_frame){.function = (char *)found[i].function,
                               .file = (char *)hg_sites_shorten(found[i].file),
                               .module = (char *)module->path,
                               .offset = frame & 0xffffffffffffu,
                               .line = found[i].line};
        chain[i] = &frames[i];
    }
    return hg_pprof_location(&now->to, chain, count);
}

static uint64_t location_of(making *now, hg_record_frame frame)
{
    size_t known = now->frames.count;
    size_t number = hg_intern_add(&now->frames, &frame, sizeof frame);
    if (number == known && now->frames.count > known) {
        uint64_t location = make_location(now, frame);
        hg_buffer_add(&now->locations, &location, sizeof location);
    }
    now->failed |= now->frames.failed || now->locations.failed;
    if (now->failed)
        return 0;
    uint64_t location;
    memcpy(&location, now->locations.bytes + number * sizeof location, sizeof location);
    return location;
}

static void add_cut(making *now)
{
    static const hg_frame cut = {.function = HG_STACK_CUT, .file = "", .module = ""};
    static const hg_frame *const outermost = &cut;
    hg_pprof_sample_at(&now->to, hg_pprof_location(&now->to, &outermost, 1));
}

static void add_context(making *now, uint32_t context, const int64_t values[4], const char *process)
{
    const hg_record_context *known = &now->record.contexts[context];
    for (uint32_t i = 0; i < known->frame_count; i++) {
        uint64_t location = location_of(now, now->record.frames[known->first_frame + i]);
        if (location)
            hg_pprof_sample_at(&now->to, location);
    }
    if (known->frame_count == 0 || (known->flags & HG_CONTEXT_CUT))
        add_cut(now);
    hg_pprof_sample_values(&now->to, values, 4);
    hg_pprof_sample_label(&now->to, "process", process);
    hg_pprof_sample_end(&now->to);
}

/* A process that replaced its program began to count again. */
static hg_tally_totals base_of(const counted *before, uint32_t context, const hg_tally_totals *now)
{
    hg_tally_totals base = {0};
    if (before && context < before->contexts)
        base = before->totals[context];
    if (base.allocated_blocks > now->allocated_blocks || base.freed_blocks > now->freed_blocks)
        base = (hg_tally_totals){0};
    return base;
}

static void add_contexts(making *now, const counted *counted_now, const counted *before, const char *process)
{
    /* What came since the record was copied has no frames there. */
    uint32_t contexts = hg_record_contexts(&now->record);
    contexts = contexts < counted_now->contexts ? contexts : counted_now->contexts;
    for (uint32_t i = 0; i < contexts && !now->failed; i++) {
        const hg_tally_totals *total = &counted_now->totals[i];
        hg_tally_totals base = base_of(before, i, total);
        const int64_t values[] = {
            difference(total->allocated_bytes - total->freed_bytes, base.allocated_bytes - base.freed_bytes),
            difference(total->allocated_blocks - total->freed_blocks,
                       base.allocated_blocks - base.freed_blocks),
            difference(total->allocated_bytes, base.allocated_bytes),
            difference(total->allocated_blocks, base.allocated_blocks),
        };
        bool nothing = values[0] == 0 && values[1] == 0 && values[2] == 0 && values[3] == 0;
        if (!nothing && is_memory(&now->record, i, counted_now->control))
            add_context(now, i, values, process);
    }
}

/* The program itself has no name in the link map. */
static void name_program(const hg_heap *heap, hg_record *frozen)
{
    uint32_t modules = atomic_load(&frozen->header->modules);
    size_t size = strlen(heap->program) + 1;
    for (uint32_t i = 1; i < modules && size <= sizeof frozen->modules[i].path; i++)
        if (frozen->modules[i].path[0] == '\0')
            memcpy(frozen->modules[i].path, heap->program, size);
}

/* A heap whose record was written over is left out. */
static void add_heap(making *now, const hg_heap *heap, const counted *counted_now, const counts *since)
{
    const counted *before = NULL;
    char process[16];
    for (size_t i = 0; since && i < since->count; i++)
        if (since->heaps[i].number == heap->number)
            before = &since->heaps[i];
    snprintf(process, sizeof process, "%d", (int)heap->process);
    now->record = heap->record;
    if (!hg_record_freeze(&now->record)) {
        now->failed = true;
        return;
    }
    if (hg_record_is_sound(&now->record)) {
        name_program(heap, &now->record);
        add_contexts(now, counted_now, before, process);
    }
    hg_record_thaw(&now->record);
    hg_intern_free(&now->frames);
    hg_buffer_free(&now->locations);
    now->frames = (hg_intern){0};
    now->locations = (hg_buffer){0};
}

static void add_head(making *now, const counts *all, const counts *since)
{
    int64_t begun_ns = since ? since->time_ns : now->what->started_ns;
    hg_pprof_begin(&now->to);
    hg_pprof_add_type(&now->to, "inuse_space", "bytes");
    hg_pprof_add_type(&now->to, "inuse_objects", "count");
    hg_pprof_add_type(&now->to, "alloc_space", "bytes");
    hg_pprof_add_type(&now->to, "alloc_objects", "count");
    hg_pprof_set_period(&now->to, "space", "bytes");
    hg_pprof_set_time(&now->to, all->time_ns, all->time_ns > begun_ns ? all->time_ns - begun_ns : 0);
    hg_pprof_add_comment(&now->to, now->what->command);
    hg_pprof_set_name(&now->to, now->what->name);
}

bool hg_heap_write_profile(const hg_heap_profile *what, const void *since, FILE *out)
{
    making now = {.what = what};
    counts *all = count_all(what->heaps, what->count);
    if (!all)
        return false;
    add_head(&now, all, since);
    for (size_t i = 0; i < what->count && !now.failed; i++)
        add_heap(&now, &what->heaps[i], &all->heaps[i], since);
    free(all);
    bool done = !now.failed && hg_pprof_write(&now.to, what->default_type, out);
    hg_pprof_free(&now.to);
    return done;
}
