/*
 * The workload of heapgate doctor: it keeps one block from the start and leaks nothing.
 */
#include <heapgate/workload.h>

static void *kept;

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.name = "doctor", .unit = "op"};

int heapgate_setup(void)
{
    kept = malloc(100);
    return kept == NULL;
}

int heapgate_iterate(uint64_t i)
{
    void *volatile block = malloc(64 + i % 64); /* volatile, or the compiler removes both calls */
    if (!block)
        return 1;
    free(block);
    return 0;
}

void heapgate_teardown(void)
{
    free(kept);
}
