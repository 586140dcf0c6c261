/*
 * Words for a shell: what is printed to be typed again must arrive as it was.
 */
#ifndef HG_CLI_SHELL_WORD_H
#define HG_CLI_SHELL_WORD_H

#include <stdio.h>

/* Writes the word, in quotes where a POSIX shell would take it apart. Errors are left to the stream. */
void hg_print_shell_word(const char *word, FILE *out);

#endif
