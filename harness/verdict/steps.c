#include "verdict/steps.h"

uint32_t hg_count_steps(const int64_t *values, uint32_t count, uint32_t warmup)
{
    uint32_t steps = 0;
    int64_t most = values[warmup - 1];
    for (uint32_t i = warmup; i < count; i++) {
        steps += values[i] > most;
        most = values[i] > most ? values[i] : most;
    }
    return steps;
}

uint32_t hg_round_of_one_block(const hg_history *history)
{
    uint32_t last = history->epochs - 1;
    uint32_t round = 0;
    for (uint32_t i = history->warmup; i <= last; i++) {
        int64_t came = history->blocks[(size_t)i * history->epochs + i];
        if (came > 1 || (came == 1 && round > 0))
            return 0;
        round = came == 1 ? i : round;
    }
    int64_t more = hg_alive_at(history, history->blocks, last) -
                   hg_alive_at(history, history->blocks, history->warmup - 1);
    return more == 1 ? round : 0;
}
