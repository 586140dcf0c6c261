/*
 * The load of a service in virtual time, minute by minute: a daily curve with its peak in the afternoon, a
 * few bursts a day, and deploys at any hour. Everything depends only on the seed and the number of the
 * minute. Pure; any thread.
 */
#ifndef WORKLOADS_PRODUCTION_DAY_H
#define WORKLOADS_PRODUCTION_DAY_H

#include <stdbool.h>
#include <stdint.h>

enum { DAY_MINUTES = 24 * 60, DAY_MOST_PER_HOUR = 1000000 };

/*
 * How many requests arrive in a minute, counted from midnight of day 0, when per_hour (1 to
 * DAY_MOST_PER_HOUR) arrive in an average hour without bursts: rounded up or down at random, so that a rate
 * below one a minute is kept too. Bursts come on top: five a day on average, five times the traffic for 4 to
 * 15 minutes.
 */
uint32_t day_requests(uint64_t seed, uint64_t minute, uint32_t per_hour);

/* Whether a new version is deployed in this minute: once in every two hours. */
bool day_has_deploy(uint64_t seed, uint64_t minute);

#endif
