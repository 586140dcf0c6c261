/*
 * Words for a shell: a command that is printed to be typed again must run with the same arguments.
 */
#ifndef HG_CLI_SHELL_WORD_H
#define HG_CLI_SHELL_WORD_H

#include <stdio.h>

/*
 * Writes the word as bash reads it back: as it is, in '...' where a shell would take it apart, and as $'...'
 * where it has bytes that a terminal does not show as they are: control and other deceptive characters, and
 * bytes that are not UTF-8. Errors are left to the stream.
 */
void hg_print_shell_word(const char *word, FILE *out);

/* The words of a command; argv[0] is printed as it is. The caller's; NULL when memory ran out. */
char *hg_quote_command(int argc, char *const *argv);

#endif
