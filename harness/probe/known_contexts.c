#include "probe/known_contexts.h"

#include "probe/locks.h"
#include "record/assert.h"
#include <string.h>

/* Where the return addresses of a stack lie, as byte offsets from the first: from the second on, then
 * anchors. */
typedef struct stack_shape {
    uintptr_t first_address, distance; /* the key */
    _Atomic hg_ref next;               /* another shape of the same key */
    uint16_t frames, anchors;
    bool inner; /* only the inner frames, see hg_walk.inner */
    uint32_t slot[];
} stack_shape;

/* Where a known stack has a return address: the latest such stack by hash of the address and its place. */
typedef struct trunk {
    hg_ref stack;
    uint32_t frame; /* from its second on */
} trunk;

enum { TRUNK_BITS = 14 };

static _Atomic trunk *trunks;
static hg_known_table *_Atomic shapes_by_key, *_Atomic stacks_by_hash, *_Atomic groups_by_hash;

/* Of the frames but the first; at least one. */
static uint32_t groups_of(const hg_walk *walk)
{
    uint32_t frames = walk->depth > 1 ? walk->depth - 1 : 1;
    return (frames + HG_KNOWN_GROUP - 1) / HG_KNOWN_GROUP;
}

static size_t known_bytes(const hg_walk *walk)
{
    return sizeof(hg_known_context) + groups_of(walk) * sizeof(hg_known_group *) +
           walk->anchors * sizeof(hg_known_anchor);
}

static uint32_t hash_group(const hg_known_group *group)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < HG_KNOWN_GROUP; i++)
        hash = hg_mix(hash, group->address[i] ^ (uint64_t)group->slot[i] << 32);
    return (uint32_t)(hash >> 20);
}

/* The group that equals this one, made if it is new; NULL when memory is not to be had. */
static const hg_known_group *keep_group(const hg_known_group *wanted)
{
    uint32_t hash = hash_group(wanted);
    const hg_known_table *table = atomic_load(&groups_by_hash);
    hg_ref ref;
    for (uint32_t index = hash & table->mask; table->slot[index] != 0; index = (index + 1) & table->mask) {
        uint64_t entry = table->slot[index];
        if (entry >> 32 == hash && memcmp(hg_known_at((hg_ref)entry), wanted, sizeof *wanted) == 0)
            return hg_known_at((hg_ref)entry);
    }
    bool has_room = hg_known_make_room(&groups_by_hash);
    hg_known_group *made = hg_known_alloc(sizeof *made, &ref);
    if (!made)
        return NULL;
    *made = *wanted;
    if (has_room) /* else others will not find it */
        hg_known_put(atomic_load(&groups_by_hash), (uint64_t)hash << 32 | ref);
    return made;
}

/* False when memory is not to be had. */
static bool fill(hg_known_context *known, const hg_walk *walk)
{
    HG_PROBE_ASSERT(walk->depth > 0 && walk->depth <= HG_MAX_DEPTH && walk->anchors <= HG_MAX_DEPTH);
    known->groups = (uint16_t)groups_of(walk);
    known->anchors = (uint16_t)walk->anchors;
    uint32_t begin = 0;
    for (uint32_t i = 0; i < known->groups; i++) {
        hg_known_group group = {.zero = 0};
        for (uint32_t j = 0; j < HG_KNOWN_GROUP; j++) {
            uint32_t frame = i * HG_KNOWN_GROUP + j + 1;
            frame = frame < walk->depth ? frame : walk->depth - 1;
            group.address[j] = walk->address[frame];
            group.slot[j] = walk->slot[frame] - begin;
        }
        group.bytes = group.slot[HG_KNOWN_GROUP - 1];
        begin += group.bytes;
        known->group[i] = keep_group(&group);
        if (!known->group[i])
            return false;
    }
    hg_known_anchor *anchor = (hg_known_anchor *)(known->group + known->groups);
    for (uint32_t i = 0; i < walk->anchors; i++)
        anchor[i] = (hg_known_anchor){.slot = walk->anchor_slot[i], .value = (uint32_t)walk->anchor[i]};
    return true;
}

bool hg_known_start(void)
{
    trunks = hg_known_reserve(sizeof *trunks << TRUNK_BITS);
    atomic_store(&shapes_by_key, hg_known_new_table());
    atomic_store(&stacks_by_hash, hg_known_new_table());
    atomic_store(&groups_by_hash, hg_known_new_table());
    if (!trunks || !atomic_load(&shapes_by_key) || !atomic_load(&stacks_by_hash) ||
        !atomic_load(&groups_by_hash))
        return false;
    /* Reference 0 means none, and known stack 0 matches nothing: no return address is 0. */
    const hg_walk nothing = {.depth = 1};
    hg_ref none;
    hg_known_context *first = hg_known_alloc(known_bytes(&nothing), &none);
    return first && fill(first, &nothing);
}

static uint32_t hash_key(uintptr_t first_address, uintptr_t distance)
{
    return (uint32_t)(hg_mix(hg_mix(0, first_address), distance) >> 20);
}

static const stack_shape *shape_at(hg_ref ref)
{
    return hg_known_at(ref);
}

/* The first of the key's shapes, or 0. */
static hg_ref find_shape(uintptr_t first_address, uintptr_t distance)
{
    const hg_known_table *table = atomic_load_explicit(&shapes_by_key, memory_order_acquire);
    uint32_t hash = hash_key(first_address, distance);
    for (uint32_t index = hash & table->mask;; index = (index + 1) & table->mask) {
        uint64_t entry = atomic_load_explicit(&table->slot[index], memory_order_acquire);
        if (entry == 0)
            return 0;
        if (entry >> 32 != hash)
            continue;
        const stack_shape *shape = shape_at((hg_ref)entry);
        if (shape->first_address == first_address && shape->distance == distance)
            return (hg_ref)entry;
    }
}

/* What stands at the shape's slots of the live stack, as a polynomial: no product waits for a value. */
static uint32_t hash_stack(hg_ref ref, hg_caller caller)
{
    const stack_shape *shape = shape_at(ref);
    uint64_t factor = 1;
    uint64_t sum = ref;
    for (uint32_t i = 0; i < shape->frames; i++) {
        factor *= 0x9fb21c651e98df25u;
        sum += hg_return_address(*(const uintptr_t *)(caller.slot + shape->slot[i])) * factor;
    }
    return (uint32_t)(hg_mix(sum, 0) >> 20);
}

/* The known stack of this shape that the live one equals, or 0. */
static hg_ref find_stack(hg_ref shape, uint32_t hash, hg_caller caller)
{
    const hg_known_table *table = atomic_load_explicit(&stacks_by_hash, memory_order_acquire);
    for (uint32_t index = hash & table->mask;; index = (index + 1) & table->mask) {
        uint64_t entry = atomic_load_explicit(&table->slot[index], memory_order_acquire);
        if (entry == 0)
            return 0;
        if (entry >> 32 != hash)
            continue;
        const hg_known_context *known = hg_known_at((hg_ref)entry);
        if (known->shape == shape && hg_known_is(known, caller))
            return (hg_ref)entry;
    }
}

static void take_line(hg_line *line, hg_ref ref, hg_caller caller)
{
    const stack_shape *shape = shape_at(ref);
    *line = (hg_line){.first_address = shape->first_address,
                      .slot = (uint32_t)caller.slot,
                      .epoch = HG_LINE_SLOWLY,
                      .shape = ref,
                      .only = {.stack = hg_known_at(0)}};
    for (uint32_t i = 0; i < HG_LINE_HINTS && i < shape->frames; i++)
        if (shape->slot[i] / sizeof(uintptr_t) <= UINT16_MAX)
            line->hint[i] = (uint16_t)(shape->slot[i] / sizeof(uintptr_t));
}

/* A second stack of the same key turns the hints on; from then on each has its place by them. */
static void note_stack(hg_line *line, hg_ref stack, hg_caller caller)
{
    const hg_known_context *known = hg_known_at(stack);
    if (!line->many) {
        line->epoch = HG_LINE_SLOWLY;
        if (line->only.stack == hg_known_at(0) || line->only.stack == known) {
            line->only.stack = known;
            return;
        }
        memset(line->stack, 0, sizeof line->stack);
        line->many = 1;
    }
    line->stack[hg_line_hint(line, caller)] = stack;
}

/* Guesses that fail in a row, after which only one in so many stacks is guessed, or noted anew. */
enum { ASTRAY = 4, SELDOM = 16 };

/* Threads that take turns differently would write to the same memory all the time: so once in a while. */
static void follow(hg_known_trail *trail, hg_ref stack)
{
    hg_known_context *last = (hg_known_context *)hg_known_at(trail->last);
    hg_ref next = atomic_load_explicit(&last->next, memory_order_relaxed);
    if (next != stack && (next == 0 || trail->found % SELDOM == 0))
        atomic_store_explicit(&last->next, stack, memory_order_relaxed);
    trail->last = stack;
    trail->found++;
}

/* The one that came after the last stack before, if it is the live one and of this shape; or 0. */
static hg_ref find_next(hg_known_trail *trail, hg_ref shape, hg_caller caller, uint64_t generation)
{
    if (trail->astray++ >= ASTRAY && trail->found % SELDOM != 0)
        return 0;
    const hg_known_context *last = hg_known_at(trail->last);
    hg_ref next = atomic_load_explicit(&last->next, memory_order_relaxed);
    const hg_known_context *known = hg_known_at(next);
    return next != 0 && known->shape == shape && hg_known_is(known, caller) &&
                   atomic_load_explicit(&known->answer, memory_order_relaxed) >> 32 == generation >> 32
               ? next
               : 0;
}

uint32_t hg_known_find(hg_line *lines, hg_known_trail *trail, hg_caller caller, uintptr_t distance,
                       uint64_t generation)
{
    uintptr_t first_address = hg_caller_key(caller);
    hg_line *line = hg_line_of(lines, first_address, caller.slot);
    bool ours = hg_line_is(line, first_address, caller.slot);
    hg_ref next = ours ? find_next(trail, line->shape, caller, generation) : 0;
    if (next != 0 && !shape_at(line->shape)->inner) {
        const hg_known_context *known = hg_known_at(next);
        note_stack(line, next, caller);
        follow(trail, next);
        trail->astray = 0;
        return (uint32_t)atomic_load_explicit(&known->answer, memory_order_relaxed);
    }
    hg_ref first = ours ? line->shape : find_shape(first_address, distance);
    const stack_shape *longest = NULL; /* of those with inner frames only */
    uint64_t inner = 0;                /* its answer */
    bool outdated = false;
    for (hg_ref ref = first; ref != 0;
         ref = atomic_load_explicit(&shape_at(ref)->next, memory_order_acquire)) {
        const stack_shape *shape = shape_at(ref);
        hg_ref stack = find_stack(ref, hash_stack(ref, caller), caller);
        if (stack == 0)
            continue;
        const hg_known_context *known = hg_known_at(stack);
        uint64_t answer = atomic_load_explicit(&known->answer, memory_order_relaxed);
        bool valid = answer >> 32 == generation >> 32;
        if (shape->inner && (!longest || shape->frames > longest->frames)) {
            longest = shape;
            inner = valid ? answer : 0;
        }
        outdated |= !valid && !shape->inner;
        if (!valid || shape->inner)
            continue;
        if (!ours)
            take_line(line, first, caller);
        note_stack(line, stack, caller);
        follow(trail, stack);
        return (uint32_t)answer;
    }
    /* No line leads to inner frames: a stack that is known as a whole would be taken for them. */
    return outdated ? HG_CONTEXT_NONE : (uint32_t)inner;
}

static bool is_shape_of(const stack_shape *shape, const hg_walk *walk)
{
    return shape->frames == walk->depth - 1 && shape->anchors == walk->anchors &&
           shape->inner == walk->inner &&
           memcmp(shape->slot, walk->slot + 1, shape->frames * sizeof *shape->slot) == 0 &&
           memcmp(shape->slot + shape->frames, walk->anchor_slot, shape->anchors * sizeof *shape->slot) == 0;
}

static hg_ref add_shape(const hg_walk *walk, uintptr_t key, uintptr_t distance)
{
    hg_ref first = find_shape(key, distance);
    hg_ref last = 0;
    for (hg_ref known = first; known != 0; known = atomic_load(&shape_at(known)->next)) {
        if (is_shape_of(shape_at(known), walk))
            return known;
        last = known;
    }
    hg_ref ref;
    uint32_t frames = walk->depth - 1;
    if (first == 0 && !hg_known_make_room(&shapes_by_key))
        return 0;
    stack_shape *made = hg_known_alloc(sizeof *made + (frames + walk->anchors) * sizeof *made->slot, &ref);
    if (!made)
        return 0;
    made->first_address = key;
    made->distance = distance;
    made->frames = (uint16_t)frames;
    made->anchors = (uint16_t)walk->anchors;
    made->inner = walk->inner;
    memcpy(made->slot, walk->slot + 1, frames * sizeof *made->slot);
    memcpy(made->slot + frames, walk->anchor_slot, walk->anchors * sizeof *made->slot);
    if (last != 0)
        atomic_store_explicit(&((stack_shape *)hg_known_at(last))->next, ref, memory_order_release);
    else
        hg_known_put(atomic_load(&shapes_by_key), (uint64_t)hash_key(key, distance) << 32 | ref);
    return ref;
}

static _Atomic trunk *trunk_of(uintptr_t address, uintptr_t distance)
{
    return &trunks[hash_key(address, distance) & ((1u << TRUNK_BITS) - 1)];
}

static void add_trunks(hg_ref ref, const hg_walk *walk, uintptr_t distance)
{
    if (walk->anchors > 0 || walk->cut)
        return;
    for (uint32_t frame = 1; frame + 1 < walk->depth; frame++)
        atomic_store(trunk_of(walk->address[frame], distance - walk->slot[frame]),
                     ((trunk){.stack = ref, .frame = frame - 1}));
}

/* The frames of the known stack from the given one on, added to the walk; false if the live stack differs. */
static bool finish_as(const hg_known_context *known, uint32_t frame, hg_walk *walk, hg_caller caller,
                      uintptr_t stack_end)
{
    uint32_t depth = walk->depth;
    uintptr_t place = caller.slot + walk->slot[depth - 1];
    uint32_t before = known->group[frame / HG_KNOWN_GROUP]->slot[frame % HG_KNOWN_GROUP];
    for (frame++; frame < known->groups * (uint32_t)HG_KNOWN_GROUP; frame++) {
        const hg_known_group *group = known->group[frame / HG_KNOWN_GROUP];
        uint32_t slot = group->slot[frame % HG_KNOWN_GROUP];
        if (frame % HG_KNOWN_GROUP == 0)
            before = 0;
        if (slot == before) /* filled up */
            break;
        uintptr_t next = place + (slot - before);
        if (depth == HG_MAX_DEPTH || next >= stack_end ||
            hg_return_address(*(const uintptr_t *)next) != group->address[frame % HG_KNOWN_GROUP])
            return false;
        walk->address[depth] = group->address[frame % HG_KNOWN_GROUP];
        walk->anchors_by[depth] = 0;
        walk->slot[depth++] = (uint32_t)(next - caller.slot);
        place = next;
        before = slot;
    }
    walk->depth = depth;
    return true;
}

bool hg_known_finish(hg_walk *walk, hg_caller caller, uintptr_t stack_end, uint64_t generation)
{
    HG_PROBE_ASSERT(walk->repeatable && walk->anchors == 0 && walk->depth > 0);
    uint32_t last = walk->depth - 1;
    uintptr_t place = caller.slot + walk->slot[last];
    trunk found = atomic_load(trunk_of(walk->address[last], stack_end - place));
    const hg_known_context *known = hg_known_at(found.stack);
    if (found.stack == 0 ||
        known->group[found.frame / HG_KNOWN_GROUP]->address[found.frame % HG_KNOWN_GROUP] !=
            walk->address[last] ||
        atomic_load(&known->answer) >> 32 != generation >> 32)
        return false;
    return finish_as(known, found.frame, walk, caller, stack_end);
}

void hg_known_add(const hg_walk *walk, hg_caller caller, uintptr_t distance, uint64_t answer)
{
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_CONTEXTS) && walk->repeatable);
    hg_ref shape = add_shape(walk, hg_caller_key(caller), distance);
    if (shape == 0)
        return;
    uint32_t hash = hash_stack(shape, caller);
    hg_ref ref = find_stack(shape, hash, caller);
    if (ref != 0) {
        hg_known_context *known = (hg_known_context *)hg_known_at(ref);
        atomic_store(&known->answer, answer);
        return;
    }
    if (!hg_known_make_room(&stacks_by_hash))
        return;
    hg_known_context *made = hg_known_alloc(known_bytes(walk), &ref);
    if (!made)
        return;
    made->shape = shape;
    atomic_store(&made->answer, answer);
    if (!fill(made, walk))
        return;
    hg_known_put(atomic_load(&stacks_by_hash), (uint64_t)hash << 32 | ref);
    add_trunks(ref, walk, distance);
}
