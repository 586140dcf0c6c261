/*
 * What valgrind's tools have in common.
 */
#ifndef HG_PROFILE_VALGRIND_OPTIONS_H
#define HG_PROFILE_VALGRIND_OPTIONS_H

#include "profile/job.h"

/* The program and the options of every tool. */
void hg_valgrind_words(hg_profile_job *job, const char *tool, hg_tool_command *command);

/*
 * Pushes a frame as massif and DHAT write it: "0x4E5679A: function (file.c:56)" or "... (in /lib/module.so)".
 * text is taken apart. False when memory ran out.
 */
bool hg_valgrind_frame(char *text, hg_tool_stack *stack);

#endif
