#include "overhead_tools.h"

#include "record/record.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Every tool as its manual's first page uses it; depths are the defaults. heaptrack comes twice: as the
 * command, whose processor time includes the process that compresses, and as its preloaded library alone, the
 * least it can cost.
 */
const struct tool tools[TOOL_COUNT] = {
    {.name = "bare", .stacks = "-"},
    {.name = "a preload that passes on", .preload = "@/bench/overhead-pass.so", .stacks = "no: nothing"},
    {.name = "heapgate, full",
     .preload = "@/harness/libheapgate-probe.so",
     .variables = {"HEAPGATE_RECORD=/proc/self/fd/200"},
     .record = true},
    {.name = "heapgate, counting only",
     .preload = "@/harness/libheapgate-probe.so",
     .variables = {"HEAPGATE_RECORD=/proc/self/fd/200"},
     .stacks = "no: totals",
     .record = true,
     .record_mode = HG_MODE_NO_STACKS},
    {.name = "LeakSanitizer build",
     .package = "liblsan0",
     .stacks = "cut at 30 frames, or at code without frame pointers",
     .relinked = true},
    {.name = "bare", .stacks = "-", .slow = true, .repeats = TOOL_MOST_REPEATS},
    {.name = "heaptrack --raw",
     .package = "heaptrack",
     .words = {"heaptrack", "--raw", "-o", "@/data"},
     .stacks = "yes, to 64 frames",
     .slow = true},
    {.name = "heaptrack, library alone",
     .package = "heaptrack",
     .preload = "/usr/lib/heaptrack/libheaptrack_preload.so",
     .variables = {"DUMP_HEAPTRACK_OUTPUT=@/data"},
     .stacks = "yes, to 64 frames",
     .slow = true},
    {.name = "memcheck",
     .package = "valgrind",
     .words = {"valgrind", "--tool=memcheck", "--log-file=@/log"},
     .stacks = "cut at 12 frames",
     .slow = true},
    {.name = "dhat",
     .package = "valgrind",
     .words = {"valgrind", "--tool=dhat", "--log-file=@/log", "--dhat-out-file=@/data"},
     .stacks = "cut at 12 frames",
     .slow = true},
    {.name = "massif",
     .package = "valgrind",
     .words = {"valgrind", "--tool=massif", "--log-file=@/log", "--massif-out-file=@/data"},
     .stacks = "no: snapshots, sites of 1 % and more",
     .slow = true},
    {.name = "jemalloc prof, sample 0",
     .package = "libjemalloc2",
     .preload = "libjemalloc.so.2",
     .variables = {"MALLOC_CONF=prof:true,lg_prof_sample:0,prof_final:true,prof_prefix:@/data"},
     .stacks = "yes, to 128 frames",
     .slow = true},
    {.name = "jemalloc prof, sample 19",
     .package = "libjemalloc2",
     .preload = "libjemalloc.so.2",
     .variables = {"MALLOC_CONF=prof:true,lg_prof_sample:19,prof_final:true,prof_prefix:@/data"},
     .stacks = "no: one in 512 KiB",
     .slow = true},
    {.name = "gperftools heap profiler",
     .package = "libgoogle-perftools4",
     .preload = "libtcmalloc.so.4",
     .variables = {"HEAPPROFILE=@/data"},
     .stacks = "cut at 32 frames",
     .slow = true},
};

/* A word that names no folder stands as it is. */
void tool_begin_command(const struct tool *tool, const char *build, const char *folder,
                        struct command *ret_command)
{
    *ret_command = (struct command){.record = tool->record, .record_mode = tool->record_mode};
    for (int i = 0; i < TOOL_WORDS && tool->words[i]; i++)
        command_add_argument(ret_command, tool->words[i], folder);
    for (int i = 0; i < TOOL_WORDS && tool->variables[i]; i++)
        command_add_variable(ret_command, tool->variables[i], folder);
    if (tool->preload) {
        char variable[PROCESS_WORD];
        snprintf(variable, sizeof variable, "LD_PRELOAD=%s", tool->preload);
        command_add_variable(ret_command, variable, build);
    }
}

/* Whether a line of the file has the text in it. */
static bool file_says(const char *path, const char *text)
{
    char line[4096];
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, text) != NULL;
    if (file)
        fclose(file);
    return found;
}

enum tool_state tool_try(const struct tool *tool, const char *build, const char *folder,
                         const char *output_path)
{
    struct command command;
    struct measured measured;
    if (tool->relinked) {
        char program[PROCESS_WORD];
        snprintf(program, sizeof program, "%s/bench/overhead_subject_lsan", build);
        return access(program, X_OK) == 0 ? TOOL_USABLE : TOOL_MISSING;
    }
    tool_begin_command(tool, build, folder, &command);
    command_add_argument(&command, "/bin/true", folder);
    command.output_path = output_path;
    if (!process_measure(&command, &measured))
        return TOOL_MISSING;
    if ((WIFEXITED(measured.status) && WEXITSTATUS(measured.status) == 127) ||
        file_says(output_path, "cannot be preloaded"))
        return TOOL_MISSING;
    return file_says(output_path, "Invalid conf pair: prof") ? TOOL_NOT_COMPILED_IN : TOOL_USABLE;
}
