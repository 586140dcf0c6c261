/*
 * Goal: a soak's alert comes when a leak is sure, once; and growth that has ended neither goes on being
 * called a leak nor keeps silent about the next one.
 */
#include "soak/alert.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static hg_frame frames[2] = {{.function = "culprit", .module = "/a/lib.so", .line = 7},
                             {.function = "heapgate_iterate", .module = "/a/plugin.so", .line = 9}};
static hg_soak_alert alert;

/* A cell as judged after so many ops; its site is freed by whoever has it. */
static hg_cell judged(hg_verdict verdict, int64_t ops, double bytes_per_op)
{
    hg_cell cell = {.verdict = verdict, .ops = ops, .bytes_per_op = bytes_per_op};
    if (bytes_per_op > 0) {
        cell.sites = calloc(1, sizeof *cell.sites);
        cr_assert(ne(ptr, cell.sites, NULL));
        cell.site_count = 1;
        cell.sites[0] = (hg_site){.growth_class = HG_CLASS_LEAK, .bytes_per_op = bytes_per_op};
        cell.sites[0].frames = calloc(2, sizeof *frames);
        cr_assert(ne(ptr, cell.sites[0].frames, NULL));
        for (size_t i = 0; i < 2; i++)
            cell.sites[0].frames[i] = (hg_frame){.function = strdup(frames[i].function),
                                                 .file = strdup(""),
                                                 .module = strdup(frames[i].module),
                                                 .line = frames[i].line};
        cell.sites[0].frame_count = 2;
    }
    return cell;
}

/* What the judgements bring, one after the other. */
static hg_soak_alert_news look(hg_cell cell)
{
    hg_soak_alert_news news = hg_soak_alert_look(&alert, &cell);
    hg_soak_alert_keep(&alert, &cell);
    hg_cell_clear(&cell);
    return news;
}

static hg_soak_alert_news look_at_leak(int64_t ops)
{
    return look(judged(HG_VERDICT_LEAK, ops, 10));
}

Test(soak_alert, comes_once_when_a_leak_is_found_again_after_twice_as_many_ops)
{
    cr_assert(eq(int, look_at_leak(100), HG_SOAK_ALERT_NOTHING));
    cr_assert(eq(int, look_at_leak(199), HG_SOAK_ALERT_NOTHING));
    cr_assert(eq(int, look_at_leak(200), HG_SOAK_ALERT_RAISED));
    for (int64_t ops = 400; ops < 100000; ops *= 2)
        cr_assert(eq(int, look_at_leak(ops), HG_SOAK_ALERT_NOTHING));
    cr_assert(eq(int, look(judged(HG_VERDICT_INCONCLUSIVE, 200000, 0)), HG_SOAK_ALERT_NOTHING));
    cr_assert(alert.raised);
    cr_assert(eq(long, alert.count, 1));
    hg_soak_alert_clear(&alert);
}

Test(soak_alert, is_over_when_the_growth_has_ended_and_comes_anew_for_the_next_leak)
{
    look_at_leak(100);
    cr_assert(eq(int, look_at_leak(200), HG_SOAK_ALERT_RAISED));
    cr_assert(eq(int, look(judged(HG_VERDICT_CLEAN, 3000, 0)), HG_SOAK_ALERT_OVER));
    cr_assert(not(alert.raised));
    cr_assert(eq(int, look(judged(HG_VERDICT_CLEAN, 4000, 0)), HG_SOAK_ALERT_NOTHING));
    cr_assert(eq(int, look_at_leak(5000), HG_SOAK_ALERT_NOTHING));
    cr_assert(eq(int, look_at_leak(10000), HG_SOAK_ALERT_RAISED));
    cr_assert(eq(long, alert.count, 2));
    hg_soak_alert_clear(&alert);
}

Test(soak_alert, comes_for_files_and_threads_which_have_no_call_path)
{
    cr_assert(eq(int, look(judged(HG_VERDICT_LEAK, 100, 0)), HG_SOAK_ALERT_NOTHING));
    cr_assert(eq(int, look(judged(HG_VERDICT_LEAK, 200, 0)), HG_SOAK_ALERT_RAISED));
    hg_soak_alert_clear(&alert);
}

Test(soak_alert, names_nobody_as_culprit_who_does_not_grow)
{
    hg_site site = {.growth_class = HG_CLASS_LEAK};
    const hg_cell cell = {.verdict = HG_VERDICT_LEAK, .sites = &site, .site_count = 1};
    cr_assert(eq(ptr, (void *)hg_soak_alert_culprit(&cell), (void *)&site));
    site.growth_class = HG_CLASS_BOUNDED;
    cr_assert(eq(ptr, (void *)hg_soak_alert_culprit(&cell), NULL));
}
