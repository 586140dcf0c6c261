#include "view/cross_check.h"

#include "base/humanise.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* "19.0 KiB lost per schema (200 ops)". */
static void describe(const hg_cell *cell, const char *what, double bytes, char *out, size_t size)
{
    snprintf(out, size, "%s %s per %.40s (%lld ops)", hg_human_bytes(fmax(bytes, 0)).text, what,
             hg_cell_unit(cell), (long long)cell->cross_check.ops);
}

void hg_cross_check_line(const hg_cell *cell, char out[HG_CROSS_CHECK_LINE])
{
    const hg_cross_check *check = &cell->cross_check;
    char figures[160];
    bool reachable = check->answer == HG_CROSS_REACHABLE;
    describe(cell, reachable ? "still reachable" : "lost",
             reachable ? check->reachable_bytes_per_op : check->lost_bytes_per_op, figures, sizeof figures);
    switch (check->answer) {
    case HG_CROSS_AGREES:
        snprintf(out, HG_CROSS_CHECK_LINE, "memcheck agrees: %s", figures);
        break;
    case HG_CROSS_REACHABLE:
        snprintf(out, HG_CROSS_CHECK_LINE, "memcheck finds it reachable and does not call it a leak: %s",
                 figures);
        break;
    case HG_CROSS_DISAGREES:
        snprintf(out, HG_CROSS_CHECK_LINE, "memcheck disagrees: %s", figures);
        break;
    case HG_CROSS_FAILED:
        snprintf(out, HG_CROSS_CHECK_LINE, "memcheck failed on this workload");
        break;
    default:
        out[0] = '\0';
    }
}

void hg_cross_check_summary(const hg_run *run, char out[HG_CROSS_CHECK_LINE])
{
    static const char *const verbs[] = {[HG_CROSS_AGREES] = "agrees on",
                                        [HG_CROSS_REACHABLE] = "calls",
                                        [HG_CROSS_DISAGREES] = "disagrees on",
                                        [HG_CROSS_FAILED] = "failed on"};
    size_t counts[HG_CROSS_FAILED + 1] = {0};
    size_t used = 0;
    for (size_t i = 0; i < run->cell_count; i++)
        if (run->cells[i].cross_check.answer <= HG_CROSS_FAILED)
            counts[run->cells[i].cross_check.answer]++;
    out[0] = '\0';
    for (size_t i = HG_CROSS_AGREES; i <= HG_CROSS_FAILED; i++) {
        if (counts[i] == 0 && (i != HG_CROSS_AGREES || counts[HG_CROSS_NONE] == run->cell_count))
            continue;
        hg_quantity things = hg_human_things(counts[i], i == HG_CROSS_REACHABLE ? "leak" : "cell");
        used +=
            (size_t)snprintf(out + used, HG_CROSS_CHECK_LINE - used, "%s%s %s%s", used ? ", " : "memcheck ",
                             verbs[i], things.text, i == HG_CROSS_REACHABLE ? " reachable" : "");
    }
}
