/*
 * Mappings that the program makes itself (mmap, munmap, mremap), counted by site like blocks.
 *
 * Whole pages are counted, of mappings that can be used: a reservation (PROT_NONE) is address space, not
 * memory. What the allocator or the C library maps for itself does not count. Unmapping a part leaves the
 * rest; a hole in the middle leaves two mappings. mremap frees the old mapping and allocates the new one at
 * the caller of mremap, as realloc does.
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

/* Whether any mapping is known. Needs no lock; of a mapping made by another thread it may not know yet. */
bool hg_mappings_any(void);

/*
 * The functions that follow need the lock of mappings (locks.h), which is held around the system call as
 * well, so that no other thread's mapping comes in between.
 */

/* False when the table is full, and then the mapping is not counted. Nothing known overlaps it. */
bool hg_mappings_add(const hg_mapping *mapping);
/* Whatever is known between the addresses is gone. True when something was. */
bool hg_mappings_remove(uintptr_t begin, uintptr_t end);

/* Whether the address lies in a known mapping. */
bool hg_mappings_knows(uintptr_t address);

/* All, by address; in a copy of the process too, if the lock was held when it was made. */
const hg_mapping *hg_mappings_all(size_t *ret_count);

/* Forgets all, in a forked child; no other thread runs. */
void hg_mappings_reset(void);

#endif
