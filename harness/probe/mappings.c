#include "probe/mappings.h"

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
static struct {
    hg_mapping *memory; /* by address; they do not overlap */
    size_t room;        /* for so many */
    size_t gap;
    _Atomic size_t count;
    hg_mapping_counter *changed;
} mappings;

/* With room for so many; NULL without memory. Not by mmap, which is the probe's own. */
static hg_mapping *reserve(size_t room)
{
    long memory = syscall(SYS_mmap, NULL, room * sizeof(hg_mapping), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == -1 ? NULL : (hg_mapping *)memory;
}

bool hg_mappings_start(hg_mapping_counter *count)
{
    mappings.memory = reserve(FIRST_ROOM);
    mappings.room = FIRST_ROOM;
    mappings.changed = count;
    return mappings.memory != NULL;
}

void hg_mappings_reset(void)
{
    mappings.count = 0;
    mappings.gap = 0;
}

bool hg_mappings_any(void)
{
    return atomic_load_explicit(&mappings.count, memory_order_relaxed) > 0;
}

static hg_mapping *at(size_t index)
{
    return mappings.memory + index + (index < mappings.gap ? 0 : mappings.room - mappings.count);
}

static void move_gap(size_t index)
{
    hg_mapping *from = mappings.memory + mappings.gap;
    hg_mapping *to = mappings.memory + index;
    size_t width = mappings.room - mappings.count;
    if (to < from)
        memmove(to + width, to, (size_t)((char *)from - (char *)to));
    else
        memmove(from, from + width, (size_t)((char *)to - (char *)from));
    mappings.gap = index;
}

const hg_mapping *hg_mappings_all(size_t *ret_count)
{
    *ret_count = mappings.count;
    move_gap(mappings.count);
    return mappings.memory;
}

/* The first that ends after the address. */
static size_t find(uintptr_t address)
{
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_MAPPINGS));
    size_t low = 0;
    size_t high = mappings.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at(middle)->end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool hg_mappings_knows(uintptr_t address)
{
    size_t index = find(address);
    return index < mappings.count && at(index)->begin <= address;
}

/* Whether there is room for one more. */
static bool make_room(void)
{
    size_t more = 2 * mappings.room;
    if (mappings.count < mappings.room)
        return true;
    hg_mapping *memory = more <= MOST_ROOM ? reserve(more) : NULL;
    if (!memory)
        return false;
    move_gap(mappings.count);
    memcpy(memory, mappings.memory, mappings.count * sizeof *memory);
    syscall(SYS_munmap, mappings.memory, mappings.room * sizeof *memory);
    mappings.memory = memory;
    mappings.room = more;
    return true;
}

static void insert(size_t index, const hg_mapping *mapping)
{
    HG_PROBE_ASSERT(mappings.count < mappings.room && mapping->begin < mapping->end);
    HG_PROBE_ASSERT(index == mappings.count || mapping->end <= at(index)->begin);
    move_gap(index);
    mappings.memory[mappings.gap++] = *mapping;
    mappings.count++;
}

static void erase(size_t index, size_t count)
{
    move_gap(index);
    mappings.count -= count; /* the gap ends later */
}

static int64_t bytes_of(const hg_mapping *mapping)
{
    return (int64_t)(mapping->end - mapping->begin);
}

bool hg_mappings_add(const hg_mapping *mapping)
{
    if (!make_room())
        return false;
    insert(find(mapping->begin), mapping);
    mappings.changed(mapping, 1, bytes_of(mapping));
    return true;
}

/* A hole inside one mapping: the upper part becomes a mapping of its own. */
static void cut_out(size_t index, uintptr_t begin, uintptr_t end)
{
    hg_mapping *lower = at(index);
    hg_mapping upper = *lower;
    upper.begin = end;
    lower->end = begin;
    mappings.changed(lower, 0, -(int64_t)(end - begin));
    if (make_room()) {
        mappings.changed(&upper, 1, 0);
        insert(index + 1, &upper);
    } else {
        mappings.changed(&upper, 0, -bytes_of(&upper));
    }
}

bool hg_mappings_remove(uintptr_t begin, uintptr_t end)
{
    size_t index = find(begin);
    hg_mapping *first = at(index);
    if (index == mappings.count || first->begin >= end)
        return false;
    if (first->begin < begin && end < first->end) {
        cut_out(index, begin, end);
        return true;
    }
    if (first->begin < begin) {
        mappings.changed(first, 0, -(int64_t)(first->end - begin));
        first->end = begin;
        index++;
    }
    size_t whole = 0;
    while (index + whole < mappings.count && at(index + whole)->end <= end) {
        const hg_mapping *gone = at(index + whole++);
        mappings.changed(gone, -1, -bytes_of(gone));
    }
    erase(index, whole);
    hg_mapping *last = at(index);
    if (index < mappings.count && last->begin < end) {
        mappings.changed(last, 0, -(int64_t)(end - last->begin));
        last->begin = end;
    }
    return true;
}
