/*
 * A libFuzzer target as a workload: op i gives it input i of the corpus, and begins again at the end.
 *
 * The interface is libFuzzer's (https://llvm.org/docs/LibFuzzer.html): LLVMFuzzerTestOneInput, and before the
 * first input LLVMFuzzerInitialize, if it is exported. Nothing is mutated, no coverage is needed, and the
 * target is compiled without -fsanitize. Its return value is ignored.
 *
 * A round is a whole number of passes, so that every round does the same; otherwise inputs of different
 * weight would look like growth. All inputs are read into memory before the first round, so that reading them
 * is no part of an op.
 *
 * Not thread-safe; for the runner's one thread.
 */
#ifndef HG_RUNNER_FUZZ_TARGET_H
#define HG_RUNNER_FUZZ_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A round has this many ops at least. */
#define HG_FUZZ_ROUND_OPS 1000u

/* Whether the library, a handle of dlopen, is one. Then the functions below may be called. */
bool hg_fuzz_target_find(void *library);

/*
 * Reads the corpus, a path or NULL. Gives the ops of a round. False, with one line in ret_message, when there
 * is nothing to run.
 */
bool hg_fuzz_target_load(const char *corpus, uint64_t *ret_round_ops, char *ret_message, size_t message_size);

/* The inputs of a pass, once they are loaded. */
uint64_t hg_fuzz_target_inputs(void);

/* LLVMFuzzerInitialize, with the target's path as the program's name. */
void hg_fuzz_target_start(const char *path);

/* One op. Always 0. */
int hg_fuzz_target_op(uint64_t i);

/* The name of the input of op i, HG_INPUT_NAME bytes at most. */
const char *hg_fuzz_target_input(uint64_t i);

#endif
