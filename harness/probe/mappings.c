#include "probe/mappings.h"

#include "probe/live.h"
#include "probe/locks.h"
#include "record/assert.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* At first the kernel's own default limit of mappings in a process; but it takes neighbours for one. */
enum { FIRST_ROOM = 1 << 16, MOST_ROOM = 1 << 24 };

/*
 * A gap buffer: the mappings before the gap lie at the beginning of the memory, those behind it at its end.
 * The gap is where the last one came or went, and the next one is mostly its neighbour.
 */
typedef struct table {
    hg_mapping *memory; /* by address; they do not overlap */
    size_t room;        /* for so many */
    size_t gap;
    _Atomic size_t count;
    hg_mapping_counter *changed;
} table;

static void ignore_change(const hg_mapping *mapping, int64_t blocks, int64_t bytes)
{
    (void)mapping;
    (void)blocks;
    (void)bytes;
}

static table counted;
static hg_mapping *inherited;
static size_t inherited_count;
static table reserved = {.changed = ignore_change};

/* With room for so many; NULL without memory. Not by mmap, which is the probe's own. */
static hg_mapping *reserve(size_t room)
{
    long memory = syscall(SYS_mmap, NULL, room * sizeof(hg_mapping), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == -1 ? NULL : (hg_mapping *)memory;
}

bool hg_mappings_start(hg_mapping_counter *count)
{
    counted.changed = count;
    counted.memory = reserve(FIRST_ROOM);
    reserved.memory = reserve(FIRST_ROOM);
    counted.room = reserved.room = FIRST_ROOM;
    return counted.memory != NULL && reserved.memory != NULL;
}

bool hg_mappings_any_reserved(void)
{
    return atomic_load_explicit(&reserved.count, memory_order_relaxed) > 0;
}

static hg_mapping *at(const table *in, size_t index)
{
    return in->memory + index + (index < in->gap ? 0 : in->room - in->count);
}

static void move_gap(table *in, size_t index)
{
    if (index == in->gap)
        return;
    hg_mapping *from = in->memory + in->gap;
    hg_mapping *to = in->memory + index;
    size_t width = in->room - in->count;
    if (to < from)
        memmove(to + width, to, (size_t)((char *)from - (char *)to));
    else
        memmove(from, from + width, (size_t)((char *)to - (char *)from));
    in->gap = index;
}

const hg_mapping *hg_mappings_all(size_t *ret_count)
{
    *ret_count = counted.count;
    move_gap(&counted, counted.count);
    return counted.memory;
}

static void forget(void)
{
    counted.count = 0;
    counted.gap = 0;
}

void hg_mappings_reset(void)
{
    size_t count = 0;
    const hg_mapping *known = hg_mappings_all(&count);
    hg_mapping *all = hg_live_wanted && count > 0 ? reserve(inherited_count + count) : NULL;
    if (all) {
        if (inherited_count > 0)
            memcpy(all, inherited, inherited_count * sizeof *all);
        memcpy(all + inherited_count, known, count * sizeof *all);
        inherited = all;
        inherited_count += count;
    }
    forget();
}

const hg_mapping *hg_mappings_inherited(size_t *ret_count)
{
    *ret_count = inherited_count;
    return inherited;
}

void hg_mappings_forget_all(void)
{
    forget();
    reserved.count = 0;
    reserved.gap = 0;
}

/* The first that ends after the address. */
static size_t find(const table *in, uintptr_t address)
{
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_MAPPINGS));
    size_t low = 0;
    size_t high = in->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at(in, middle)->end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool knows(const table *in, uintptr_t address)
{
    size_t index = find(in, address);
    return index < in->count && at(in, index)->begin <= address;
}

bool hg_mappings_knows(uintptr_t address)
{
    return knows(&counted, address);
}

bool hg_mappings_is_reserved(uintptr_t address)
{
    return knows(&reserved, address);
}

/* Whether there is room for one more. */
static bool make_room(table *in)
{
    size_t more = 2 * in->room;
    if (in->count < in->room)
        return true;
    hg_mapping *memory = more <= MOST_ROOM ? reserve(more) : NULL;
    if (!memory)
        return false;
    move_gap(in, in->count);
    memcpy(memory, in->memory, in->count * sizeof *memory);
    syscall(SYS_munmap, in->memory, in->room * sizeof *memory);
    in->memory = memory;
    in->room = more;
    return true;
}

static void insert(table *in, size_t index, const hg_mapping *mapping)
{
    HG_PROBE_ASSERT(in->count < in->room && mapping->begin < mapping->end);
    HG_PROBE_ASSERT(index == in->count || mapping->end <= at(in, index)->begin);
    move_gap(in, index);
    in->memory[in->gap++] = *mapping;
    in->count++;
}

static void erase(table *in, size_t index, size_t count)
{
    move_gap(in, index);
    in->count -= count; /* the gap ends later */
}

static int64_t bytes_of(const hg_mapping *mapping)
{
    return (int64_t)(mapping->end - mapping->begin);
}

static bool add(table *in, const hg_mapping *mapping)
{
    if (!make_room(in))
        return false;
    insert(in, find(in, mapping->begin), mapping);
    in->changed(mapping, 1, bytes_of(mapping));
    return true;
}

/* A hole inside one mapping: the upper part becomes a mapping of its own. */
static void cut_out(table *in, size_t index, uintptr_t begin, uintptr_t end)
{
    hg_mapping *lower = at(in, index);
    hg_mapping upper = *lower;
    upper.begin = end;
    lower->end = begin;
    in->changed(lower, 0, -(int64_t)(end - begin));
    if (make_room(in)) {
        in->changed(&upper, 1, 0);
        insert(in, index + 1, &upper);
    } else {
        in->changed(&upper, 0, -bytes_of(&upper));
    }
}

static bool remove_from(table *in, uintptr_t begin, uintptr_t end)
{
    size_t index = find(in, begin);
    hg_mapping *first = at(in, index);
    if (index == in->count || first->begin >= end)
        return false;
    if (first->begin < begin && end < first->end) {
        cut_out(in, index, begin, end);
        return true;
    }
    if (first->begin < begin) {
        in->changed(first, 0, -(int64_t)(first->end - begin));
        first->end = begin;
        index++;
    }
    size_t whole = 0;
    while (index + whole < in->count && at(in, index + whole)->end <= end) {
        const hg_mapping *gone = at(in, index + whole++);
        in->changed(gone, -1, -bytes_of(gone));
    }
    erase(in, index, whole);
    hg_mapping *last = at(in, index);
    if (index < in->count && last->begin < end) {
        in->changed(last, 0, -(int64_t)(end - last->begin));
        last->begin = end;
    }
    return true;
}

bool hg_mappings_add(const hg_mapping *mapping)
{
    return add(&counted, mapping);
}

bool hg_mappings_remove(uintptr_t begin, uintptr_t end)
{
    return remove_from(&counted, begin, end);
}

bool hg_mappings_reserve(uintptr_t begin, uintptr_t end)
{
    size_t index = find(&reserved, begin);
    if (index < reserved.count && at(&reserved, index)->begin <= begin && end <= at(&reserved, index)->end)
        return true;
    remove_from(&reserved, begin, end);
    return add(&reserved, &(hg_mapping){.begin = begin, .end = end});
}

void hg_mappings_end_reservation(uintptr_t begin, uintptr_t end)
{
    remove_from(&reserved, begin, end);
}

/* The first part of a reservation between the addresses; false if there is none. */
static bool next_reserved(uintptr_t begin, uintptr_t end, hg_mapping *ret_part)
{
    size_t index = find(&reserved, begin);
    if (begin >= end || index == reserved.count || at(&reserved, index)->begin >= end)
        return false;
    const hg_mapping *found = at(&reserved, index);
    ret_part->begin = found->begin > begin ? found->begin : begin;
    ret_part->end = found->end < end ? found->end : end;
    return true;
}

bool hg_mappings_commit(const hg_mapping *mapping)
{
    bool done = true;
    hg_mapping part = *mapping;
    for (uintptr_t begin = mapping->begin; next_reserved(begin, mapping->end, &part); begin = part.end) {
        size_t index = find(&counted, part.begin);
        uintptr_t next = index < counted.count ? at(&counted, index)->begin : UINTPTR_MAX;
        if (next <= part.begin) {
            part.end = at(&counted, index)->end;
            continue;
        }
        if (next < part.end)
            part.end = next;
        done = add(&counted, &part) && done;
    }
    return done;
}

void hg_mappings_decommit(uintptr_t begin, uintptr_t end)
{
    hg_mapping part;
    for (; next_reserved(begin, end, &part); begin = part.end)
        remove_from(&counted, part.begin, part.end);
}
