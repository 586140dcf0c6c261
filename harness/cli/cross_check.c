#include "cli/execute.h"

#include "cli/command.h"
#include "profile/cross_checks.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool hg_cross_check_prepare(const char *tool)
{
    char path[PATH_MAX];
    if (strcmp(tool, "memcheck") != 0)
        return hg_refuse("--cross-check: unknown tool '%s'; the only one is memcheck", tool);
    return hg_tool_path(hg_tool_find(tool)->program, path, sizeof path) ||
           hg_refuse("--cross-check: valgrind is not in PATH; install the Debian package valgrind");
}

static bool show;

static void report(const hg_cell *cell, const char *message, size_t done, size_t total)
{
    if (show)
        fprintf(stderr, "\r\033[K%zu of %zu cells under memcheck", done, total);
    if (show && done == total)
        fputs("\r\033[K", stderr);
    if (message)
        hg_complain("cross-check of %s, %s: %s", cell->workload, cell->subject, message);
    fflush(stderr);
}

int hg_cross_check_run(const hg_plans *plans, const hg_options *options, hg_run *run)
{
    show = isatty(STDERR_FILENO) && !options->quiet;
    int status =
        hg_cross_check_cells(plans->plans, run, hg_options_parallel(options), &hg_interrupted, report);
    if (status == 0)
        return HG_EXIT_PASS;
    if (status == -EINTR) {
        hg_complain("--cross-check was interrupted");
        return HG_EXIT_INTERRUPTED;
    }
    return hg_complain("--cross-check: %s", strerror(-status));
}
