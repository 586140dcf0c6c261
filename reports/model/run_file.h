/*
 * run.json: the run model as a file.
 */
#ifndef HG_MODEL_RUN_FILE_H
#define HG_MODEL_RUN_FILE_H

#include "model/model.h"
#include <stdio.h>

/*
 * Writes run.json. False when memory ran out: the file is complete all the same, with every call path in its
 * place. Write errors are left on the stream (ferror). Bytes of a string that are not UTF-8 become U+FFFD,
 * NaN becomes 0, infinities the largest finite number, a negative count 0.
 */
bool hg_run_write(const hg_run *run, FILE *out);

/*
 * Reads run.json. On failure returns NULL and writes one line (what, where, what to do) to message, cut to
 * message_size bytes. The message distinguishes damaged, truncated and newer files. Unknown keys are ignored.
 */
hg_run *hg_run_read(const char *path, char *message, size_t message_size);

#endif
