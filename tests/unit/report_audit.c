/*
 * Goal: the audit says the same whatever the order of its runs; what is new, over its bound, at its end or in
 * need of a review is told; runs of other suites and hostile ones do no harm.
 */
#include "audit/audit.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static hg_run *run_at(hg_run *run, const char *started)
{
    fixture_set(&run->started, started);
    return run;
}

/* Takes the run over. */
static void add(hg_audit *audit, hg_run *run)
{
    cr_assert(hg_audit_add(audit, run));
    hg_run_free(run);
}

typedef bool writer(const hg_audit *audit, FILE *out);

static char *written(const hg_audit *audit, writer *write)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    cr_assert_not_null(out);
    cr_assert(write(audit, out));
    fclose(out);
    return text;
}

/* A run of the fixture whose first cell grows by so much. */
static hg_run *growing(const char *started, double bytes_per_op)
{
    hg_run *run = run_at(fixture_toka(), started);

    run->cells[0].bytes_per_op = bytes_per_op;
    return run;
}

static hg_audit *three_runs(const int order[3])
{
    static const char *const days[] = {"2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z",
                                       "2026-11-01T00:00:00Z"};
    hg_audit *audit = hg_audit_new("2026-11-27");

    cr_assert_not_null(audit);
    for (int i = 0; i < 3; i++)
        add(audit, growing(days[order[i]], 10.0 * (order[i] + 1)));
    cr_assert(hg_audit_finish(audit));
    return audit;
}

Test(report_audit, says_the_same_whatever_the_order_of_the_runs)
{
    static const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
    char *first[2] = {NULL, NULL};
    writer *const writers[] = {hg_audit_html, hg_audit_markdown};

    for (int i = 0; i < 3; i++) {
        hg_audit *audit = three_runs(orders[i]);
        cr_expect_eq(audit->run_count, 3);
        for (int k = 0; k < 2; k++) {
            char *text = written(audit, writers[k]);
            if (first[k])
                cr_expect_str_eq(text, first[k]);
            else
                first[k] = strdup(text);
            free(text);
        }
        hg_audit_free(audit);
    }
    cr_expect_not_null(strstr(first[0], "3 runs, 2026-09-01 to 2026-11-01"));
    cr_expect_not_null(strstr(first[1], "3 runs, 2026-09-01 to 2026-11-01"));
    cr_expect_not_null(strstr(first[0], "Growth per op: 10 B at first, 30 B in the latest run"));
    cr_expect_not_null(strstr(first[1], "\u2583\u2585\u2588 10 B \u2192 30 B"), "%s", first[1]);
    free(first[0]);
    free(first[1]);
}

Test(report_audit, a_cell_that_failed_leaves_a_gap_and_one_that_is_gone_is_told)
{
    hg_audit *audit = hg_audit_new("2026-11-27");
    hg_run *failed = run_at(fixture_toka(), "2026-10-02T00:00:00Z");
    hg_run *last = run_at(fixture_toka(), "2026-10-03T00:00:00Z");

    failed->cells[0].verdict = HG_VERDICT_FAILED;
    fixture_set(&last->cells[1].workload, "another");
    add(audit, run_at(fixture_toka(), "2026-10-01T00:00:00Z"));
    add(audit, failed);
    add(audit, last);
    cr_assert(hg_audit_finish(audit));
    size_t gaps = 0, gone = 0;
    for (size_t i = 0; i < audit->cell_count; i++) {
        gone += !hg_audit_last(audit, &audit->cells[i]);
        for (size_t k = 0; k < audit->cells[i].count; k++)
            gaps += isnan(audit->cells[i].points[k].figures[HG_AUDIT_GROWTH]);
    }
    cr_expect_eq(gaps, 1);
    cr_expect_eq(gone, 1);
    char *page = written(audit, hg_audit_html);
    cr_expect_not_null(strstr(page, "not in the latest run"));
    free(page);
    hg_audit_free(audit);
}

static void set_holder(hg_run *run, const char *name, int64_t bound)
{
    hg_retainer *holder = calloc(1, sizeof *holder);

    cr_assert_not_null(holder);
    holder->holder.path = strdup(name);
    holder->holder.name = strdup(name);
    holder->holder.file = strdup("");
    holder->holder.module = strdup("");
    holder->holder.example = strdup("");
    holder->alike_blocks = holder->holder.blocks = 100;
    holder->holder.bytes = 4096;
    holder->bound = (hg_bound){.known = bound > 0, .holder = strdup(name), .blocks = bound};
    holder->within_bound = bound == 0 || bound >= 100;
    run->cells[0].holders = holder;
    run->cell_count = run->cell_count > 0; /* one is enough */
    run->cells[0].holder_count = 1;
}

Test(report_audit, marks_new_holders_and_those_over_their_bounds)
{
    hg_audit *audit = hg_audit_new("2026-11-27");
    static const char *const days[] = {"2026-10-03T00:00:00Z", "2026-10-01T00:00:00Z",
                                       "2026-10-02T00:00:00Z"};
    static const char *const names[] = {"late", "early", "early"};

    for (int i = 0; i < 3; i++) {
        hg_run *run = fixture_check();
        set_holder(run, names[i], i == 0 ? 50 : 100);
        add(audit, run_at(run, days[i]));
    }
    cr_assert(hg_audit_finish(audit));
    cr_assert_eq(audit->holder_count, 2);
    cr_expect_str_eq(audit->holders[0].name, "late");
    cr_expect(audit->holders[0].is_new && !audit->holders[0].within_bound);
    cr_expect(!audit->holders[1].is_new && audit->holders[1].within_bound);
    cr_expect_eq(audit->holders[1].first, 0);
    cr_expect_eq(audit->holders[1].last, 1);
    char *page = written(audit, hg_audit_markdown);
    cr_expect_not_null(strstr(page, "1 holder over a bound, 1 new holder"), "%s", page);
    cr_expect_not_null(strstr(page, "50 blocks \u274c exceeded | **new** 2026-10-03"), "%s", page);
    free(page);
    hg_audit_free(audit);
}

static hg_run *keeping(const char *started, const char *by, hg_review review)
{
    hg_run *run = run_at(fixture_check(), started);
    hg_site *site = &run->cells[0].sites[0];

    site->kept = (hg_kept){.known = 1, .blocks = 2, .bytes = 100, .review = review};
    if (by)
        fixture_set(&site->kept.by, by);
    return run;
}

Test(report_audit, tells_the_age_and_the_end_of_each_deliberate_leak)
{
    hg_audit *audit = hg_audit_new("2026-11-27");
    static const char *const expected[][3] = {
        {"function: a", "seen since 2026-09-01 (87 days)", "ends in 3 days"},
        {"function: b", "since 2026-01-01 (330 days)", "not seen in the latest run"},
        {"function: c", "seen since 2026-09-02 (86 days)", "not declared any more"},
    };
    char text[96];

    cr_assert(hg_audit_declare(audit, "function: b", "why", "who", "2026-01-01", "never"));
    cr_assert(hg_audit_declare(audit, "function: a", "why", "who", "", "2026-11-30"));
    add(audit, keeping("2026-09-03T00:00:00Z", "function: a", HG_REVIEW_DECLARED));
    add(audit, keeping("2026-09-01T00:00:00Z", "function: a", HG_REVIEW_DECLARED));
    add(audit, keeping("2026-09-02T00:00:00Z", "function: c", HG_REVIEW_DECLARED));
    cr_assert(hg_audit_finish(audit));
    cr_assert_eq(audit->leak_count, 3);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            const hg_audit_leak *leak = &audit->leaks[k];
            if (strcmp(leak->what, expected[i][0]) != 0)
                continue;
            hg_audit_age(audit, leak, text, sizeof text);
            cr_expect_str_eq(text, expected[i][1]);
            hg_audit_state(audit, leak, text, sizeof text);
            cr_expect_str_eq(text, expected[i][2]);
        }
    hg_audit_summary(audit, text, sizeof text);
    cr_expect_not_null(strstr(text, "1 declaration at an end within 30 days"), "%s", text);
    hg_audit_free(audit);
}

Test(report_audit, lists_what_needs_a_review_in_the_latest_run_alone)
{
    hg_audit *audit = hg_audit_new("2026-11-27");

    add(audit, keeping("2026-09-02T00:00:00Z", NULL, HG_REVIEW_NEEDED));
    add(audit, keeping("2026-09-01T00:00:00Z", NULL, HG_REVIEW_NEEDED));
    cr_assert(hg_audit_finish(audit));
    cr_expect_eq(audit->need_count, 1);
    cr_expect_eq(audit->needs[0].run, 1);
    hg_audit_free(audit);
}

/* A run that tells of sites on lines 1, 2 and so on, as long as a letter says what it made of them: t(ried),
 * u(ntried), s(een). */
static hg_run *with_sites(const char *started, const char *reaches)
{
    hg_run *run = run_at(fixture_toka(), started);

    cr_assert_not_null(hg_tried_add_module(&run->tried, "lib.so"));
    for (int i = 0; reaches[i]; i++) {
        const hg_tried_site site = {.module = (char *)"lib.so",
                                    .function = (char *)"make_all",
                                    .file = (char *)"lib.c",
                                    .calls = (char *)"malloc",
                                    .line = i + 1,
                                    .reach = reaches[i] == 't'   ? HG_REACH_TRIED
                                             : reaches[i] == 's' ? HG_REACH_SEEN
                                                                 : HG_REACH_UNTRIED};
        cr_assert_not_null(hg_tried_add(&run->tried, &site));
    }
    return run;
}

Test(report_audit, lists_the_sites_that_no_run_tried)
{
    char summary[256];
    hg_audit *audit = hg_audit_new("2026-11-27");

    cr_assert_not_null(audit);
    add(audit, with_sites("2026-10-02T00:00:00Z", "tuuus"));
    add(audit, with_sites("2026-09-01T00:00:00Z", "uuuuu")); /* it had a fifth site, which is gone */
    add(audit, with_sites("2026-11-01T00:00:00Z", "uutus"));
    add(audit, run_at(fixture_toka(), "2026-11-02T00:00:00Z"));
    cr_assert(hg_audit_finish(audit));
    cr_assert_eq(audit->site_count, 2);
    cr_expect_eq(audit->sites[0].line, 2);
    cr_expect_eq(audit->sites[1].line, 4);
    cr_expect_eq(audit->sites[0].first, 0);
    hg_audit_summary(audit, summary, sizeof summary);
    cr_expect(strstr(summary, "2 allocation sites never tried"), "%s", summary);
    char *page = written(audit, hg_audit_html);
    char *text = written(audit, hg_audit_markdown);
    cr_expect(strstr(page, "lib.c:2") && strstr(page, "lib.c:4") && !strstr(page, "lib.c:3"));
    cr_expect(strstr(text, "make_all"));
    free(page);
    free(text);
    hg_audit_free(audit);
}

Test(report_audit, leaves_out_other_suites_and_old_runs)
{
    hg_audit *audit = hg_audit_new("2026-11-27");
    char day[32];

    add(audit, run_at(fixture_check(), "2026-11-01T00:00:00Z"));
    for (int i = 0; i < HG_AUDIT_MOST_RUNS + 5; i++) {
        snprintf(day, sizeof day, "2026-11-02T00:%02d:%02dZ", i / 60, i % 60);
        hg_run *run = run_at(fixture_check(), day);
        fixture_set(&run->suite, "shop");
        add(audit, run);
    }
    cr_assert(hg_audit_finish(audit));
    cr_expect_eq(audit->run_count, HG_AUDIT_MOST_RUNS);
    hg_audit_left_out(audit, day, sizeof day);
    cr_expect_eq(audit->other_suite, 1);
    cr_expect_eq(audit->too_old, 5);
    char *page = written(audit, hg_audit_html);
    cr_expect_not_null(strstr(page, "Left out: 1 run of another suite, 5 older runs."));
    free(page);
    hg_audit_free(audit);
}

Test(report_audit, hostile_names_are_text)
{
    hg_audit *audit = hg_audit_new("2026-11-27");
    hg_run *run = fixture_hostile();

    cr_assert(hg_audit_declare(audit, "function: <script>", "a|b\n## c", "<b>", "no day", "no day"));
    add(audit, run);
    cr_assert(hg_audit_finish(audit));
    char *page = written(audit, hg_audit_html);
    cr_expect_null(strstr(page, "<script"));
    cr_expect_not_null(strstr(page, "&lt;script"));
    cr_expect_null(strstr(page, "nan"));
    for (const char *at = page; *at; at++)
        cr_expect((unsigned char)*at >= 0x20 || *at == '\n', "byte %d at %td", *at, at - page);
    free(page);
    page = written(audit, hg_audit_markdown);
    cr_expect_null(strstr(page, "\n## c"));
    free(page);
    hg_audit_free(audit);
}
