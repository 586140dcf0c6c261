/*
 * Where the whole rises and no site alone does so steadily: which sites rise with it.
 */
#ifndef HG_VERDICT_RISE_H
#define HG_VERDICT_RISE_H

#include "analysis/verdict.h"
#include "verdict/judge.h"
#include "verdict/sites.h"

/*
 * Those that have a good part of it are where to look: their growths, [gathered->count], become unclear. Each
 * gets its share of the rate of the whole, which is known better than theirs; the judgement gets their blocks
 * per op. ops: done at each checkpoint. Pure; any thread.
 */
void hg_rise_attribute(const hg_judge_input *input, const int64_t *ops, const hg_gathered *gathered,
                       hg_judgement *judgement, hg_growth *growths);

#endif
