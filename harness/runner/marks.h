/*
 * Marks the rounds for another tool that watches this process instead of the probe. A mark depends on the
 * tool:
 *
 *   memcheck        at every checkpoint, a leak check of what was added, and a client message with the number
 *                   of the checkpoint and the totals: "heapgate checkpoint N lost BLOCKS BYTES possible ..."
 *   massif:PREFIX   at every checkpoint, a detailed snapshot in the file PREFIX followed by the checkpoint's
 *                   number in three digits. massif takes the name as one word: PREFIX has no white space.
 *   jeprof:PREFIX   at every checkpoint, a heap profile in such a file, by jemalloc's prof.dump
 *   heaptrack       recording pauses until warm-up is over, and ends at the last checkpoint
 *   dhat            no marks: DHAT reports what is alive when the process ends, which is the last checkpoint
 *
 * Valgrind's marks are client requests: a few instructions that do nothing outside valgrind. The other marks
 * call functions of the tool's preloaded library.
 *
 * Not thread-safe; for the runner's one thread.
 */
#ifndef HG_RUNNER_MARKS_H
#define HG_RUNNER_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * given: the tool, as above. checkpoints: their number in the whole run; the first `warmup` of them belong to
 * warm-up. False, with one line in ret_message, if that tool does not watch this process. The strings must
 * outlive the run.
 */
bool hg_marks_start(const char *given, uint32_t warmup, uint32_t checkpoints, char *ret_message,
                    size_t message_size);

/* Marks the next checkpoint, after hg_marks_start. 0, or -1 with one line in the message given to that. */
int64_t hg_marks_checkpoint(void);

#endif
