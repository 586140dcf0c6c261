/*
 * Runs git.
 */
#ifndef HG_CLI_GIT_H
#define HG_CLI_GIT_H

#include "base/buffer.h"
#include <stdbool.h>
#include <stddef.h>

enum { HG_GIT_NOT_RUN = 127, HG_GIT_MOST_WORDS = 16 };

/*
 * Runs git in the folder with these words, fewer than HG_GIT_MOST_WORDS and then NULL, and adds what it
 * prints to *out, at most `most` bytes and a chunk more. silent: its own complaints are not shown. Its exit
 * code, or HG_GIT_NOT_RUN after complaining; 128 if it was ended.
 */
int hg_git_run(const char *folder, const char *const *words, bool silent, size_t most, hg_buffer *out);

#endif
