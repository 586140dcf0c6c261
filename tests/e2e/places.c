/*
 * Goal: a leak is told from what is healthy in the same function, by the line of each caller, or without
 * lines by the place.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(places, of_one_helper_are_told_apart_by_their_lines)
{
    const char *const options[] = {"--holders", "always", NULL};
    checked done = check(PLUGIN("places"), "helper", options);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.out);
    const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
    const json_t *caller = json_array_get(json_object_get(site, "frames"), 1);
    cr_expect(eq(str, (char *)text_of(caller, "function"), "serve_by_helper"));
    cr_expect(eq(int, (int)number_of(caller, "line"), marked_line("places.c", "helper")), "%s",
              done.result.out);
    cr_expect(epsilon_eq(dbl, number_of(site, "bytes_per_op"), 2.4, 0.01));
    cr_expect(eq(dbl, number_of(site, "live_bytes"), 24 * number_of(site, "live_blocks")),
              "the leak's blocks alone");
    cr_expect(eq(ptr, strstr(done.result.out, "held by entries"), NULL), "%s", done.result.out);
    cr_expect(ne(ptr, strstr(done.result.out, "nothing points to"), NULL), "%s", done.result.out);
    checked_free(&done);
}

/* As the report tells of a variable. */
static double growth_of(const json_t *cell, const char *name)
{
    size_t i;
    const json_t *holder;
    json_array_foreach(json_object_get(cell, "holders"), i,
                       holder) if (strcmp(text_of(holder, "name"), name) ==
                                   0) return number_of(holder, "growth_bytes_per_op");
    cr_fatal("no holder is called %s", name);
}

Test(places, of_a_call_that_feeds_several_variables_do_not_make_a_full_table_grow)
{
    const char *const options[] = {"--holders", "always", NULL};
    checked done = check(PLUGIN("places"), "holders", options);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.out);
    cr_expect(eq(dbl, growth_of(cell, "entries"), 0), "%s", done.result.out);
    cr_expect(epsilon_eq(dbl, growth_of(cell, "journal"), 8.0 / 3, 0.1), "%s", done.result.out);
    checked_free(&done);
}

Test(places, without_lines_are_told_apart_as_well)
{
    checked done = check(PLUGIN("places_without_lines"), "direct", NULL);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.out);
    const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
    cr_expect(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "serve"));
    cr_expect(eq(dbl, number_of(culprit_of(cell, 0), "line"), 0));
    cr_expect(eq(dbl, number_of(site, "live_bytes"), 24 * number_of(site, "live_blocks")),
              "the leak's blocks alone");
    checked_free(&done);
}
