/*
 * Names of code that a program compiles while it runs, as it writes them for perf: /tmp/perf-PID.map, a
 * line "START SIZE NAME" for each function, numbers in hexadecimal (Linux,
 * tools/perf/Documentation/jit-interface.txt).
 *
 * V8 writes one with --perf-basic-prof, CPython 3.12 and later with PYTHONPERFSUPPORT=1. Both put the file
 * into the name, V8 also the line, and how well the code is optimised; the symbol has them apart, so that a
 * function stays the same when it is compiled again. Other names are taken as they are.
 *
 * A jitdump (jitdump.h) is read likewise.
 *
 * The file is the measured process's, and can be anything. Lines that are not sound are passed over. Where
 * code was freed and other code made in its place, the later one is found.
 */
#ifndef HG_SYMBOLS_PERF_MAP_H
#define HG_SYMBOLS_PERF_MAP_H

#include "symbols/symbols.h"

/* So much of a file is read, and so many of its functions are kept, at most. */
#define HG_PERF_MAP_BYTES     ((size_t)64 << 20)
#define HG_PERF_MAP_FUNCTIONS ((size_t)1 << 20)

typedef struct hg_perf_map hg_perf_map;

/* From the beginning of the file, whose descriptor stays the caller's. NULL when memory ran out. */
hg_perf_map *hg_perf_map_read(int fd);
void hg_perf_map_free(hg_perf_map *map); /* NULL is fine */

/* The function in which the address lies; NULL if the file names none. It lives as long as the map. */
const hg_symbol *hg_perf_map_find(const hg_perf_map *map, uint64_t address);

#endif
