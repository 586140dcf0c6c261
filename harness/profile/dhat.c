/*
 * DHAT (valgrind): what is alive when the process ends, which is the last checkpoint. It takes no snapshots
 * before, and its client requests do not reach its heap profile: warm-up is in what it says. Its file is
 * JSON: "pps" are the stacks, with "eb" bytes and "ebk" blocks at the end, and "fs" their frames as places in
 * "ftbl".
 */
#include "base/saturate.h"
#include "profile/valgrind_options.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

bool hg_dhat_command(hg_profile_job *job, hg_tool_command *ret_command)
{
    hg_valgrind_words(job, "dhat", ret_command);
    hg_command_word(ret_command, hg_job_word(job, "--dhat-out-file=%s/dhat.json", job->folder));
    hg_command_variable(ret_command, HG_ENV_MARKS "=dhat");
    return true;
}

/* False when memory ran out. A frame that is not in the table is left out. */
static bool push_frames(const json_t *numbers, const json_t *table, hg_tool_stack *stack)
{
    size_t index;
    const json_t *number;
    json_array_foreach(numbers, index, number)
    {
        const char *text = json_string_value(json_array_get(table, (size_t)json_integer_value(number)));
        char *copy = text ? strdup(text) : NULL;
        bool pushed = !text || (copy && hg_valgrind_frame(copy, stack));
        free(copy);
        if (!pushed)
            return false;
    }
    return true;
}

static bool add_point(const json_t *point, const json_t *table, hg_profile *profile)
{
    hg_tool_stack stack = {0};
    int64_t bytes = json_integer_value(json_object_get(point, "eb"));
    int64_t blocks = json_integer_value(json_object_get(point, "ebk"));
    if (blocks == 0)
        return true;
    hg_tool_site *site = push_frames(json_object_get(point, "fs"), table, &stack)
                             ? hg_tool_sites_at(&profile->sites, HG_TOOL_ALIVE, &stack)
                             : NULL;
    hg_tool_stack_free(&stack);
    if (!site)
        return false;
    site->end.bytes = hg_sum(site->end.bytes, bytes);
    site->end.blocks = hg_sum(site->end.blocks, blocks);
    return true;
}

bool hg_dhat_read(hg_profile_job *job, hg_profile *profile)
{
    json_error_t error;
    FILE *file = hg_job_open(job, "dhat.json");
    if (!file)
        return false;
    json_t *root = json_loadf(file, 0, &error);
    fclose(file);
    const json_t *points = json_object_get(root, "pps");
    const json_t *table = json_object_get(root, "ftbl");
    bool done = json_is_array(points) && json_is_array(table);
    if (!done)
        hg_job_fail(job, "DHAT's dhat.json cannot be read: %s",
                    root ? "it has no program points" : error.text);
    size_t index;
    const json_t *point;
    json_array_foreach(points, index, point)
    {
        if (done && !add_point(point, table, profile))
            done = hg_job_fail(job, "out of memory");
    }
    json_decref(root);
    return done;
}
