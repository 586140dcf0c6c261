/*
 * Reads the lines of a log, or of all logs in a folder in the order of their names, one file at a time and in
 * constant memory. In a folder it reads regular files only and skips hidden ones.
 */
#ifndef WORKLOADS_LOG_LINES_H
#define WORKLOADS_LOG_LINES_H

#include <stdint.h>
#include <stdio.h>
#include <toka/status.h>

/* Bytes of a line: the largest text, each byte escaped, fits twice. */
#define LOG_LINES_MAX_BYTES ((size_t)4 * 1024 * 1024)

/* A line's beginning. */
struct log_place {
    long offset;   /* in the file */
    uint64_t line; /* from 1 */
};

struct log_lines {
    char **paths;
    size_t count;
    size_t file; /* under way; an index of `paths` */
    FILE *stream;
    uint64_t line; /* the number of the line read last */
    char *buffer;
};

/* On failure writes one line to stderr, returns nonzero and leaves nothing behind. Takes a zeroed struct. */
int log_lines_open(struct log_lines *lines, const char *path);

/* Goes to a place in a file; {0, 1} is its beginning. Nonzero, and a line on stderr, when it cannot. */
int log_lines_go(struct log_lines *lines, size_t file, struct log_place place);

/* The place of the next line. */
struct log_place log_lines_place(const struct log_lines *lines);

/*
 * Gives 1 and the next line, without its line feed, valid until the next call; 0 at the end of the file; -1
 * and a line on stderr when it cannot be read. *ret_whole: it had a line feed.
 */
int log_lines_next(struct log_lines *lines, toka_text *ret_line, int *ret_whole);

/* Writes "replay: file:line: problem" to stderr; returns -1. */
int log_lines_complain(const struct log_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void log_lines_close(struct log_lines *lines);

#endif
