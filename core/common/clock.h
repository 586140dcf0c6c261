/* The clock libtoka reads unless a program brings its own. */
#ifndef TOKA_CLOCK_H
#define TOKA_CLOCK_H

#include <stdint.h>

/* Milliseconds since an arbitrary start; never goes back. The argument is ignored: the shape is
 * toka_clock_fn's. */
uint64_t toka_clock_monotonic_ms(void *unused);

#endif
