/*
 * The program that a command means, and whether the probe can be preloaded into it.
 *
 * A preload is the dynamic linker's work: a program without one is not reached, and one that gains privileges
 * ignores it. Better to say so beforehand than to measure nothing. For a script the program is its
 * interpreter, and behind env the program that env finds.
 */
#ifndef HG_EXEC_TARGET_H
#define HG_EXEC_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct hg_target {
    char path[PATH_MAX];    /* to be executed, as the search for the command found it */
    char program[PATH_MAX]; /* the ELF program that will run: the same, or a script's interpreter; absolute */
} hg_target;

/*
 * Finds a command as a shell does: by its path, or by its name in PATH. False, with one line on what is wrong
 * and what to do in ret_message, when there is none or it cannot be measured.
 */
bool hg_target_find(const char *command, hg_target *ret_target, char *ret_message, size_t message_size);

/* Whether the program at that path, no script, can be measured, as far as the file tells: otherwise with the
 * same line. */
bool hg_target_is_measurable(const char *program, char *ret_message, size_t message_size);

#endif
