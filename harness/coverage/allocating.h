/*
 * Functions of the C and C++ library whose result the caller must free, by the names in symbol tables. What
 * allocates only sometimes (realpath, getcwd), or keeps what it allocates, is not among them.
 *
 * Pure. Any thread.
 */
#ifndef HG_COVERAGE_ALLOCATING_H
#define HG_COVERAGE_ALLOCATING_H

#include <stdbool.h>

/* The name for people ("malloc", "operator new") of a function that allocates; NULL for any other. */
const char *hg_allocating_name(const char *symbol);

/* Whether a function that only passes on what it gets from an allocator may call this one, too: it ends the
 * program, tells that memory ran out, or fills the new block. */
bool hg_allocating_may_call(const char *symbol);

#endif
