/*
 * Thread-local blocks that no vector of a thread names. Where a module is loaded late, and its code finds its
 * variables by descriptors (TLSDESC), as all of arm64's does, the dynamic linker may put its block where
 * every thread has room from its start. The descriptors then have the distance from the thread pointer.
 */
#ifndef HG_PROBE_STATIC_TLS_H
#define HG_PROBE_STATIC_TLS_H

#include <link.h>
#include <stdint.h>

/* From the thread pointer to the module's block, in bytes. 0: its descriptors do not tell. */
uintptr_t hg_static_tls_distance(const struct dl_phdr_info *object);

#endif
