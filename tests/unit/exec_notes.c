/*
 * Goal: growth that slows down by the clock is told from a program that slows down.
 */
#include "exec/notes.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20, WARMUP = 4, BLOCK = 100 };

/* Fewer and fewer bytes come in each round, by fewer and fewer calls or by as many as before. */
static bool is_called_slower(bool fewer_calls)
{
    static hg_session session;
    static hg_watched watched;
    const hg_session_plan plan = {.pace = HG_ROUND_END_TIME};
    const hg_cells_plan how = {.plan = &plan, .paced = true};
    hg_sample samples[ROUNDS] = {0};
    hg_site site = {.growth_class = HG_CLASS_FILLING};
    hg_cell cell = {.verdict = HG_VERDICT_INCONCLUSIVE,
                    .warmup_rounds = WARMUP,
                    .samples = samples,
                    .sample_count = ROUNDS,
                    .sites = &site,
                    .site_count = 1};
    for (int i = 1; i < ROUNDS; i++) {
        int64_t came = 2 * ROUNDS - 2 * i;
        samples[i].live_bytes = samples[i - 1].live_bytes + came * BLOCK;
        samples[i].allocations = samples[i - 1].allocations + (fewer_calls ? came : ROUNDS);
    }
    cr_assert(hg_cell_set(&cell.reason, "still filling"));
    cr_assert(hg_note_evidence(&session, &how, &watched, &cell));
    bool is_slower = strstr(cell.reason, "; the program itself became slower: ") != NULL;
    free(cell.reason);
    return is_slower;
}

Test(exec_notes, a_program_that_slows_down_is_told_from_growth_that_does)
{
    cr_assert(is_called_slower(true));
    cr_assert(not(is_called_slower(false)));
}
