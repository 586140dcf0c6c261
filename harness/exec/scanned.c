#include "exec/scanned.h"

#include "watch/outside.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A program that allocates answers by itself; then it is interrupted; then there is no answer. */
#define ANSWER_NS INT64_C(50000000)
#define CALL_NS   INT64_C(5000000000)

/* A scan ends by itself before that. */
#define SCAN_NS INT64_C(150000000000)

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int hg_scanned_start(bool whole, hg_scanned *ret_scanned)
{
    hg_scanned made = {.file_fd = -1, .whole = whole};
    int status = hg_scan_file_create(&made.file, &made.file_fd);
    if (status < 0)
        return status;
    made.file.header->request.wanted = 1;
    made.file.header->wants_retained = whole;
    *ret_scanned = made;
    return 0;
}

void hg_scanned_free(hg_scanned *scanned)
{
    if (scanned->file.header && scanned->file_fd >= 0)
        close(scanned->file_fd);
    if (scanned->scanner > 0 && scanned->scanner_fd >= 0)
        close(scanned->scanner_fd);
    if (scanned->interrupt)
        hg_interrupt_step(&scanned->interrupt, true);
    free(scanned->interrupt);
    hg_scan_file_close(&scanned->file);
    hg_scan_file_close(&scanned->last);
}

void hg_scanned_take_over(const hg_scan_file *file, bool whole, hg_scanned *ret_scanned)
{
    *ret_scanned = (hg_scanned){.file = *file, .file_fd = -1, .whole = whole};
    if (file->header)
        file->header->wants_retained = whole;
    else
        snprintf(ret_scanned->missing, sizeof ret_scanned->missing, "%s",
                 "the process could not make the file that its scan needs");
}

void hg_scanned_allow(hg_scanned *scanned)
{
    uint32_t denied = HG_SCAN_DENIED;
    if (scanned->file.header && scanned->file_fd < 0 && !scanned->at_end)
        atomic_compare_exchange_strong(&scanned->file.header->request.leave, &denied, HG_SCAN_UNASKED);
}

static bool is_readable(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    return poll(&look, 1, 0) > 0;
}

/* Whether the copy of the process has ended. That of the program is a child of this process, those of its
 * children are not. */
static bool has_scanner_ended(hg_scanned *scanned, pid_t process)
{
    pid_t scanner = atomic_load(&scanned->file.header->process);
    if (scanned->scanner == 0 && scanner > 0 && scanner != process) {
        scanned->scanner = scanner;
        scanned->scanner_fd = (int)syscall(SYS_pidfd_open, scanner, 0);
    }
    if (scanned->scanner > 0 && scanned->scanner_fd >= 0 && !is_readable(scanned->scanner_fd))
        return false;
    bool ended = scanned->scanner > 0;
    if (ended) {
        waitpid(scanned->scanner, NULL, WNOHANG);
        close(scanned->scanner_fd);
    }
    scanned->scanner = 0;
    return ended;
}

/* why: there is no snapshot; "": there is one. */
static void conclude(hg_scanned *scanned, const char *why)
{
    snprintf(scanned->missing, sizeof scanned->missing, "%s", why);
    scanned->news++;
    scanned->is_awaited = false;
    scanned->state = HG_SCANNED_IDLE;
}

#define ADVICE                                                                                               \
    " before it could be scanned; tell heapgate with SIGTERM to end it, or with SIGUSR2 to scan it while "   \
    "it runs"
static const char by_signal[] = "the process was ended by a signal" ADVICE;
static const char by_signal_or_exit[] = "the program was ended by a signal or by _exit" ADVICE;
static const char ended_before[] = "the program ended before it could be scanned";
static const char sandboxed[] =
    "the program has given up system calls (seccomp), and a copy of it could not be made";

void hg_scanned_ask(hg_scanned *scanned, pid_t process, bool at_end)
{
    hg_scan_header *header = scanned->file.header;
    if (!header || scanned->ended || scanned->state != HG_SCANNED_IDLE)
        return;
    scanned->at_end = at_end;
    scanned->is_awaited = !at_end;
    scanned->whole |= !at_end;
    if (atomic_load(&header->request.owner) == 0) {
        conclude(scanned, "the program had not begun to allocate");
        return;
    }
    if (hg_outside_is_sandboxed(process)) {
        conclude(scanned, sandboxed);
        return;
    }
    header->wants_retained = scanned->whole;
    scanned->state = HG_SCANNED_ASKED;
    scanned->asked_at = now_ns();
    scanned->error = 0;
    atomic_store(&header->request.asked, 1);
}

/* What the scan has found, if it has ended. */
static void take_in(hg_scanned *scanned, pid_t process)
{
    hg_scan_header *header = scanned->file.header;
    uint32_t state = atomic_load(&header->state);
    char why[sizeof header->message];
    hg_scan_file copy;
    if (state == HG_SCAN_NONE)
        return;
    int64_t most = atomic_load(&header->process) > 0 ? SCAN_NS : CALL_NS;
    bool ended = has_scanner_ended(scanned, process) || now_ns() - scanned->asked_at > most;
    if (state == HG_SCAN_RUNNING && !ended)
        return;
    state = atomic_load(&header->state);
    if (state == HG_SCAN_RUNNING) {
        conclude(scanned, "the scan of the program did not end as it should");
    } else if (state == HG_SCAN_FAILED) {
        memcpy(why, header->message, sizeof why);
        why[sizeof why - 1] = '\0';
        conclude(scanned, why);
    } else if (!hg_scan_file_copy(&scanned->file, UINT32_MAX, &copy)) {
        conclude(scanned, "memory ran out");
    } else {
        hg_scan_file_close(&scanned->last);
        scanned->last = copy;
        conclude(scanned, "");
    }
    hg_scan_file_reset(&scanned->file);
    header->wants_retained = scanned->whole;
}

/* Notes that the program was copied, which it may also have done at its end. */
static void follow(hg_scanned *scanned, pid_t process)
{
    if (scanned->state != HG_SCANNED_RUNNING && atomic_load(&scanned->file.header->state) != HG_SCAN_NONE) {
        scanned->state = HG_SCANNED_RUNNING;
        scanned->asked_at = now_ns();
    }
    take_in(scanned, process);
}

/* While the program has not answered. */
static void insist(hg_scanned *scanned, pid_t process, const char *probe)
{
    hg_scan_request *request = &scanned->file.header->request;
    int64_t waited = now_ns() - scanned->asked_at;
    if (scanned->interrupt) {
        hg_interrupt_step(&scanned->interrupt, waited > CALL_NS);
        return;
    }
    if (atomic_load(&request->asked) == 0 || waited < ANSWER_NS)
        return;
    if (waited < CALL_NS) {
        /* And once more, if the thread was at work for the probe. */
        scanned->interrupt = hg_interrupt_start(process, request, probe);
        scanned->error = scanned->interrupt ? 0 : errno;
        return;
    }
    if (atomic_exchange(&request->asked, 0) == 0)
        return;
    char why[160];
    snprintf(why, sizeof why, "the program allocated nothing for %d s and could not be interrupted%s%s",
             (int)(CALL_NS / 1000000000), scanned->error ? ": " : "",
             scanned->error ? strerror(scanned->error) : "");
    conclude(scanned, why);
}

static void answer_leave(hg_scanned *scanned, pid_t process)
{
    _Atomic uint32_t *leave = &scanned->file.header->request.leave;
    if (atomic_load(leave) != HG_SCAN_ASKING)
        return;
    bool taken = scanned->at_end && scanned->missing[0] == '\0';
    bool denied = !taken && hg_outside_is_sandboxed(process);
    if (denied)
        conclude(scanned, sandboxed);
    atomic_store(leave, denied || taken ? HG_SCAN_DENIED : HG_SCAN_GRANTED);
}

void hg_scanned_step(hg_scanned *scanned, pid_t process, const char *probe)
{
    hg_scan_header *header = scanned->file.header;
    if (!header)
        return;
    answer_leave(scanned, process);
    if (!scanned->ended && (scanned->state == HG_SCANNED_ASKED || scanned->interrupt))
        insist(scanned, process, probe);
    if (!scanned->interrupt)
        follow(scanned, process);
    if (scanned->ended && scanned->state == HG_SCANNED_ASKED)
        conclude(scanned, ended_before);
    if (scanned->scanner > 0 && scanned->state == HG_SCANNED_IDLE)
        has_scanner_ended(scanned, process);
}

bool hg_scanned_is_due(const hg_scanned *scanned)
{
    return scanned->state == HG_SCANNED_ASKED || scanned->interrupt;
}

void hg_scanned_end(hg_scanned *scanned)
{
    scanned->ended = true;
    if (scanned->interrupt)
        hg_interrupt_step(&scanned->interrupt, true);
    free(scanned->interrupt);
    scanned->interrupt = NULL;
}

void hg_scanned_finish(hg_scanned *scanned, pid_t process)
{
    const struct timespec moment = {.tv_nsec = HG_SCANNED_LOOK_NS};
    if (!scanned->file.header)
        return;
    hg_scanned_end(scanned);
    for (follow(scanned, process); scanned->state == HG_SCANNED_RUNNING; follow(scanned, process))
        nanosleep(&moment, NULL);
    if (scanned->state == HG_SCANNED_ASKED)
        conclude(scanned, ended_before);
    if (scanned->news == 0)
        conclude(scanned, scanned->file_fd < 0 ? by_signal : by_signal_or_exit);
}
