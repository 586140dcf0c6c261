/*
 * Lines of scripts on call paths: what is allocated on one C stack, by different lines of a Python program,
 * has different contexts.
 *
 * The stack's own context comes first (context.h). If the stack passes through Python, the frames of the
 * thread (python.h) are read as well, at each allocation, and both together are looked up here. Only a new
 * combination is entered into the record: the stack's frames, with the lines among them.
 */
#ifndef HG_PROBE_LINES_H
#define HG_PROBE_LINES_H

#include "probe/python.h"
#include "record/record.h"
#include <stdint.h>

/*
 * The context of the stack that has this context, in these frames; HG_CONTEXT_NONE if it is not known, or was
 * entered before other code was loaded (generation). Takes no lock.
 */
uint32_t hg_lines_find(uint32_t stack, const hg_python_frame *frames, uint32_t count, uint64_t generation);

/* Makes it known, or gives it a new answer. The caller holds the lock of contexts. */
void hg_lines_add(uint32_t stack, const hg_python_frame *frames, uint32_t count, uint64_t answer);

/* The line as a frame of the record, which gets the function's names if it is new, while there is room. The
 * caller holds the lock of contexts. */
hg_record_frame hg_lines_pack(const hg_record *record, const hg_python_frame *frame);

/* A forked child has an empty record. No other thread runs. */
void hg_lines_reset(void);

#endif
