/*
 * The text of the built-in suite, which runs when there is no suite file: the Toka storms.
 */
#ifndef HG_SUITE_BUILTIN_H
#define HG_SUITE_BUILTIN_H

extern const char hg_suite_builtin_text[];

#endif
