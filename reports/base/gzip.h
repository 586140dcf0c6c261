/*
 * A gzip member (RFC 1952) without a time or a name: the same data gives the same bytes.
 */
#ifndef HG_BASE_GZIP_H
#define HG_BASE_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* False when memory ran out; write errors are left on the stream. */
bool hg_gzip_write(FILE *out, const void *bytes, size_t size);

#endif
