/*
 * Profilers that a test needs.
 */
#ifndef HG_TESTS_TOOLS_H
#define HG_TESTS_TOOLS_H

/* Ends the test as SKIPPED where the program is not in PATH. */
void tool_or_skip(const char *program);

#endif
