/*
 * The answer about one address as bytes, one after the other: for kept_answers.h. They come from a file, so
 * they are checked. Reentrant.
 */
#ifndef HG_SYMBOLS_PACKED_ANSWERS_H
#define HG_SYMBOLS_PACKED_ANSWERS_H

#include "symbols/symbols.h"
#include <stdio.h>

/* How many bytes were written; the stream keeps its errors. */
size_t hg_packed_answer_write(FILE *out, uint64_t offset, const hg_symbol *symbols, size_t count);

/*
 * Reads the next answer, and moves *at behind it. The symbols are followed by their texts, in one allocation
 * that the caller frees. NULL at the end, where the bytes are not sound, and when memory ran out.
 */
hg_symbol *hg_packed_answer_read(const char **at, const char *end, uint64_t *ret_offset, size_t *ret_count);

#endif
