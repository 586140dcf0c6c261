/*
 * Running a program as a user would: its output, what it complained about, its exit code.
 */
#ifndef HG_TESTS_COMMAND_H
#define HG_TESTS_COMMAND_H

#include <stddef.h>
#include <sys/types.h>

enum { COMMAND_MOST_WORDS = 40 };

typedef struct command {
    const char *words[COMMAND_MOST_WORDS]; /* NULL-terminated; [0] is looked up in PATH */
    const char *folder;                    /* to run in; NULL: the test's own */
} command;

typedef struct command_result {
    int exit_code; /* 128 + signal where one ended it */
    char *out, *err;
    size_t out_size, err_size;
    char *line; /* the command, to be run again by hand */
} command_result;

/* Runs to the end. Ends the test when it cannot be started; command_result_free frees the result. */
command_result command_run(const command *given);
void command_result_free(command_result *result);

/* Starts without waiting; output goes nowhere. */
pid_t command_start(const command *given);
/* Waits; the exit code as above. */
int command_wait(pid_t pid);

/* The heapgate program under test. */
#define HEAPGATE HG_BUILD_DIR "/heapgate"
/* A test plug-in. */
#define PLUGIN(name) HG_BUILD_DIR "/tests/plugins/" name ".so"

/* A new empty folder below the build folder; the caller frees the path. folder_remove deletes it and all in
 * it. */
char *folder_make(void);
void folder_remove(char *folder);
/* Writes a file into the folder; gives its path, the caller's to free. */
char *folder_write(const char *folder, const char *name, const char *text);
/* Entries, without . and .. */
size_t folder_count(const char *folder);

#endif
