/*
 * The symbolic call path of a site, which stays the same when a module is rebuilt, installed elsewhere, or
 * gets a new line above the function. Two sites are on one path if each frame has the same function name and
 * module base name. Lines, files, addresses, folders and suffixes that a compiler adds to a name do not
 * count. A frame without a symbol has only its module.
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

/* The name without the suffixes of clones (.constprop.0, .isra.0, .part.1, .cold, [clone ...]) and Rust's
 * hash. */
hg_slice hg_path_function(const char *function);

/* The part of a path after the last slash; points into it. */
const char *hg_base_name(const char *path);

/* The base name; that of a shared object without the version after ".so". */
hg_slice hg_path_module(const char *module);

/* Whether two frames of a path are the same in this sense. */
bool hg_path_same_frame(const hg_frame *a, const hg_frame *b);

/* A total order of paths; 0 when both sites are on the same. */
int hg_path_compare(const hg_site *a, const hg_site *b);

/*
 * Whether the paths differ only in the name of one function, as after a renaming. ret_frame is its index.
 */
bool hg_path_is_renamed(const hg_site *a, const hg_site *b, size_t *ret_frame);

/* A hash of the path (FNV-1a) that is the same in every version of heapgate. */
uint64_t hg_path_hash(const hg_site *site);

#endif
