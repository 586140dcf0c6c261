/*
 * What somebody meant who typed a word that is not known: the known word that takes the fewest changes.
 */
#ifndef HG_CLI_NEAREST_H
#define HG_CLI_NEAREST_H

#include <stddef.h>

typedef struct hg_nearest {
    const char *typed;   /* its first `length` characters */
    size_t length;       /* of what was typed */
    const char *name;    /* the nearest word so far; NULL: none is near */
    unsigned difference; /* of that word, in changes */
} hg_nearest;

/* Keeps the name, which must outlive the search, if it is nearer than the others so far. */
void hg_nearest_consider(hg_nearest *search, const char *name);

#endif
