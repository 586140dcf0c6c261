/*
 * Reading memory of which nothing is known: in the copy of a process that is scanned.
 */
#ifndef HG_PROBE_SCAN_MEMORY_H
#define HG_PROBE_SCAN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed and never given back; NULL when there is none. */
void *hg_scan_reserve(size_t bytes);

/* The same, of memory that is used from one end to the other, and not in order. */
void *hg_scan_reserve_whole(size_t bytes);

/* Reads the list of mappings, and from now on survives what cannot be read. False if that is impossible. */
bool hg_scan_memory_start(void);

/* The end of the readable mapping that the address lies in, or 0. */
uintptr_t hg_scan_mapping_end(uintptr_t address);

/*
 * Calls visit with each aligned word from begin to end whose low 48 bits lie between least and most. Pages
 * that were never touched are skipped. What cannot be read is added to *unread_bytes.
 */
typedef void hg_scan_visit(uintptr_t word, uintptr_t place, void *user_data);
typedef struct hg_scan_words {
    uintptr_t least, most;
    bool unaligned;   /* what lies across two words instead, all of its 64 bits between least and most */
    uintptr_t before; /* unaligned: the word that was read last */
    uint64_t unread_bytes;
    hg_scan_visit *visit;
    void *user_data;
} hg_scan_words;

void hg_scan_read(hg_scan_words *words, uintptr_t begin, uintptr_t end);

/* Calls touch; false if that met memory that cannot be read, and touch did not end. */
bool hg_scan_survives(void (*touch)(void *user_data), void *user_data);

/* One word; 0 if it cannot be read. */
uintptr_t hg_scan_word(uintptr_t place);

#define HG_SCAN_ADDRESS_MASK (((uintptr_t)1 << 48) - 1)

#endif
