#include "probe/frees.h"

#include "probe/counting.h"
#include "probe/exported.h"
#include "probe/faults.h"
#include "probe/locks.h"
#include "probe/modules.h"
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Of a context: paths that are kept; frees that are all looked at. Of the record: contexts that paths may
 * use up. Of contexts that end in the same innermost frames, and so at the same line of source: walks. */
enum {
    MOST_PATHS = 4,
    FIRST_FREES = 4,
    MOST_CONTEXTS = HG_MAX_CONTEXTS / 2,
    INNER_FRAMES = 3,
    MOST_WALKS = 16,
    PLACES = 4096, /* a power of 2 */
};

typedef struct freed_context {
    _Atomic uint32_t frees;
    uint32_t paths[MOST_PATHS]; /* contexts; 0: none */
} freed_context;

enum { TABLE_BYTES = HG_MAX_CONTEXTS * sizeof(freed_context) };

bool hg_frees_wanted;
_Atomic uint32_t hg_frees_quiet;

static struct {
    freed_context *contexts;
    uintptr_t own_begin, own_end; /* the probe's own code */
    _Atomic uint32_t walks[PLACES];
} freed;

/* Torture has processes of its own, and asks nothing here. */
void hg_frees_start(const hg_record *record)
{
    struct dl_find_object own;
    if ((record->header->mode & HG_MODE_FREES) == 0 || hg_faults_wanted ||
        _dl_find_object((void *)(uintptr_t)hg_frees_start, &own) != 0)
        return;
    void *table =
        mmap(NULL, TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        return;
    hg_counting_note_own(table, TABLE_BYTES);
    freed.contexts = table;
    freed.own_begin = (uintptr_t)own.dlfo_map_start;
    freed.own_end = (uintptr_t)own.dlfo_map_end;
    hg_frees_wanted = true;
}

void hg_frees_reset(void)
{
    if (!hg_frees_wanted)
        return;
    madvise(freed.contexts, TABLE_BYTES, MADV_DONTNEED);
    memset(freed.walks, 0, sizeof freed.walks);
    hg_frees_look_again();
}

/* Leaves the frames of the program. */
static void drop_own_frames(hg_walk *walk)
{
    uint32_t own = 0;
    while (own < walk->depth && walk->address[own] >= freed.own_begin && walk->address[own] < freed.own_end)
        own++;
    walk->depth -= own;
    memmove(walk->address, walk->address + own, walk->depth * sizeof *walk->address);
}

/* True if it is a new one. The caller holds the lock of contexts. */
static bool enter_path(uint32_t context, const hg_walk *walk)
{
    hg_record *record = &hg_counting_record;
    freed_context *of = &freed.contexts[context];
    uint32_t used = atomic_load_explicit(&record->header->frames, memory_order_relaxed);
    uint32_t count = atomic_load_explicit(&record->header->contexts, memory_order_relaxed);
    if (walk->depth == 0 || count >= MOST_CONTEXTS || used + walk->depth > HG_MAX_FRAMES / 2 ||
        !hg_record_reach_frames(record, used + walk->depth))
        return false;
    hg_record_frame *frames = record->frames + used;
    for (uint32_t i = 0; i < walk->depth; i++)
        frames[i] = hg_modules_pack(record, walk->address[i]);
    for (uint32_t i = 0; i < MOST_PATHS; i++) {
        const hg_record_context *known = &record->contexts[of->paths[i]];
        if (of->paths[i] != HG_CONTEXT_NONE) {
            if (known->frame_count == walk->depth &&
                memcmp(record->frames + known->first_frame, frames, walk->depth * sizeof *frames) == 0)
                return false;
            continue;
        }
        hg_record_context *made = &record->contexts[count];
        made->first_frame = used;
        made->frame_count = (uint16_t)walk->depth;
        made->frees = context;
        atomic_store_explicit(&made->flags, (walk->cut ? HG_CONTEXT_CUT : 0) | HG_CONTEXT_FREES,
                              memory_order_relaxed);
        of->paths[i] = count;
        atomic_store_explicit(&record->header->frames, used + walk->depth, memory_order_relaxed);
        atomic_store_explicit(&record->header->contexts, count + 1, memory_order_release);
        return true;
    }
    return false;
}

/* The walks of the place where the context allocates; two places may share them. */
static _Atomic uint32_t *walks_of(uint32_t context)
{
    hg_record *record = &hg_counting_record;
    const hg_record_context *known = &record->contexts[context];
    uint64_t hash = 0;
    if (hg_record_reach_frames(record, known->first_frame + known->frame_count))
        for (uint32_t i = 0; i < known->frame_count && i < INNER_FRAMES; i++)
            hash = hg_mix(hash, record->frames[known->first_frame + i]);
    return &freed.walks[hash >> 20 & (PLACES - 1)];
}

void hg_frees_note_context(uint32_t context)
{
    if (atomic_load_explicit(walks_of(context), memory_order_relaxed) < MOST_WALKS)
        hg_frees_look_again();
}

static bool is_worth_a_walk(uint32_t context)
{
    freed_context *of = &freed.contexts[context];
    uint32_t before = atomic_fetch_add_explicit(&of->frees, 1, memory_order_relaxed);
    if ((before >= FIRST_FREES && (before & (before - 1)) != 0) ||
        of->paths[MOST_PATHS - 1] != HG_CONTEXT_NONE)
        return false;
    _Atomic uint32_t *walks = walks_of(context);
    return atomic_load_explicit(walks, memory_order_relaxed) < MOST_WALKS &&
           atomic_fetch_add_explicit(walks, 1, memory_order_relaxed) < MOST_WALKS;
}

void hg_frees_note_block(uint32_t context)
{
    atomic_fetch_add_explicit(&hg_frees_quiet, 1, memory_order_relaxed);
    hg_thread *thread = hg_counting_thread();
    if (!thread || hg_counting_busy || context == HG_CONTEXT_NONE || context >= HG_MAX_CONTEXTS ||
        !is_worth_a_walk(context))
        return;
    int saved_errno = errno;
    hg_caller caller = HG_CALLER;
    bool known = caller.slot >= thread->stack_begin && caller.slot < thread->stack_end;
    hg_counting_enter();
    hg_walk_stack(caller, known ? thread->stack_end : UINTPTR_MAX, NULL, 0, &thread->walk);
    drop_own_frames(&thread->walk);
    hg_lock_take(HG_LOCK_CONTEXTS);
    if (enter_path(context, &thread->walk))
        hg_frees_look_again();
    hg_lock_give_back(HG_LOCK_CONTEXTS);
    hg_counting_leave();
    errno = saved_errno;
}
