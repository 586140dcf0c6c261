#include "exec/session.h"

#include "analysis/growth.h"
#include "exec/arrivals.h"
#include "exec/budgets.h"
#include "exec/relay.h"
#include "exec/scans.h"
#include "exec/witness.h"
#include "process/launch.h"
#include "watch/outside.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often a process is looked at that does not say when something has happened. */
#define LOOK_NS INT64_C(10000000)

/* The longest time from look to look at a program whose rounds end by the clock, but for longer rounds. */
#define LONGEST_LOOK_NS INT64_C(1000000000)

/* Processor time for looks at a young program's memory: at most one part in so many. */
#define PEEK_SHARE 20

/* How often descendants are looked for, at most. */
#define COUNT_NS INT64_C(20000000)

/* A second signal that comes sooner after the first is not meant as one. */
#define IMPATIENT_NS INT64_C(50000000)

/* While one runs. */
typedef struct running {
    const hg_session_plan *plan;
    hg_session *session;
    hg_session_progress progress;
    void *progress_data;
    hg_arrivals arrivals;
    hg_relay relay;
    int signals; /* a signalfd */
    hg_witness witness;
    sigset_t before;
    int64_t started, next_tick, kill_at;
    int64_t next_count;  /* of descendants */
    int64_t next_peek;   /* at the program's memory */
    int64_t told_at;     /* when the program was told to end */
    double pair_ns;      /* hg_budget_pair_ns, where there is a budget */
    int64_t next_budget; /* when what counting takes is looked at */
    int owed;            /* the signal that tells it to end, once it has been scanned; 0: none */
} running;

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

uint32_t hg_session_fewest_rounds(void)
{
    return HG_MIN_ROUNDS + 2;
}

/* Whether a process can end in the middle of a round without anybody having said so. */
static bool is_unannounced(const running *run)
{
    return run->plan->pace == HG_ROUND_END_TIME || run->plan->pace == HG_ROUND_END_VOLUME;
}

static bool has_ended(const hg_watched *watched)
{
    struct pollfd look = {.fd = watched->exit_fd, .events = POLLIN};
    return watched->exit_fd < 0 || poll(&look, 1, 0) > 0;
}

static void send_owed(running *run)
{
    if (run->owed == 0 || hg_scans_are_due(run->session))
        return;
    kill(run->session->program.process, run->owed);
    run->owed = 0;
}

/* It is scanned before it hears of it: what it does then is no part of what it did. */
static void tell_to_end(running *run, int signal)
{
    hg_session *session = run->session;
    if (session->sent == 0) {
        hg_scans_ask(session, true);
        run->owed = signal;
        send_owed(run);
    }
    session->sent = signal;
}

/*
 * A program may end by signalling its process group, to which we belong; so may timeout(1), right after it
 * has told us. Neither is a user who loses patience. Of a sender that is gone nothing can be told, so it is
 * not taken for one.
 */
static bool is_impatient(const running *run, const struct signalfd_siginfo *info)
{
    if (info->ssi_code == SI_KERNEL)
        return true;
    return now_ns() > run->told_at + IMPATIENT_NS && kill((pid_t)info->ssi_pid, 0) == 0;
}

/* Ctrl-C on a terminal goes to the process group, and so do signals of many who stop a job. */
static bool has_reached_program(running *run, const struct signalfd_siginfo *info)
{
    bool has_come_to_group = hg_witness_has(&run->witness, (int)info->ssi_signo);
    return info->ssi_code == SI_KERNEL ||
           (has_come_to_group && getpgid(run->session->program.process) == getpgrp());
}

/* The program goes on without us. */
static void detach(running *run, int signal)
{
    run->session->sent = signal;
    run->session->detached = run->session->over = true;
}

static void pass_on(running *run, const struct signalfd_siginfo *info)
{
    int signal = (int)info->ssi_signo;
    if (run->plan->attachment) {
        if (signal != SIGUSR1 && signal != SIGUSR2)
            detach(run, signal);
        return;
    }
    bool has_reached = has_reached_program(run, info);
    if (run->plan->scans && signal == SIGUSR2) {
        hg_scans_ask(run->session, false);
        return;
    }
    if (run->plan->pace == HG_ROUND_END_SIGNAL && signal == run->plan->round_signal) {
        if (run->session->sent == 0 && run->session->program.attached)
            hg_watched_advance(&run->session->program, 1);
        for (uint32_t i = 0; i < run->session->child_count && run->session->sent == 0; i++)
            if (!has_ended(&run->session->children[i]))
                hg_watched_advance(&run->session->children[i], 1);
        return;
    }
    if (info->ssi_code != SI_KERNEL &&
        hg_descendants_has((pid_t)info->ssi_pid, run->session->program.process))
        return;
    if (signal == SIGUSR1 || signal == SIGUSR2) { /* they mean what the program makes of them */
        if (!has_reached)
            kill(run->session->program.process, signal);
        return;
    }
    if (run->session->sent == 0)
        run->told_at = now_ns();
    if (run->session->sent != 0) {
        if (is_impatient(run, info))
            kill(run->session->program.process, SIGKILL);
    } else if (has_reached) {
        run->session->sent = signal;
    } else {
        tell_to_end(run, signal);
    }
}

static void read_signals(running *run)
{
    struct signalfd_siginfo info;
    while (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info)
        pass_on(run, &info);
}

/* Rounds as asked for that have come to their end since the last look. */
static uint64_t rounds_over(const running *run, hg_watched *watched, uint64_t ticks, uint64_t lines)
{
    switch (run->plan->pace) {
    case HG_ROUND_END_TIME:
        return ticks;
    case HG_ROUND_END_VOLUME: {
        uint64_t whole = hg_watched_allocated(watched) / run->plan->round_bytes;
        return whole > watched->asked ? whole - watched->asked : 0;
    }
    case HG_ROUND_END_LINE:
        return lines;
    default:
        return 0;
    }
}

static void look_at(const running *run, hg_watched *watched, uint64_t ticks, uint64_t lines)
{
    if (!hg_watched_attached(watched) || has_ended(watched))
        return;
    if (run->plan->pace == HG_ROUND_END_MARK) {
        hg_watched_follow(watched);
        return;
    }
    uint64_t over = rounds_over(run, watched, ticks, lines);
    uint64_t most = run->plan->rounds_max ? run->plan->rounds_max - watched->asked : UINT64_MAX;
    if (over > 0)
        hg_watched_advance(watched, over < most ? over : most);
}

/* Whole rounds of time since the last look. */
static uint64_t ticks_since(running *run)
{
    int64_t now = now_ns();
    if (run->plan->pace != HG_ROUND_END_TIME || now < run->next_tick)
        return 0;
    int64_t ticks = (now - run->next_tick) / run->plan->round_ns + 1;
    run->next_tick += ticks * run->plan->round_ns;
    return (uint64_t)ticks;
}

/* Told to end, and killed if it does not. */
static void end_soon(running *run)
{
    if (run->plan->attachment) {
        detach(run, SIGTERM);
        return;
    }
    tell_to_end(run, SIGTERM);
    run->kill_at = now_ns() + HG_SESSION_PATIENCE_NS;
}

/* Time begins with the program's first count, not with its start. */
static bool has_begun(running *run)
{
    hg_watched *program = &run->session->program;
    if (program->attached)
        return true;
    if (hg_watched_attached(program))
        run->next_tick = now_ns() + run->plan->round_ns;
    else if (run->plan->rounds_max && now_ns() > run->started + HG_SESSION_PATIENCE_NS)
        end_soon(run);
    return program->attached;
}

/* The last epoch of its record is the one in which the program sleeps. */
static void end_attachment(running *run)
{
    hg_session *session = run->session;
    session->lost = !hg_attachment_holds(run->plan->attachment);
    session->program.full |= session->program.noted + 2 >= session->program.record.epochs;
    if (session->lost || session->program.full || hg_attachment_is_asked_to_leave(run->plan->attachment))
        detach(run, SIGTERM);
}

static void look_at_all(running *run, uint64_t lines)
{
    hg_session *session = run->session;
    if (run->plan->attachment && session->sent == 0 && !has_ended(&session->program))
        end_attachment(run);
    if (session->sent != 0 || !has_begun(run))
        return;
    uint64_t ticks = ticks_since(run);
    for (uint32_t i = 0; i < session->child_count; i++)
        look_at(run, &session->children[i], ticks, lines);
    look_at(run, &session->program, ticks, lines);
    run->next_budget = hg_budgets_keep(session, run->plan->overhead, run->pair_ns);
    if (run->plan->rounds_max && session->program.asked >= run->plan->rounds_max)
        end_soon(run);
}

/* The last that can be said of a process that has ended by itself. */
static void settle(const running *run, hg_watched *watched)
{
    if (run->session->sent != 0)
        return;
    if (run->plan->pace == HG_ROUND_END_MARK && hg_watched_attached(watched))
        hg_watched_follow(watched);
    if (!hg_watched_attached(watched))
        return;
    bool exits = hg_watched_is_exiting(watched);
    bool drops = is_unannounced(run) && !exits;
    /* Too few rounds to judge: better to tell what was alive at the end. */
    if (watched->rounds.count < hg_session_fewest_rounds() + drops) {
        hg_watched_end(watched);
        return;
    }
    if (drops)
        hg_rounds_drop_last(&watched->rounds);
    /* What an interpreter frees when its script ends, the script has kept; and so it is in a program that
     * tells its rounds, of what destructors free. */
    bool tells = watched->own.frees_at_end || !is_unannounced(run);
    int64_t end_bytes = tells   ? INT64_MAX
                        : exits ? hg_count_sum(atomic_load(&watched->record.header->bytes_at_exit), 0)
                                : hg_watched_peek(watched);
    if (watched->own.frees_at_end && !watched->own.collects && is_unannounced(run)) /* in several rounds */
        hg_rounds_drop_falls(&watched->rounds);
    if (end_bytes >= 0)
        watched->gave_back = hg_rounds_drop_teardown(&watched->rounds, end_bytes);
}

static void forget(running *run, uint32_t index)
{
    hg_session *session = run->session;
    hg_watched *child = &session->children[index];
    hg_watched_free(child);
    uint32_t after = --session->child_count - index;
    hg_scans_forget(session, index);
    memmove(child, child + 1, after * sizeof *child);
}

/* Keeps an ended child if its rounds are enough for a verdict. */
static void let_go(running *run, uint32_t index)
{
    hg_session *session = run->session;
    hg_watched *child = &session->children[index];
    if (child->exit_fd >= 0)
        close(child->exit_fd);
    child->exit_fd = -1;
    hg_scanned_end(&session->child_scanned[index]);
    settle(run, child);
    if (child->rounds.count >= hg_session_fewest_rounds())
        return;
    session->brief_children++;
    forget(run, index);
}

static void release_children(running *run, bool all)
{
    for (uint32_t i = run->session->child_count; i-- > 0;)
        if (run->session->children[i].exit_fd >= 0 && (all || has_ended(&run->session->children[i])))
            let_go(run, i);
}

/* Whether the process runs a program that its record knows nothing of. */
static bool runs_another(const hg_watched *child)
{
    char program[PATH_MAX] = "";
    hg_outside_program(child->process, program, sizeof program);
    return hg_watched_is_another(child, program);
}

/*
 * A process that offers a second record has replaced its program. If by another one, as a script does that
 * starts a server, what the first one kept is gone, and nobody asks for it.
 */
static void accept_child(running *run, const hg_arrival *arrival)
{
    hg_session *session = run->session;
    for (uint32_t i = 0; i < session->child_count; i++)
        if (session->children[i].process == arrival->process && session->children[i].exit_fd >= 0) {
            if (runs_another(&session->children[i]))
                forget(run, i);
            else
                let_go(run, i);
            break;
        }
    hg_record record = arrival->record;
    int exit_fd = (int)syscall(SYS_pidfd_open, arrival->process, 0);
    if (exit_fd >= 0 && session->child_count < HG_MOST_CHILDREN &&
        hg_watched_start(arrival->process, exit_fd, &record, arrival->record_fd,
                         &session->children[session->child_count]) == 0) {
        hg_scanned_take_over(&arrival->scan, run->plan->inventory,
                             &session->child_scanned[session->child_count++]);
        return;
    }
    if (exit_fd >= 0) {
        session->missed_children++;
        close(exit_fd);
    } else {
        session->brief_children++;
    }
    hg_record_close(&record);
    close(arrival->record_fd);
    hg_scan_file scan = arrival->scan;
    hg_scan_file_close(&scan);
}

static void receive_children(running *run)
{
    enum { MOST_AT_ONCE = 256 }; /* whoever connects on and on is not to stop all else */
    hg_arrival arrival;
    release_children(run, false);
    if (!run->plan->children)
        return;
    for (int i = 0; i < MOST_AT_ONCE && hg_arrivals_next(&run->arrivals, &arrival); i++)
        if (arrival.process != 0)
            accept_child(run, &arrival);
}

/* Whether the program may end before it has rounds enough. */
static bool is_young(const running *run)
{
    const hg_watched *program = &run->session->program;
    return run->plan->pace == HG_ROUND_END_TIME && program->rounds.count < hg_session_fewest_rounds() &&
           run->next_tick > run->next_peek;
}

static void peek(running *run)
{
    int64_t begin = now_ns();
    hg_watched *program = &run->session->program;
    if (!program->attached || !is_young(run) || begin < run->next_peek)
        return;
    hg_watched_peek(program);
    int64_t pause = PEEK_SHARE * (now_ns() - begin);
    run->next_peek = now_ns() + (pause > LOOK_NS ? pause : LOOK_NS);
}

/* Rounds of time until one of the processes may have come to a checkpoint; descendants are looked for sooner
 * than that. */
static int64_t ticks_to_wait(const running *run)
{
    const hg_session *session = run->session;
    uint64_t least = 1 + (uint64_t)(LONGEST_LOOK_NS / run->plan->round_ns);
    for (uint32_t i = 0; i <= session->child_count; i++) {
        const hg_watched *watched = i > 0 ? &session->children[i - 1] : &session->program;
        uint64_t length = hg_rounds_next_length(&watched->rounds);
        uint64_t left = length > watched->pending ? length - watched->pending : 1;
        if (watched->exit_fd >= 0 && left < least)
            least = left;
    }
    return (int64_t)least;
}

/* When to look again though no descriptor says so; INT64_MAX: never. */
static int64_t next_look(const running *run)
{
    if (run->plan->scans)
        return now_ns() + HG_SCANNED_LOOK_NS;
    if (run->kill_at)
        return run->kill_at;
    if (run->session->sent != 0)
        return INT64_MAX;
    if (!run->session->program.attached)
        return now_ns() + LOOK_NS / 2;
    if (is_young(run))
        return run->next_peek;
    if (run->plan->pace == HG_ROUND_END_TIME) {
        int64_t tick = run->next_tick + (ticks_to_wait(run) - 1) * run->plan->round_ns;
        int64_t latest = now_ns() + LONGEST_LOOK_NS;
        return run->plan->attachment && latest < tick ? latest : tick;
    }
    bool silent = run->plan->pace == HG_ROUND_END_VOLUME || run->plan->pace == HG_ROUND_END_MARK;
    return silent ? now_ns() + LOOK_NS : INT64_MAX;
}

static void wait_for_something(const running *run)
{
    enum { FIXED = 4 };
    const hg_session *session = run->session;
    struct pollfd watched[FIXED + HG_MOST_CHILDREN] = {
        {.fd = run->signals, .events = POLLIN},
        {.fd = session->program.exit_fd, .events = POLLIN},
        {.fd = run->relay.from, .events = POLLIN},
        {.fd = run->arrivals.ready, .events = POLLIN},
    };
    for (uint32_t i = 0; i < session->child_count; i++)
        watched[FIXED + i] = (struct pollfd){.fd = session->children[i].exit_fd, .events = POLLIN};
    int64_t at = next_look(run);
    if (run->next_budget > 0 && session->sent == 0 && run->next_budget < at)
        at = run->next_budget;
    int64_t wait = at > now_ns() ? at - now_ns() : 0;
    struct timespec limit = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
    ppoll(watched, FIXED + session->child_count, at == INT64_MAX ? NULL : &limit, NULL);
}

static void reap(running *run)
{
    hg_session *session = run->session;
    pid_t scanners[HG_MOST_CHILDREN];
    if (session->over || !has_ended(&session->program))
        return;
    if (run->plan->attachment) {
        session->over = true;
        settle(run, &session->program);
        return;
    }
    session->waited = hg_descendants_waited(session->program.process);
    hg_watched_note_limit(&session->program);
    while (waitpid(session->program.process, &session->status, 0) < 0 && errno == EINTR)
        continue;
    session->left = hg_descendants_left(&(hg_left_query){.record_fd = session->program.record_fd,
                                                         .forks = &session->program.record.header->forks,
                                                         .others = scanners,
                                                         .other_count = hg_scans_scanners(session, scanners)},
                                        &session->left_one);
    session->over = true;
    settle(run, &session->program);
}

static void count_descendants(running *run)
{
    if (now_ns() < run->next_count || run->plan->attachment)
        return;
    hg_descendants_look(&run->session->descendants, run->session->program.process, run->plan->probe,
                        run->plan->ignored_children);
    run->next_count = now_ns() + COUNT_NS;
}

static void note_so_far(const running *run)
{
    run->session->seconds = (double)(now_ns() - run->started) / 1e9;
    run->session->output_error = run->relay.error;
}

static void watch(running *run)
{
    while (!run->session->over) {
        note_so_far(run);
        run->progress(run->session, run->progress_data);
        wait_for_something(run);
        read_signals(run);
        hg_scans_step(run->session, run->plan->probe);
        send_owed(run);
        receive_children(run);
        count_descendants(run);
        look_at_all(run, hg_relay_pass(&run->relay));
        peek(run);
        if (run->kill_at && now_ns() > run->kill_at) {
            kill(run->session->program.process, SIGKILL);
            run->kill_at = 0;
        }
        reap(run);
    }
    hg_relay_pass_rest(&run->relay);
    hg_scanned_finish(&run->session->scanned, run->session->program.process);
    receive_children(run);
    release_children(run, true);
    hg_scans_finish(run->session);
    note_so_far(run);
}

static int catch_signals(running *run)
{
    static const int always[] = {SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t caught;
    struct sigaction hangup;
    sigemptyset(&caught);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        sigaddset(&caught, always[i]);
    /* Under nohup it is ignored, and the program is to run on. */
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&caught, SIGHUP);
    if (run->plan->pace == HG_ROUND_END_SIGNAL)
        sigaddset(&caught, run->plan->round_signal);
    sigprocmask(SIG_BLOCK, &caught, &run->before);
    run->signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
    return run->signals < 0 ? -errno : 0;
}

/* The program's standard output, where its lines are wanted. */
static int open_relay(running *run, int *ret_output)
{
    int pipe[2];
    *ret_output = -1;
    if (run->plan->pace != HG_ROUND_END_LINE)
        return 0;
    if (pipe2(pipe, O_CLOEXEC | O_DIRECT) < 0)
        return -errno;
    if (!hg_relay_start(pipe[0], STDOUT_FILENO, run->plan->round_line, &run->relay)) {
        close(pipe[1]);
        return -ENOMEM;
    }
    *ret_output = pipe[1];
    return 0;
}

static int start_program(running *run, const hg_record *record, int record_fd, int output)
{
    const hg_session_plan *plan = run->plan;
    char children[128] = "";
    char scan[64] = "";
    pid_t process;
    int exit_fd;
    record->header->mode = HG_MODE_CONTROL | HG_MODE_CHANGES | (plan->verify ? HG_MODE_VERIFY : 0u) |
                           (plan->scans ? HG_MODE_SCANS : 0u);
    record->header->relayed = hg_relay_inode(output);
    if (plan->children)
        snprintf(children, sizeof children, "%s,%u,%u,%s", run->arrivals.name, record->epochs,
                 record->header->mode, run->arrivals.secret);
    if (plan->scans)
        snprintf(scan, sizeof scan, "/proc/%d/fd/%d", (int)getpid(), run->session->scanned.file_fd);
    const hg_program_launch launch = {
        .path = plan->target->path,
        .arguments = plan->arguments,
        .probe = plan->probe,
        .allocator_library = plan->allocator_library,
        .record_fd = record_fd,
        .children = children,
        .scan = scan,
        .marks = plan->pace == HG_ROUND_END_MARK,
        .output = output,
        .signals = &run->before,
    };
    int status = hg_launch_program(&launch, &process, &exit_fd);
    if (status < 0)
        return status;
    status = hg_watched_start(process, exit_fd, record, record_fd, &run->session->program);
    if (status < 0) {
        kill(process, SIGKILL);
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
            continue;
        close(exit_fd);
    }
    return status;
}

static int start_attached(running *run)
{
    hg_attachment *to = run->plan->attachment;
    int status = catch_signals(run);
    if (status == 0)
        status =
            hg_watched_start(to->process, to->exit_fd, &to->record, to->record_fd, &run->session->program);
    if (status == 0) {
        to->record = (hg_record){0};
        to->exit_fd = -1;
    }
    run->started = now_ns();
    return status;
}

static int start(running *run)
{
    if (run->plan->attachment)
        return start_attached(run);
    hg_record record;
    int record_fd;
    int output = -1;
    bool has_rows = run->plan->pace == HG_ROUND_END_MARK; /* which the program writes itself */
    int status = hg_record_create(has_rows ? HG_ROW_EPOCHS : HG_MAX_EPOCHS, &record, &record_fd);
    if (status < 0)
        return status;
    status = catch_signals(run);
    if (status == 0 && run->plan->children)
        status = hg_arrivals_start(&run->arrivals);
    if (status == 0 && run->plan->scans)
        status = hg_scanned_start(run->plan->inventory, &run->session->scanned);
    if (status == 0)
        status = open_relay(run, &output);
    if (status == 0)
        hg_witness_start(&run->witness);
    run->started = now_ns();
    if (status == 0)
        status = start_program(run, &record, record_fd, output);
    run->relay.process = status == 0 ? run->session->program.process : 0;
    if (output >= 0)
        close(output);
    if (status < 0) {
        hg_record_close(&record);
        close(record_fd);
    }
    return status;
}

int hg_session_run(const hg_session_plan *plan, hg_session_progress progress, void *progress_data,
                   hg_session *ret_session)
{
    running run = {
        .plan = plan,
        .session = ret_session,
        .progress = progress,
        .progress_data = progress_data,
        .arrivals = {.socket = -1, .ready = -1},
        .relay = {.from = -1},
        .signals = -1,
    };
    *ret_session = (hg_session){.is_attached = plan->attachment != NULL};
    if (plan->overhead > 0)
        run.pair_ns = hg_budget_pair_ns();
    int status = start(&run);
    if (status == 0) {
        /* Whoever reads our output may go; the report is made all the same. */
        signal(SIGPIPE, SIG_IGN);
        watch(&run);
    }
    if (status == 0 && plan->attachment) {
        /* What the process does from now on is none of it. */
        hg_record_freeze(&ret_session->program.record);
        hg_attachment_sleep(plan->attachment);
    }
    hg_witness_stop(&run.witness);
    hg_relay_stop(&run.relay);
    hg_arrivals_stop(&run.arrivals);
    if (run.signals >= 0)
        close(run.signals);
    sigprocmask(SIG_SETMASK, &run.before, NULL);
    if (status < 0)
        hg_scans_free(ret_session);
    return status;
}

void hg_session_free(hg_session *session)
{
    hg_scans_free(session);
    hg_watched_free(&session->program);
    for (uint32_t i = 0; i < session->child_count; i++)
        hg_watched_free(&session->children[i]);
}
