/*
 * Keeps each process of a session to its budget of processor time (watch/budget.h), and says what came of it.
 */
#ifndef HG_EXEC_BUDGETS_H
#define HG_EXEC_BUDGETS_H

#include "exec/session.h"
#include "model/model.h"

/* pair_ns: hg_budget_pair_ns. Gives when to look again (CLOCK_MONOTONIC, ns). */
int64_t hg_budgets_keep(hg_session *session, double share, double pair_ns);

/* Adds to the cell's reason how much was followed, and what that took, unless it was all, within the budget.
 * False when memory ran out. */
bool hg_budgets_note(const hg_watched *watched, hg_cell *cell);

/* "all allocations were followed, which took about 0.4 % of its processor time"; "" without a budget, or
 * where hg_budgets_note says more. */
void hg_budgets_tell(const hg_watched *watched, char *ret_text, size_t size);

#endif
