/* Which allocation sites were tried: what the gates make of it, and shards joined. */
#include "model/merge.h"
#include "model/run_file.h"
#include "report_fixture.h"
#include "view/tried_sites.h"
#include "view/view.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_site(hg_run *run, int line, hg_reach reach, bool changed)
{
    const hg_tried_site like = {.module = (char *)"lib.so",
                                .function = (char *)"make",
                                .file = (char *)"lib.c",
                                .calls = (char *)"malloc",
                                .line = line,
                                .reach = reach};
    hg_tried_site *site = hg_tried_add(&run->tried, &like);
    cr_assert_not_null(site);
    site->changed = changed;
    site->blocks = reach == HG_REACH_TRIED ? 5 : 0;
    if (reach != HG_REACH_TRIED)
        return;
    hg_tried_use *use = hg_tried_add_use(site, "storm", "main");
    cr_assert_not_null(use);
    use->blocks = 5;
}

/* Three tried, one not, and one of which it is not known. */
static hg_run *tried_run(void)
{
    hg_run *run = hg_run_new();
    cr_assert_not_null(run);
    cr_assert_not_null(hg_tried_add_module(&run->tried, "lib.so"));
    for (int line = 1; line <= 3; line++)
        add_site(run, line, HG_REACH_TRIED, false);
    add_site(run, 4, HG_REACH_UNTRIED, false);
    add_site(run, 5, HG_REACH_UNCLEAR, true);
    return run;
}

Test(report_tried, without_a_gate_it_passes)
{
    char line[HG_TRIED_LINE];
    hg_run *run = tried_run();
    cr_expect_eq(hg_run_exit_code(run), 0);
    cr_expect_float_eq(hg_tried_percent(&run->tried, NULL), 75, 1e-9);
    hg_tried_summary(&run->tried, line);
    cr_expect(strstr(line, "3 of 4 allocation sites tried (75 %); 1 more cannot be told") == line, "%s",
              line);
    hg_run_free(run);
}

Test(report_tried, too_few_sites_fail)
{
    hg_run *run = tried_run();
    run->tried.min_percent = 75;
    cr_expect_eq(hg_run_exit_code(run), 0);
    run->tried.min_percent = 75.5;
    cr_expect_eq(hg_run_exit_code(run), 1);
    hg_run_free(run);
}

Test(report_tried, a_share_of_no_sites_is_no_pass)
{
    char line[HG_TRIED_LINE];
    hg_run *run = hg_run_new();
    cr_assert_not_null(run);
    hg_cell *cell = hg_run_add_cell(run);
    cr_assert_not_null(cell);
    cell->met = true;
    cr_assert_not_null(hg_tried_add_module(&run->tried, "lib.so"));
    cr_expect_eq(hg_run_exit_code(run), 0, "nobody asked for a share");
    run->tried.min_percent = 80;
    cr_expect_eq(hg_run_exit_code(run), 4);
    cr_expect_str_eq(hg_run_meaning(run), "which allocation sites were tried is not known");
    hg_tried_summary(&run->tried, line);
    cr_expect_str_eq(line, "no allocation site was found, so nobody can say whether 80 % were tried; "
                           "--module NAME chooses other libraries");
    add_site(run, 1, HG_REACH_UNCLEAR, false);
    cr_expect_eq(hg_run_exit_code(run), 4, "nor of those of which nothing is known");
    add_site(run, 2, HG_REACH_TRIED, false);
    cr_expect_eq(hg_run_exit_code(run), 0);
    hg_run_free(run);
}

Test(report_tried, what_only_a_failed_allocation_reaches_counts_apart)
{
    char line[HG_TRIED_LINE];
    hg_run *run = tried_run();
    fixture_set(&run->tried.since, "HEAD~1");
    hg_tried_beside(&run->tried, line);
    cr_expect_str_eq(line, "3 sites never freed a block; no workload reached 1 site; --torture may, on error "
                           "paths");
    run->tried.tortured = true;
    add_site(run, 6, HG_REACH_FAILURE, true);
    cr_expect_float_eq(hg_tried_percent(&run->tried, NULL), 75, 1e-9);
    cr_expect_eq(hg_run_exit_code(run), 0, "one that is new was tried, as far as it can be");
    hg_tried_summary(&run->tried, line);
    cr_expect(strstr(line, "(75 %); 1 more only when an allocation fails"), "%s", line);
    hg_tried_beside(&run->tried, line);
    cr_expect_str_eq(line, "3 sites never freed a block");
    hg_run_free(run);
}

Test(report_tried, a_new_site_that_was_not_tried_fails)
{
    hg_run *run = tried_run();
    fixture_set(&run->tried.since, "HEAD~1");
    cr_expect_eq(hg_run_exit_code(run), 0, "one that is new and not known is no failure");
    add_site(run, 6, HG_REACH_UNTRIED, true);
    cr_expect_eq(hg_run_exit_code(run), 1);
    cr_expect_eq(hg_tried_failing(&run->tried), 1);
    hg_run_free(run);
}

Test(report_tried, a_gate_that_sees_nothing_is_no_pass)
{
    hg_run *run = tried_run();
    hg_cell *cell = hg_run_add_cell(run);
    cr_assert_not_null(cell);
    cell->met = true;
    fixture_set(&run->tried.modules[0].message, "its file cannot be read");
    cr_expect_eq(hg_run_exit_code(run), 0, "nobody asked for a gate");
    run->tried.min_percent = 1;
    cr_expect_eq(hg_run_exit_code(run), 4);
    hg_run_free(run);
}

Test(report_tried, what_nobody_can_list_is_told_apart)
{
    char line[HG_TRIED_LINE];
    hg_run *run = tried_run();
    add_site(run, 6, HG_REACH_SEEN, true);
    add_site(run, 8, HG_REACH_UNCLEAR, false);
    run->tried.sites[6].sometimes = true;
    run->tried.sites[0].freed_blocks = run->tried.sites[1].freed_blocks = 5;
    cr_expect_float_eq(hg_tried_percent(&run->tried, NULL), 75, 1e-9);
    cr_expect_eq(hg_tried_failing(&run->tried), 0);
    hg_tried_summary(&run->tried, line);
    cr_expect(strstr(line, "; 1 more cannot be told: the function ran"), "%s", line);
    hg_tried_beside(&run->tried, line);
    cr_expect_str_eq(line, "1 site never freed a block; 1 more call allocated, by a pointer or into another "
                           "library, not counted; no workload reached 1 site; --torture may, on error paths");
    hg_run_free(run);
}

Test(report_tried, shards_are_judged_together)
{
    size_t cell;
    hg_part_lack lack;
    hg_run *runs[2];
    for (uint32_t i = 0; i < 2; i++) {
        hg_run *run = runs[i] = hg_run_new();
        cr_assert_not_null(hg_tried_add_module(&run->tried, "lib.so"));
        add_site(run, 1, i == 0 ? HG_REACH_TRIED : HG_REACH_UNTRIED, true);
        add_site(run, 2, i == 1 ? HG_REACH_TRIED : HG_REACH_UNTRIED, true);
        add_site(run, 3, HG_REACH_UNTRIED, i == 1);
        cr_assert(hg_tried_add_free(&run->tried.sites[i], "drop", "lib.c", 9));
        cr_assert(hg_tried_add_free(&run->tried.sites[0], "drop", "lib.c", 10));
        fixture_set(&run->tried.since, "HEAD~1");
        run->part = (hg_part){.shards = 2, .numbers = calloc(1, sizeof(int64_t)), .number_count = 1};
        run->part.numbers[0] = i + 1;
        cr_expect_eq(hg_run_exit_code(run), 0, "a shard does not know what the others try");
    }
    cr_assert_eq(hg_run_merge(runs[0], runs[1], false, &cell), HG_MERGE_DONE);
    cr_assert(hg_run_make_whole(runs[0], &lack));
    cr_expect_eq(runs[0]->tried.site_count, 3);
    cr_expect_eq(runs[0]->tried.module_count, 1);
    cr_expect_eq(runs[0]->tried.sites[0].free_count, 2, "line 10 is one, though both shards have it");
    cr_expect_eq(runs[0]->tried.sites[1].free_count, 1);
    cr_expect_eq(hg_tried_failing(&runs[0]->tried), 1, "only line 3 is new and tried by none");
    cr_expect_eq(hg_run_exit_code(runs[0]), 1);
    hg_run_free(runs[0]);
    hg_run_free(runs[1]);
}

Test(report_tried, it_reads_back_as_it_was_written)
{
    char message[256], path[64];
    hg_run *run = tried_run();
    fixture_set(&run->tried.since, "v1 \"x\"");
    cr_assert(hg_tried_add_free(&run->tried.sites[0], "drop", "", 0));
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    hg_run_write(run, file);
    fflush(file);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    hg_run *again = hg_run_read(path, message, sizeof message);
    cr_assert_not_null(again, "%s", message);
    cr_expect_str_eq(again->tried.since, "v1 \"x\"");
    cr_assert_eq(again->tried.site_count, 5);
    cr_expect_eq(again->tried.sites[4].reach, HG_REACH_UNCLEAR);
    cr_expect(again->tried.sites[4].changed);
    cr_assert_eq(again->tried.sites[0].use_count, 1);
    cr_expect_str_eq(again->tried.sites[0].uses[0].workload, "storm");
    cr_assert_eq(again->tried.sites[0].free_count, 1);
    cr_expect_str_eq(again->tried.sites[0].frees[0].function, "drop");
    fclose(file);
    hg_run_free(run);
    hg_run_free(again);
}
