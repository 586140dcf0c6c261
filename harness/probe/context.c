#include "probe/context.h"

#include "probe/counting.h"
#include "probe/faults.h"
#include "probe/frees.h"
#include "probe/lines.h"
#include "probe/locks.h"
#include "probe/modules.h"
#include "record/assert.h"
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CONTEXT_SLOTS = 1 << 19 };
_Static_assert(HG_MAX_CONTEXTS <= CONTEXT_SLOTS / 2, "the table of contexts stays half empty");

static _Atomic uint64_t code_generation; /* of the code that is loaded, in the upper half */
_Atomic bool hg_context_quick;
uint32_t hg_context_without_path;

static struct {
    hg_record record;
    uint32_t *contexts; /* numbers by hash of their frames; 0 is empty */
    /* By the number of a stack's context, that of its descriptors; 0 until there is one. */
    _Atomic uint32_t *descriptors;
    bool verified; /* walk what is recognised, and compare */
} cache;

void hg_context_new_generation(void)
{
    atomic_fetch_add(&code_generation, (uint64_t)1 << 32);
    hg_thread_forget_lines();
}

/*
 * How many inner frames tell new stacks apart once the record is that full, in 64ths of its contexts or its
 * frames. A program may have any number of stacks; it has few call sites.
 */
static const struct {
    uint32_t full, frames;
} cuts[] = {{48, 8}, {56, 4}, {60, 2}, {62, 1}};

static bool has_frames(const hg_record *record, uint32_t context, const hg_record_frame *frames,
                       uint32_t depth, bool cut)
{
    const hg_record_context *known = &record->contexts[context];
    bool is_cut = (atomic_load_explicit(&known->flags, memory_order_relaxed) & HG_CONTEXT_CUT) != 0;
    return known->frame_count == depth && is_cut == cut &&
           memcmp(record->frames + known->first_frame, frames, depth * sizeof *frames) == 0;
}

/* Where the number of the context with these frames is or belongs. */
static uint32_t *place_of(const hg_record *record, const hg_record_frame *frames, uint32_t depth, bool cut)
{
    uint64_t hash = cut;
    for (uint32_t i = 0; i < depth; i++)
        hash = hg_mix(hash, frames[i]);
    size_t index = hash >> 20 & (CONTEXT_SLOTS - 1);
    while (cache.contexts[index] != 0 && !has_frames(record, cache.contexts[index], frames, depth, cut))
        index = (index + 1) & (CONTEXT_SLOTS - 1);
    return &cache.contexts[index];
}

/* Publishes a new context with the frames that stand behind those of the record. */
static uint32_t publish(const hg_record *record, uint32_t depth, uint16_t flags)
{
    uint32_t used = atomic_load_explicit(&record->header->frames, memory_order_relaxed);
    uint32_t count = atomic_load_explicit(&record->header->contexts, memory_order_relaxed);
    record->contexts[count].first_frame = used;
    record->contexts[count].frame_count = (uint16_t)depth;
    atomic_store_explicit(&record->contexts[count].flags, flags, memory_order_relaxed);
    atomic_store_explicit(&record->header->frames, used + depth, memory_order_relaxed);
    atomic_store_explicit(&record->header->contexts, count + 1, memory_order_release);
    if (__builtin_expect(hg_frees_wanted, false))
        hg_frees_note_context(count);
    return count;
}

/* The quick way knows stacks alone: it does not do where they are verified, or have lines. */
static void choose_way(void)
{
    bool quick = !cache.verified && hg_context_without_path == HG_CONTEXT_NONE && !hg_python_is_there();
    atomic_store_explicit(&hg_context_quick, quick, memory_order_relaxed);
}

/*
 * The number of the walk's context, entered into the record if it is new. The packed frames are built in
 * place at the end of the record's frames, and stay only when they are new. Where the record is nearly full,
 * a new walk keeps only its inner frames, and the context is that of all walks with these. The caller holds
 * the lock of contexts.
 */
static uint32_t enter_context(hg_walk *walk)
{
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_CONTEXTS) && walk->depth <= HG_MAX_DEPTH);
    const hg_record *record = &cache.record;
    uint32_t used = atomic_load_explicit(&record->header->frames, memory_order_relaxed);
    uint32_t count = atomic_load_explicit(&record->header->contexts, memory_order_relaxed);
    if (used + walk->depth > HG_MAX_FRAMES || !hg_record_reach_frames(&cache.record, used + walk->depth))
        return HG_CONTEXT_NONE;
    hg_record_frame *frames = record->frames + used;
    for (uint32_t i = 0; i < walk->depth; i++)
        frames[i] = hg_modules_pack(record, walk->address[i]);
    choose_way();
    uint32_t *place = place_of(record, frames, walk->depth, walk->cut);
    for (size_t i = 0; *place == 0 && i < sizeof cuts / sizeof *cuts; i++) {
        if (count < HG_MAX_CONTEXTS / 64 * cuts[i].full && used < HG_MAX_FRAMES / 64 * cuts[i].full)
            break;
        if (walk->depth <= cuts[i].frames)
            continue;
        hg_walk_keep_inner(walk, cuts[i].frames);
        place = place_of(record, frames, walk->depth, walk->cut);
    }
    if (*place != 0 || count == HG_MAX_CONTEXTS)
        return *place;
    bool loading = atomic_load_explicit(&record->header->phase, memory_order_relaxed) <= HG_PHASE_LOADING;
    /* The torture knows a stack by its frames, in every process. */
    bool script = !hg_faults_wanted && hg_python_place(frames, walk->depth) > 0;
    *place = publish(record, walk->depth,
                     (uint16_t)((walk->cut ? HG_CONTEXT_CUT : 0) | (loading ? HG_CONTEXT_LOADING : 0) |
                                (script ? HG_CONTEXT_SCRIPT : 0)));
    return *place;
}

static uint16_t flags_of(uint32_t context)
{
    return atomic_load_explicit(&cache.record.contexts[context].flags, memory_order_relaxed);
}

bool hg_context_is_final(uint32_t context)
{
    return !cache.verified && (flags_of(context) & HG_CONTEXT_SCRIPT) == 0;
}

/*
 * The number of the context of a stack that has one and is in these lines, entered if it is new. Where the
 * record is nearly full, that of the stack alone. The caller holds the lock of contexts.
 */
static uint32_t enter_lines(uint32_t stack, const hg_python_frame *lines, uint32_t count)
{
    const hg_record *record = &cache.record;
    const hg_record_context *known = &record->contexts[stack];
    uint32_t used = atomic_load_explicit(&record->header->frames, memory_order_relaxed);
    uint32_t contexts = atomic_load_explicit(&record->header->contexts, memory_order_relaxed);
    if (used + HG_MAX_DEPTH > HG_MAX_FRAMES || !hg_record_reach_frames(&cache.record, used + HG_MAX_DEPTH))
        return stack;
    hg_record_frame *frames = record->frames + used;
    const hg_record_frame *own = record->frames + known->first_frame;
    const uint32_t room = HG_MAX_DEPTH - count;
    uint32_t depth = known->frame_count < room ? known->frame_count : room;
    uint32_t inner = hg_python_place(own, depth);
    memcpy(frames, own, inner * sizeof *frames);
    for (uint32_t i = 0; i < count; i++)
        frames[inner + i] = hg_lines_pack(record, &lines[i]);
    memcpy(frames + inner + count, own + inner, (depth - inner) * sizeof *frames);
    bool cut = depth < known->frame_count || (flags_of(stack) & HG_CONTEXT_CUT) != 0;
    uint32_t *number = place_of(record, frames, depth + count, cut);
    if (*number == 0 &&
        (contexts >= HG_MAX_CONTEXTS / 64 * cuts[0].full || used >= HG_MAX_FRAMES / 64 * cuts[0].full))
        return stack;
    if (*number == 0)
        *number = publish(record, depth + count,
                          (uint16_t)((cut ? HG_CONTEXT_CUT : 0) | (flags_of(stack) & HG_CONTEXT_LOADING)));
    return *number;
}

/* The context of the stack that has this one, in the lines that the thread is in. */
static HG_SLOW uint32_t walk_lines(uint32_t stack, const hg_python_frame *lines, uint32_t count)
{
    uint64_t generation = atomic_load(&code_generation);
    hg_lock_take(HG_LOCK_CONTEXTS);
    uint32_t context = enter_lines(stack, lines, count);
    if (context != stack)
        hg_lines_add(stack, lines, count, generation | context);
    hg_lock_give_back(HG_LOCK_CONTEXTS);
    return context;
}

static uint32_t known_with_lines(uint32_t stack, uint32_t *ret_count,
                                 hg_python_frame ret_lines[HG_PYTHON_DEPTH])
{
    *ret_count = (flags_of(stack) & HG_CONTEXT_SCRIPT) != 0 ? hg_python_read(ret_lines) : 0;
    return *ret_count == 0 ? stack
                           : hg_lines_find(stack, ret_lines, *ret_count, atomic_load(&code_generation));
}

static uint32_t with_lines(uint32_t stack)
{
    hg_python_frame lines[HG_PYTHON_DEPTH];
    uint32_t count;
    if (stack == HG_CONTEXT_NONE)
        return stack;
    uint32_t known = known_with_lines(stack, &count, lines);
    if (known != HG_CONTEXT_NONE && !cache.verified)
        return known;
    uint32_t context = count > 0 ? walk_lines(stack, lines, count) : stack;
    if (known != HG_CONTEXT_NONE && known != context)
        atomic_fetch_add_explicit(&cache.record.header->mistaken, 1, memory_order_relaxed);
    return context;
}

/* What the driver asks for. */
static void follow_mode(void)
{
    hg_record_header *header = cache.record.header;
    cache.verified = (header->mode & HG_MODE_VERIFY) != 0;
    hg_context_without_path = HG_CONTEXT_NONE;
    hg_lock_take(HG_LOCK_CONTEXTS);
    /* The program's own name, while there is a /proc to look it up in and a system call is permitted. */
    hg_modules_pack(&cache.record, getauxval(AT_ENTRY));
    if (header->mode & HG_MODE_NO_STACKS)
        hg_context_without_path = enter_context(&(hg_walk){.depth = 0});
    if (header->mode & HG_MODE_CONTROL)
        header->control_context = enter_context(&(hg_walk){.depth = 1, .address = {(uintptr_t)&cache}});
    choose_way();
    hg_lock_give_back(HG_LOCK_CONTEXTS);
}

enum { TABLE_BYTES = (CONTEXT_SLOTS + HG_MAX_CONTEXTS) * sizeof(uint32_t) };

bool hg_context_start(const hg_record *record)
{
    hg_machine_start();
    cache.record = *record;
    char *tables =
        mmap(NULL, TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    hg_counting_note_own(tables, TABLE_BYTES);
    if (tables == MAP_FAILED || !hg_known_start())
        return false;
    cache.contexts = (void *)tables;
    cache.descriptors = (void *)(tables + CONTEXT_SLOTS * sizeof *cache.contexts);
    follow_mode();
    return true;
}

void hg_context_reset(const hg_record *record)
{
    cache.record = *record;
    madvise(cache.contexts, TABLE_BYTES, MADV_DONTNEED);
    hg_lines_reset();
    atomic_fetch_add(&code_generation, (uint64_t)1 << 32);
    follow_mode();
}

static bool on_known_stack(const hg_thread *thread, hg_caller caller)
{
    return thread && caller.slot >= thread->stack_begin && caller.slot < thread->stack_end;
}

/* The end of the thread's stack if the caller is on it, else the end of all. */
static uintptr_t end_of_stack(const hg_thread *thread, hg_caller caller)
{
    return thread && on_known_stack(thread, caller) ? thread->stack_end : UINTPTR_MAX;
}

static uint32_t walk_stack(const hg_thread *thread, hg_caller caller, hg_walk *walk)
{
    hg_record_header *header = cache.record.header;
    int saved_errno = errno;
    uintptr_t end = end_of_stack(thread, caller);
    uint64_t generation = atomic_load(&code_generation);
    /* What verify mode compares with must not come from what is known. */
    hg_walk_stack(caller, end, cache.verified ? NULL : hg_known_finish, generation, walk);
    atomic_fetch_add_explicit(&header->unwinds, 1, memory_order_relaxed);
    hg_lock_take(HG_LOCK_CONTEXTS);
    uint32_t context = enter_context(walk);
    if (end != UINTPTR_MAX && walk->repeatable && context != HG_CONTEXT_NONE)
        hg_known_add(walk, caller, end - caller.slot, generation | context);
    hg_lock_give_back(HG_LOCK_CONTEXTS);
    if (context == HG_CONTEXT_NONE)
        atomic_fetch_add_explicit(&header->unrecorded, 1, memory_order_relaxed);
    errno = saved_errno;
    return context;
}

/* A thread without its own knows no bounds of its stack: it walks every time, with a scratch of its own. */
static __attribute__((noinline)) uint32_t walk_stranger(hg_caller caller)
{
    hg_walk walk;
    return walk_stack(NULL, caller, &walk);
}

/* Whether one context was cut to the inner frames of the other. */
static bool is_inner_part(uint32_t inner, uint32_t outer)
{
    const hg_record_context *part = &cache.record.contexts[inner];
    const hg_record_context *whole = &cache.record.contexts[outer];
    return (atomic_load_explicit(&part->flags, memory_order_relaxed) & HG_CONTEXT_CUT) != 0 &&
           part->frame_count < whole->frame_count &&
           memcmp(cache.record.frames + part->first_frame, cache.record.frames + whole->first_frame,
                  part->frame_count * sizeof(hg_record_frame)) == 0;
}

/*
 * Walks the stack as if it had not been recognised, and notes whether the answer was right. Returns the right
 * one. A walk may stop at code without tables, by what other calls left below its frame (without_tables.h),
 * where an earlier walk of the same addresses went on; what it says up to there must be the same.
 */
static uint32_t verify(uint32_t recognised, hg_thread *thread, hg_caller caller)
{
    HG_PROBE_ASSERT(recognised != HG_CONTEXT_NONE && on_known_stack(thread, caller));
    hg_record_header *header = cache.record.header;
    uint32_t walked = walk_stack(thread, caller, &thread->walk);
    atomic_fetch_add_explicit(&header->verified, 1, memory_order_relaxed);
    if (walked != recognised && !is_inner_part(recognised, walked) && !is_inner_part(walked, recognised))
        atomic_fetch_add_explicit(&header->mistaken, 1, memory_order_relaxed);
    return walked;
}

static uint32_t recognise(hg_thread *thread, hg_caller caller)
{
    return hg_known_find(thread->lines, &thread->trail, caller, thread->stack_end - caller.slot,
                         atomic_load(&code_generation));
}

uint32_t hg_context_known(hg_thread *thread, hg_caller caller)
{
    hg_python_frame lines[HG_PYTHON_DEPTH];
    uint32_t context, count;
    if (cache.verified || hg_context_without_path != HG_CONTEXT_NONE || !on_known_stack(thread, caller))
        return HG_CONTEXT_NONE;
    /* The quick way has looked at the thread's lines, where it may be taken. */
    if (hg_context_quick || !hg_known_recall(thread->lines, caller, &context))
        context = recognise(thread, caller);
    return context == HG_CONTEXT_NONE || hg_context_quick ? context
                                                          : known_with_lines(context, &count, lines);
}

/* Without the lines. */
static uint32_t find_stack(hg_thread *thread, hg_caller caller)
{
    if (!thread)
        return walk_stranger(caller);
    if (!on_known_stack(thread, caller))
        return walk_stack(thread, caller, &thread->walk);
    /* The line first, as the quick way does: what verify mode verifies must be what is used without it. */
    uint32_t context;
    if (!hg_known_recall(thread->lines, caller, &context))
        context = recognise(thread, caller);
    if (context == HG_CONTEXT_NONE)
        return walk_stack(thread, caller, &thread->walk);
    return cache.verified ? verify(context, thread, caller) : context;
}

uint32_t hg_context_find(hg_thread *thread, hg_caller caller)
{
    if (hg_context_without_path != HG_CONTEXT_NONE)
        return hg_context_without_path;
    return with_lines(find_stack(thread, caller));
}

uint32_t hg_context_find_mapping(hg_thread *thread, hg_caller caller)
{
    uint32_t context = hg_context_find(thread, caller);
    if (context != hg_context_without_path)
        atomic_fetch_or_explicit(&cache.record.contexts[context].flags, HG_CONTEXT_MAPPING,
                                 memory_order_relaxed);
    return context;
}

/* A second context for the same frames: what the stack opens is not among what it allocates. */
static uint32_t enter_descriptors(uint32_t stack)
{
    hg_record_header *header = cache.record.header;
    /* A vforked child shares our memory, but its descriptors are its own. */
    if (getpid() != atomic_load_explicit(&header->owner, memory_order_relaxed))
        return HG_CONTEXT_NONE;
    hg_lock_take(HG_LOCK_CONTEXTS);
    uint32_t context = atomic_load(&cache.descriptors[stack]);
    uint32_t count = atomic_load_explicit(&header->contexts, memory_order_relaxed);
    if (context == HG_CONTEXT_NONE && count < HG_MAX_CONTEXTS) {
        const hg_record_context *known = &cache.record.contexts[stack];
        hg_record_context *made = &cache.record.contexts[count];
        made->first_frame = known->first_frame;
        made->frame_count = known->frame_count;
        uint16_t cut = atomic_load_explicit(&known->flags, memory_order_relaxed) & HG_CONTEXT_CUT;
        atomic_store_explicit(&made->flags, cut | HG_CONTEXT_DESCRIPTOR, memory_order_relaxed);
        atomic_store_explicit(&header->contexts, count + 1, memory_order_release);
        context = count;
        atomic_store(&cache.descriptors[stack], context);
    }
    hg_lock_give_back(HG_LOCK_CONTEXTS);
    return context;
}

uint32_t hg_context_find_descriptor(hg_thread *thread, hg_caller caller)
{
    uint32_t stack = hg_context_find(thread, caller);
    if (stack == HG_CONTEXT_NONE || stack == hg_context_without_path)
        return HG_CONTEXT_NONE;
    uint32_t context = atomic_load(&cache.descriptors[stack]);
    return context != HG_CONTEXT_NONE ? context : enter_descriptors(stack);
}
