#include "analysis/lifetimes.h"

#include <math.h>
#include <stddef.h>

static int64_t live_at(const hg_history *history, const int64_t *live, uint32_t checkpoint, uint32_t epoch)
{
    return live[(size_t)checkpoint * history->epochs + epoch];
}

static int64_t aged(const hg_history *history, const int64_t *live, uint32_t checkpoint, uint32_t age)
{
    int64_t sum = 0;
    for (uint32_t epoch = 0; epoch + age <= checkpoint; epoch++)
        sum += live_at(history, live, checkpoint, epoch);
    return sum;
}

int64_t hg_alive_at(const hg_history *history, const int64_t *live, uint32_t checkpoint)
{
    return aged(history, live, checkpoint, 0);
}

double hg_history_round_ops(const hg_history *history)
{
    int64_t begin = history->warmup > 0 ? history->ops[history->warmup - 1] : 0;
    return (double)(history->ops[history->epochs - 1] - begin) / (history->epochs - history->warmup);
}

double hg_history_weight(const hg_history *history, uint32_t epoch)
{
    int64_t ops = history->ops[epoch] - (epoch > 0 ? history->ops[epoch - 1] : 0);
    double mean = hg_history_round_ops(history);
    return ops > 0 && mean > 0 ? mean / (double)ops : 1;
}

uint32_t hg_aged_increments(const hg_history *history, const int64_t *live, uint32_t age, double *ret_values)
{
    uint32_t count = 0;
    uint32_t first = history->warmup + age > 0 ? history->warmup + age : 1;
    if (first >= history->epochs)
        return 0;
    int64_t before = aged(history, live, first - 1, age);
    for (uint32_t t = first; t < history->epochs; t++) {
        int64_t now = aged(history, live, t, age);
        ret_values[count++] = (double)(now - before) * hg_history_weight(history, t - age);
        before = now;
    }
    return count;
}

/* Blocks were born all over a round: those of age a are a to a + 1 rounds old. */
static double log_ages(uint32_t from, uint32_t to)
{
    return to > from ? log((to + 0.5) / (from + 0.5)) : 0;
}

hg_lifetimes hg_lifetimes_from(const hg_history *history, uint32_t age)
{
    hg_lifetimes result = {0};
    uint32_t last = history->epochs - 1;
    for (uint32_t epoch = 0; epoch + age < last; epoch++) {
        bool measured = epoch >= history->warmup;
        uint32_t first = (measured ? epoch : history->warmup - 1) + age;
        for (uint32_t t = first; t < last; t++) {
            int64_t now = live_at(history, history->blocks, t, epoch);
            int64_t died = now - live_at(history, history->blocks, t + 1, epoch);
            result.deaths_at_all |= died > 0;
            if (!measured)
                continue;
            result.deaths += died > 0 ? (double)died : 0;
            result.wanted += (double)now * log_ages(t - epoch, t + 1 - epoch);
        }
        if (measured)
            result.wanted_of_a_leak += log_ages(age, last - epoch);
    }
    return result;
}

uint32_t hg_growth_death_age(const hg_history *history)
{
    const double share = 0.99;
    int64_t deaths[HG_MAX_ROUNDS] = {0};
    int64_t all = 0;
    if (history->epochs > HG_MAX_ROUNDS)
        return 0;
    for (uint32_t t = history->warmup; t + 1 < history->epochs; t++) {
        for (uint32_t epoch = 0; epoch < t; epoch++) {
            int64_t died =
                live_at(history, history->blocks, t, epoch) - live_at(history, history->blocks, t + 1, epoch);
            deaths[t - epoch] += died > 0 ? died : 0;
            all += died > 0 ? died : 0;
        }
    }
    int64_t younger = 0;
    uint32_t age = 0;
    while (all > 0 && (double)younger < share * (double)all)
        younger += deaths[age++];
    return age;
}
