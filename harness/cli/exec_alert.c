#include "cli/exec_alert.h"

#include "analysis/confirm.h"
#include "base/humanise.h"
#include "base/memory_stream.h"
#include "base/timestamp.h"
#include "cli/alert_line.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/snapshots.h"
#include "model/run_file.h"
#include "process/process.h"
#include "tools/openmetrics.h"
#include "view/held.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOLDERS_PATIENCE 60.0  /* seconds for the answer who holds the blocks, and a verdict with it */
#define RETRY_AFTER      600.0 /* seconds after a snapshot could not be written */

static const hg_cell *first_leak(const hg_run *run)
{
    for (size_t i = 0; i < run->cell_count; i++)
        if (run->cells[i].verdict == HG_VERDICT_LEAK)
            return &run->cells[i];
    return NULL;
}

/* Children come and go, and leak by the same call paths. */
static const hg_cell *confirmed_leak(const hg_run *before, const hg_run *now)
{
    const hg_cell *was = first_leak(before);
    for (size_t i = 0; was && i < now->cell_count; i++)
        if (now->cells[i].verdict == HG_VERDICT_LEAK && hg_look_confirms(was, &now->cells[i]))
            return &now->cells[i];
    return NULL;
}

static bool is_clean(const hg_run *run)
{
    bool clean = run->cell_count > 0;
    for (size_t i = 0; i < run->cell_count; i++)
        clean &= run->cells[i].verdict == HG_VERDICT_CLEAN;
    return clean;
}

/* Printed even with --quiet. */
static void tell(const hg_cell *cell, double seconds)
{
    char now[HG_TIMESTAMP_SIZE];
    hg_memory_stream line;
    FILE *out = hg_memory_stream_begin(&line);
    hg_timestamp_write(time(NULL), now);
    if (out) {
        fprintf(out, "ALERT %s, %s after the start: %s leaks", now, hg_human_seconds(seconds).text,
                cell->workload);
        hg_alert_describe(cell, hg_openmetrics_ops_per_second(cell), out);
    }
    char *text = out ? hg_memory_stream_end(&line, NULL) : NULL;
    hg_complain("%s", text ? text : "ALERT: a leak was found, and memory ran out");
    free(text);
}

static void tell_over(void)
{
    char now[HG_TIMESTAMP_SIZE];
    hg_timestamp_write(time(NULL), now);
    hg_complain("ALERT over %s: nothing grows any more", now);
}

static void owe_snapshot(hg_exec_alert *alert)
{
    alert->owes_snapshot = alert->folder && alert->most_a_day > 0;
    if (!alert->owes_snapshot)
        return;
    if (!hg_snapshots_allow(alert->folder, alert->most_a_day, time(NULL))) {
        hg_complain("no snapshot of this alert: --snapshots allows %u a day", alert->most_a_day);
        alert->owes_snapshot = false;
        return;
    }
    alert->due = hg_process_now() + (alert->asks_holders ? HOLDERS_PATIENCE : 0);
}

static void forget_suspect(hg_exec_alert *alert)
{
    hg_run_free(alert->suspect);
    alert->suspect = NULL;
}

static void suspect(hg_exec_alert *alert, const char *path)
{
    char message[256];
    alert->suspect = hg_run_read(path, message, sizeof message);
    alert->suspected_at = hg_process_now();
}

static void raise_alert(hg_exec_alert *alert, const hg_run *run, const char *path)
{
    const hg_cell *leak;
    if (alert->raised || hg_process_now() < alert->suspected_at + HG_ALERT_SECONDS)
        return;
    leak = confirmed_leak(alert->suspect, run);
    forget_suspect(alert);
    if (!leak) {
        suspect(alert, path);
        return;
    }
    alert->raised = true;
    tell(leak, run->duration_seconds);
    owe_snapshot(alert);
    if (alert->asks_holders) /* metrics name them, too */
        kill(getppid(), SIGUSR2);
}

static bool has_answer(const hg_run *run)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        if (cell->holder_count > 0 || (cell->site_count > 0 && cell->sites[0].held.known))
            return true;
    }
    return false;
}

void hg_exec_alert_judged(hg_exec_alert *alert, hg_pages *pages, const char *path)
{
    const hg_run *run = pages->run;
    bool leaks = first_leak(run) != NULL;
    if (!leaks) {
        forget_suspect(alert);
        if (alert->raised && is_clean(run)) {
            tell_over();
            alert->raised = false;
        }
    } else if (alert->suspect) {
        raise_alert(alert, run, path);
    } else if (!alert->raised) {
        suspect(alert, path);
    }
    if (alert->owes_snapshot && alert->asks_holders && alert->error == 0 && has_answer(run))
        alert->due = hg_process_now();
}

static void tell_snapshot(const hg_pages *pages, const char *path)
{
    char line[HG_HELD_LINE];
    hg_complain("a snapshot of the ALERT is in %s", path);
    const hg_cell *leak = first_leak(pages->run);
    for (size_t i = 0; leak && leak->site_count > 0 && hg_held_line(leak, &leak->sites[0], i, line); i++)
        hg_complain("at the ALERT, %s", line);
}

void hg_exec_alert_step(hg_exec_alert *alert, hg_pages *pages, bool over)
{
    char path[PATH_MAX];
    if (!alert->owes_snapshot || !pages->run || (!over && hg_process_now() < alert->due))
        return;
    int error = hg_snapshots_write(alert->folder, time(NULL), pages, path);
    if (error == 0) {
        alert->owes_snapshot = false;
        alert->error = 0;
        tell_snapshot(pages, path);
        return;
    }
    if (alert->error == 0)
        hg_complain("cannot write the snapshot of the ALERT to %s: %s; heapgate goes on and tries again",
                    path, strerror(error));
    alert->error = error;
    alert->due = hg_process_now() + RETRY_AFTER;
}

int hg_exec_alert_wait_ms(const hg_exec_alert *alert)
{
    if (!alert->owes_snapshot)
        return INT_MAX;
    double left = alert->due - hg_process_now();
    return left > 0 ? (int)(1000 * left) + 1 : 0;
}

void hg_exec_alert_clear(hg_exec_alert *alert)
{
    forget_suspect(alert);
}
