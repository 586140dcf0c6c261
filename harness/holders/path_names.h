/*
 * The names of paths: from the root's variable along the types of what its pointers lead to.
 */
#ifndef HG_HOLDERS_PATH_NAMES_H
#define HG_HOLDERS_PATH_NAMES_H

#include "record/scan_file.h"
#include "symbols/variables.h"
#include "verdict/sites.h"

typedef struct hg_namer {
    const hg_record *record;
    const hg_scan_file *file;
    const hg_gathered *gathered;
    hg_symbols *symbols;
    hg_variables *variables;
} hg_namer;

/* False when memory ran out; it is to be freed either way. */
bool hg_namer_start(const hg_record *record, const hg_scan_file *file, const hg_gathered *gathered,
                    hg_symbols *symbols, hg_namer *ret_namer);
void hg_namer_free(hg_namer *namer);

/* What stands at a place in a root, as a holder whose path ends there; otherwise as hg_namer_name. */
bool hg_namer_root(const hg_namer *namer, const hg_scan_place *place, hg_holder *ret_holder);

/* Whether it is the same variable or thread. */
bool hg_holders_have_same_root(const hg_holder *a, const hg_holder *b);

/* Whether the module is one that comes with the system. */
bool hg_module_is_system(const char *path);

/* The way to one of the blocks of a count; "" if it is not known. The caller's; false when memory ran out. */
bool hg_namer_example(const hg_namer *namer, uint32_t count, char **ret_text);

/* Whether two paths differ only in steps that are repeated ("next*"): a list, with its first block or
 * without. */
bool hg_paths_are_alike(const char *a, const char *b);

/* A holder without its counts and example, whose strings are the caller's. False when memory ran out. */
bool hg_namer_name(const hg_namer *namer, uint32_t path, hg_holder *ret_holder);

#endif
