/*
 * Goal: the least recently used element is found whatever was used, added and removed in between, and threads
 * that use one element in turn note no more than one use in a while.
 */
#include "uses.h"

#include <criterion/criterion.h>
#include <stdint.h>

enum { ELEMENTS = 200, STEPS = 20000 };

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

Test(uses, finds_what_a_list_of_all_uses_would)
{
    static toka_use elements[ELEMENTS];
    static uint64_t last_step[ELEMENTS]; /* 0: not in it */
    toka_uses uses = {0};
    uint32_t state = 1;

    for (uint64_t step = 1; step <= STEPS; step++) {
        uint32_t i = draw(&state, ELEMENTS);
        uint32_t oldest = ELEMENTS;
        if (!last_step[i]) {
            cr_assert(toka_uses_make_room(&uses));
            toka_uses_add(&uses, &elements[i], 0);
            last_step[i] = step;
        } else if (draw(&state, 4) == 0) {
            toka_uses_remove(&uses, &elements[i]);
            last_step[i] = 0;
        } else {
            toka_use_note(&elements[i], 0);
            last_step[i] = step;
        }
        if (draw(&state, 8) > 0)
            continue;
        for (uint32_t k = 0; k < ELEMENTS; k++)
            if (last_step[k] && (oldest == ELEMENTS || last_step[k] < last_step[oldest]))
                oldest = k;
        cr_assert_eq(toka_uses_oldest(&uses), oldest < ELEMENTS ? &elements[oldest] : NULL, "step %lu",
                     (unsigned long)step);
    }
    toka_uses_clear(&uses);
}

Test(uses, gives_its_memory_back_when_it_is_empty)
{
    static toka_use elements[100];
    toka_uses uses = {0};

    for (int i = 0; i < 100; i++) {
        cr_assert(toka_uses_make_room(&uses));
        toka_uses_add(&uses, &elements[i], 0);
    }
    cr_expect_not_null(uses.more);
    for (int i = 0; i < 100; i++)
        toka_uses_remove(&uses, &elements[i]);
    cr_expect_null(uses.more);
    cr_expect_null(toka_uses_oldest(&uses));
}

Test(uses, of_an_element_that_threads_use_in_turn_few_uses_are_noted)
{
    toka_use element = {0};
    toka_uses uses = {0};
    uint64_t first = 0;
    int noted = 0;

    cr_assert(toka_uses_make_room(&uses));
    toka_uses_add(&uses, &element, 0);
    first = element.last;
    for (int i = 0; i < 1000; i++) {
        uint64_t before = element.last;
        toka_use_note(&element, (unsigned)i % 2);
        noted += element.last != before;
    }
    cr_expect_leq((uint64_t)noted, (toka_clock_ticks() - first) / TOKA_USES_BLUR + 1);
    toka_uses_clear(&uses);
}

Test(uses, every_use_of_one_thread_is_noted)
{
    toka_use element = {0};
    toka_uses uses = {0};

    cr_assert(toka_uses_make_room(&uses));
    toka_uses_add(&uses, &element, 3);
    for (int i = 0; i < 100; i++) {
        uint64_t before = element.last;
        toka_use_note(&element, 3);
        cr_assert_gt(element.last, before);
    }
    toka_uses_clear(&uses);
}
