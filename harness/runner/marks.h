/*
 * Marks the rounds for a tool of others that watches this process instead of the probe. What a mark can be
 * depends on the tool:
 *
 *   memcheck        at every checkpoint a leak check of what was added, and a client message with the number
 *                   of the checkpoint and the totals: "heapgate checkpoint N lost BLOCKS BYTES possible ..."
 *   massif:PREFIX   at every checkpoint a detailed snapshot, in the file PREFIX and the checkpoint's number
 * in three digits. massif takes the name as one word: PREFIX has no white space. jeprof:PREFIX   at every
 * checkpoint a heap profile in such a file, by jemalloc's prof.dump heaptrack       recording pauses until
 * warm-up is over, and ends at the last checkpoint dhat            none: DHAT tells what is alive when the
 * process ends, which is the last checkpoint
 *
 * Valgrind's are client requests: a few instructions that do nothing where valgrind does not run the process.
 * The others are functions that the tool's preloaded library has.
 *
 * Not thread-safe; for the runner's one thread.
 */
#ifndef HG_RUNNER_MARKS_H
#define HG_RUNNER_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * given: the tool, as above. checkpoints: that will come in all, the first `warmup` of them in warm-up.
 * False, with one line in ret_message, when that tool does not watch this process. The strings must outlive
 * the run.
 */
bool hg_marks_start(const char *given, uint32_t warmup, uint32_t checkpoints, char *ret_message,
                    size_t message_size);

/* Marks the next checkpoint. 0, or -1 with one line in the message of hg_marks_start. */
int64_t hg_marks_checkpoint(void);

#endif
