#include "verdict/sentences.h"

#include "base/humanise.h"
#include "record/record.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *limit_name(uint32_t limits)
{
    return limits & HG_LIMIT_FILES      ? "open files (RLIMIT_NOFILE)"
           : limits & HG_LIMIT_MAPPINGS ? "memory mappings (vm.max_map_count)"
           : limits & HG_LIMIT_KEYS     ? "thread-specific keys (PTHREAD_KEYS_MAX)"
           : limits & HG_LIMIT_SEGMENTS ? "shared memory segments (kernel.shmmni)"
                                        : "address space (RLIMIT_AS)";
}

/* A program's ops have a name; of a workload, the reports tell the name once. */
static const char *op_of(const char *unit)
{
    return unit ? unit : "op";
}

static hg_quantity bytes_of(double bytes, const char *unit)
{
    hg_quantity text;
    if (unit)
        return hg_human_bytes(bytes);
    snprintf(text.text, sizeof text.text, "%.3g bytes", bytes);
    return text;
}

/* The rest of what grows, beside what the verdict rests on. */
static int tell_others(const hg_evidence *evidence, const hg_judgement *judgement, const char *unit,
                       char **text)
{
    const struct {
        const char *name;
        const hg_growth *growth;
        hg_cause cause;
    } others[] = {{"open files", &evidence->files, HG_CAUSE_FILES_GROW},
                  {"threads", &evidence->threads, HG_CAUSE_THREADS_GROW}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *longer;
        if (others[i].growth->growth_class != HG_CLASS_LEAK || others[i].cause == judgement->cause)
            continue;
        if (asprintf(&longer, "%s, and %s grow by %.3g per %s", *text, others[i].name,
                     others[i].growth->blocks_per_round / (double)evidence->ops_per_round, op_of(unit)) < 0)
            return -1;
        free(*text);
        *text = longer;
    }
    return 0;
}

const char *hg_sentence_unseen(const hg_unseen *unseen)
{
    return unseen->inside
               ? "inside blocks that were counted before: a buffer fills, or a pool is used up, which is a "
                 "leak if it goes on"
               : "outside what heapgate counts";
}

/* -1 when memory ran out. */
static int tell_unseen(const hg_evidence *evidence, hg_cause cause, const char *unit, char **ret_text)
{
    if (cause == HG_CAUSE_UNSEEN_GROWS)
        return asprintf(ret_text, "memory grows by %s per %s %s",
                        bytes_of(evidence->unseen.per_op, unit).text, op_of(unit),
                        hg_sentence_unseen(&evidence->unseen));
    if (cause == HG_CAUSE_PAST_GROWS)
        return asprintf(
            ret_text,
            "the allocator hands out %s per %s more than heapgate counts: blocks are taken past it, "
            "by the C library's own malloc (RTLD_DEEPBIND, __libc_malloc, dlvsym)",
            bytes_of(evidence->past.per_op, unit).text, op_of(unit));
    return asprintf(ret_text, "files and shared segments in memory grow by %s per %s%s%s",
                    bytes_of(evidence->held.per_op, unit).text, op_of(unit),
                    evidence->held_file[0] ? "; the largest file is " : "", evidence->held_file);
}

/* -1 when memory ran out. */
static int tell_no_growth(const hg_evidence *evidence, const hg_judgement *judgement, const char *unit,
                          char **ret_text)
{
    const char *op = op_of(unit);
    double ops = (double)evidence->ops_per_round * evidence->rounds;
    return asprintf(ret_text,
                    "no growth; a leak would show from %s per %s on, if it loses a block in %s %s%s or less",
                    bytes_of(judgement->min_detectable_bytes_per_op, unit).text, op,
                    hg_human_integer(llround(ops / HG_BLOCKS_TO_NOTICE)).text, op,
                    strchr(op, ' ') || strcmp(op, "ms") == 0 ? "" : "s");
}

/* What was found. -1 when memory ran out. */
static int tell_cause(const hg_evidence *evidence, const hg_judgement *judgement, const char *unit,
                      char **ret_text)
{
    const char *op = op_of(unit);
    size_t paths = judgement->growing_paths;
    const char *grow = paths == 1 ? "call path grows" : "call paths grow";
    switch (judgement->cause) {
    case HG_CAUSE_NO_GROWTH:
        return tell_no_growth(evidence, judgement, unit, ret_text);
    case HG_CAUSE_NOTHING_ALLOCATED:
        return asprintf(ret_text, "no growth; nothing was allocated in the measured rounds");
    case HG_CAUSE_WITHIN_BUDGET:
        return asprintf(ret_text, "grows, within its budget of %g bytes per %s", evidence->max_bytes_per_op,
                        op);
    case HG_CAUSE_PATHS_GROW:
        return asprintf(ret_text, "%zu %s every round", paths, grow);
    case HG_CAUSE_EMPTY_BLOCKS:
        return asprintf(ret_text, "%zu %s every round, by blocks of 0 bytes, which take room all the same",
                        paths, grow);
    case HG_CAUSE_REPLACED:
        return asprintf(ret_text, "%zu %s every round, but others shrink by as much, as if replaced", paths,
                        grow);
    case HG_CAUSE_FILES_GROW:
        return asprintf(ret_text, "open files grow by %.3g per %s",
                        evidence->files.blocks_per_round / (double)evidence->ops_per_round, op);
    case HG_CAUSE_THREADS_GROW:
        return asprintf(ret_text, "threads grow by %.3g per %s",
                        evidence->threads.blocks_per_round / (double)evidence->ops_per_round, op);
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
    case HG_CAUSE_LEVEL_RISES:
        return asprintf(ret_text, "%s rises by %s per %s, and no call path alone grows steadily",
                        unit ? "live memory" : "the least live memory of each round",
                        bytes_of(evidence->level.per_op, unit).text, op);
    case HG_CAUSE_TOO_COARSE:
        return asprintf(ret_text,
                        "live memory swings so far that %s per %s could hide in it, which adds up to more "
                        "than the %s that were ever alive",
                        bytes_of(evidence->level.hidden_per_op, unit).text, op,
                        hg_human_bytes((double)evidence->most_live).text);
    case HG_CAUSE_UNSEEN_GROWS:
    case HG_CAUSE_HELD_GROWS:
    case HG_CAUSE_PAST_GROWS:
        return tell_unseen(evidence, judgement->cause, unit, ret_text);
    case HG_CAUSE_AT_LIMIT:
        return asprintf(ret_text, "the process came to the limit of its %s: growth may have ended there",
                        limit_name(evidence->at_limit));
    case HG_CAUSE_UNCOUNTED:
        return asprintf(ret_text, "open files or threads could not be counted at every checkpoint");
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
static const char *tell_advice(const hg_judgement *judgement, hg_rounds_of rounds)
{
    if (rounds == HG_ROUNDS_OF_SOAK)
        return "let it run longer";
    if (rounds == HG_ROUNDS_OF_PROGRAM && judgement->cause == HG_CAUSE_TOO_COARSE)
        return "let the program run longer, with rounds that are as long as whole cycles of its work "
               "(--round-every)";
    if (rounds == HG_ROUNDS_OF_PROGRAM)
        return "let the program run longer, or give it more warm-up rounds (--warmup)";
    switch (judgement->advice) {
    case HG_ADVICE_MORE_WARMUP:
        return "give it more warm-up (--warmup) or more ops (--ops)";
    default:
        return "give it more ops (--ops)";
    }
}

char *hg_sentence(const hg_evidence *evidence, const hg_judgement *judgement, hg_rounds_of rounds,
                  const char *unit)
{
    char *cause;
    char *whole;
    if (tell_cause(evidence, judgement, unit, &cause) < 0)
        return NULL;
    if (judgement->verdict == HG_VERDICT_LEAK && tell_others(evidence, judgement, unit, &cause) < 0) {
        free(cause);
        return NULL;
    }
    if (judgement->advice == HG_ADVICE_NONE)
        return cause;
    if (asprintf(&whole, "%s; %s", cause, tell_advice(judgement, rounds)) < 0)
        whole = NULL;
    free(cause);
    return whole;
}
