/*
 * Goal: fragmentation is told by the allocator's own figures, and nothing else that an allocator does is
 * taken for it. The series of allocator noise are those that real allocators showed under the healthy
 * controls.
 */
#include "analysis/fragmentation.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { WARMUP = 2, ROUNDS = 12, ROUND_OPS = 1000 };

#define KIB INT64_C(1024)

/* Held and handed out, in KiB, after each round of ROUND_OPS * scale ops. */
typedef struct series {
    hg_sample samples[ROUNDS];
    hg_cell cell;
} series;

static hg_cell *fill(series *s, const int64_t held[ROUNDS], const int64_t handed_out[ROUNDS], int64_t scale)
{
    for (int64_t i = 0; i < ROUNDS; i++)
        s->samples[i] = (hg_sample){.round = i,
                                    .ops = (i + 1) * ROUND_OPS * scale,
                                    .mapped_bytes = held[i] * KIB,
                                    .allocated_bytes = handed_out[i] * KIB};
    s->cell = (hg_cell){.samples = s->samples, .sample_count = ROUNDS, .warmup_rounds = WARMUP};
    return &s->cell;
}

/* What is held grows by so many KiB a round from 30 MiB on; what is handed out by so many. */
static hg_cell *fill_evenly(series *s, int64_t held, int64_t handed_out, int64_t scale)
{
    int64_t a[ROUNDS];
    int64_t b[ROUNDS];
    for (int64_t i = 0; i < ROUNDS; i++) {
        a[i] = 30000 + i * held;
        b[i] = 29000 + i * handed_out;
    }
    return fill(s, a, b, scale);
}

Test(harness_fragmentation, is_growth_of_what_is_held_but_not_handed_out)
{
    series s;
    hg_fragmentation found = hg_fragmentation_of(fill_evenly(&s, 300, 0, 1));
    cr_assert(found.grows);
    cr_assert(epsilon_eq(dbl, found.bytes_per_op, 300.0 * 1024 / ROUND_OPS, 1e-9));
    cr_assert(eq(i64, found.begin_bytes, 30300 * KIB));
    cr_assert(eq(i64, found.end_bytes, 33300 * KIB));
    const int64_t steps[ROUNDS] = {31020, 31284, 31548, 31944, 32208, 32472,
                                   32736, 33132, 33396, 33660, 33924, 34320};
    const int64_t still[ROUNDS] = {30629, 30619, 30610, 30601, 30592, 30583,
                                   30573, 30564, 30555, 30546, 30537, 30527};
    cr_assert(hg_fragmentation_of(fill(&s, steps, still, 1)).grows, "in steps of 132 KiB");
}

Test(harness_fragmentation, is_not_growth_of_live_memory_or_too_little)
{
    series s;
    cr_assert(not(hg_fragmentation_of(fill_evenly(&s, 300, 300, 1)).grows));
    cr_assert(not(hg_fragmentation_of(fill_evenly(&s, 300, 200, 1)).grows));
    cr_assert(not(hg_fragmentation_of(fill_evenly(&s, 0, -300, 1)).grows), "memory that is freed, and kept");
    cr_assert(not(hg_fragmentation_of(fill_evenly(&s, 40, 0, 1)).grows), "a hundredth of what is held");
    hg_cell *cell = fill_evenly(&s, 300, 0, 1);
    s.samples[4].allocated_bytes = -1;
    cr_assert(not(hg_fragmentation_of(cell).grows), "the allocator does not say");
}

Test(harness_fragmentation, is_not_what_allocators_take_and_keep_for_themselves)
{
    const int64_t live[ROUNDS] = {0};
    const int64_t noise[][ROUNDS] = {
        {132, 132, 132, 132, 132, 132, 132, 132, 132, 264, 264, 264},
        {660, 660, 660, 660, 660, 660, 660, 660, 660, 792, 792, 792},
        {1320, 2112, 3036, 3828, 4356, 5148, 5148, 5544, 5676, 5676, 5676, 5676},
        {2112, 4092, 5940, 5940, 5940, 6072, 6072, 6072, 6072, 6072, 6072, 6072},
        {396, 396, 396, 396, 396, 396, 396, 792, 792, 792, 792, 792},
        {5192, 5284, 5412, 5504, 5660, 5596, 5544, 5512, 5576, 5512, 5668, 5700},
        {2748, 2724, 2724, 2808, 4764, 4960, 4960, 4960, 4960, 4712, 4744, 4788},
        {32768, 32768, 32768, 32768, 65536, 65536, 65536, 65536, 65536, 65536, 65536, 65536},
    };
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
        series s;
        cr_assert(not(hg_fragmentation_of(fill(&s, noise[i], live, 1)).grows), "series %zu", i);
    }
}

Test(harness_fragmentation, is_confirmed_by_a_longer_run_at_the_same_rate_alone)
{
    series first;
    series second;
    hg_cell *before = fill_evenly(&first, 300, 0, 1);
    cr_assert(hg_fragmentation_confirms(before, fill_evenly(&second, 1200, 0, 4)));
    cr_assert(hg_fragmentation_confirms(before, fill_evenly(&second, 1000, 0, 4)));
    cr_assert(not(hg_fragmentation_confirms(before, fill_evenly(&second, 600, 0, 4))), "a square root");
    cr_assert(not(hg_fragmentation_confirms(before, fill_evenly(&second, 300, 0, 4))), "a logarithm");
    cr_assert(not(hg_fragmentation_confirms(before, fill_evenly(&second, 0, 0, 4))));
}
