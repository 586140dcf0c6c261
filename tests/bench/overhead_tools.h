/*
 * The tools that ./dev bench overhead compares, as data: how each is put in front of a program, and what it
 * keeps.
 * '@' stands for a folder that the tool may write to; what lies there afterwards is what it wrote.
 */
#ifndef BENCH_OVERHEAD_TOOLS_H
#define BENCH_OVERHEAD_TOOLS_H

#include "overhead_process.h"

enum { TOOL_COUNT = 14, TOOL_WORDS = 8, TOOL_MOST_REPEATS = 5 };

struct tool {
    const char *name, *package;        /* the package that has it; NULL: it is built with the benchmark */
    const char *words[TOOL_WORDS];     /* before the program's own words */
    const char *variables[TOOL_WORDS]; /* for its environment */
    const char *preload;               /* NULL: none; '@' is the build folder here */
    const char *stacks;    /* whether every allocation keeps its whole stack; NULL: as the record says */
    int repeats;           /* runs of its work in a round, of which the median counts; 0 is 1 */
    bool slow;             /* gets fewer ops */
    bool record, relinked; /* give it a record; the subject must be built for it */
    uint32_t record_mode;  /* HG_MODE_ flags for it */
};

enum tool_state { TOOL_USABLE, TOOL_MISSING, TOOL_NOT_COMPILED_IN };

extern const struct tool tools[TOOL_COUNT];

/* Puts the tool in front of a program whose words are added afterwards. */
void tool_begin_command(const struct tool *tool, const char *build, const char *folder,
                        struct command *ret_command);

/* Tries the tool on a program that does nothing. output_path: a file for what that prints. */
enum tool_state tool_try(const struct tool *tool, const char *build, const char *folder,
                         const char *output_path);

#endif
