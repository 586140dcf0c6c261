/*
 * Readers of profiles. The files are anybody's and can be anything: each reader is bounded by their size, and
 * says what is wrong with one that it does not take. One thread.
 */
#ifndef HG_SERIES_READERS_H
#define HG_SERIES_READERS_H

#include "series/series.h"

/*
 * Adds what a file has, whatever it is: the points, and what was alive there. False with the series' message;
 * the series can only be freed then. A file of a kind that the series is not of is refused.
 */
bool hg_series_read(hg_series *series, const char *path);

/* The same of bytes that end with a NUL beyond their size; a text may be changed. Their kinds. */
bool hg_series_read_bytes(hg_series *series, char *bytes, size_t size);

bool hg_series_read_pprof(hg_series *series, const char *bytes, size_t size);
bool hg_series_read_heap_text(hg_series *series, char *text); /* jemalloc, tcmalloc */
bool hg_series_read_massif(hg_series *series, char *text);
bool hg_series_read_heaptrack(hg_series *series, char *text); /* its data, interpreted */
bool hg_series_read_heaptrack_print(hg_series *series, char *text);

/* Ends the line and gives the next one, NULL at the end of the text. */
char *hg_series_end_line(char *line);

/* Notes the kind; false, with a message, where another one was noted before. many: has several points. */
bool hg_series_is(hg_series *series, const char *kind, bool many);

#endif
