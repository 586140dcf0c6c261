/*
 * The symbolic call path of a site: what stays the same when a module is built again, installed elsewhere, or
 * grows a line above the function. Two sites are on one path when their frames agree, one by one, in the
 * function's name and in the module's base name; lines, files, addresses and folders do not count, nor does
 * what a compiler adds to a name. Where no symbol is known, the module alone speaks.
 *
 * Nothing here allocates.
 */
#ifndef HG_MODEL_PATH_H
#define HG_MODEL_PATH_H

#include "model/model.h"

/* Part of a string that outlives it; not terminated. */
typedef struct hg_slice {
    const char *text;
    size_t length;
} hg_slice;

/* Without the suffixes of clones (.constprop.0, .isra.0, .part.1, .cold, [clone ...]) and Rust's hash. */
hg_slice hg_path_function(const char *function);

/* The base name, and of a shared object no version after .so. */
hg_slice hg_path_module(const char *module);

/* A total order of paths; 0 when both sites are on the same. */
int hg_path_compare(const hg_site *a, const hg_site *b);

/*
 * Whether the paths differ in the name of exactly one function and in nothing else: a function that was
 * renamed looks so. ret_frame is the index of it.
 */
bool hg_path_is_renamed(const hg_site *a, const hg_site *b, size_t *ret_frame);

/* 64 bits that are the same for the same path, in every version of heapgate (FNV-1a). */
uint64_t hg_path_hash(const hg_site *site);

#endif
