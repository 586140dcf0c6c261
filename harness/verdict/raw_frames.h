/*
 * The frames of a record as they are compared: what each of them stands for is found once, however many
 * stacks it is on. A script in Python has 100,000 stacks of the same few thousand frames.
 *
 * Borrows from the record and the symbolizer. One thread.
 */
#ifndef HG_VERDICT_RAW_FRAMES_H
#define HG_VERDICT_RAW_FRAMES_H

#include "base/intern.h"
#include "verdict/sites.h"

typedef enum hg_module_owner {
    HG_MODULE_OF_SUBJECT, /* the subject, the workload, or anything else that is not below */
    HG_MODULE_OF_SYSTEM,
    HG_MODULE_OF_RUNNER,
    HG_MODULE_OF_PROBE,
} hg_module_owner;

/* A frame before it is known whether a site needs it. */
typedef struct hg_raw_frame {
    const hg_symbol *symbol;
    const char *module;
    const hg_record_module *loaded;
    uint64_t offset;
    uint64_t name;   /* a number: of functions of one name the same */
    uint64_t number; /* of the function in its module; where it has no name, of the one place in it; not 0 */
    hg_module_owner owner;
    bool is_line; /* of a script, as its interpreter tells */
} hg_raw_frame;

typedef struct hg_raw_frames {
    const hg_record *record;
    const hg_module_owners *owners;
    hg_symbols *symbols;
    hg_intern known;            /* frames of the record; each was expanded */
    hg_buffer expanded;         /* by their numbers */
    hg_intern texts, functions; /* names of functions and modules; and pairs of them */
} hg_raw_frames;

/* The functions at a frame, innermost first: none for one of the probe's. NULL when memory ran out; else
 * valid until the frames are freed. */
const hg_raw_frame *hg_raw_frames_find(hg_raw_frames *frames, hg_record_frame frame, size_t *ret_count);

/* The record, the owners and the symbolizer stay; fine for frames of which none was found. */
void hg_raw_frames_free(hg_raw_frames *frames);

hg_module_owner hg_module_owner_of(const char *path, const hg_module_owners *owners);

/* Whether the path lies in the folder, or below; NULL or "" has nothing in it. */
bool hg_is_below(const char *path, const char *folder);

#endif
