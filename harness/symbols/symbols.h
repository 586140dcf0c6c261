/*
 * From an address in a shared object to function, file and line, including inlined calls. Uses elfutils'
 * libdw.
 *
 * One hg_symbols serves many processes: addresses are offsets from a module's load address, and answers are
 * remembered. Debug information that was split off is found by build id or .gnu_debuglink, and asked from the
 * servers of DEBUGINFOD_URLS where that is set; otherwise nothing is read but files of this machine. Not
 * thread-safe.
 *
 * The files come from the measured process, and can be anything. They are read in a process of its own, with
 * limits of time and memory (symbol_server.h). If that process ends while it reads a module, this module is
 * not read again, its functions have no names, and everything else goes on.
 */
#ifndef HG_SYMBOLS_SYMBOLS_H
#define HG_SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hg_symbols hg_symbols;

typedef struct hg_symbol {
    const char *function; /* demangled; "" if unknown */
    const char *file;     /* "" if unknown */
    int line;
    bool inlined; /* into the next symbol */
} hg_symbol;

typedef struct hg_module_id {
    const char *path;
    const uint8_t *build_id; /* of the loaded file; size 0: it has none */
    size_t build_id_size;
} hg_module_id;

/* Starts the process that reads. NULL when memory ran out. */
hg_symbols *hg_symbols_new(void);
void hg_symbols_free(hg_symbols *symbols); /* NULL is fine */

/*
 * The functions at a return address, innermost inlined function first. There is at least one symbol; it is
 * empty if nothing is known (no such file, another build, no symbols). The answer and its strings live as
 * long as the hg_symbols. NULL when memory ran out.
 */
const hg_symbol *hg_symbols_find(hg_symbols *symbols, const hg_module_id *module, uint64_t offset,
                                 size_t *ret_count);

/* A copy of the symbol that lives as long as the hg_symbols, the same one for equal symbols. NULL when memory
 * ran out. */
const hg_symbol *hg_symbols_keep(hg_symbols *symbols, const hg_symbol *symbol);

struct hg_perf_map;

/*
 * From now on, code in no module (path "", no build id), which was made at run time, has the names of this
 * map (perf_map.h); NULL: none. The map is the caller's, and stays until there is another one.
 */
void hg_symbols_name_code(hg_symbols *symbols, const struct hg_perf_map *map);

/* The function of code in no module that the map does not name. */
#define HG_SYMBOLS_NO_NAME "(code made at run time)"

/*
 * Where hg_symbols_find was asked for a module that cannot be read, since the last call of this function: a
 * clause that says so of the last such module, which lives as long as the hg_symbols. Else NULL.
 */
const char *hg_symbols_take_trouble(hg_symbols *symbols);

#endif
