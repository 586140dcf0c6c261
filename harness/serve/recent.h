/*
 * What grows now, whatever has been for hours: the call stacks of which more was alive at the end of each of
 * the last HG_RECENT_SPANS spans of time than at its beginning, at an even rate. A verdict is about all the
 * time since the start, and takes as long again to see a leak that begins late. This is a sign, and no
 * verdict: a cache that fills grows so, too.
 *
 * A look reads all counters. It is taken every HG_RECENT_SECONDS, or less often where that would take more
 * than a twentieth of one processor. One thread.
 */
#ifndef HG_SERVE_RECENT_H
#define HG_SERVE_RECENT_H

#include "serve/heap.h"

#define HG_RECENT_SPANS   6u
#define HG_RECENT_SECONDS 5.0

/* All zero at first. */
typedef struct hg_recent {
    void *looks[HG_RECENT_SPANS + 1]; /* as hg_heap_since gave them, the oldest first */
    unsigned count;
    double next; /* seconds, monotonic */
} hg_recent;

/* Takes a look if one is due. */
void hg_recent_look(hg_recent *recent, const hg_heap *heaps, size_t count);

/* Milliseconds until the next look. */
int hg_recent_wait_ms(const hg_recent *recent);

/* heapgate_recent_growth_bytes_per_second by line, of each process the fastest. False when memory ran out. */
bool hg_recent_write(const hg_recent *recent, const hg_heap *heaps, size_t count, hg_symbols *symbols,
                     const char *probe, FILE *out);

void hg_recent_free(hg_recent *recent);

#endif
