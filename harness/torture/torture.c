#include "torture/torture.h"

#include "process/launch.h"
#include "torture/fault_judge.h"
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define A_DAY_SECONDS       86400.0
#define MOST_REPEATED_BYTES (INT64_C(1) << 28)

/* A pass while it runs. */
typedef struct torture {
    const hg_torture_plan *plan;
    hg_cell_plan cell;
    hg_torture_area area;
    int area_fd;
    char area_path[64];
    hg_launched learner; /* its record, for as long as faults are judged */
    hg_points points;
    hg_stack_owners owners;
    hg_symbols *symbols;
    hg_torture_slot *slot; /* a copy */
    hg_run *run;
    size_t pass;        /* index */
    size_t first_fault; /* of this pass */
    uint64_t *order;    /* by fault of this pass: its point and its job */
    char message[HG_MESSAGE];
    bool out_of_memory;
} torture;

static hg_torture_pass *pass_of(const torture *all)
{
    return &all->run->torture.passes[all->pass];
}

static bool fail(torture *all, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first reason is the one that is told. */
static bool fail(torture *all, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (all->message[0] == '\0')
        vsnprintf(all->message, sizeof all->message, format, arguments);
    va_end(arguments);
    return false;
}

static bool no_memory(torture *all)
{
    all->out_of_memory = true;
    return false;
}

static bool goes_on(const torture *all)
{
    return !all->plan->progress || all->plan->progress(all->plan->user_data, pass_of(all));
}

static void set_role(torture *all, hg_torture_role role, uint32_t first_job)
{
    hg_torture_header *header = all->area.header;
    header->role = role;
    header->first_job = first_job;
    header->alone = HG_TORTURE_FAULT;
    header->ops = all->plan->ops;
    header->calls = all->plan->calls;
    header->clean_ops = all->plan->clean_ops;
    header->parallel = all->plan->parallel;
    header->limit_seconds = all->plan->limit_seconds;
    atomic_store(&header->op, 0);
    atomic_store(&header->has_threads, 0);
}

static bool launch(torture *all, hg_launched *ret_launched)
{
    const hg_run_plan run = {.task = HG_TASK_TORTURE};
    int status = hg_launch_runner(&all->cell, &run, NULL, ret_launched);
    return status == 0 || fail(all, "cannot start the runner: %s", strerror(-status));
}

static void wait_a_little(const hg_process *process, int milliseconds)
{
    struct pollfd watched[] = {{.fd = process->exit_fd, .events = POLLIN},
                               {.fd = process->output_fd, .events = POLLIN}};
    poll(watched, 2, milliseconds);
}

/* What ended a process that was to do more; the record is frozen. */
static bool fail_by_ending(torture *all, const char *what, const hg_launched *launched)
{
    const hg_process *process = &launched->process;
    const hg_record_header *header = launched->record.header;
    bool sound = hg_record_is_sound(&launched->record);
    if (sound && header->message[0])
        return fail(all, "%s: %s", what, header->message);
    uint64_t op = sound ? header->op : 0;
    switch (process->ending) {
    case HG_ENDING_SIGNAL:
        return fail(all, "%s: signal %d (%s) in op %" PRIu64 ", without any fault", what, process->code,
                    strsignal(process->code), op);
    case HG_ENDING_TIME_LIMIT:
        return fail(all, "%s: the limit of time was reached in op %" PRIu64 ", without any fault", what, op);
    case HG_ENDING_MEMORY_LIMIT:
        return fail(all, "%s: the limit of memory was reached in op %" PRIu64 ", without any fault", what,
                    op);
    default:
        return fail(all, "%s: the process ended with exit code %d in op %" PRIu64 ", without any fault", what,
                    process->code, op);
    }
}

/* Runs the ops once. */
static bool learn(torture *all)
{
    set_role(all, HG_TORTURE_LEARN, 0);
    if (!launch(all, &all->learner))
        return false;
    while (!hg_process_poll(&all->learner.process)) {
        if (!goes_on(all))
            return fail(all, "interrupted while the ops ran for the first time");
        wait_a_little(&all->learner.process, 50);
    }
    const hg_process *process = &all->learner.process;
    if (!hg_record_freeze(&all->learner.record))
        return no_memory(all);
    if (process->ending != HG_ENDING_EXIT || process->code != HG_RUNNER_DONE)
        return fail_by_ending(all, "the ops do not run to their end", &all->learner);
    if (!hg_record_is_sound(&all->learner.record))
        return fail(all, "the workload wrote over the record of its allocations");
    pass_of(all)->ops = (int64_t)(all->area.header->learned_ops & INT64_MAX);
    pass_of(all)->allocations = (int64_t)(atomic_load(&all->area.header->allocations) & INT64_MAX);
    pass_of(all)->judges_result = all->area.header->has_result != 0;
    return true;
}

/* Of a call by its number: "OP.NUMBER"; of the last call of a point: "ID:last". */
static void name_job(const torture *all, const hg_torture_job *job, char ret_id[HG_FAULT_ID])
{
    uint32_t number = atomic_load(&job->number);
    if (job->point == HG_TORTURE_ANY_POINT)
        snprintf(ret_id, HG_FAULT_ID, "%" PRIu64 ".%" PRIu32, job->op, number);
    else
        snprintf(ret_id, HG_FAULT_ID, "%s%s", all->points.points[job->point].id, number > 1 ? ":last" : "");
}

/* The job in each mode that is wanted, if the plan wants it in this process: place is its number. */
static void add_job(torture *all, hg_torture_job job, uint64_t place, uint32_t modes)
{
    const hg_torture_plan *plan = all->plan;
    hg_torture_header *header = all->area.header;
    char id[HG_FAULT_ID];
    name_job(all, &job, id);
    if (plan->fault ? strcmp(id, plan->fault) != 0
                    : plan->shards > 0 && place % plan->shards != plan->shard - 1)
        return;
    for (job.mode = HG_TORTURE_ONCE; job.mode <= HG_TORTURE_FROM_THEN_ON; job.mode++)
        if (modes >> job.mode & 1u && header->jobs < HG_TORTURE_MOST_JOBS)
            all->area.jobs[header->jobs++] = job;
}

static uint32_t modes_of(const hg_torture_plan *plan)
{
    return (plan->once ? 1u << HG_TORTURE_ONCE : 0) |
           (plan->from_then_on ? 1u << HG_TORTURE_FROM_THEN_ON : 0);
}

/* A call for every one that the learning run counted, by op. False when memory ran out. */
static bool add_calls(torture *all)
{
    hg_torture_header *header = all->area.header;
    uint64_t ops = header->learned_ops < HG_TORTURE_MOST_JOBS ? header->learned_ops : HG_TORTURE_MOST_JOBS;
    uint32_t *counts = calloc(ops + 1, sizeof *counts);
    if (!counts)
        return no_memory(all);
    for (uint64_t op = 0; op < ops; op++)
        counts[op] = atomic_load(&all->area.jobs[op].number);
    for (uint64_t op = 0; op < ops; op++)
        for (uint32_t i = 0; i < counts[op]; i++) {
            hg_torture_job job = {.op = op, .point = HG_TORTURE_ANY_POINT, .number = i + 1};
            add_job(all, job, (uint64_t)pass_of(all)->points++, modes_of(all->plan));
        }
    free(counts);
    return true;
}

/* After the last call of an op, nothing more fails that would fail from then on: one mode is enough. */
static void add_point(torture *all, uint32_t number)
{
    const hg_point *point = &all->points.points[number];
    const uint32_t modes = modes_of(all->plan);
    const hg_torture_job first = {.op = point->op, .point = number, .number = 1};
    const hg_torture_job last = {.op = point->last_op, .point = number, .number = point->last};
    add_job(all, first, number, modes);
    if (point->last > 1)
        add_job(all, last, number, modes & -modes);
}

/* Equal ops in the order of their points. */
static int by_op(const void *a, const void *b)
{
    const hg_torture_job *x = a;
    const hg_torture_job *y = b;
    if (x->op != y->op)
        return x->op < y->op ? -1 : 1;
    if (x->point != y->point)
        return x->point < y->point ? -1 : 1;
    uint32_t number = atomic_load(&x->number);
    uint32_t other = atomic_load(&y->number);
    return number != other ? (number > other) - (number < other) : (x->mode > y->mode) - (x->mode < y->mode);
}

static int by_stack(const void *a, const void *b)
{
    const hg_torture_target *x = a;
    const hg_torture_target *y = b;
    return (x->stack > y->stack) - (x->stack < y->stack);
}

static void make_targets(torture *all)
{
    hg_torture_header *header = all->area.header;
    header->targets = 0;
    for (size_t i = 0; i < all->points.stack_count && header->targets < HG_MAX_CONTEXTS; i++) {
        const hg_learned_stack *stack = &all->points.stacks[i];
        if (stack->point != UINT32_MAX)
            all->area.targets[header->targets++] =
                (hg_torture_target){hg_torture_call_hash(stack->hash, stack->call), stack->point};
    }
    qsort(all->area.targets, header->targets, sizeof *all->area.targets, by_stack);
}

static bool make_jobs(torture *all)
{
    const hg_torture_plan *plan = all->plan;
    hg_torture_header *header = all->area.header;
    const hg_points_wanted wanted = {
        .owners = all->owners, .depth = plan->depth, .only = plan->only, .only_count = plan->only_count};
    if (!hg_points_find(&all->learner.record, &all->area, &wanted, all->symbols, &all->points))
        return no_memory(all);
    header->jobs = 0;
    pass_of(all)->points = plan->every_call ? 0 : (int64_t)all->points.count;
    if (plan->every_call && !add_calls(all))
        return false;
    for (uint32_t i = 0; i < all->points.count && !plan->every_call; i++)
        add_point(all, i);
    qsort(all->area.jobs, header->jobs, sizeof *all->area.jobs, by_op);
    make_targets(all);
    pass_of(all)->planned = header->jobs;
    all->order = calloc((size_t)header->jobs + 1, sizeof *all->order);
    if (!all->order)
        return no_memory(all);
    if (plan->fault && header->jobs == 0)
        return fail(all, "no fault point is called %s", plan->fault);
    return header->jobs > 0 ||
           fail(all, "no call of %s in %" PRId64 " ops of the libraries under test and the plug-in",
                pass_of(all)->fail, pass_of(all)->ops);
}

static bool label(const torture *all, const hg_torture_job *job, hg_fault *fault)
{
    static const char *const modes[] = {"once", "from-then-on"};
    const hg_torture_plan *plan = all->plan;
    const char *mode = modes[job->mode];
    char id[HG_FAULT_ID];
    const char *function = "";
    name_job(all, job, id);
    if (plan->every_call) {
        if (all->slot->fault_call < HG_CALLS && all->slot->fault_frames > 0)
            function = hg_call_name((hg_call)all->slot->fault_call);
    } else {
        function = hg_call_name(all->points.points[job->point].call);
    }
    fault->op = (int64_t)job->op;
    fault->duration_seconds =
        all->slot->seconds >= 0 && all->slot->seconds < A_DAY_SECONDS ? all->slot->seconds : 0;
    return hg_cell_set(&fault->id, id) && hg_cell_set(&fault->workload, plan->workload) &&
           hg_cell_set(&fault->subject, plan->subject) && hg_cell_set(&fault->mode, mode) &&
           hg_cell_set(&fault->function, function) &&
           hg_cell_say(&fault->reproduce, "%s --mode %s --fault %s", plan->reproduce, mode, id);
}

/* As the process that made the fault saw it. */
static bool copy_place(const torture *all, hg_fault *fault)
{
    const hg_torture_slot *slot = all->slot;
    hg_fault_stack *stack = malloc(sizeof *stack);
    bool done = stack && (!hg_torture_slot_is_sound(slot) ||
                          (hg_fault_stack_expand(all->symbols, &all->owners, slot->fault, slot->fault_frames,
                                                 slot->modules, stack) &&
                           hg_fault_stack_copy(stack, stack->culprit < stack->count ? stack->culprit : 0,
                                               &fault->path, &fault->path_count)));
    free(stack);
    return done;
}

static bool copy_path(const torture *all, uint32_t number, hg_fault *fault)
{
    if (all->plan->every_call)
        return copy_place(all, fault);
    const hg_record *record = &all->learner.record;
    const hg_record_context *context = &record->contexts[all->points.points[number].context];
    hg_fault_stack *stack = malloc(sizeof *stack);
    bool done = stack &&
                hg_fault_stack_expand(all->symbols, &all->owners, record->frames + context->first_frame,
                                      context->frame_count, record->modules, stack) &&
                hg_fault_stack_copy(stack, stack->culprit, &fault->path, &fault->path_count);
    free(stack);
    return done;
}

static bool has_function(const hg_frame *frames, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(frames[i].function, text))
            return true;
    return false;
}

static bool is_accepted(const hg_torture_plan *plan, const hg_fault *fault)
{
    const char *text = plan->accept;
    if (!hg_fault_is_finding(fault->outcome))
        return false;
    if (plan->accepts_leaks && fault->outcome == HG_FAULT_LEAK)
        return true;
    return text && (strstr(fault->reason, text) || strstr(fault->log, text) ||
                    has_function(fault->frames, fault->frame_count, text));
}

/* Only a repeat that ended well and in which the fault happened twice says anything. */
static bool take_repeat(torture *all, const hg_fault_case *known)
{
    const hg_torture_slot *slot = known->slot;
    size_t place = (size_t)pass_of(all)->made;
    while (place > 0 && (uint32_t)all->order[place - 1] != slot->job)
        place--;
    if (place == 0 || slot->stage != HG_TORTURE_FINISHED || !slot->counted || !slot->struck_again)
        return true;
    hg_fault *fault = &all->run->torture.faults[all->first_fault + place - 1];
    /* A child may not take much more than that: the second time there may have been nothing left to lose. */
    if (fault->lost_bytes > MOST_REPEATED_BYTES)
        return true;
    hg_fault repeat = {0};
    bool done = hg_fault_judge(known, &repeat) && hg_fault_settle(fault, &repeat);
    hg_fault_clear(&repeat);
    return done || no_memory(all);
}

/* Where the op with the fault allocated and the ops without any did not. */
static void tell_after(const torture *all)
{
    const hg_cell_plan *cell = all->plan->cell;
    const hg_torture_slot *slot = all->slot;
    if (!cell->note_after || !hg_torture_slot_is_sound(slot))
        return;
    for (uint32_t i = 0; i < slot->afters; i++) {
        const hg_torture_after *after = &slot->after[i];
        if (!hg_points_stack(&all->points, after->stack))
            cell->note_after(cell->note_of, cell, slot->frames + after->first_frame, after->frame_count,
                             slot->modules);
    }
}

/* The copy of a slot that is done. The job's number is checked; nothing else of it is believed. */
static bool take_result(torture *all)
{
    const hg_torture_slot *slot = all->slot;
    char message[256];
    if (slot->is_reference)
        return hg_fault_reference_is_good(slot, message, sizeof message) || fail(all, "%s", message);
    hg_torture_pass *pass = pass_of(all);
    if (slot->job >= (uint64_t)pass->planned)
        return fail(all, "the workload wrote over what became of its faults");
    const hg_torture_job job = all->area.jobs[slot->job];
    if ((!all->plan->every_call && job.point >= all->points.count) || job.mode > HG_TORTURE_FROM_THEN_ON)
        return fail(all, "the workload wrote over what became of its faults");
    const hg_fault_case known = {.slot = slot,
                                 .points = &all->points,
                                 .learned = &all->learner.record,
                                 .owners = &all->owners,
                                 .symbols = all->symbols,
                                 .limit_seconds = all->plan->limit_seconds};
    if (slot->is_repeat)
        return take_repeat(all, &known);
    if (pass->made >= pass->planned)
        return fail(all, "the workload wrote over what became of its faults");
    tell_after(all);
    all->order[pass->made++] = (uint64_t)job.point << 32 | slot->job;
    hg_fault *fault = hg_torture_add_fault(&all->run->torture);
    if (!fault || !label(all, &job, fault) || !copy_path(all, job.point, fault) ||
        !hg_fault_judge(&known, fault))
        return no_memory(all);
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): once */
static bool drain_kind(torture *all, bool repeats)
{
    for (size_t i = 0; i < HG_TORTURE_SLOTS; i++) {
        hg_torture_slot *slot = &all->area.slots[i];
        if (atomic_load(&slot->state) != HG_TORTURE_DONE || (slot->is_repeat != 0) != repeats)
            continue;
        /* Whatever is repeated has been done before. */
        if (repeats && !drain_kind(all, false))
            return false;
        memcpy((void *)all->slot, (const void *)slot, sizeof *slot);
        atomic_store(&slot->state, HG_TORTURE_FREE);
        if (!take_result(all))
            return false;
    }
    return true;
}

static bool drain(torture *all)
{
    return drain_kind(all, false) && drain_kind(all, true);
}

/* All jobs, in forked children. */
static bool serve(torture *all)
{
    hg_launched server;
    set_role(all, HG_TORTURE_SERVE, 0);
    all->cell.time_limit_seconds = A_DAY_SECONDS;
    if (!launch(all, &server))
        return false;
    bool going = true;
    bool ended = false;
    while (going && !ended) {
        ended = hg_process_poll(&server.process);
        going = drain(all) && (goes_on(all) || fail(all, "interrupted"));
        if (going && !ended)
            wait_a_little(&server.process, 5);
    }
    if (going && !hg_record_freeze(&server.record))
        going = no_memory(all);
    bool threads = atomic_load(&all->area.header->has_threads) != 0;
    if (going && !threads && pass_of(all)->made < pass_of(all)->planned)
        going = fail_by_ending(all, "the ops do not run again as they did", &server);
    hg_launched_close(&server);
    return going;
}

/* How a process that did a job itself ended, as the fork server would have noted it. */
static void note_ending(const hg_process *process, hg_torture_slot *slot)
{
    slot->timed_out = process->ending == HG_ENDING_TIME_LIMIT;
    slot->seconds = hg_process_now() - process->started;
    slot->wait_status = process->ending == HG_ENDING_EXIT     ? (process->code & 0xff) << 8
                        : process->ending == HG_ENDING_SIGNAL ? process->code & 0x7f
                                                              : SIGKILL;
    size_t size = process->log_size < HG_TORTURE_OUTPUT ? process->log_size : HG_TORTURE_OUTPUT;
    memcpy(slot->output, process->log + process->log_size - size, size);
    slot->output_size = (uint32_t)size;
}

static bool do_alone(torture *all, uint32_t job, hg_torture_kind kind)
{
    hg_launched launched;
    hg_torture_slot *slot = &all->area.slots[0];
    set_role(all, HG_TORTURE_ALONE, job);
    all->area.header->alone = kind;
    atomic_store(&slot->state, HG_TORTURE_FREE);
    if (!launch(all, &launched))
        return false;
    bool going = true;
    while (going && !hg_process_poll(&launched.process)) {
        going = goes_on(all) || fail(all, "interrupted");
        wait_a_little(&launched.process, 20);
    }
    if (going && !hg_record_freeze(&launched.record))
        going = no_memory(all);
    if (going && atomic_load(&slot->state) != HG_TORTURE_RUNNING)
        going = fail_by_ending(all, "the ops do not run again as they did", &launched);
    if (going) {
        memcpy((void *)all->slot, (const void *)slot, sizeof *slot);
        note_ending(&launched.process, all->slot);
        all->slot->job = job;
        all->slot->is_reference = kind == HG_TORTURE_REFERENCE;
        all->slot->is_repeat = kind == HG_TORTURE_REPEAT;
        going = take_result(all);
    }
    hg_launched_close(&launched);
    return going;
}

/* The jobs that the fork server could not do because other threads ran. */
static void do_rest_alone(torture *all)
{
    uint32_t jobs = (uint32_t)pass_of(all)->planned;
    uint32_t job = atomic_load(&all->area.header->next_job);
    pass_of(all)->restarted = true;
    all->cell.time_limit_seconds = all->plan->limit_seconds;
    for (bool first = true; job < jobs; job++, first = false) {
        bool same_op = !first && all->area.jobs[job].op == all->area.jobs[job - 1].op;
        if ((!same_op && !do_alone(all, job, HG_TORTURE_REFERENCE)) || !do_alone(all, job, HG_TORTURE_FAULT))
            return;
        const hg_torture *made = &all->run->torture;
        if (made->faults[made->fault_count - 1].loss_count > 0 && !do_alone(all, job, HG_TORTURE_REPEAT))
            return;
    }
}

/* Whether a debugger has attached. */
static bool is_traced(pid_t process)
{
    char path[64];
    char line[256];
    int tracer = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "re");
    while (file && tracer == 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "TracerPid: %d", &tracer) == 1)
            break;
    if (file)
        fclose(file);
    return tracer > 0;
}

/* What the process writes is read all the while, so that it does not wait for that. */
static void wait_for_debugger(torture *all, hg_launched *launched, pid_t debugger)
{
    int status;
    while (waitpid(debugger, &status, WNOHANG) == 0) {
        hg_process_poll(&launched->process);
        if (is_traced(launched->process.pid))
            atomic_store(&all->area.header->debugger, HG_DEBUGGER_ATTACHED);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

/* The first job, in a process of its own, under a debugger. */
static bool debug(torture *all)
{
    hg_launched launched;
    hg_fault fault = {0};
    set_role(all, HG_TORTURE_ALONE, 0);
    all->cell.time_limit_seconds = A_DAY_SECONDS;
    atomic_store(&all->area.header->debugger, HG_DEBUGGER_WANTED);
    if (!launch(all, &launched))
        return false;
    bool ended = false;
    bool going = true;
    while (going && !ended && atomic_load(&all->area.header->debugger) == HG_DEBUGGER_WANTED) {
        ended = hg_process_poll(&launched.process);
        going = goes_on(all) || fail(all, "interrupted");
        wait_a_little(&launched.process, 20);
    }
    if (going && ended)
        going = fail(all, "the process ended, and the call of %s had not failed", all->plan->fault);
    memcpy((void *)all->slot, (const void *)&all->area.slots[0], sizeof *all->slot);
    if (going && !copy_path(all, all->area.jobs[0].point, &fault))
        going = no_memory(all);
    pid_t debugger = going ? all->plan->debug(all->plan->user_data, launched.process.pid,
                                              fault.path_count > 0 ? fault.path[0].function : "")
                           : 0;
    if (going && debugger < 0)
        going = fail(all, "cannot start the debugger: %s", strerror(-debugger));
    if (going)
        wait_for_debugger(all, &launched, debugger);
    hg_fault_clear(&fault);
    hg_launched_close(&launched);
    return going;
}

typedef struct ranked {
    uint64_t place;
    hg_fault fault;
} ranked;

static int by_place(const void *a, const void *b)
{
    const ranked *x = a;
    const ranked *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

/* Children end in any order. The faults of a point lie together. */
static bool sort_faults(torture *all)
{
    hg_fault *faults = all->run->torture.faults + all->first_fault;
    size_t count = all->run->torture.fault_count - all->first_fault;
    ranked *ranks = calloc(count + 1, sizeof *ranks);
    if (!ranks)
        return no_memory(all);
    for (size_t i = 0; i < count; i++)
        ranks[i] = (ranked){all->order[i], faults[i]};
    qsort(ranks, count, sizeof *ranks, by_place);
    for (size_t i = 0; i < count; i++) {
        faults[i] = ranks[i].fault;
        faults[i].accepted = is_accepted(all->plan, &faults[i]);
    }
    free(ranks);
    return true;
}

static bool start(torture *all)
{
    hg_torture_pass *pass = hg_torture_add_pass(&all->run->torture);
    if (!pass)
        return no_memory(all);
    all->pass = all->run->torture.pass_count - 1;
    all->first_fault = all->run->torture.fault_count;
    char calls[HG_CALLS_LIST];
    pass->clean_ops = all->plan->clean_ops;
    hg_calls_list(all->plan->calls, calls, sizeof calls);
    all->symbols = hg_symbols_new();
    all->slot = calloc(1, sizeof *all->slot);
    if (!hg_cell_set(&pass->workload, all->plan->workload) ||
        !hg_cell_set(&pass->subject, all->plan->subject) || !hg_cell_set(&pass->fail, calls) ||
        !all->symbols || !all->slot)
        return no_memory(all);
    int status = hg_torture_area_create(&all->area, &all->area_fd);
    if (status < 0)
        return fail(all, "cannot make the file through which faults are told: %s", strerror(-status));
    snprintf(all->area_path, sizeof all->area_path, "/proc/%d/fd/%d", (int)getpid(), all->area_fd);
    all->cell.torture = all->area_path;
    return true;
}

bool hg_torture_measure(const hg_torture_plan *plan, hg_run *run)
{
    torture all = {.plan = plan,
                   .cell = *plan->cell,
                   .area_fd = -1,
                   .learner = {.record_fd = -1, .process = {.exit_fd = -1, .output_fd = -1}},
                   .owners = {plan->cell->runner, plan->cell->probe},
                   .run = run};
    double started = hg_process_now();
    bool done = start(&all) && learn(&all) && make_jobs(&all) && (plan->debug ? debug(&all) : serve(&all));
    if (done && !plan->debug && pass_of(&all)->made < pass_of(&all)->planned)
        do_rest_alone(&all);
    if (all.order)
        sort_faults(&all);
    if (all.run->torture.pass_count > all.pass) {
        pass_of(&all)->duration_seconds = hg_process_now() - started;
        if (all.message[0] && !hg_cell_set(&pass_of(&all)->message, all.message))
            all.out_of_memory = true;
    }
    hg_launched_close(&all.learner);
    hg_points_free(&all.points);
    hg_symbols_free(all.symbols);
    free(all.slot);
    free(all.order);
    hg_torture_area_close(&all.area);
    if (all.area_fd >= 0)
        close(all.area_fd);
    return !all.out_of_memory;
}
