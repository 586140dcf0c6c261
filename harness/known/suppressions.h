/*
 * Suppression files of other tools, valgrind's memcheck and LeakSanitizer, as declarations of leaks and back.
 *
 * Of memcheck, suppressions of kind Leak are read: frame by frame from the allocator's own frame, which is
 * left away, as main and what is around it. Of LeakSanitizer, lines "leak:PATTERN". What is about something
 * else is passed over and counted; what cannot be said in a declaration is told by its line.
 *
 * The files of neither have a reason, an owner and a day; the caller gives what stands for them.
 */
#ifndef HG_KNOWN_SUPPRESSIONS_H
#define HG_KNOWN_SUPPRESSIONS_H

#include "known/leaks.h"
#include <stdio.h>

#define HG_SUPPRESSIONS_MOST_BYTES ((size_t)1 << 20) /* of a file */

typedef struct hg_suppressions {
    hg_leaks leaks; /* each once; lines are those of the file */
    size_t foreign; /* suppressions that are not about leaks */
    size_t left_out;
} hg_suppressions;

typedef struct hg_import {
    const char *who, *until, *since; /* of each declaration */
    /* Called for what is left out. why: a clause, such as "it is of every leak". */
    void (*leave_out)(size_t line, const char *why, void *user_data);
    void *user_data;
} hg_import;

/* False if the file cannot be read, or is no file of suppressions, with one line in message. The result is to
 * be cleared either way. */
bool hg_suppressions_read(const char *path, const hg_import *import, hg_suppressions *ret_read, char *message,
                          size_t message_size);
void hg_suppressions_clear(hg_suppressions *read);

typedef enum hg_suppression_format { HG_SUPPRESSION_VALGRIND, HG_SUPPRESSION_LSAN } hg_suppression_format;

/* False if the name is neither "valgrind" nor "lsan". */
bool hg_suppression_format_of(const char *name, hg_suppression_format *ret_format);

/* The leak in the other tool's words. False, and nothing written, where there are none. */
bool hg_suppression_write(const hg_leak *leak, hg_suppression_format format, FILE *out);

/* "leaks:" and its entries, as a suite has them. */
void hg_leaks_write(const hg_leaks *leaks, FILE *out);

#endif
