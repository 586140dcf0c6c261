/*
 * Which blocks are alive, for a process that is to be scanned (scan.h): a bit for each place where a block
 * can begin. What a block is, its tag says.
 *
 * The bits of 64 MiB of addresses lie in one leaf, which is made when a block first lies there and of which
 * only touched pages take memory, and are looked at: a 64th of the heap, and for blocks that are far apart a
 * page each. Setting and clearing a bit is one atomic instruction: no lock, fit for signal handlers, and
 * right in a copy of the process made at any moment.
 *
 * Cost. A process that is not scanned pays nothing: one that is takes the slow way through every function,
 * and only there the index is kept (counting.c).
 */
#ifndef HG_PROBE_LIVE_H
#define HG_PROBE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether blocks are indexed. */
extern bool hg_live_wanted;

/* False if there is no memory. Before there are threads. */
bool hg_live_start(void);

/* The block has its tag; is about to lose it. They do nothing if blocks are not indexed. */
void hg_live_add(const void *block);
void hg_live_remove(const void *block);

/*
 * Of a new block that is not large: what was there before it, pointers of a block that was freed, holds
 * nothing, whether the program writes over it or not.
 */
void hg_live_clear(void *block, size_t size);

/* Some blocks found no room in the index. */
bool hg_live_is_incomplete(void);

/* Calls back for every block, by address. Stops if the callback is false, and is false then. */
bool hg_live_each(bool (*each)(uintptr_t block, void *user_data), void *user_data);

#endif
