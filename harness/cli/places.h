/*
 * Where the parts of heapgate are: in the build folder, or where an installation puts them.
 */
#ifndef HG_CLI_PLACES_H
#define HG_CLI_PLACES_H

#include <limits.h>
#include <stdbool.h>

typedef struct hg_places {
    char folder[PATH_MAX]; /* of the heapgate program */
    char runner[PATH_MAX];
    char probe[PATH_MAX], probe_jemalloc[PATH_MAX]; /* see hg_places_probe */
} hg_places;

/* Complains and returns false when a part is missing. */
bool hg_places_find(hg_places *ret_places);

/* Another part by its file name, absolute. Complains and returns false when it is missing. */
bool hg_places_find_part(const hg_places *places, const char *name, char ret_path[PATH_MAX]);

/* The probe for an allocator. */
const char *hg_places_probe(const hg_places *places, const char *allocator);

#endif
