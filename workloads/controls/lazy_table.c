/*
 * A table of 512 pages, each made when first touched, at random: the last ones come late. Leaking, a page
 * that is due for a refresh, one touch in forty, is made again and the old one lost.
 */
#include "control.h"
#include "random.h"

enum { PAGES = 512, PAGE_BYTES = 96 };

static void *pages[PAGES];

static void *page_new(void)
{
    return calloc(1, PAGE_BYTES);
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    void **page = &pages[random_below(&random, PAGES)];
    void *scratch = malloc(24);
    free(scratch);
    if (!*page || (LEAKS && i % 40 == 0))
        *page = page_new();
    return *page ? 0 : 1;
}
