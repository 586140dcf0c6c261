#include "exec/budgets.h"

#include "base/humanise.h"
#include <math.h>
#include <stdio.h>

int64_t hg_budgets_keep(hg_session *session, double share, double pair_ns)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i <= session->child_count && share > 0; i++) {
        hg_watched *watched = i > 0 ? &session->children[i - 1] : &session->program;
        if (watched->exit_fd < 0)
            continue;
        if (watched->budget.share <= 0)
            watched->budget = hg_budget_make(share, pair_ns);
        int64_t due = hg_watched_keep_to_budget(watched);
        next = due < next ? due : next;
    }
    return next;
}

typedef struct percent {
    char text[32];
} percent;

static percent percent_of(double share)
{
    percent made;
    snprintf(made.text, sizeof made.text, "%.2g %%", fmin(100 * share, 999));
    if (share >= 0.1)
        snprintf(made.text, sizeof made.text, "%.0f %%", fmin(100 * share, 999));
    return made;
}

static bool had_to_rest(const hg_watched *watched)
{
    return watched->budget.rested_ns != 0;
}

static bool exceeds(const hg_budget *budget)
{
    return hg_budget_spent(budget) > budget->share;
}

static bool note_rest(const hg_watched *watched, hg_cell *cell)
{
    const hg_budget *budget = &watched->budget;
    char error[80] = "";
    double after = (double)(budget->rested_ns - watched->attached_ns) / 1e9;
    if (cell->bytes_per_op > 0)
        snprintf(error, sizeof error, ", the rate to %s (one standard error)",
                 percent_of(cell->bytes_per_op_error / cell->bytes_per_op).text);
    return hg_cell_say(
        &cell->reason,
        "%s; --overhead %g%%: to follow every allocation would have taken about %s of its processor time; "
        "from %s on, %sone in %u was followed, which took about %s%s; blocks and bytes are estimates%s; "
        "growth outside what heapgate counts was not looked for",
        cell->reason, 100 * budget->share, percent_of(hg_budget_exact(budget)).text,
        hg_human_seconds(fmax(after, 0)).text, budget->most_one_in > budget->one_in ? "at least " : "",
        budget->most_one_in, percent_of(hg_budget_spent(budget)).text,
        exceeds(budget) && budget->most_one_in == HG_BUDGET_MOST_ONE_IN ? ", as little as heapgate can" : "",
        error);
}

bool hg_budgets_note(const hg_watched *watched, hg_cell *cell)
{
    const hg_budget *budget = &watched->budget;
    if (budget->share <= 0 || (!had_to_rest(watched) && !exceeds(budget)))
        return true;
    if (had_to_rest(watched))
        return note_rest(watched, cell);
    bool is_able = atomic_load(&watched->record.header->can_follow_some) != 0;
    return hg_cell_say(&cell->reason,
                       "%s; --overhead %g%%: all allocations were followed, which took about %s of its "
                       "processor time; %s",
                       cell->reason, 100 * budget->share, percent_of(hg_budget_spent(budget)).text,
                       is_able ? "it ended too soon for anything else"
                               : "only on the C library's own allocator can heapgate follow a part of them");
}

void hg_budgets_tell(const hg_watched *watched, char *ret_text, size_t size)
{
    const hg_budget *budget = &watched->budget;
    ret_text[0] = '\0';
    if (budget->share > 0 && !had_to_rest(watched) && !exceeds(budget) && budget->own_ns > 0)
        snprintf(ret_text, size,
                 "--overhead %g%%: all allocations were followed, which took about %s of its processor time",
                 100 * budget->share, percent_of(hg_budget_spent(budget)).text);
}
