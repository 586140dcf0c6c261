/*
 * jemalloc's own heap profile, read by jeprof: every allocation is sampled, and a profile is dumped at every
 * checkpoint. The growth is the last one less the one at the end of warm-up, as jeprof itself subtracts them:
 *
 *     Total: 33536 B
 *        19200  57.3%  57.3%    19200  57.3% registry_entry_new (inline) core/before/registry.c:56
 *            0   0.0% 100.0%    33536 100.0% main runner.c:306
 *
 * The first column is what the line allocates itself, the fourth what it and all it calls do. The head of a
 * profile has the totals: "  t*: BLOCKS: BYTES [0: 0]".
 */
#include "base/saturate.h"
#include "profile/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool hg_jeprof_command(hg_profile_job *job, hg_tool_command *ret_command)
{
    ret_command->preload = job->plan->allocator_library;
    hg_command_variable(ret_command,
                        "MALLOC_CONF=prof:true,prof_active:true,lg_prof_sample:0,prof_final:false,"
                        "prof_accum:false");
    hg_command_variable(ret_command, hg_job_word(job, HG_ENV_MARKS "=jeprof:%s/jeprof.round-", job->folder));
    return true;
}

static bool read_totals(hg_profile_job *job, uint32_t number, hg_tool_count *ret_alive)
{
    char name[32], line[256];
    long long blocks, bytes;
    bool found = false;
    snprintf(name, sizeof name, "jeprof.round-%03u", number);
    FILE *file = hg_job_open(job, name);
    if (!file)
        return false;
    for (int i = 0; i < 4 && !found && fgets(line, sizeof line, file); i++)
        found = sscanf(line, " t*: %lld: %lld", &blocks, &bytes) == 2;
    fclose(file);
    if (!found)
        return hg_job_fail(job, "jemalloc's %s holds no heap profile", name);
    *ret_alive = (hg_tool_count){.bytes = bytes, .blocks = blocks};
    return true;
}

/* "function (inline) file:line". The place is the last word, as far as it has a line. */
static bool push_frame(char *text, hg_tool_stack *stack)
{
    int line = 0;
    const char *file = "";
    char *space = strrchr(text, ' ');
    char *colon = space ? strrchr(space, ':') : NULL;
    if (colon) {
        *space = *colon = '\0';
        line = atoi(colon + 1);
        file = strcmp(space + 1, "??") == 0 ? "" : space + 1;
    }
    char *inlined = strstr(text, " (inline)");
    if (inlined)
        *inlined = '\0';
    return hg_tool_stack_push(stack, text, file, line, "");
}

static bool add_line(hg_profile *profile, char *line)
{
    hg_tool_stack stack = {0};
    long long flat, cumulative;
    int read = 0;
    if (sscanf(line, " %lld %*[^ ] %*[^ ] %lld %*[^ ] %n", &flat, &cumulative, &read) != 2 || read == 0 ||
        cumulative <= 0)
        return true;
    hg_tool_site *site =
        push_frame(line + read, &stack) ? hg_tool_sites_at(&profile->sites, HG_TOOL_ALIVE, &stack) : NULL;
    hg_tool_stack_free(&stack);
    if (!site)
        return false;
    site->end.bytes = hg_sum(site->end.bytes, flat > 0 ? flat : 0);
    site->end.blocks = -1;
    return true;
}

/* jeprof prints nothing at all where the two profiles do not differ. */
static bool may_be_empty(const hg_profile *profile)
{
    int64_t last = profile->checkpoints[profile->checkpoint_count - 1][HG_TOOL_ALIVE].bytes;
    return last <= profile->checkpoints[HG_WARMUP_ROUNDS - 1][HG_TOOL_ALIVE].bytes;
}

static bool read_text(hg_profile_job *job, hg_profile *profile)
{
    char *line = NULL;
    size_t size = 0;
    bool done = true, found = false;
    FILE *file = hg_job_open(job, "jeprof.txt");
    if (!file)
        return false;
    for (ssize_t length; done && (length = getline(&line, &size, file)) > 0;) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (strncmp(line, "Total: ", 7) == 0)
            found = true;
        else if (found)
            done = add_line(profile, line) || hg_job_fail(job, "out of memory");
    }
    free(line);
    fclose(file);
    return done &&
           (found || may_be_empty(profile) ||
            hg_job_fail(job, "jeprof printed no profile; does it find nm and addr2line (Debian package "
                             "binutils)?"));
}

static bool give_name(hg_profile_job *job, uint32_t number, const char *name)
{
    char from[PATH_MAX], to[PATH_MAX];
    snprintf(from, sizeof from, "%s/jeprof.round-%03u", job->folder, number);
    snprintf(to, sizeof to, "%s/%s", job->folder, name);
    return rename(from, to) == 0 || hg_job_fail(job, "cannot rename %s: %s", from, strerror(errno));
}

bool hg_jeprof_read(hg_profile_job *job, hg_profile *profile)
{
    bool done = hg_job_checkpoints(job, profile);
    for (uint32_t i = 0; done && i < job->checkpoints; i++)
        done = read_totals(job, i, &profile->checkpoints[i][HG_TOOL_ALIVE]);
    if (!done || !give_name(job, job->warmup_checkpoints - 1, "jeprof.warm.heap") ||
        !give_name(job, job->checkpoints - 1, "jeprof.last.heap"))
        return false;
    const char *const words[] = {
        job->program,
        "--text",
        "--lines",
        "--show_bytes",
        hg_job_word(job, "--base=%s/jeprof.warm.heap", job->folder),
        job->plan->runner,
        hg_job_word(job, "%s/jeprof.last.heap", job->folder),
        NULL,
    };
    return hg_job_help(job, words, NULL, "jeprof.txt") && read_text(job, profile);
}
