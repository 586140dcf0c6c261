#include "holders/holders.h"

#include "holders/apart.h"
#include "holders/enough_ops.h"
#include "process/launch.h"
#include "record/scan_file.h"
#include "verdict/conclude.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A scan ends by itself before that; every thread of the process must then take the slow way, so it may take
 * longer than a look. */
enum { SCAN_SECONDS = 150, SLOWER = 4, TICK_MS = 20 };

bool hg_holders_mode_of(const char *name, hg_holders_mode *ret_mode)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        *ret_mode = (hg_holders_mode)i;
        return true;
    }
    return false;
}

/* A cell while it runs again. */
typedef struct holder_run {
    bool running;
    hg_launched launched;
    hg_scan_file file;
    int file_fd;
    char path[64]; /* of the file, for the process */
    hg_cell_plan plan;
    hg_cell *cell;
    bool inventory, whole;
    double ended; /* when the process had; 0: it still runs */
} holder_run;

static void miss(hg_cell *cell, const char *why)
{
    hg_cell_set(&cell->holders_missing, why);
}

static bool wants_inventory(const hg_cell_plan *plan, hg_holders_mode mode)
{
    return mode == HG_HOLDERS_ALWAYS ||
           (mode == HG_HOLDERS_AUTO && (hg_cell_plan_has_bounds(plan) || plan->by_holder));
}

static bool is_wanted(const hg_cell *cell, const hg_cell_plan *plan, hg_holders_mode mode)
{
    bool leaks = cell->verdict == HG_VERDICT_LEAK && cell->site_count > 0;
    return cell->verdict != HG_VERDICT_FAILED &&
           (wants_inventory(plan, mode) || (mode == HG_HOLDERS_AUTO && leaks));
}

static void clear(holder_run *now)
{
    if (now->running) {
        hg_launched_close(&now->launched);
        hg_scan_file_close(&now->file);
        close(now->file_fd);
    }
    *now = (holder_run){0};
}

static void start(holder_run *now, const hg_cell_plan *plan, hg_holders_mode mode, hg_cell *cell)
{
    char why[160];
    *now = (holder_run){.plan = *plan,
                        .cell = cell,
                        .inventory = wants_inventory(plan, mode),
                        .whole = mode == HG_HOLDERS_ALWAYS};
    hg_run_plan first = hg_cell_plan_run(plan, 0);
    hg_run_plan rounds = hg_cell_plan_run(plan, hg_holders_enough_ops(cell, plan, now->whole));
    int status = hg_scan_file_create(&now->file, &now->file_fd);
    if (status == 0) {
        snprintf(now->path, sizeof now->path, "/proc/%d/fd/%d", (int)getpid(), now->file_fd);
        now->plan.scan = now->path;
        now->file.header->wants_retained = now->inventory;
        now->plan.time_limit_seconds *= SLOWER * fmax(1, (double)rounds.round_ops / (double)first.round_ops);
        status = hg_launch_runner(&now->plan, &rounds, NULL, &now->launched);
        now->running = status == 0;
        if (status < 0) {
            hg_scan_file_close(&now->file);
            close(now->file_fd);
        }
    }
    if (status < 0) {
        snprintf(why, sizeof why, "the workload could not be run again: %s", strerror(-status));
        miss(cell, why);
    }
}

static bool is_alive(pid_t process)
{
    return process > 0 && (kill(process, 0) == 0 || errno == EPERM);
}

/* Whether there is nothing more to wait for. */
static bool has_ended(holder_run *now)
{
    if (!hg_process_poll(&now->launched.process))
        return false;
    double time = hg_process_now();
    if (now->ended == 0)
        now->ended = time;
    uint32_t state = atomic_load(&now->file.header->state);
    pid_t scanner = atomic_load(&now->file.header->process);
    if (state != HG_SCAN_RUNNING)
        return true;
    return !is_alive(scanner) || time - now->ended > SCAN_SECONDS;
}

/* Why there is no answer; false if there is one. */
static bool explain(const holder_run *now, char *ret_why, size_t size)
{
    const hg_scan_header *header = now->file.header;
    char ending[HG_ENDING_BYTES];
    const hg_ended ended = {.process = &now->launched.process, .record = &now->launched.record};
    uint32_t state = atomic_load(&header->state);
    if (state == HG_SCAN_FAILED) {
        snprintf(ret_why, size, "%.200s", header->message);
    } else if (state == HG_SCAN_RUNNING) {
        snprintf(ret_why, size, "the scan of the process did not end as it should");
    } else if (!hg_record_is_sound(&now->launched.record) ||
               !hg_scan_file_is_sound(&now->file, &now->launched.record)) {
        snprintf(ret_why, size, "the workload wrote over what the scan found");
    } else if (state != HG_SCAN_DONE) {
        hg_tell_ending(&ended, ending, sizeof ending);
        snprintf(ret_why, size, "in the run that was to be scanned, %s",
                 ending[0] ? ending : "the process was not scanned");
    } else {
        return false;
    }
    return true;
}

static bool tell_over(const hg_retainer *of, char **field)
{
    const hg_holder *holder = &of->holder;
    const char *before = *field;
    const char *separator = before[0] ? "; " : "";
    int64_t bytes = holder->bytes > of->retained_bytes ? holder->bytes : of->retained_bytes;
    if (!of->bound.known)
        return hg_cell_say(field, "%s%s%s holds %" PRId64 " bytes and has no bound", before, separator,
                           holder->path, bytes);
    if (of->bound.blocks > 0 && of->alike_blocks > of->bound.blocks)
        return hg_cell_say(
            field, "%s%s%s is over its bound: %" PRId64 " blocks at %s, and %" PRId64 " allowed", before,
            separator, of->bound.holder, of->alike_blocks, holder->path, of->bound.blocks);
    return hg_cell_say(field, "%s%s%s is over its bound: %" PRId64 " bytes, and %" PRId64 " allowed", before,
                       separator, of->bound.holder, bytes, of->bound.bytes);
}

/* One clause for each holder over its bound. False when memory ran out. */
static bool keep_bounds(hg_cell *cell)
{
    bool done = true;
    if (hg_cell_keeps_bounds(cell))
        return true;
    cell->met = false;
    for (size_t i = 0; i < cell->holder_count && done; i++)
        done = cell->holders[i].within_bound || tell_over(&cell->holders[i], &cell->reason);
    return done;
}

static bool finish(holder_run *now)
{
    char why[HG_ENDING_BYTES + 64];
    bool done = true;
    if (explain(now, why, sizeof why)) {
        miss(now->cell, why);
    } else {
        const hg_attribution input = {.record = &now->launched.record,
                                      .file = &now->file,
                                      .owners = hg_module_owners_of(&now->plan),
                                      .inventory = now->inventory,
                                      .whole = now->whole,
                                      .bounds = {now->plan.bounds[0], now->plan.bounds[1]},
                                      .undeclared = now->plan.undeclared};
        done = hg_holders_attribute_apart(&input, now->cell) && keep_bounds(now->cell);
        if (now->file.header->message[0] && !now->cell->holders_missing[0]) {
            snprintf(why, sizeof why, "%.200s", now->file.header->message);
            miss(now->cell, why);
        }
    }
    clear(now);
    return done;
}

static void wait_for_news(const holder_run *runs, unsigned parallel)
{
    struct pollfd first = {.fd = -1, .events = POLLIN};
    for (unsigned i = 0; i < parallel && first.fd < 0; i++)
        if (runs[i].running)
            first.fd = runs[i].launched.process.exit_fd;
    poll(&first, 1, TICK_MS);
}

static int run_all(const hg_cell_plan *plans, size_t count, hg_holders_mode mode, unsigned parallel,
                   const volatile int *stop, holder_run *runs, hg_run *run)
{
    size_t next = 0;
    for (bool any = true; any || next < count;) {
        any = false;
        for (unsigned i = 0; i < parallel; i++) {
            while (!runs[i].running && next < count) {
                if (is_wanted(&run->cells[next], &plans[next], mode))
                    start(&runs[i], &plans[next], mode, &run->cells[next]);
                next++;
            }
            if (runs[i].running && has_ended(&runs[i]) && !finish(&runs[i]))
                return -ENOMEM;
            any |= runs[i].running;
        }
        if (*stop)
            return -EINTR;
        if (any)
            wait_for_news(runs, parallel);
    }
    return 0;
}

int hg_holders_measure(const hg_cell_plan *plans, size_t count, hg_holders_mode mode, unsigned parallel,
                       const volatile int *stop, hg_run *run)
{
    holder_run *runs = calloc(parallel, sizeof *runs);
    int status = runs ? run_all(plans, count, mode, parallel, stop, runs, run) : -ENOMEM;
    for (unsigned i = 0; runs && i < parallel; i++)
        clear(&runs[i]);
    free(runs);
    return status;
}
