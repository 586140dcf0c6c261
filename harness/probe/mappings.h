/*
 * Mappings that the program makes itself (mmap, munmap, mremap), counted by site like blocks.
 *
 * Whole pages are counted, of mappings that can be used: a reservation (mapped with PROT_NONE) is address
 * space, not memory. What the allocator or the C library maps for itself does not count. Unmapping a part
 * leaves the rest; a hole in the middle leaves two mappings. mremap frees the old mapping and allocates the
 * new one at the caller of mremap, as realloc does.
 *
 * A part of a reservation is memory from when it is made usable (mprotect, or mmap over it) until it is
 * protected again or its pages are given back (madvise). If the program then writes to it without another
 * mprotect, it is not counted; a heap that grows goes on to parts that it has not had. Outside reservations,
 * mprotect and madvise change nothing: a protected page keeps what is in it, and a purged one is used again.
 *
 * Not seen: memory from shmat and brk, and system calls that bypass the functions of the C library.
 */
#ifndef HG_PROBE_MAPPINGS_H
#define HG_PROBE_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hg_mapping {
    uintptr_t begin, end;
    uint32_t context, epoch;
} hg_mapping;

/* Called for bytes and whole mappings that are new (positive) or gone (negative). */
typedef void hg_mapping_counter(const hg_mapping *mapping, int64_t blocks, int64_t bytes);

/* Reserves the table. False if there is no memory. */
bool hg_mappings_start(hg_mapping_counter *count);

/* Whether any reservation is known. Needs no lock; of one made by another thread it may not know yet. */
bool hg_mappings_any_reserved(void);

/*
 * The functions that follow need the lock of mappings (locks.h), which is held around the system call as
 * well, so that no other thread's mapping comes in between.
 */

/* False when the table is full, and then the mapping is not counted. Nothing known overlaps it. */
bool hg_mappings_add(const hg_mapping *mapping);
/* Whatever is known between the addresses is gone. True when something was. */
bool hg_mappings_remove(uintptr_t begin, uintptr_t end);

/* Whether the address lies in a known mapping, or in a reservation. */
bool hg_mappings_knows(uintptr_t address);
bool hg_mappings_is_reserved(uintptr_t address);

/* From now on a reservation, and no longer one; what is counted in it stays. False when the table is full. */
bool hg_mappings_reserve(uintptr_t begin, uintptr_t end);
void hg_mappings_end_reservation(uintptr_t begin, uintptr_t end);

/*
 * Whatever of the range is reserved and not counted yet becomes mappings like this one; whatever of it is
 * reserved is counted no longer. False when a table is full, and not all is counted.
 */
bool hg_mappings_commit(const hg_mapping *mapping);
void hg_mappings_decommit(uintptr_t begin, uintptr_t end);

/* All, by address; in a copy of the process too, if the lock was held when it was made. */
const hg_mapping *hg_mappings_all(size_t *ret_count);

/* In a forked child: counts nothing of what is there; it inherits reservations. No other thread runs. */
void hg_mappings_reset(void);

/* What was there then, as far as there was memory to keep it; in no order. */
const hg_mapping *hg_mappings_inherited(size_t *ret_count);

/* Nothing is known, reservations included. */
void hg_mappings_forget_all(void);

#endif
