#include "cli/soak_holders.h"

#include "base/humanise.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/snapshots.h"
#include "view/held.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char alert_name[] = "alert.json";

static bool write_json(const void *data, FILE *out)
{
    const hg_report_format *json = hg_report_find("json");
    const hg_report_options style = {0};
    return json && json->write(data, &style, out);
}

static void tell(const hg_cell *cell)
{
    char line[HG_HELD_LINE];
    for (size_t i = 0; cell->site_count > 0 && hg_held_line(cell, &cell->sites[0], i, line); i++)
        hg_complain("at the ALERT, %s", line);
}

/* False where it could not be written. */
static bool find(const hg_soak_holders *holders, hg_soak *soak)
{
    hg_run *run = soak->run;
    const hg_options *options = holders->options;
    if (hg_holders_measure(soak->plan.cell, 1, options->holders, 1, holders->stop, run) != 0)
        return false;
    if (!options->quiet)
        tell(&run->cells[0]);
    return !options->out || hg_output_file(options->out, alert_name, write_json, run);
}

static bool write_snapshot(const hg_soak_holders *holders)
{
    char path[PATH_MAX];
    hg_pages pages = holders->publisher->pages;
    pages.symbols = hg_symbols_new(); /* the soak goes on to use its own */
    int error = pages.symbols ? hg_snapshots_write(holders->options->out, time(NULL), &pages, path) : ENOMEM;
    if (error != 0)
        return hg_refuse("there is no snapshot of the ALERT in %s: %s", holders->options->out,
                         strerror(error));
    hg_complain("a snapshot of the ALERT is in %s", path);
    return true;
}

/* In the finder's process, so that what it adds to the run ends with it. The exit status. */
static int help(const hg_soak_holders *holders, hg_soak *soak, bool finds, bool writes)
{
    hg_run *run = soak->run;
    run->duration_seconds = hg_soak_seconds(soak);
    if (asprintf(&run->unfinished,
                 "the soak went on; this is what was known at its %salert, %s after its start",
                 finds ? "first " : "", hg_human_seconds(run->duration_seconds).text) < 0)
        return 1;
    bool found = !finds || find(holders, soak);
    bool written = !writes || write_snapshot(holders);
    return found && written ? 0 : 1;
}

static bool wants_snapshot(const hg_soak_holders *holders)
{
    const char *folder = holders->options->out;
    if (!folder || !holders->publisher || holders->snapshots == 0)
        return false;
    return hg_snapshots_allow(folder, holders->snapshots, time(NULL)) ||
           hg_refuse("no snapshot of this alert: --snapshots allows %u a day", holders->snapshots);
}

void hg_soak_holders_find(hg_soak_holders *holders, hg_soak *soak)
{
    const hg_options *options = holders->options;
    bool is_wanted = options->holders != HG_HOLDERS_NEVER && (options->out || !options->quiet);
    bool finds = is_wanted && !holders->started;
    bool writes = wants_snapshot(holders);
    if (holders->finder > 0 && waitpid(holders->finder, NULL, WNOHANG) == 0)
        return; /* it is still busy with an alert that was over, and back, within that time */
    holders->finder = 0;
    if (!finds && !writes)
        return;
    pid_t heapgate = getpid();
    holders->started = true;
    pid_t finder = fork();
    if (finder == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == heapgate ? help(holders, soak, finds, writes) : 0);
    }
    if (finder < 0)
        hg_complain("who holds the blocks was not looked for at the alert: %s", strerror(errno));
    holders->finder = finder > 0 ? finder : 0;
}

void hg_soak_holders_end(hg_soak_holders *holders)
{
    if (holders->finder > 0 && *holders->stop)
        kill(holders->finder, SIGTERM);
    while (holders->finder > 0 && waitpid(holders->finder, NULL, 0) < 0 && errno == EINTR)
        if (*holders->stop)
            kill(holders->finder, SIGTERM);
    holders->finder = 0;
}

void hg_soak_holders_clear(const char *folder)
{
    char path[PATH_MAX];
    if (folder && (size_t)snprintf(path, sizeof path, "%s/%s", folder, alert_name) < sizeof path)
        unlink(path);
}
