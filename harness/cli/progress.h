/*
 * One line on a terminal that says how far a run is, written over as it goes on.
 */
#ifndef HG_CLI_PROGRESS_H
#define HG_CLI_PROGRESS_H

#include "driver/cell.h"
#include "model/model.h"

typedef struct hg_progress_line {
    bool shown;     /* to a person at a terminal; otherwise nothing is written */
    double started; /* when the run did; seconds, monotonic */
    double next;    /* not before */
} hg_progress_line;

/* A cell of the run has just ended, and `done` of them have. */
void hg_progress_ended(hg_progress_line *line, const hg_cell *cell, size_t done, size_t planned);

/* A cell is running. Can be called often: it writes about five times a second. */
void hg_progress_running(hg_progress_line *line, const hg_cell_progress *at, size_t done, size_t planned);

/* The cells are being timed. */
void hg_progress_timed(const hg_progress_line *line, size_t done, size_t total);

/* Allocations are made to fail in turn. Can be called often, too. */
void hg_progress_tortured(hg_progress_line *line, const hg_torture_pass *pass);

/* Removes the line. */
void hg_progress_clear(const hg_progress_line *line);

#endif
