#include "cli/command.h"
#include "cli/exec_watch.h"
#include "cli/options.h"
#include "cli/places.h"
#include "exec/attachment.h"
#include "process/process.h"
#include "watch/outside.h"
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE 5.0 /* seconds until somebody is told what is waited for */

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    interrupted = signal;
}

static void catch_interrupts(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void pause_shortly(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    nanosleep(&pause, NULL);
}

/* Until the program has allocated something, or nobody wants to wait any more. */
static bool wake(hg_attachment *attachment)
{
    char message[512];
    double told_at = hg_process_now() + PATIENCE;
    if (!hg_attachment_wake(attachment, message, sizeof message))
        return hg_refuse("%s", message);
    catch_interrupts(interrupt);
    hg_waking state;
    while ((state = hg_attachment_look(attachment, message, sizeof message)) == HG_WAKING_ASLEEP &&
           !interrupted) {
        if (hg_process_now() > told_at) {
            hg_complain("process %d has allocated nothing since; its probe wakes when it does",
                        (int)attachment->process);
            told_at = INFINITY;
        }
        if (hg_attachment_has_ended(attachment))
            break;
        if (hg_attachment_is_asked_to_leave(attachment) || !hg_attachment_holds(attachment))
            return hg_refuse("detached from process %d before it allocated anything",
                             (int)attachment->process);
        pause_shortly();
    }
    catch_interrupts(SIG_DFL);
    if (state != HG_WAKING_AWAKE && hg_attachment_has_ended(attachment))
        return hg_refuse("process %d has ended before heapgate counted anything", (int)attachment->process);
    if (state == HG_WAKING_FAILED)
        return hg_refuse("%s", message);
    return state == HG_WAKING_AWAKE;
}

static int attach(hg_exec_options *options, hg_attachment *attachment)
{
    if (!wake(attachment))
        return interrupted ? HG_EXIT_INTERRUPTED : HG_EXIT_USAGE;
    hg_outside_program(attachment->process, options->target.path, sizeof options->target.path);
    memcpy(options->target.program, options->target.path, sizeof options->target.program);
    char *const arguments[] = {options->target.path, NULL};
    options->plan.attachment = attachment;
    options->plan.arguments = arguments;
    hg_complain("attached to process %d (%s); Ctrl-C detaches", (int)attachment->process,
                options->target.path);
    const char *slash = strrchr(options->target.path, '/');
    return hg_exec_watch(options, slash ? slash + 1 : options->target.path);
}

static int run_attach(int argc, char **argv)
{
    hg_exec_options options;
    hg_places places;
    hg_attachment attachment;
    char message[2 * PATH_MAX];
    hg_attach_options_parse(argc, argv, &options);
    if (!hg_places_find(&places) || !hg_exec_can_write(&options))
        return HG_EXIT_USAGE;
    options.plan.probe = hg_places_probe(&places, options.allocator->name);
    if (!hg_attachment_open(options.process, options.plan.probe, &attachment, message, sizeof message))
        return hg_complain("%s", message);
    int code = attach(&options, &attachment);
    hg_attachment_close(&attachment);
    return code;
}

static error_t parse_detach(int key, char *argument, struct argp_state *state)
{
    pid_t *process = state->input;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (*process != 0)
        exit(hg_complain("detach takes one process; '%s' is one too many", argument));
    *process = (pid_t)hg_parse_number("PID", argument, 1, INT32_MAX);
    return 0;
}

/* Whoever is attached makes his report afterwards, and lets go then. */
static int run_detach(int argc, char **argv)
{
    static const char doc[] = "Put the probe of a program back to sleep.\vThe heapgate that is attached to "
                              "it ends with its report. "
                              "Where none is, because it was killed, the probe is put to sleep all the same.";
    const struct argp argp = {.parser = parse_detach, .args_doc = "PID", .doc = doc};
    hg_attachment attachment;
    hg_places places;
    char message[2 * PATH_MAX];
    pid_t process = 0;
    double end = hg_process_now() + 2 * PATIENCE;
    hg_parse(&argp, argc, argv, &process);
    if (!hg_places_find(&places))
        return HG_EXIT_USAGE;
    if (process == 0)
        return hg_complain("detach needs the number of a process: heapgate detach PID");
    while (hg_attachment_ask_to_leave(process)) {
        if (hg_process_now() > end)
            return hg_complain("the heapgate that is attached to process %d has not ended yet", (int)process);
        pause_shortly();
    }
    if (!hg_attachment_open(process, places.probe, &attachment, message, sizeof message))
        return hg_complain("%s", message);
    hg_attachment_close(&attachment);
    return HG_EXIT_PASS;
}

const hg_command hg_command_attach = {"attach", "watch a program that runs already", run_attach};
const hg_command hg_command_detach = {"detach", "end heapgate attach; the program runs on", run_detach};
