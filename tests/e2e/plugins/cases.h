/*
 * A test plug-in is a table of cases; HEAPGATE_TEST_CASE names the one that runs. A case gives 0, or the line
 * of the REQUIRE that failed, which then stands in the reason of the failed cell.
 */
#ifndef HG_TESTS_CASES_H
#define HG_TESTS_CASES_H

#include <heapgate/workload.h>
#include <stddef.h>
#include <string.h>

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            return __LINE__;                                                                                 \
    } while (0)

/* Keeps the frame of a function: not inlined, not merged with an equal one, not left by a jump. */
#define CULPRIT __attribute__((noinline, noclone, no_icf, optimize("no-optimize-sibling-calls")))

typedef struct test_case {
    const char *name;
    int (*op)(uint64_t i);
} test_case;

static inline int run_case(const test_case *cases, size_t count, uint64_t i)
{
    static const test_case *chosen;
    if (!chosen) {
        const char *name = getenv("HEAPGATE_TEST_CASE");
        for (size_t k = 0; name && k < count; k++)
            if (strcmp(cases[k].name, name) == 0)
                chosen = &cases[k];
    }
    return chosen ? chosen->op(i) : -1;
}

#define RUN_CASES(cases)                                                                                     \
    int heapgate_iterate(uint64_t i)                                                                         \
    {                                                                                                        \
        return run_case(cases, sizeof(cases) / sizeof *(cases), i);                                          \
    }

#endif
