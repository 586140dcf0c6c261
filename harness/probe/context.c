#include "context.h"

#include "modules.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KEY_SLOTS = 1 << 19, ENTRY_SLOTS = 1 << 20, CONTEXT_SLOTS = 1 << 19 };
enum { MAX_KEYS = KEY_SLOTS / 4 * 3, MAX_ENTRIES = ENTRY_SLOTS / 4 * 3 };

/* How many matches a shape remembers, and how many of the innermost slots choose among them. */
enum { RECENT = 8, HINT_SLOTS = 6 };

/* The slots of a stack: return addresses from the second frame on, then anchors. */
typedef struct stack_shape {
    uintptr_t first_address, distance;                /* the key */
    struct stack_shape *_Atomic next;                 /* another shape of the same key */
    const struct stack_entry *_Atomic recent[RECENT]; /* that matched last, by hint_of: hints, not answers */
    uint32_t addresses, anchors;
    uint32_t slot[];
} stack_shape;

typedef struct stack_entry {
    uint64_t hash;
    const stack_shape *shape;
    _Atomic uint64_t answer; /* generation << 32 | context */
    uintptr_t value[];
} stack_entry;

static struct {
    hg_record record;
    stack_shape *_Atomic *keys;
    stack_entry *_Atomic *entries;
    uint32_t *contexts; /* context numbers by hash of their frames; 0 is empty */
    uint32_t key_count, entry_count;
    char *arena;
    size_t arena_left;
    _Atomic uint32_t generation;
    pthread_mutex_t lock;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *reserve(size_t bytes)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool hg_context_start(const hg_record *record)
{
    cache.record = *record;
    cache.keys = reserve(KEY_SLOTS * sizeof *cache.keys);
    cache.entries = reserve(ENTRY_SLOTS * sizeof *cache.entries);
    cache.contexts = reserve(CONTEXT_SLOTS * sizeof *cache.contexts);
    return cache.keys && cache.entries && cache.contexts;
}

void hg_context_lock(void)
{
    pthread_mutex_lock(&cache.lock);
}

void hg_context_unlock(void)
{
    pthread_mutex_unlock(&cache.lock);
}

void hg_context_new_generation(void)
{
    atomic_fetch_add(&cache.generation, 1);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9fb21c651e98df25u;
    return hash ^ hash >> 29;
}

static size_t key_index(uintptr_t first_address, uintptr_t distance)
{
    return mix(mix(0, first_address), distance) >> 20 & (KEY_SLOTS - 1);
}

/* What stands at the shape's slots of the live stack. Two sums, so that the multiplications overlap. */
static uint64_t hash_stack(const stack_shape *shape, hg_caller caller)
{
    uint64_t even = (uintptr_t)shape;
    uint64_t odd = 0;
    uint32_t i = 0;
    for (; i + 1 < shape->addresses; i += 2) {
        even = mix(even, *(const uintptr_t *)(caller.slot + shape->slot[i]));
        odd = mix(odd, *(const uintptr_t *)(caller.slot + shape->slot[i + 1]));
    }
    if (i < shape->addresses)
        even = mix(even, *(const uintptr_t *)(caller.slot + shape->slot[i]));
    return mix(even, odd);
}

/* Stacks of one shape differ where they branched last, most of the time. */
static size_t hint_of(const stack_shape *shape, hg_caller caller)
{
    uint32_t count = shape->addresses < HINT_SLOTS ? shape->addresses : HINT_SLOTS;
    uintptr_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum = sum * 3 + *(const uintptr_t *)(caller.slot + shape->slot[i]);
    return sum * 0x9e3779b97f4a7c15u >> 61;
}

static uintptr_t anchor_value(uint32_t slot, hg_caller caller)
{
    uintptr_t value =
        slot == HG_SLOT_ENTRY_REGISTER ? caller.frame_pointer : *(const uintptr_t *)(caller.slot + slot);
    return value - caller.slot;
}

static bool equals_stack(const stack_entry *entry, hg_caller caller)
{
    const stack_shape *shape = entry->shape;
    for (uint32_t i = 0; i < shape->addresses; i++)
        if (*(const uintptr_t *)(caller.slot + shape->slot[i]) != entry->value[i])
            return false;
    for (uint32_t i = shape->addresses; i < shape->addresses + shape->anchors; i++)
        if (anchor_value(shape->slot[i], caller) != entry->value[i])
            return false;
    return true;
}

static stack_shape *first_shape(uintptr_t first_address, uintptr_t distance, size_t *ret_index)
{
    size_t index = key_index(first_address, distance);
    for (;; index = (index + 1) & (KEY_SLOTS - 1)) {
        stack_shape *found = atomic_load_explicit(&cache.keys[index], memory_order_acquire);
        if (!found || (found->first_address == first_address && found->distance == distance)) {
            *ret_index = index;
            return found;
        }
    }
}

/* The entry of this shape that the live stack equals, or NULL and the free place where it belongs. */
static stack_entry *find_entry(const stack_shape *shape, hg_caller caller, uint64_t *ret_hash,
                               size_t *ret_index)
{
    uint64_t hash = hash_stack(shape, caller);
    size_t index = hash >> 20 & (ENTRY_SLOTS - 1);
    for (;; index = (index + 1) & (ENTRY_SLOTS - 1)) {
        stack_entry *found = atomic_load_explicit(&cache.entries[index], memory_order_acquire);
        if (!found || (found->hash == hash && found->shape == shape && equals_stack(found, caller))) {
            *ret_hash = hash;
            *ret_index = index;
            return found;
        }
    }
}

static void *arena_alloc(size_t bytes)
{
    enum { CHUNK = 1 << 20 };
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > cache.arena_left) {
        char *chunk = reserve(CHUNK);
        if (!chunk)
            return NULL;
        cache.arena = chunk;
        cache.arena_left = CHUNK;
    }
    void *memory = cache.arena;
    cache.arena += bytes;
    cache.arena_left -= bytes;
    return memory;
}

static bool is_shape_of(const stack_shape *shape, const hg_walk *walk)
{
    return shape->addresses == walk->depth - 1 && shape->anchors == walk->anchors &&
           memcmp(shape->slot, walk->slot + 1, shape->addresses * sizeof *shape->slot) == 0 &&
           memcmp(shape->slot + shape->addresses, walk->anchor_slot, shape->anchors * sizeof *shape->slot) ==
               0;
}

static stack_shape *shape_for(const hg_walk *walk, uintptr_t distance)
{
    size_t index;
    stack_shape *first = first_shape(walk->address[0], distance, &index);
    stack_shape *last = NULL;
    for (stack_shape *known = first; known; known = atomic_load(&known->next)) {
        if (is_shape_of(known, walk))
            return known;
        last = known;
    }
    if (!first && cache.key_count == MAX_KEYS)
        return NULL;
    uint32_t addresses = walk->depth - 1;
    stack_shape *made = arena_alloc(sizeof *made + (addresses + walk->anchors) * sizeof *made->slot);
    if (!made)
        return NULL;
    made->first_address = walk->address[0];
    made->distance = distance;
    made->addresses = addresses;
    made->anchors = walk->anchors;
    memcpy(made->slot, walk->slot + 1, addresses * sizeof *made->slot);
    memcpy(made->slot + addresses, walk->anchor_slot, walk->anchors * sizeof *made->slot);
    if (last) {
        atomic_store_explicit(&last->next, made, memory_order_release);
    } else {
        atomic_store_explicit(&cache.keys[index], made, memory_order_release);
        cache.key_count++;
    }
    return made;
}

/* Remembers the walk, so that the same stack is recognised from now on. Best effort: a full cache costs time
 * only. */
static void remember(const hg_walk *walk, hg_caller caller, uintptr_t distance, uint64_t answer)
{
    stack_shape *shape = shape_for(walk, distance);
    if (!shape)
        return;
    uint64_t hash;
    size_t index;
    stack_entry *known = find_entry(shape, caller, &hash, &index);
    if (known) {
        atomic_store(&known->answer, answer);
        return;
    }
    if (cache.entry_count == MAX_ENTRIES)
        return;
    stack_entry *made = arena_alloc(sizeof *made + (shape->addresses + shape->anchors) * sizeof *made->value);
    if (!made)
        return;
    made->hash = hash;
    made->shape = shape;
    atomic_store(&made->answer, answer);
    memcpy(made->value, walk->address + 1, shape->addresses * sizeof *made->value);
    memcpy(made->value + shape->addresses, walk->anchor, shape->anchors * sizeof *made->value);
    atomic_store_explicit(&cache.entries[index], made, memory_order_release);
    cache.entry_count++;
}

static bool same_frames(const hg_record *record, uint32_t context, const hg_record_frame *frames,
                        const hg_walk *walk)
{
    const hg_record_context *known = &record->contexts[context];
    return known->frame_count == walk->depth &&
           (known->flags & HG_CONTEXT_CUT) == (walk->cut ? HG_CONTEXT_CUT : 0) &&
           memcmp(record->frames + known->first_frame, frames, walk->depth * sizeof *frames) == 0;
}

/*
 * The number of the walk's context, entered into the record if it is new. The packed frames are built in
 * place at the end of the record's frames, and stay only when they are new.
 */
static uint32_t enter_context(const hg_walk *walk)
{
    const hg_record *record = &cache.record;
    uint32_t used = atomic_load_explicit(&record->header->frames, memory_order_relaxed);
    uint32_t count = atomic_load_explicit(&record->header->contexts, memory_order_relaxed);
    if (used + walk->depth > HG_MAX_FRAMES || count == HG_MAX_CONTEXTS)
        return HG_CONTEXT_NONE;
    hg_record_frame *frames = record->frames + used;
    uint64_t hash = walk->cut;
    for (uint32_t i = 0; i < walk->depth; i++) {
        frames[i] = hg_modules_pack(record, walk->address[i]);
        hash = mix(hash, frames[i]);
    }
    size_t index = hash >> 20 & (CONTEXT_SLOTS - 1);
    for (; cache.contexts[index] != 0; index = (index + 1) & (CONTEXT_SLOTS - 1))
        if (same_frames(record, cache.contexts[index], frames, walk))
            return cache.contexts[index];
    record->contexts[count] = (hg_record_context){
        .first_frame = used,
        .frame_count = (uint16_t)walk->depth,
        .flags = walk->cut ? HG_CONTEXT_CUT : 0,
    };
    cache.contexts[index] = count;
    atomic_store_explicit(&record->header->frames, used + walk->depth, memory_order_relaxed);
    atomic_store_explicit(&record->header->contexts, count + 1, memory_order_release);
    return count;
}

static uint32_t walk_stack(hg_caller caller, bool known_stack, uintptr_t stack_end, hg_walk *walk)
{
    hg_record_header *header = cache.record.header;
    if (getpid() != atomic_load_explicit(&header->owner, memory_order_relaxed))
        return HG_CONTEXT_NONE;
    int saved_errno = errno;
    uint32_t generation = atomic_load(&cache.generation);
    hg_walk_stack(caller, known_stack ? stack_end : UINTPTR_MAX, walk);
    atomic_fetch_add_explicit(&header->unwinds, 1, memory_order_relaxed);
    hg_context_lock();
    uint32_t context = enter_context(walk);
    if (known_stack && walk->repeatable && context != HG_CONTEXT_NONE)
        remember(walk, caller, stack_end - caller.slot, (uint64_t)generation << 32 | context);
    hg_context_unlock();
    if (context == HG_CONTEXT_NONE)
        atomic_fetch_add_explicit(&header->unrecorded, 1, memory_order_relaxed);
    errno = saved_errno;
    return context;
}

/* The answer of the cache, or HG_CONTEXT_NONE where it has none of this generation. */
static uint32_t recognise(hg_caller caller, uintptr_t distance)
{
    uint64_t hash;
    size_t index;
    stack_shape *shape = first_shape(*(const uintptr_t *)caller.slot, distance, &index);
    for (; shape; shape = atomic_load_explicit(&shape->next, memory_order_acquire)) {
        const stack_entry *_Atomic *recent = &shape->recent[hint_of(shape, caller)];
        const stack_entry *found = atomic_load_explicit(recent, memory_order_acquire);
        if (!found || !equals_stack(found, caller)) {
            found = find_entry(shape, caller, &hash, &index);
            if (!found)
                continue;
            atomic_store_explicit(recent, found, memory_order_release);
        }
        uint64_t answer = atomic_load_explicit(&found->answer, memory_order_relaxed);
        bool current = answer >> 32 == atomic_load_explicit(&cache.generation, memory_order_relaxed);
        return current ? (uint32_t)answer : HG_CONTEXT_NONE;
    }
    return HG_CONTEXT_NONE;
}

/* Walks the stack as if it had not been recognised, and notes whether the answer was right. Returns the right
 * one. */
static uint32_t verify(uint32_t recognised, hg_caller caller, uintptr_t stack_end, hg_walk *scratch)
{
    hg_record_header *header = cache.record.header;
    uint32_t walked = walk_stack(caller, true, stack_end, scratch);
    atomic_fetch_add_explicit(&header->verified, 1, memory_order_relaxed);
    if (walked != recognised)
        atomic_fetch_add_explicit(&header->mistaken, 1, memory_order_relaxed);
    return walked;
}

uint32_t hg_context_of(hg_caller caller, uintptr_t stack_begin, uintptr_t stack_end, hg_walk *scratch)
{
    if (caller.slot < stack_begin || caller.slot >= stack_end)
        return walk_stack(caller, false, stack_end, scratch);
    uint32_t context = recognise(caller, stack_end - caller.slot);
    if (context == HG_CONTEXT_NONE)
        return walk_stack(caller, true, stack_end, scratch);
    if (__builtin_expect(cache.record.header->verify, false))
        return verify(context, caller, stack_end, scratch);
    return context;
}
