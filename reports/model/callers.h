/*
 * Call paths of a run without repetition. Of a site that does not grow, run.json has only the culprit in its
 * place, in "frames". The "callers" of the site are numbers into the "frames" of the run, which have each
 * distinct frame once. A growing site, which programs and people look into, has its whole path in its place.
 *
 * In the model, a site always has all of its frames: hg_callers_join puts them together when a file is read.
 */
#ifndef HG_MODEL_CALLERS_H
#define HG_MODEL_CALLERS_H

#include "base/intern.h"
#include "model/model.h"

#include <stdio.h>

/* The callers of a run, for its writer. Without any, every site has its whole path in its place. */
typedef struct hg_callers {
    hg_intern frames;  /* the text of each distinct one, as it stands in the file */
    uint32_t *numbers; /* of all callers, in the order of the cells and sites */
    size_t count;      /* of numbers */
    size_t told;       /* of them: see hg_callers_next */
} hg_callers;

typedef void hg_callers_frame_writer(FILE *out, const hg_frame *frame);

/* Gathers the callers of a run; none if memory runs out, which the file survives: false then. */
bool hg_callers_gather(hg_callers *callers, const hg_run *run, hg_callers_frame_writer *write);
void hg_callers_free(hg_callers *callers);

/* How many frames of a site are written in its place; the others are its callers. */
size_t hg_callers_in_place(const hg_callers *callers, const hg_site *site);

/* The number of the next caller, in the order of the cells and sites. */
uint32_t hg_callers_next(hg_callers *callers);

/* The most bytes that the joined paths of a run take: as much as a file may have. */
#define HG_CALLERS_MAX_BYTES ((uint64_t)512 * 1024 * 1024)

typedef enum hg_callers_status {
    HG_CALLERS_OK,
    HG_CALLERS_UNKNOWN,  /* a number without a frame */
    HG_CALLERS_TOO_MANY, /* see HG_CALLERS_MAX_BYTES */
    HG_CALLERS_NO_MEMORY,
} hg_callers_status;

/* Appends to the frames of each site its callers, and frees those and the frames of the run. If it fails,
 * ret_cell and ret_site say where, and the run can only be freed. */
hg_callers_status hg_callers_join(hg_run *run, size_t *ret_cell, size_t *ret_site);

#endif
