#include "verdict/sentences.h"

#include <stdio.h>
#include <stdlib.h>

/* What was found. -1 when memory ran out. */
static int tell_cause(const hg_evidence *evidence, const hg_judgement *judgement, char **ret_text)
{
    size_t paths = judgement->growing_paths;
    const char *grow = paths == 1 ? "call path grows" : "call paths grow";
    switch (judgement->cause) {
    case HG_CAUSE_NO_GROWTH:
        return asprintf(ret_text, "no growth; %.3g bytes per op would have shown",
                        judgement->min_detectable_bytes_per_op);
    case HG_CAUSE_WITHIN_BUDGET:
        return asprintf(ret_text, "grows, within its budget of %g bytes per op", evidence->max_bytes_per_op);
    case HG_CAUSE_PATHS_GROW:
        return asprintf(ret_text, "%zu %s every round", paths, grow);
    case HG_CAUSE_EMPTY_BLOCKS:
        return asprintf(ret_text, "%zu %s every round, by blocks of 0 bytes, which take room all the same",
                        paths, grow);
    case HG_CAUSE_FILES_GROW:
        return asprintf(ret_text, "open files grow by %g every round", evidence->files.blocks_per_round);
    case HG_CAUSE_THREADS_GROW:
        return asprintf(ret_text, "threads grow by %g every round", evidence->threads.blocks_per_round);
    case HG_CAUSE_SPREAD_GROWTH:
        return asprintf(ret_text,
                        "the heap grows every round, spread over call paths none of which grows steadily");
    case HG_CAUSE_FILES_UNSTEADY:
        return asprintf(ret_text, "open files grow, but not steadily enough to tell");
    case HG_CAUSE_THREADS_UNSTEADY:
        return asprintf(ret_text, "threads grow, but not steadily enough to tell");
    case HG_CAUSE_PATHS_UNSTEADY:
        return asprintf(ret_text, "some call paths grow, but not steadily enough to tell");
    case HG_CAUSE_STILL_FILLING:
        return asprintf(ret_text, "still filling: growth slows down, but has not ended");
    case HG_CAUSE_LARGE_STEPS:
        return asprintf(ret_text,
                        "a container grows with the ops, in steps too large to tell whether it ends");
    case HG_CAUSE_UNRECORDED:
        return asprintf(ret_text,
                        "%llu allocations came from more distinct call stacks than the record holds",
                        (unsigned long long)evidence->unrecorded);
    case HG_CAUSE_CONTROL_LOST:
        return asprintf(ret_text,
                        "the harness did not recover its own control: made %g bytes a round, found %g",
                        evidence->control_injected, evidence->control.bytes_per_round);
    }
    return -1;
}

/* What to do about it. */
static const char *tell_advice(hg_advice advice, hg_rounds_of rounds)
{
    if (rounds == HG_ROUNDS_OF_SOAK)
        return "let it run longer";
    if (rounds == HG_ROUNDS_OF_PROGRAM)
        return "let the program run longer, or give it more --warmup rounds";
    switch (advice) {
    case HG_ADVICE_MORE_WARMUP:
        return "give it more warm-up or more ops";
    case HG_ADVICE_EMPTY_IN_QUIESCENCE:
        return "empty it in heapgate_quiesce, or give it more warm-up or more ops";
    default:
        return "give it more ops";
    }
}

char *hg_sentence(const hg_evidence *evidence, const hg_judgement *judgement, hg_rounds_of rounds)
{
    char *cause;
    char *whole;
    if (tell_cause(evidence, judgement, &cause) < 0)
        return NULL;
    if (judgement->advice == HG_ADVICE_NONE)
        return cause;
    if (asprintf(&whole, "%s; %s", cause, tell_advice(judgement->advice, rounds)) < 0)
        whole = NULL;
    free(cause);
    return whole;
}
