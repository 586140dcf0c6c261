#include "cli/soak_keep.h"

#include "base/humanise.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/execute.h"
#include "cli/input.h"
#include "cli/output.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WRITE_EVERY 60.0 /* seconds, at the latest */

static const char samples_name[] = "soak.samples";

/* ended_at: seconds since 1970. False when memory ran out. */
static bool set_unfinished(hg_run *run, const char *verb, double seconds, double planned, int64_t ended_at)
{
    char *text;
    char at[HG_TIMESTAMP_SIZE];
    hg_timestamp_write(ended_at, at);
    if (asprintf(&text, "the soak %s %s after its start, of %s planned; last sign of life at %s", verb,
                 hg_human_seconds(seconds).text, hg_human_seconds(planned).text, at) < 0)
        return false;
    free(run->unfinished);
    run->unfinished = text;
    return true;
}

static bool join(const char *folder, char ret_path[PATH_MAX])
{
    return (size_t)snprintf(ret_path, PATH_MAX, "%s/%s", folder, samples_name) < PATH_MAX ||
           hg_refuse("%s: the path is too long", folder);
}

/* Brings the file up to date, and opens it if that failed before. 0 or a negative errno. */
static int write_samples(const char *folder, hg_soak_samples *samples)
{
    char path[PATH_MAX];
    if (samples->file >= 0)
        return hg_soak_samples_sync(samples);
    return join(folder, path) ? hg_soak_samples_open(samples, path) : -ENAMETOOLONG;
}

void hg_soak_keep_write(hg_soak_keep *keep, hg_soak *soak)
{
    if (!keep->folder)
        return;
    soak->run->duration_seconds = hg_soak_seconds(soak);
    int error = ENOMEM;
    if (set_unfinished(soak->run, "was still running or was cut short", soak->run->duration_seconds,
                       soak->plan.seconds, time(NULL)))
        error = hg_output_replace_run(keep->folder, soak->run, true);
    soak->run->unfinished[0] = '\0';
    hg_output_tell_change(&keep->run_error, error, keep->folder, "run.json");
    hg_output_tell_change(&keep->samples_error, -write_samples(keep->folder, &soak->samples), keep->folder,
                          samples_name);
    keep->next = hg_process_now() + WRITE_EVERY;
}

void hg_soak_keep_check(hg_soak_keep *keep, const hg_soak *soak)
{
    if (keep->folder && soak->samples.behind && keep->samples_error == 0)
        hg_output_tell_change(&keep->samples_error, EIO, keep->folder, samples_name);
}

bool hg_soak_keep_start(const char *folder, hg_soak *soak, hg_soak_keep *ret_keep)
{
    char path[PATH_MAX];
    *ret_keep = (hg_soak_keep){.folder = folder};
    if (!folder)
        return true;
    if (!join(folder, path))
        return false;
    int status = hg_soak_samples_open(&soak->samples, path);
    if (status == -EWOULDBLOCK)
        return hg_refuse("--out: another soak is writing to %s", folder);
    hg_output_tell_change(&ret_keep->samples_error, -status, folder, samples_name);
    hg_output_remove_reports(folder);
    hg_soak_keep_write(ret_keep, soak);
    return true;
}

/* Notes in the run when it ended, by its last sample. False after complaining. */
static bool note_end(const char *folder, hg_run *run)
{
    char path[PATH_MAX];
    bool running = false;
    hg_soak_samples *samples = calloc(1, sizeof *samples);
    int status = samples ? -EIO : -ENOMEM;
    if (samples && join(folder, path))
        status = hg_soak_samples_read(path, samples, &running);
    const hg_soak_sample *last = status == 0 ? hg_soak_samples_last(samples) : NULL;
    bool done = false;
    if (status < 0) {
        hg_complain("%s/%s: %s", folder, samples_name,
                    status == -EPROTO ? "the file has no samples of a soak" : strerror(-status));
    } else if (running) {
        hg_complain("%s: the soak is still running; to see it so far: heapgate report %s", folder, folder);
    } else {
        int64_t elapsed_ms = last ? last->elapsed_ms : 0;
        done = set_unfinished(run, "was cut short", (double)elapsed_ms / 1000,
                              (double)samples->planned_ms / 1000, (samples->started_ms + elapsed_ms) / 1000);
        if (!done)
            hg_complain("out of memory");
    }
    free(samples);
    return done;
}

int hg_soak_resume(const char *folder, const hg_options *options)
{
    hg_run *run = hg_read_run(folder);
    if (!run)
        return HG_EXIT_USAGE;
    int code = HG_EXIT_USAGE;
    hg_options there = *options;
    there.out = folder;
    /* A soak that was not cut short has its reports already. */
    if (!run->unfinished[0]) {
        hg_print_run(run, options);
        code = hg_run_exit_code(run);
    } else if (note_end(folder, run)) {
        code = hg_conclude(run, &there);
    }
    hg_run_free(run);
    return code;
}
