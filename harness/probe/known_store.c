#include "probe/known_store.h"

#include "probe/counting.h"
#include "record/assert.h"
#include <sys/mman.h>

enum { FIRST_SLOTS = 1 << 10, MOST_SLOTS = 1 << 21 };

/* Each part of the arena is as large as all before. Small programs need but the first. */
static const size_t first_part_bytes = (size_t)1 << 20; /* without large pages, which take time to clear */
static const size_t most_arena_bytes = (size_t)512 << 20;
static const size_t large_page_bytes = (size_t)2 << 20;

char *hg_known_arena;
static char *part;
static size_t part_used, part_bytes, arena_bytes;

/*
 * What is large is read all over, and seldom twice in a row: large pages spare it the page walks. The system
 * grants them on request, where they lie as they should.
 */
void *hg_known_reserve(size_t bytes)
{
    size_t spare = bytes >= large_page_bytes ? large_page_bytes : 0;
    char *memory =
        mmap(NULL, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (spare == 0)
        return memory;
    /* What is around it stays reserved: a hole would change where the program's own mappings lie. */
    memory += -(uintptr_t)memory % large_page_bytes;
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

static hg_known_table *new_table(uint32_t slots)
{
    size_t bytes =
        (sizeof(hg_known_table) + slots * sizeof(uint64_t) + HG_MOST_PAGE - 1) & ~(HG_MOST_PAGE - 1);
    hg_known_table *table = hg_known_reserve(bytes);
    hg_counting_note_own(table, bytes);
    if (table)
        table->mask = slots - 1;
    return table;
}

/* Whether references lead from the arena's first byte to all of the memory. */
static bool is_in_reach(const char *memory, size_t bytes)
{
    const ptrdiff_t reach = (ptrdiff_t)INT32_MAX * HG_REF_UNIT;
    ptrdiff_t distance = memory - hg_known_arena;
    return distance > -reach && distance + (ptrdiff_t)bytes < reach;
}

/* The system maps below what was mapped last, as a rule. */
static bool add_part(void)
{
    size_t bytes = arena_bytes ? arena_bytes : first_part_bytes;
    char *memory = bytes <= most_arena_bytes - arena_bytes ? hg_known_reserve(bytes) : NULL;
    if (!memory)
        return false;
    if (!hg_known_arena)
        hg_known_arena = memory;
    if (!is_in_reach(memory, bytes)) {
        munmap(memory, bytes);
        return false;
    }
    hg_counting_note_own(memory, bytes);
    part = memory;
    part_used = 0;
    part_bytes = bytes;
    arena_bytes += bytes;
    return true;
}

void *hg_known_alloc(size_t bytes, hg_ref *ret_ref)
{
    enum { CACHE_LINE = 64 };
    bytes = (bytes + HG_REF_UNIT - 1) & ~(size_t)(HG_REF_UNIT - 1);
    /* What fits into a cache line lies in one. */
    if (part_used % CACHE_LINE + bytes > CACHE_LINE)
        part_used = (part_used + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
    if (bytes > part_bytes - part_used && !add_part())
        return NULL;
    char *memory = part + part_used;
    *ret_ref = (hg_ref)(int32_t)((memory - hg_known_arena) / (ptrdiff_t)HG_REF_UNIT);
    part_used += bytes;
    return memory;
}

void hg_known_put(hg_known_table *table, uint64_t entry)
{
    HG_PROBE_ASSERT(entry != 0 && table->used <= table->mask);
    uint32_t index = (uint32_t)(entry >> 32) & table->mask;
    while (atomic_load_explicit(&table->slot[index], memory_order_relaxed) != 0)
        index = (index + 1) & table->mask;
    atomic_store_explicit(&table->slot[index], entry, memory_order_release);
    table->used++;
}

bool hg_known_make_room(hg_known_table *_Atomic *place)
{
    hg_known_table *table = atomic_load_explicit(place, memory_order_relaxed);
    if (table->used <= table->mask / 2)
        return true;
    if (table->mask + 1 >= MOST_SLOTS)
        return table->used <= table->mask / 4 * 3;
    hg_known_table *grown = new_table((table->mask + 1) * 2);
    if (!grown)
        return false;
    for (uint32_t i = 0; i <= table->mask; i++) {
        uint64_t entry = atomic_load_explicit(&table->slot[i], memory_order_relaxed);
        if (entry != 0)
            hg_known_put(grown, entry);
    }
    atomic_store_explicit(place, grown, memory_order_release);
    return true;
}

hg_known_table *hg_known_new_table(void)
{
    return new_table(FIRST_SLOTS);
}
