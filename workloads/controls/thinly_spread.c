/* Sixty-four operations, each of which loses a block once in 6,400 ops: a leak that no call path shows much
 * of. */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 64000};

static void *last;

static int keep_block(uint64_t i)
{
    if (!LEAKS || i / 64 % 100 != 0)
        free(last);
    last = malloc(80);
    return last ? 0 : 1;
}

#define OPERATION(name)                                                                                      \
    static __attribute__((noinline)) int operation_##name(uint64_t i)                                        \
    {                                                                                                        \
        return keep_block(i);                                                                                \
    }
#define EIGHT(go, row) go(row##0) go(row##1) go(row##2) go(row##3) go(row##4) go(row##5) go(row##6) go(row##7)
#define SIXTY_FOUR(go)                                                                                       \
    EIGHT(go, a) EIGHT(go, b) EIGHT(go, c) EIGHT(go, d) EIGHT(go, e) EIGHT(go, f) EIGHT(go, g) EIGHT(go, h)

SIXTY_FOUR(OPERATION)

#define ENTRY(name) operation_##name,
static int (*const operations[])(uint64_t) = {SIXTY_FOUR(ENTRY)};

int heapgate_iterate(uint64_t i)
{
    return operations[i % 64](i);
}
