/*
 * Allocator wrappers, by their shape: functions that only pass on what they get from the allocator, such as
 * xmalloc or zmalloc. Who calls one is the culprit, not the wrapper.
 *
 * A wrapper is the innermost frame wherever it is on a stack, and many functions call it; a few are enough if
 * its name says that it allocates. Functions and callers are known by 64-bit numbers. One thread.
 */
#ifndef HG_VERDICT_WRAPPERS_H
#define HG_VERDICT_WRAPPERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many callers make a wrapper; and so many, if its name says so. */
#define HG_WRAPPER_CALLERS       8u
#define HG_WRAPPER_NAMED_CALLERS 2u

typedef struct hg_wrapper {
    uint64_t function; /* 0: free */
    uint64_t callers[HG_WRAPPER_CALLERS];
    uint32_t caller_count;
    bool calls_others; /* it was seen above another frame of the subject's */
    bool named;
    bool known; /* it is a wrapper */
} hg_wrapper;

typedef struct hg_wrappers {
    hg_wrapper *table;
    size_t count, room;
} hg_wrappers;

/* Whether a function of this name allocates by its name: "xmalloc", "my_strdup". */
bool hg_wrapper_is_named(const char *function);

/* A function was the innermost one, and this one called it (0: none). False when memory ran out. */
bool hg_wrappers_note_innermost(hg_wrappers *wrappers, uint64_t function, uint64_t caller, bool named);

/* A function was not the innermost one. False when memory ran out. */
bool hg_wrappers_note_outer(hg_wrappers *wrappers, uint64_t function);

/* Makes wrappers of those that have the shape, and forgets what was noted of all others; their number is
 * that of the new ones. */
size_t hg_wrappers_conclude(hg_wrappers *wrappers);

bool hg_wrappers_has(const hg_wrappers *wrappers, uint64_t function);

void hg_wrappers_free(hg_wrappers *wrappers);

#endif
