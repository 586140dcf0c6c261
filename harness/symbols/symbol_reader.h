/*
 * Reads symbols in this process, with elfutils' libdw; see symbols.h, whose functions ask one in a process of
 * its own.
 *
 * The files are those of the measured process, and nobody checked them: libdw can crash on one, read it for
 * minutes, or end this process when memory runs out. Not thread-safe.
 */
#ifndef HG_SYMBOLS_SYMBOL_READER_H
#define HG_SYMBOLS_SYMBOL_READER_H

#include "symbols/symbols.h"

typedef struct hg_symbol_reader hg_symbol_reader;

/* As the functions of symbols.h of the same names, but that an answer stays until the next one only. */
hg_symbol_reader *hg_symbol_reader_new(void);
void hg_symbol_reader_free(hg_symbol_reader *reader);
const hg_symbol *hg_symbol_reader_find(hg_symbol_reader *reader, const hg_module_id *module, uint64_t offset,
                                       size_t *ret_count);

#endif
