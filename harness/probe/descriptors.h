/*
 * Descriptors that the program opens, counted by the stack that opened them, like mappings. One descriptor
 * counts as one block of no bytes, in a context of its own kind (HG_CONTEXT_DESCRIPTOR).
 *
 * A table has an entry for each descriptor that was opened through a function of preload_descriptors.c: who
 * opened it, and in which epoch. An entry ends when the descriptor is closed through one of them, or when the
 * number turns up as that of a new descriptor; so what was closed in a way that the probe does not see is
 * forgotten sooner or later, and no more descriptors can be thought open than were open at a time. What was
 * opened in another way (by the C library inside another function of its own, by a system call past it, or
 * inherited) is unknown, and so is a descriptor of HG_MOST_DESCRIPTORS or more.
 *
 * Any thread, and signal handlers. Beside what the probe does for any stack or thread that it has not seen
 * before (context.h, counting.h), nothing here takes a lock, allocates or makes a system call. A forked child
 * knows no descriptors. A vforked child shares the table, though not the descriptors, with its parent: the
 * descriptors that it closes before exec are unknown from then on.
 */
#ifndef HG_PROBE_DESCRIPTORS_H
#define HG_PROBE_DESCRIPTORS_H

#include "probe/walk.h"
#include <stdbool.h>

/* Reserves the table. False if there is no memory. */
bool hg_descriptors_start(void);

/*
 * A function that opens descriptors gave this one, or failed (negative). Gives it back; leaves errno as it
 * was.
 */
int hg_descriptor_opened(int descriptor, hg_caller caller);

/* These are about to be closed: after that, another thread may be given the same numbers. */
void hg_descriptors_closing(unsigned first, unsigned last);

/* The context in which the descriptor was opened; HG_CONTEXT_NONE if it is unknown. */
uint32_t hg_descriptor_context(unsigned descriptor);

/* Forgets all, in a forked child. */
void hg_descriptors_reset(void);

/* Finds the functions below those of preload_descriptors.c, where looking them up does no harm. */
void hg_descriptors_resolve(void);

#endif
