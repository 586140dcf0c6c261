/*
 * Mappings that the program makes itself: mmap, munmap, mremap, counted by site like blocks.
 *
 * Counted are whole pages, of mappings that can be used: a reservation (PROT_NONE) is address space, not
 * memory. What the allocator or the C library maps for itself is not the program's. Unmapping a part leaves
 * the rest; a hole in the middle leaves two mappings. mremap frees the old and allocates the new at the
 * caller of mremap, as realloc does.
 *
 * Not seen: memory from shmat and brk, and mappings by a system call that passes by the C library's
 * functions.
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

/* What to do with bytes, and whole mappings, that are gone (negative) or new (positive). */
typedef void hg_mapping_counter(const hg_mapping *mapping, int64_t blocks, int64_t bytes);

/* Reserves the table. False when memory is not to be had. */
bool hg_mappings_start(hg_mapping_counter *count);

/* Around the system call and the change of the table, so that no other thread's mapping comes in between. */
void hg_mappings_lock(void);
void hg_mappings_unlock(void);

/* False when the table is full, and then the mapping is not counted. The caller holds the lock. */
bool hg_mappings_add(const hg_mapping *mapping);
/* Whatever is known between the addresses is gone. True when something was. The caller holds the lock. */
bool hg_mappings_remove(uintptr_t begin, uintptr_t end);

/* Whether the address lies in a known mapping. The caller holds the lock. */
bool hg_mappings_knows(uintptr_t address);

/* Forgets all; the lock is free. In a forked child. */
void hg_mappings_reset(void);

#endif
