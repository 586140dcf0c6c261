/* A hash join fills its build side with 45,000 rows; after that each new row takes the place of an older
 * one, which is spilled to a page buffer. The mistake: a spilled row that does not fit into the rest of the
 * page (1 in 73) is copied and the copy is lost. Healthy: 45,000 rows. */
#include "pair.h"

enum { ROWS = 45000, PAGE = 4096, ROW = 56 };
static unsigned char *row[ROWS];
static unsigned char page[PAGE];
static uint32_t page_used;
static uint64_t pages_out;

PAIR_NOINLINE static unsigned char *row_read(uint64_t r)
{
    unsigned char *bytes = malloc(ROW);
    memset(bytes, (int)r, ROW);
    return bytes;
}

PAIR_NOINLINE static unsigned char *row_hold(const unsigned char *bytes)
{
    unsigned char *held = malloc(ROW);
    memcpy(held, bytes, ROW);
    return held;
}

static void spill(const unsigned char *bytes)
{
    if (page_used + ROW > PAGE) {
        unsigned char *held = row_hold(bytes);
        pages_out += page[0] + 1u;
        memcpy(page, held, ROW);
        page_used = ROW;
        if (!LEAKS)
            free(held);
        return;
    }
    memcpy(page + page_used, bytes, ROW);
    page_used += ROW;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned char **slot = i < ROWS ? &row[i] : &row[r % ROWS];
    if (*slot) {
        spill(*slot);
        free(*slot);
    }
    *slot = row_read(r >> 16);
    return 0;
}
