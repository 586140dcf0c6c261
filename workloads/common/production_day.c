#include "production_day.h"

#include "random.h"

enum {
    BURSTS = 5,
    BURST_FACTOR = 5,
    BURST_SHORTEST = 4, /* minutes */
    BURST_LONGEST = 15,
    DEPLOY_EVERY = 2 * 60, /* minutes */
};

/* Streams of random numbers, each for one question. */
enum { ASKS_FRACTION = 1, ASKS_BURST, ASKS_DEPLOY };

static struct random random_for(uint64_t seed, uint64_t question, uint64_t i)
{
    return random_for_op(random_mix(seed) + question, i);
}

/* Per cent of the average hour, by the hour; together 2,400. */
static const uint16_t curve[24] = {30,  25,  20,  20,  25,  35,  60,  90,  130, 160, 170, 165,
                                   150, 165, 180, 185, 175, 155, 125, 100, 85,  65,  50,  35};

/* Between the middles of two hours, in a straight line. In per cent times 60. */
static uint64_t day_level(uint64_t minute)
{
    uint64_t shifted = (minute + DAY_MINUTES - 30) % DAY_MINUTES;
    uint64_t hour = shifted / 60, past = shifted % 60;

    return curve[hour] * (60 - past) + curve[(hour + 1) % 24] * past;
}

static bool day_has_burst(uint64_t seed, uint64_t minute)
{
    struct random random = random_for(seed, ASKS_BURST, minute / DAY_MINUTES);

    for (int i = 0; i < BURSTS; i++) {
        uint64_t start = random_below(&random, DAY_MINUTES - BURST_LONGEST);
        uint64_t length = BURST_SHORTEST + random_below(&random, BURST_LONGEST - BURST_SHORTEST + 1);

        if (minute % DAY_MINUTES >= start && minute % DAY_MINUTES < start + length)
            return true;
    }
    return false;
}

uint32_t day_requests(uint64_t seed, uint64_t minute, uint32_t per_hour)
{
    struct random random = random_for(seed, ASKS_FRACTION, minute);
    uint32_t share = 60 * 60 * 100; /* of the level times the hourly rate, in a minute */
    uint64_t requests = day_level(minute) * per_hour;

    if (day_has_burst(seed, minute))
        requests *= BURST_FACTOR;
    return (uint32_t)((requests + random_below(&random, share)) / share);
}

bool day_has_deploy(uint64_t seed, uint64_t minute)
{
    struct random random = random_for(seed, ASKS_DEPLOY, minute / DEPLOY_EVERY);

    return minute % DEPLOY_EVERY == random_below(&random, DEPLOY_EVERY);
}
