#include "verdict/growths.h"

#include "verdict/followed.h"
#include "verdict/steps.h"
#include <stdlib.h>

hg_history hg_growths_history(const hg_judge_input *input, const int64_t *ops, const int64_t *blocks,
                              const int64_t *bytes)
{
    return (hg_history){
        .epochs = input->record->epochs,
        .warmup = input->warmup_rounds,
        .ops = ops,
        .blocks = blocks,
        .bytes = bytes,
    };
}

/*
 * A program, that nobody can run for longer, may take what it needs at any time: one block at a call path, in
 * a round or two, is no growth.
 */
static void pass_over_steps(const hg_judge_input *input, const int64_t *ops, const hg_gathered *gathered,
                            hg_growth *growths)
{
    bool in_round[HG_MAX_EPOCHS] = {false};
    uint32_t rounds = 0;
    for (size_t i = 0; i < gathered->count; i++) {
        hg_history history =
            hg_growths_history(input, ops, gathered->sites[i].blocks, gathered->sites[i].bytes);
        uint32_t round = growths[i].unclear ? hg_round_of_one_block(&history) : 0;
        rounds += round > 0 && !in_round[round];
        in_round[round] = true;
    }
    for (size_t i = 0; rounds < HG_FEWEST_STEPS && i < gathered->count; i++) {
        hg_history history =
            hg_growths_history(input, ops, gathered->sites[i].blocks, gathered->sites[i].bytes);
        if (growths[i].unclear && hg_round_of_one_block(&history) > 0)
            growths[i] = (hg_growth){.growth_class = growths[i].growth_class};
    }
}

static void judge_sites(const hg_judge_input *input, const int64_t *ops, const hg_gathered *gathered,
                        const hg_surroundings *surroundings, hg_growth *growths)
{
    for (size_t i = 0; i < gathered->count; i++) {
        hg_history history =
            hg_growths_history(input, ops, gathered->sites[i].blocks, gathered->sites[i].bytes);
        growths[i] = hg_growth_of(&history, surroundings);
    }
    if (input->rounds == HG_ROUNDS_OF_PROGRAM)
        pass_over_steps(input, ops, gathered, growths);
}

/* What the parts of a site come to. */
typedef struct part_sum {
    double leaking; /* bytes per round, of those that leak */
    bool differ;    /* some do not */
} part_sum;

static part_sum sum_of(const hg_gathered *parts, const hg_growth *growths, uint32_t number)
{
    part_sum sum = {0};
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->sites[i].origin != number)
            continue;
        if (growths[i].growth_class == HG_CLASS_LEAK)
            sum.leaking += growths[i].bytes_per_round;
        else
            sum.differ = true;
    }
    return sum;
}

/* Puts parts in the place of the site, and their growths in that of its growth. False when memory ran out. */
static bool replace(hg_gathered *gathered, uint32_t number, hg_gathered *parts, const hg_growth *part_growths,
                    hg_growth **growths)
{
    size_t before = gathered->count;
    hg_growth *grown = realloc(*growths, (before + parts->count + 1) * sizeof *grown);
    if (!grown)
        return false;
    *growths = grown;
    bool first = true;
    for (size_t i = 0, next = before; i < parts->count; i++) {
        if (parts->sites[i].origin != number)
            continue;
        grown[first ? number : next++] = part_growths[i];
        first = false;
    }
    return hg_sites_replace(gathered, number, parts);
}

/* Whether the leak is that of some lines alone. */
static bool is_of_some_lines(const hg_growth *whole, const part_sum *sum)
{
    const double nearly = 0.9;
    return sum->differ && sum->leaking >= nearly * whole->bytes_per_round && sum->leaking > 0;
}

static bool tell_lines_apart(const hg_judge_input *input, const int64_t *ops, hg_symbols *symbols,
                             const hg_surroundings *surroundings, const bool *wanted, hg_gathered *gathered,
                             hg_growth **growths)
{
    hg_gathered parts = {0};
    size_t count = gathered->count;
    bool done = hg_sites_part(input->record, &input->owners, symbols, gathered, wanted, &parts);
    hg_growth *part_growths = done ? calloc(parts.count + 1, sizeof *part_growths) : NULL;
    done = part_growths != NULL;
    if (done) {
        hg_followed_weigh(input->record, &parts);
        judge_sites(input, ops, &parts, surroundings, part_growths);
    }
    for (uint32_t i = 0; i < count && done; i++) {
        part_sum sum = wanted[i] ? sum_of(&parts, part_growths, i) : (part_sum){0};
        if (is_of_some_lines(&(*growths)[i], &sum))
            done = replace(gathered, i, &parts, part_growths, growths);
    }
    hg_gathered_free(&parts);
    free(part_growths);
    return done;
}

bool hg_growths_of_sites(const hg_judge_input *input, const int64_t *ops, hg_symbols *symbols,
                         const hg_surroundings *surroundings, hg_gathered *gathered, hg_growth **ret_growths)
{
    hg_growth *growths = calloc(gathered->count + 1, sizeof *growths);
    bool *wanted = calloc(gathered->count + 1, sizeof *wanted);
    bool done = growths && wanted;
    bool any = false;
    if (done)
        judge_sites(input, ops, gathered, surroundings, growths);
    for (size_t i = 0; i < gathered->count && done; i++) {
        wanted[i] = growths[i].growth_class == HG_CLASS_LEAK && gathered->sites[i].site.contexts > 1;
        any |= wanted[i];
    }
    if (any)
        done = tell_lines_apart(input, ops, symbols, surroundings, wanted, gathered, &growths);
    free(wanted);
    *ret_growths = growths;
    return done;
}
