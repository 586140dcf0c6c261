/*
 * jit-PID.dump: code that a program compiles while it runs, with names and lines, as it writes it for perf
 * (Linux, tools/perf/Documentation/jitdump-specification.txt). V8 writes one with --perf-prof; agents of Java
 * and runtimes for LLVM do, too.
 *
 * The file is the measured process's, and can be anything. Reading ends at the first record that is not
 * sound, or not complete yet. Code that is moved keeps its old place: no known program writes that it moves
 * code.
 */
#ifndef HG_SYMBOLS_JITDUMP_H
#define HG_SYMBOLS_JITDUMP_H

#include <stdbool.h>
#include <stddef.h>

/* Between a name in a perf map and its "FILE:LINE", where the two are told apart. */
#define HG_JITDUMP_BEFORE_FILE '\037'

/* Whether the file begins as one; of this machine's byte order. */
bool hg_jitdump_is_one(int fd);

/*
 * What it names, as the text of a perf map, ended by a zero: a line for each function, and for each piece of
 * it that has a line of its own. About so many bytes at most. The caller's to free; NULL when memory ran out.
 */
char *hg_jitdump_as_map(int fd, size_t most_bytes, size_t *ret_size);

#endif
