/*
 * Goal: whatever becomes of the process that looks up the names of holders, the cell keeps what it has, and
 * says why there is no answer.
 */
#include "holders/apart.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(harness_apart, a_process_that_crashes_costs_the_names_alone)
{
    const hg_attribution nothing_to_read = {0};
    hg_run *run = hg_run_new();
    hg_cell *cell = hg_run_add_cell(run);
    cell->verdict = HG_VERDICT_LEAK;
    cr_assert(hg_holders_attribute_apart(&nothing_to_read, cell));
    cr_assert(ne(ptr, strstr(cell->holders_missing, "the process that looks up their names"), NULL), "%s",
              cell->holders_missing);
    cr_assert(eq(int, cell->verdict, HG_VERDICT_LEAK));
    hg_run_free(run);
}
