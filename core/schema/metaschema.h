/*
 * The draft-07 metaschema, built in, since nothing is ever fetched.
 */
#ifndef TOKA_METASCHEMA_H
#define TOKA_METASCHEMA_H

#include <jansson.h>
#include <stdbool.h>

#include "uri.h"

/* Whether this URI, without its fragment, is the metaschema's. */
bool metaschema_is(struct uri uri);

/* A new document, the caller's; NULL when memory ran out. */
json_t *metaschema_load(void);

#endif
