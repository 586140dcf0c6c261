/*
 * A profile in the format of pprof, gzipped profile.proto, put together sample by sample. The proto directory
 * of github.com/google/pprof describes the format.
 *
 * A profile is begun, told its head (types of values, the period, names), given samples, and written. A
 * sample is its locations, innermost first, then its values, then its labels. Memory that runs out shows
 * when it is written. Functions have names, so the addresses, which change with every build, are left out.
 * One thread.
 */
#ifndef HG_TOOLS_PPROF_BUILDER_H
#define HG_TOOLS_PPROF_BUILDER_H

#include "base/intern.h"
#include "model/model.h"

#include <stdio.h>

typedef struct hg_pprof {
    hg_intern strings;
    hg_intern mappings;  /* of uint32_t string */
    hg_intern functions; /* of a name and a file */
    hg_intern locations; /* of uint32_t mapping + 1 or 0, then one line a frame, innermost first */
    hg_buffer out, part, inner, key;
} hg_pprof;

/* Of a zeroed one. */
void hg_pprof_begin(hg_pprof *to);
void hg_pprof_free(hg_pprof *to);

/* The head, in this order. Values of a sample come in the order of their types. */
void hg_pprof_add_type(hg_pprof *to, const char *type, const char *unit);
void hg_pprof_set_period(hg_pprof *to, const char *type, const char *unit);
void hg_pprof_set_time(hg_pprof *to, int64_t time_ns, int64_t duration_ns); /* time 0: unknown */
void hg_pprof_add_comment(hg_pprof *to, const char *text);
void hg_pprof_set_name(hg_pprof *to, const char *name);

/* The number of a location: functions inlined into one another, innermost first, and at least one. */
uint64_t hg_pprof_location(hg_pprof *to, const hg_frame *const *frames, size_t count);

/* Parts of the sample that is being made, in this order; values and the end are always needed. */
void hg_pprof_sample_at(hg_pprof *to, uint64_t location);
void hg_pprof_sample_values(hg_pprof *to, const int64_t *values, size_t count);
void hg_pprof_sample_label(hg_pprof *to, const char *key, const char *text);
void hg_pprof_sample_end(hg_pprof *to);

/* Ends the profile and writes it. False when memory ran out; write errors are left on the stream. */
bool hg_pprof_write(hg_pprof *to, const char *default_type, FILE *out);

#endif
