/* The threads of a concurrent storm: every op once, in order within its thread, and none in flight at the
 * end. */
#include "crew.h"

#include <criterion/criterion.h>
#include <stdatomic.h>

enum { OPS = 10000 };

static struct {
    struct crew crew;
    atomic_uint done[OPS];
    uint64_t last[CREW_MOST_THREADS]; /* plus one; the member's alone */
    atomic_uint wrong, total;
    uint64_t fails_at;
} test = {.fails_at = UINT64_MAX};

static int record(uint32_t member, uint64_t i)
{
    test.done[i]++;
    test.total++;
    test.wrong += i % test.crew.size != member || test.last[member] > i;
    test.last[member] = i + 1;
    return i == test.fails_at;
}

Test(workload_crew, carries_out_every_op_once_and_in_order)
{
    static const uint32_t sizes[] = {1, 2, 3, 4, CREW_MOST_THREADS};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        memset(test.done, 0, sizeof test.done);
        memset(test.last, 0, sizeof test.last);
        cr_assert_eq(crew_start(&test.crew, sizes[s], record), 0);
        for (uint64_t i = 0; i < OPS; i++)
            cr_assert_eq(crew_add(&test.crew, i), 0);
        cr_assert_eq(crew_finish(&test.crew), 0);
        for (unsigned i = 0; i < OPS; i++)
            cr_assert_eq(test.done[i], 1, "op %u, %u threads", i, sizes[s]);
        cr_expect_eq(test.wrong, 0, "%u threads", sizes[s]);
        crew_stop(&test.crew);
    }
}

Test(workload_crew, nothing_is_in_flight_after_finish)
{
    cr_assert_eq(crew_start(&test.crew, 4, record), 0);
    for (uint64_t i = 0; i < OPS; i++) {
        cr_assert_eq(crew_add(&test.crew, i), 0);
        if (i % 37 == 0) {
            cr_assert_eq(crew_finish(&test.crew), 0);
            cr_assert_eq(test.total, i + 1);
        }
    }
    crew_stop(&test.crew);
}

Test(workload_crew, failed_op_is_told_once_its_batch_is_over)
{
    test.fails_at = 5;
    cr_assert_eq(crew_start(&test.crew, 3, record), 0);
    for (uint64_t i = 0; i < 10; i++)
        cr_assert_eq(crew_add(&test.crew, i), 0, "still collected");
    cr_expect_neq(crew_finish(&test.crew), 0);
    cr_expect_neq(crew_finish(&test.crew), 0, "and it stays so");
    crew_stop(&test.crew);
}

Test(workload_crew, stops_with_nothing_done_and_without_threads)
{
    crew_stop(&test.crew);
    cr_assert_eq(crew_start(&test.crew, 4, record), 0);
    cr_expect_eq(crew_finish(&test.crew), 0, "no ops to carry out");
    cr_assert_eq(crew_add(&test.crew, 0), 0);
    crew_stop(&test.crew);
    cr_expect_eq(test.total, 0, "what is only collected is not carried out");
    crew_stop(&test.crew);
}
