#include "probe/scan_sizes.h"

#include "probe/real.h"
#include "probe/tag.h"

/* Of larger blocks, the tag is a small part. */
enum { STEP = HG_TAG_BYTES, SIZES = 1024 / STEP + 2 };

static size_t usual[SIZES]; /* bytes usable in a block of so many steps; 0: not known */

void hg_scan_learn_sizes(void)
{
    size_t larger = SIZE_MAX;
    for (size_t i = SIZES; i-- > 0;) {
        void *block = hg_real_allocator.malloc(i * STEP);
        size_t usable = block ? hg_real_allocator.usable_size(block) : 0;
        hg_real_allocator.free(block);
        /* A piece of free memory may be a little larger, and too small to be divided. */
        usual[i] = larger = usable < larger ? usable : larger;
    }
}

uint64_t hg_scan_heap_bytes(size_t requested, size_t usable)
{
    size_t steps = requested / STEP + (requested % STEP > 0);
    if (steps + 1 < SIZES && usable == usual[steps + 1])
        usable = usual[steps];
    return usable + (hg_real_has_headers ? sizeof(size_t) : 0);
}
