/*
 * The calls that heapgate torture can make fail, by the names that users give them.
 *
 * Several functions share a call's name: they do the same, and fail in the same way. A set of calls is a
 * number with the bit of each, 1 << call.
 */
#ifndef HG_RECORD_CALLS_H
#define HG_RECORD_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum hg_call {
    HG_CALL_MALLOC, /* and posix_memalign, aligned_alloc, memalign, valloc, pvalloc */
    HG_CALL_CALLOC,
    HG_CALL_REALLOC, /* and reallocarray */
    HG_CALL_NEW,     /* C++ operators */
    HG_CALL_MMAP,    /* and mremap */
    HG_CALL_OPEN,    /* openat, creat, fopen, tmpfile, opendir, memfd_create */
    HG_CALL_SOCKET,  /* socketpair, accept */
    HG_CALL_PIPE,    /* and whatever else makes a descriptor: eventfd, epoll_create, dup, ... */
    HG_CALL_PTHREAD_CREATE,
    HG_CALLS,
} hg_call;

#define HG_CALLS_MEMORY ((1u << (HG_CALL_NEW + 1)) - 1)
#define HG_CALLS_ALL    ((1u << HG_CALLS) - 1)

/* "malloc", ..., "pthread_create"; never NULL. */
const char *hg_call_name(hg_call call);

/* The names that a list can have, in order; NULL behind the last one. Groups come first. */
const char *hg_calls_word(size_t i);

/*
 * The set that a list such as "memory,open" names. False if it has a word that is not known, which is
 * *ret_word of *ret_length letters, perhaps none.
 */
bool hg_calls_parse(const char *list, uint32_t *ret_calls, const char **ret_word, size_t *ret_length);

/* The shortest list of the set, such as "memory,open". */
void hg_calls_list(uint32_t calls, char *ret_list, size_t size);
#define HG_CALLS_LIST 128u /* room for any */

/*
 * What runs out where this call fails: the calls that fail with it, of all that are made to. Memory, address
 * space and threads run out together, and descriptors.
 */
uint32_t hg_calls_beside(hg_call call);

/* What the function leaves in errno, or returns if it is pthread_create. */
int hg_call_error(hg_call call);

#endif
