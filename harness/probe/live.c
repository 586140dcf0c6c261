#include "probe/live.h"

#include "probe/counting.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ADDRESS_BITS = 47, LEAF_BITS = 26, GRAIN_BITS = 3, LEAVES = 1 << (ADDRESS_BITS - LEAF_BITS) };
enum { LEAF_WORDS = 1 << (LEAF_BITS - GRAIN_BITS - 6), PAGE_WORDS = 512, PAGES = LEAF_WORDS / PAGE_WORDS };

/* Of 64 MiB of addresses: the bits, and which of their pages were ever in use. */
typedef struct live_leaf {
    _Atomic uint64_t words[LEAF_WORDS];
    _Atomic uint64_t used[PAGES / 64];
} live_leaf;

bool hg_live_wanted;
static live_leaf *_Atomic *leaves;
static _Atomic size_t first_leaf = LEAVES, last_leaf;
static _Atomic bool incomplete;

static void *reserve(size_t bytes)
{
    void *memory = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    return memory == MAP_FAILED ? NULL : memory;
}

bool hg_live_start(void)
{
    leaves = reserve(LEAVES * sizeof *leaves);
    hg_live_wanted = leaves != NULL;
    return hg_live_wanted;
}

static void note_leaf(size_t number)
{
    size_t known = atomic_load(&first_leaf);
    while (number < known && !atomic_compare_exchange_weak(&first_leaf, &known, number))
        continue;
    known = atomic_load(&last_leaf);
    while (number > known && !atomic_compare_exchange_weak(&last_leaf, &known, number))
        continue;
}

static live_leaf *make_leaf(size_t number)
{
    live_leaf *made = reserve(sizeof *made);
    live_leaf *there = NULL;
    if (!made) {
        atomic_store(&incomplete, true);
        return NULL;
    }
    note_leaf(number);
    if (atomic_compare_exchange_strong(&leaves[number], &there, made)) {
        hg_counting_note_own(made, sizeof *made);
        return made;
    }
    syscall(SYS_munmap, made, sizeof *made);
    return there;
}

static bool is_address(uintptr_t address)
{
    return address >> ADDRESS_BITS == 0;
}

static size_t word_of(uintptr_t address)
{
    return (address & (((uintptr_t)1 << LEAF_BITS) - 1)) >> (GRAIN_BITS + 6);
}

static uint64_t bit_of(uintptr_t address)
{
    return (uint64_t)1 << (address >> GRAIN_BITS & 63);
}

static void note_page(live_leaf *leaf, size_t page)
{
    _Atomic uint64_t *used = &leaf->used[page / 64];
    uint64_t bit = (uint64_t)1 << page % 64;
    if (!(atomic_load_explicit(used, memory_order_relaxed) & bit))
        atomic_fetch_or(used, bit);
}

void hg_live_add(const void *block)
{
    uintptr_t address = (uintptr_t)block;
    if (!hg_live_wanted || !is_address(address))
        return;
    size_t number = address >> LEAF_BITS;
    live_leaf *leaf = atomic_load(&leaves[number]);
    if (!leaf)
        leaf = make_leaf(number);
    if (!leaf)
        return;
    note_page(leaf, word_of(address) / PAGE_WORDS);
    atomic_fetch_or(&leaf->words[word_of(address)], bit_of(address));
}

void hg_live_remove(const void *block)
{
    uintptr_t address = (uintptr_t)block;
    live_leaf *leaf =
        hg_live_wanted && is_address(address) ? atomic_load(&leaves[address >> LEAF_BITS]) : NULL;
    if (leaf)
        atomic_fetch_and(&leaf->words[word_of(address)], ~bit_of(address));
}

void hg_live_clear(void *block, size_t size)
{
    enum { LARGE = 1 << 20 };
    if (hg_live_wanted && size < LARGE)
        memset(block, 0, size);
}

bool hg_live_is_incomplete(void)
{
    return atomic_load(&incomplete);
}

static bool each_of_word(uintptr_t begin, uint64_t bits, bool (*each)(uintptr_t, void *), void *user_data)
{
    for (; bits != 0; bits &= bits - 1)
        if (!each(begin + ((uintptr_t)__builtin_ctzll(bits) << GRAIN_BITS), user_data))
            return false;
    return true;
}

static bool each_of_page(uintptr_t begin, const live_leaf *leaf, size_t page, bool (*each)(uintptr_t, void *),
                         void *user_data)
{
    if (!(atomic_load_explicit(&leaf->used[page / 64], memory_order_relaxed) >> page % 64 & 1))
        return true;
    for (size_t i = page * PAGE_WORDS; i < (page + 1) * PAGE_WORDS; i++)
        if (!each_of_word(begin | (uintptr_t)i << (GRAIN_BITS + 6),
                          atomic_load_explicit(&leaf->words[i], memory_order_relaxed), each, user_data))
            return false;
    return true;
}

bool hg_live_each(bool (*each)(uintptr_t block, void *user_data), void *user_data)
{
    size_t last = atomic_load(&last_leaf);
    for (size_t number = atomic_load(&first_leaf); number <= last; number++) {
        const live_leaf *leaf = atomic_load(&leaves[number]);
        for (size_t page = 0; leaf && page < PAGES; page++)
            if (!each_of_page(number << LEAF_BITS, leaf, page, each, user_data))
                return false;
    }
    return true;
}
