/*
 * What was alive at points in time, by call path, as profilers of others have it: a series of profiles, or
 * one that has several points.
 *
 * A stack that a reader adds is trimmed to a call path: from the first frame that is no allocator's and not
 * the language's to main; the culprit's line counts, the callers' lines do not. One thread.
 */
#ifndef HG_SERIES_SERIES_H
#define HG_SERIES_SERIES_H

#include "base/intern.h"
#include "symbols/symbols.h"

#define HG_SERIES_POINTS 4096u /* at most; more than HG_MAX_ROUNDS are thinned out when they are judged */
#define HG_SERIES_FRAMES 256u  /* of a call path; outer ones are left out */
#define HG_SERIES_BYTES  ((size_t)256 << 20) /* of a file, unpacked */

/* What the time of a point is. */
typedef enum hg_series_clock {
    HG_SERIES_SECONDS,
    HG_SERIES_INSTRUCTIONS,
    HG_SERIES_ALLOCATED,
    HG_SERIES_FILES, /* there is no time: one point after the other */
} hg_series_clock;

typedef struct hg_series_point {
    int64_t time;     /* nanoseconds, instructions, bytes or points; -1: the file does not say */
    double threshold; /* what has less bytes may have been left out */
} hg_series_point;

/* Strings by their number in the series; 0 is "". */
typedef struct hg_series_frame {
    uint32_t function, file, module;
    int32_t line;
    uint64_t offset; /* of the return address, in the module; where there is no function */
} hg_series_frame;

/* Of one call path at one point. */
typedef struct hg_series_sighting {
    uint32_t path, point;
    double bytes, blocks;
    double variance; /* of bytes, as only some blocks were sampled */
} hg_series_sighting;

typedef struct hg_series {
    hg_intern strings, paths; /* paths: of what makes one */
    hg_buffer frames;         /* of hg_series_frame */
    hg_buffer extents;        /* by path: of hg_series_extent */
    hg_buffer sightings;
    hg_series_point points[HG_SERIES_POINTS];
    uint32_t point_count;
    hg_series_clock clock;
    bool sampled;
    const char *kind;    /* "pprof", "jemalloc", ... */
    bool many;           /* a file has several points, and is a series of its own */
    hg_symbols *symbols; /* borrowed */
    char message[512];   /* why a file could not be read */
} hg_series;

typedef struct hg_series_extent {
    uint32_t begin, count;
} hg_series_extent;

/* Of a zeroed one. */
void hg_series_free(hg_series *series);

uint32_t hg_series_string(hg_series *series, const char *text);
uint32_t hg_series_text(hg_series *series, const char *text, size_t length);

/* False, with a message, where there are too many. */
bool hg_series_add_point(hg_series *series, int64_t time);

/* Adds what a stack had at the point that was added last, to what its call path has there. Frames are
 * innermost first. */
void hg_series_add(hg_series *series, const hg_series_frame *frames, size_t count, double bytes,
                   double blocks, double variance);

/*
 * The bytes of so many sampled blocks and their variance: a block of s bytes is sampled with the probability
 * 1 - exp(-s / period). scaled: the values count all blocks already.
 */
void hg_series_scale(double period, bool scaled, double *bytes, double *blocks, double *ret_variance);

/* The frames at a return address, appended to frames, innermost first; the new count, at most
 * HG_SERIES_FRAMES. */
size_t hg_series_resolve(hg_series *series, const char *module, uint64_t offset,
                         hg_series_frame frames[HG_SERIES_FRAMES], size_t count);

/* False, with the message: sets it. */
bool hg_series_fail(hg_series *series, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether memory ran out at any time. */
bool hg_series_failed(const hg_series *series);

#endif
