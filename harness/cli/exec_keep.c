#include "cli/exec_keep.h"

#include "base/humanise.h"
#include "cli/output.h"
#include "process/process.h"
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEAST_PAUSE 1.0  /* seconds */
#define PAUSE_SHARE 19.0 /* times the writer's processor time: it uses a twentieth of one processor */

/* Of one process; those of children have a name. False if there is nothing to list. */
static bool tell_missing(const hg_scanned *scanned, const hg_cell *cell, const char *name)
{
    const char *missing = cell && cell->holders_missing ? cell->holders_missing : "";
    const char *why = scanned->missing[0] ? scanned->missing
                      : missing[0]        ? missing
                                          : "no round has ended yet";
    if (cell && cell->holder_count > 0 && scanned->missing[0] == '\0')
        return true;
    if (cell && scanned->last.header && scanned->missing[0] == '\0' && missing[0] == '\0') {
        fprintf(stderr, "heapgate: nothing holds memory that %s allocated\n", cell->workload);
        return false;
    }
    fprintf(stderr, "heapgate: who holds the memory%s%s is not known: %s\n", name[0] ? " of " : "", name,
            why);
    return false;
}

/* As a whole: the program writes there, too. */
static bool tell_holders(const hg_session *session, const hg_run *run)
{
    const hg_report_format *format = hg_report_find("holders");
    const hg_report_options style = hg_output_error_style(false);
    bool told = true;
    setvbuf(stderr, NULL, _IOFBF, BUFSIZ);
    bool known = tell_missing(&session->scanned, run->cell_count > 0 ? &run->cells[0] : NULL, "");
    size_t number = 1; /* of the cell of a child, which not every one has */
    for (uint32_t i = 0; i < session->child_count && number < run->cell_count; i++)
        if (session->children[i].rounds.count >= hg_session_fewest_rounds()) {
            const hg_cell *cell = &run->cells[number++];
            bool ended = session->child_scanned[i].ended;
            known = (!ended && tell_missing(&session->child_scanned[i], cell, cell->workload)) || known;
        }
    if (known) {
        fprintf(stderr, "heapgate: %s after the start\n\n", hg_human_seconds(run->duration_seconds).text);
        told = format && format->write(run, &style, stderr);
    }
    fflush(stderr);
    return told;
}

static int write_session(const hg_exec_keep *keep, hg_session *session)
{
    hg_run *run = keep->run;
    assert(run->cell_count == 0);
    run->duration_seconds = session->seconds;
    if (session->program.attached && !hg_cells_add(session, keep->how, run))
        return ENOMEM;
    if (keep->serve && run->cell_count > 0)
        hg_exec_serve_judged(keep->serve, run);
    if (asprintf(&run->unfinished,
                 "the program had run for %s when this was written; it ran on, or heapgate was stopped",
                 hg_human_seconds(session->seconds).text) < 0)
        return ENOMEM;
    if (keep->tells && !tell_holders(session, run))
        return ENOMEM;
    return keep->folder ? hg_output_replace_run(keep->folder, run, false) : 0;
}

/* In the writer's process, so that what it adds to the run ends with it. Returns an errno, as exit status. */
static int write_now(const hg_exec_keep *keep, const hg_session *session)
{
    hg_session *own = malloc(sizeof *own);
    if (!own)
        return ENOMEM;
    *own = *session;
    int status = write_session(keep, own);
    free(own);
    return status;
}

static void start_writer(hg_exec_keep *keep, const hg_session *session)
{
    pid_t heapgate = getpid();
    keep->noted = session->program.noted;
    keep->tells = session->answers != keep->answers;
    keep->answers = session->answers;
    keep->started = true;
    pid_t writer = fork();
    if (writer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == heapgate ? write_now(keep, session) : 0);
    }
    keep->writer = writer > 0 ? writer : 0;
    keep->next = hg_process_now() + LEAST_PAUSE;
}

static void reap_writer(hg_exec_keep *keep)
{
    int status;
    struct rusage used;
    if (wait4(keep->writer, &status, WNOHANG, &used) == 0)
        return;
    double seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    double pause = PAUSE_SHARE * seconds;
    keep->writer = 0;
    keep->next = hg_process_now() + (pause > LEAST_PAUSE ? pause : LEAST_PAUSE);
    if (WIFEXITED(status) && keep->folder)
        hg_output_tell_change(&keep->error, WEXITSTATUS(status), keep->folder, "run.json");
}

void hg_exec_keep_progress(const hg_session *session, void *data)
{
    hg_exec_keep *keep = data;
    if (keep->writer > 0)
        reap_writer(keep);
    bool news = (keep->folder || keep->serve) && (!keep->started || session->program.noted != keep->noted);
    bool is_due = (news && hg_process_now() >= keep->next) || session->answers != keep->answers;
    if (keep->writer > 0 || !is_due)
        return;
    if (!keep->started && keep->folder)
        hg_output_remove_reports(keep->folder);
    start_writer(keep, session);
}

void hg_exec_keep_stop(hg_exec_keep *keep)
{
    if (keep->writer <= 0)
        return;
    if (!keep->tells)
        kill(keep->writer, SIGKILL);
    while (waitpid(keep->writer, NULL, 0) < 0 && errno == EINTR)
        continue;
    keep->writer = 0;
}
