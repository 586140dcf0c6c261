/*
 * Reads the ops of a log, in the format that toka/record.h defines. Each line is checked as it is read.
 */
#ifndef WORKLOADS_OP_LOG_H
#define WORKLOADS_OP_LOG_H

#include "log_lines.h"
#include "text_window.h"

#include <jansson.h>
#include <stdbool.h>
#include <toka/schema_store.h>

enum logged_kind {
    LOGGED_TEXT, /* told to the window already when it is handed out */
    LOGGED_TRAFFIC,
    LOGGED_COMPILE,
    LOGGED_GET,
    LOGGED_VALIDATE,
    LOGGED_MANIFEST,
    LOGGED_FREE_STORE,
    LOGGED_REGISTER,
    LOGGED_UNREGISTER,
    LOGGED_DISPATCH,
    LOGGED_SWEEP,
    LOGGED_CLEAR,
    LOGGED_LIMIT,
};

struct logged_op {
    enum logged_kind kind;
    uint64_t ms;    /* since the log's start */
    uint64_t store; /* its number */
    toka_schema_store_options options;
    uint64_t hash;  /* 0: none */
    toka_text text; /* schema or manifest */
    const char *which, *tag;
    const json_t *instance; /* NULL: was left out */
    uint64_t idle_ms;
    size_t handlers;
};

/* What reading an op needs; zeroed, it is closed. */
struct op_log {
    struct log_lines lines;
    struct text_window window;
    json_t *line;  /* parsed; strings of the op are its own */
    char *scratch; /* for texts that are bytes, and those of which only the size is told */
    size_t scratched;
    const char *keys[16]; /* that the op on this line may have */
    size_t key_count;
    uint64_t ms; /* of the op read last */
};

/* On failure writes one line to stderr, returns nonzero and leaves nothing behind. Takes a zeroed struct. */
int op_log_open(struct op_log *log, const char *path);

/* Goes to a place in a file, with an empty window; the first line of a file is checked and passed over. */
int op_log_go(struct op_log *log, size_t file, struct log_place place);

/* Whether a file has a line "traffic": 1, or 0; -1 and one line on stderr when it cannot be read. */
int op_log_has_traffic(struct op_log *log, size_t file);

/*
 * Gives 1 and the next op of the file, which lives until the next call; 0 at its end; -1 and one line on
 * stderr, with the place in the log, when the line is not as the format says. A last line that is cut is the
 * end.
 */
int op_log_next(struct op_log *log, struct logged_op *ret_op);

void op_log_close(struct op_log *log);

#endif
