/*
 * The sentences on a judgement: what was found, and what to do about it.
 *
 * Analysis gives a cause and an advice; they become English here and nowhere else. The same advice reads
 * differently for a workload, whose ops the user can choose, and for a program that runs as long as it runs.
 */
#ifndef HG_VERDICT_SENTENCES_H
#define HG_VERDICT_SENTENCES_H

#include "analysis/verdict.h"

/* Who made the rounds, and so what a user can do to get more of them. */
typedef enum hg_rounds_of {
    HG_ROUNDS_OF_WORKLOAD, /* as many ops as asked for */
    HG_ROUNDS_OF_SOAK,     /* as long as asked for */
    HG_ROUNDS_OF_PROGRAM,
} hg_rounds_of;

/* unit: what an op of a program is called. The caller's to free; NULL when memory ran out. */
char *hg_sentence(const hg_evidence *evidence, const hg_judgement *judgement, hg_rounds_of rounds,
                  const char *unit);

/* Where memory grows that is not counted: the end of a sentence. */
const char *hg_sentence_unseen(const hg_unseen *unseen);

#endif
