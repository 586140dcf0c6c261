/* The plug-in sawtooth, and what is alive in it after an op. */
#ifndef HG_TESTS_SAWTOOTH_H
#define HG_TESTS_SAWTOOTH_H

#include <stdint.h>

enum { SAWTOOTH_PERIOD = 99, SAWTOOTH_FLOOR = 7, SAWTOOTH_LEAK_EVERY = 10, SAWTOOTH_BYTES = 48 };

/* Blocks, from the first drain on. */
static inline int64_t sawtooth_blocks(uint64_t op)
{
    return (int64_t)(op / SAWTOOTH_LEAK_EVERY + 1 + SAWTOOTH_FLOOR + (op + 1) % SAWTOOTH_PERIOD);
}

#endif
