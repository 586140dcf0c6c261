/*
 * From an address in a shared object to function, file and line, inlined calls included. On elfutils' libdw.
 *
 * One symbolizer serves many processes: addresses are offsets from a module's load address, and answers are
 * remembered. Not thread-safe. Never fetches debug information from anywhere but this machine's files.
 */
#ifndef HG_SYMBOLS_SYMBOLS_H
#define HG_SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hg_symbols hg_symbols;

typedef struct hg_symbol {
    const char *function; /* "" where none is known; demangled */
    const char *file;     /* "" where no line is known */
    int line;
    bool inlined; /* into the next symbol */
} hg_symbol;

typedef struct hg_module_id {
    const char *path;
    const uint8_t *build_id; /* of the loaded image; size 0: it has none */
    size_t build_id_size;
} hg_module_id;

/* NULL when memory ran out. */
hg_symbols *hg_symbols_new(void);
void hg_symbols_free(hg_symbols *symbols); /* NULL is fine */

/*
 * What lies at a return address, innermost inlined function first; at least one symbol, an empty one if
 * nothing is known (no such file, another build, no symbols). The answer and its strings live as long as
 * symbols does. NULL when memory ran out.
 */
const hg_symbol *hg_symbols_find(hg_symbols *symbols, const hg_module_id *module, uint64_t offset,
                                 size_t *ret_count);

#endif
