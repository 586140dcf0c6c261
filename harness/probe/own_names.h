/*
 * The probe's allocation functions under names that no program can define before it.
 */
#ifndef HG_PROBE_OWN_NAMES_H
#define HG_PROBE_OWN_NAMES_H

#include <malloc.h>
#include <stdlib.h>

extern __typeof__(malloc) hg_own_malloc;
extern __typeof__(calloc) hg_own_calloc;
extern __typeof__(realloc) hg_own_realloc;
extern __typeof__(free) hg_own_free;
extern __typeof__(posix_memalign) hg_own_posix_memalign;
extern __typeof__(aligned_alloc) hg_own_aligned_alloc;
extern __typeof__(memalign) hg_own_memalign;
extern __typeof__(malloc_usable_size) hg_own_malloc_usable_size;

#endif
