/*
 * heapgate exec on a program, and what its run.json says.
 */
#ifndef HG_TESTS_EXEC_RUN_H
#define HG_TESTS_EXEC_RUN_H

#include "checked.h"

/* A program of tests/e2e/programs. */
#define PROGRAM(name) HG_BUILD_DIR "/tests/programs/" name

/*
 * Runs `heapgate exec OPTIONS -- WORDS`, both ended by NULL. The report goes to a file and not to standard
 * error, which is the program's own but for a last line with the outcome. checked_free frees the result.
 */
checked exec_run(const char *const *options, const char *const *words);

/* The one cell of a run; the test ends when there is another number of them. */
json_t *exec_cell(const checked *done);

/* The test ends, with the command that shows why, unless the cell has this verdict and the program this exit
 * code. */
void exec_expect(const checked *done, const char *verdict, int exit_code);

#endif
