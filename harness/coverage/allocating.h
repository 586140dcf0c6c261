/*
 * Functions of the C and C++ library that allocate what their caller must free, by the names in symbol
 * tables: those that always do, those that do if an argument is NULL (realpath, getcwd), and those that do
 * sometimes, as those of std::string do where the text is long. What keeps what it allocates is not among
 * them.
 *
 * Pure. Any thread.
 */
#ifndef HG_COVERAGE_ALLOCATING_H
#define HG_COVERAGE_ALLOCATING_H

#include <stdbool.h>

/* The name for people ("malloc", "operator new") of a function that allocates; NULL for any other. */
const char *hg_allocating_name(const char *symbol);

/* Of a function that allocates: the number, from 1, of the argument that is NULL then; 0: any may be. */
unsigned hg_allocating_null_argument(const char *symbol);

/* Whether it may also do without an allocation. */
bool hg_allocating_sometimes(const char *symbol);

/* Whether a function that only passes on what it gets from an allocator may call this one, too: it ends the
 * program, tells that memory ran out, or fills the new block. */
bool hg_allocating_may_call(const char *symbol);

#endif
