/*
 * heaptrack: its library is preloaded and writes raw data, which its interpreter turns into what
 * heaptrack_gui and heaptrack_print open. Its script is passed by: where heaptrack_gui is installed it would
 * open a window, and wait. Recording begins when warm-up is over, so that "leaked" is what the measured
 * rounds left.
 *
 * heaptrack_print, with a stack each:
 *
 *     17.14K leaked over 200 calls from
 *       registry_entry_new
 *         at core/before/registry.c:56
 *         in /usr/lib/libtoka.so.0
 *       toka_registry_register
 *
 * A frame without "in" is in the module of the one before it. Bytes have four digits; leaked blocks are not
 * told.
 */
#include "base/humanise.h"
#include "base/saturate.h"
#include "profile/job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A part of heaptrack that is not in PATH: beside the folder of its script. */
static bool find_part(hg_profile_job *job, const char *name, const char **ret_path)
{
    char *real = realpath(job->program, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    if (slash)
        *slash = '\0';
    const char *path = hg_job_word(job, "%s/../lib/heaptrack/%s", real ? real : "", name);
    free(real);
    *ret_path = path;
    return access(path, R_OK) == 0 ||
           hg_job_fail(job,
                       "heaptrack is installed without %s; install it again (Debian package libheaptrack)",
                       path);
}

bool hg_heaptrack_command(hg_profile_job *job, hg_tool_command *ret_command)
{
    const char *library;
    if (!find_part(job, "libheaptrack_preload.so", &library))
        return false;
    const char *allocator = job->plan->allocator_library;
    ret_command->preload = hg_job_word(job, "%s%s%s", library, allocator[0] ? ":" : "", allocator);
    hg_command_variable(ret_command, hg_job_word(job, "DUMP_HEAPTRACK_OUTPUT=%s/heaptrack.raw", job->folder));
    hg_command_variable(ret_command, "DEBUGINFOD_URLS=");
    hg_command_variable(ret_command, HG_ENV_MARKS "=heaptrack");
    return true;
}

typedef struct printed_leaks {
    hg_profile *profile;
    const char *runner; /* its path */
    hg_tool_stack stack;
    bool in_stack, named;
    int64_t bytes;
    char function[1024], file[1024], module[1024];
    int line;
} printed_leaks;

/* The frame that was read, once the next one begins. */
static bool end_frame(printed_leaks *report)
{
    bool pushed = !report->named || hg_tool_stack_push(&report->stack, report->function, report->file,
                                                       report->line, report->module);
    report->named = false;
    report->file[0] = '\0';
    report->line = 0;
    return pushed;
}

/* Born while the program was loaded, before recording could be paused. */
static bool is_of_startup(const printed_leaks *report)
{
    bool loads = false;
    for (size_t i = 0; i < report->stack.count; i++) {
        if (strcmp(report->stack.frames[i].module, report->runner) == 0)
            return false;
        loads |= strcmp(report->stack.frames[i].function, "_dl_init") == 0;
    }
    return loads;
}

static bool end_stack(printed_leaks *report)
{
    if (!report->in_stack)
        return true;
    if (!end_frame(report))
        return false;
    if (is_of_startup(report)) {
        hg_tool_stack_cut(&report->stack, 0);
        report->in_stack = false;
        return true;
    }
    hg_tool_site *site = hg_tool_sites_at(&report->profile->sites, HG_TOOL_ALIVE, &report->stack);
    if (!site)
        return false;
    site->end.bytes = hg_sum(site->end.bytes, report->bytes);
    site->end.blocks = -1;
    report->in_stack = false;
    report->module[0] = '\0';
    return true;
}

static void read_place(printed_leaks *report, const char *text)
{
    snprintf(report->file, sizeof report->file, "%s", text);
    char *colon = strrchr(report->file, ':');
    if (!colon)
        return;
    report->line = atoi(colon + 1);
    *colon = '\0';
}

/* False when memory ran out. */
static bool read_line(printed_leaks *report, const char *line)
{
    size_t indent = strspn(line, " ");
    if (indent == 0 && strstr(line, " leaked over ") && strstr(line, " calls from")) {
        if (!end_stack(report))
            return false;
        report->in_stack = true;
        report->bytes = hg_whole(hg_parse_thousands(line) + 0.5);
        return true;
    }
    if (line[0] == '\0')
        return end_stack(report);
    if (!report->in_stack)
        return true;
    if (strncmp(line, "    at ", 7) == 0) {
        read_place(report, line + 7);
    } else if (strncmp(line, "    in ", 7) == 0) {
        snprintf(report->module, sizeof report->module, "%s", line + 7);
    } else if (indent == 2) {
        if (!end_frame(report))
            return false;
        const char *function = strncmp(line + 2, "0x", 2) == 0 ? "" : line + 2;
        snprintf(report->function, sizeof report->function, "%s", function);
        report->named = true;
    }
    return true;
}

static bool read_report(hg_profile_job *job, hg_profile *profile)
{
    printed_leaks report = {.profile = profile, .runner = job->plan->runner};
    char *line = NULL;
    size_t size = 0;
    bool done = true, ended = false;
    FILE *file = hg_job_open(job, "heaptrack.txt");
    if (!file)
        return false;
    for (ssize_t length; done && (length = getline(&line, &size, file)) > 0;) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        ended = ended || strncmp(line, "total memory leaked:", 20) == 0;
        done = read_line(&report, line) || hg_job_fail(job, "out of memory");
    }
    if (done)
        done = end_stack(&report) || hg_job_fail(job, "out of memory");
    hg_tool_stack_free(&report.stack);
    free(line);
    fclose(file);
    return done && (ended || hg_job_fail(job, "heaptrack_print did not come to its end"));
}

bool hg_heaptrack_read(hg_profile_job *job, hg_profile *profile)
{
    char raw[PATH_MAX], printer[PATH_MAX];
    const char *interpreter;
    if (!find_part(job, "libexec/heaptrack_interpret", &interpreter))
        return false;
    if (!hg_tool_path("heaptrack_print", printer, sizeof printer))
        return hg_job_fail(job, "heaptrack_print is not in PATH (Debian package heaptrack)");
    const char *const interpret[] = {interpreter, NULL};
    const char *const print[] = {printer,
                                 "--file",
                                 hg_job_word(job, "%s/heaptrack.data", job->folder),
                                 "--print-peaks=0",
                                 "--print-allocators=0",
                                 "--print-temporary=0",
                                 "--print-leaks=1",
                                 "--merge-backtraces=0",
                                 "--peak-limit=100000",
                                 NULL};
    bool done = hg_job_help(job, interpret, "heaptrack.raw", "heaptrack.data") &&
                hg_job_help(job, print, NULL, "heaptrack.txt") && read_report(job, profile);
    snprintf(raw, sizeof raw, "%s/heaptrack.raw", job->folder);
    if (done)
        unlink(raw);
    return done;
}
