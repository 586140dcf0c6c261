/* The clocks libtoka reads unless a program brings its own. */
#ifndef TOKA_CLOCK_H
#define TOKA_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since an arbitrary start; never goes back. The argument is ignored: the shape is
 * toka_clock_fn's. */
uint64_t toka_clock_monotonic_ms(void *unused);

/*
 * A number that grows with time: of two calls on one thread the second gives more, and so it does on two,
 * unless they are closer than the processors' counters. Where there is a time stamp counter reading it costs
 * a third of the precise clock.
 */
static inline uint64_t toka_clock_ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    struct timespec now;

    return clock_gettime(CLOCK_MONOTONIC, &now) == 0
               ? (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec
               : 0;
#endif
}

#endif
