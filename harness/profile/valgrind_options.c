#include "profile/valgrind_options.h"

#include <stdlib.h>
#include <string.h>

void hg_valgrind_words(hg_profile_job *job, const char *tool, hg_tool_command *command)
{
    hg_command_word(command, job->program);
    hg_command_word(command, "--command-line-only=yes"); /* no options of the user's files and variables */
    hg_command_word(command, "--quiet");
    hg_command_word(command, hg_job_word(job, "--tool=%s", tool));
    hg_command_word(command, "--num-callers=60");
    hg_command_word(command, "--fullpath-after="); /* whole paths tell whose a source file is */
    hg_command_word(command, "--fair-sched=try");  /* else one busy thread keeps the others from running */
    hg_command_word(command, "--keep-debuginfo=yes");
    hg_command_variable(command, "DEBUGINFOD_URLS=");
}

/* The last " (" that is closed at the end: function names of C++ have brackets, too. */
static char *find_place(char *text)
{
    size_t length = strlen(text);
    if (length == 0 || text[length - 1] != ')')
        return NULL;
    char *found = NULL;
    for (char *at = strstr(text, " ("); at; at = strstr(at + 1, " ("))
        found = at;
    if (found)
        text[length - 1] = '\0';
    return found;
}

bool hg_valgrind_frame(char *text, hg_tool_stack *stack)
{
    const char *module = "", *file = "";
    int line = 0;
    char *function = strstr(text, ": ");
    function = function ? function + 2 : text;
    char *place = find_place(function);
    if (place) {
        *place = '\0';
        place += 2;
        char *colon = strrchr(place, ':');
        if (strncmp(place, "in ", 3) == 0) {
            module = place + 3;
        } else {
            file = place;
            line = colon ? atoi(colon + 1) : 0;
            if (colon)
                *colon = '\0';
        }
    }
    return hg_tool_stack_push(stack, strcmp(function, "???") == 0 ? "" : function, file, line, module);
}
