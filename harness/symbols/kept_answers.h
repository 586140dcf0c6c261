/*
 * Answers about addresses, kept on disk from one run to the next: in $XDG_CACHE_HOME/heapgate/symbols, or
 * ~/.cache/heapgate/symbols. The debug information of the C library alone takes longer to read than most
 * cells run.
 *
 * Answers are kept of a module whose debug information was split off and is found by build id below
 * /usr/lib/debug, as packages of debug symbols install it. They hold for this build of heapgate, this file of
 * the module and this file of debug information; if one of them changes, the answers are not found again.
 *
 * Nothing here fails for the caller: what cannot be read, or be believed, is not there, and what cannot be
 * written is not kept. A folder or file that others own or can write is not used. A file is replaced whole,
 * so many processes may read and write at the same time. There are at most HG_KEPT_FILES files, of at most
 * HG_KEPT_BYTES; the oldest go first. Reentrant.
 */
#ifndef HG_SYMBOLS_KEPT_ANSWERS_H
#define HG_SYMBOLS_KEPT_ANSWERS_H

#include "symbols/symbols.h"

#define HG_KEPT_FILES 64u
#define HG_KEPT_BYTES ((size_t)1 << 20)

typedef struct hg_file_identity {
    uint64_t device, inode, bytes, changed_seconds, changed_ns;
} hg_file_identity;

/* What the answers of a file are about. Has no padding. */
typedef struct hg_kept_key {
    char format[8];
    hg_file_identity program, module, debug;
    uint64_t build_id_size;
    uint8_t build_id[64];
} hg_kept_key;

/* False: answers about this module are not kept. */
bool hg_kept_key_of(const hg_module_id *id, hg_kept_key *ret_key);

/* What hg_kept_write was given; the caller frees it. NULL: nothing is kept, or memory ran out. */
void *hg_kept_read(const hg_kept_key *key, size_t *ret_size);

/* At most HG_KEPT_BYTES. */
void hg_kept_write(const hg_kept_key *key, const void *bytes, size_t size);

#endif
