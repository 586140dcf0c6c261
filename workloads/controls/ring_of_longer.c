/*
 * The last 200 answers, each freed when its turn comes round. Leaking, an answer quotes the one before, and
 * is longer by a byte in ten ops.
 */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "answer", .default_ops = 10000};

enum { KEPT = 200, ANSWER_BYTES = 5000 };

static char *answers[KEPT];

static char *answer_write(uint64_t i)
{
    size_t bytes = ANSWER_BYTES + (LEAKS ? i / 10 : i % 100);
    char *answer = malloc(bytes);
    if (answer)
        answer[0] = answer[bytes - 1] = 'a';
    return answer;
}

int heapgate_iterate(uint64_t i)
{
    char **slot = &answers[i % KEPT];
    free(*slot);
    *slot = answer_write(i);
    return *slot ? 0 : 1;
}
