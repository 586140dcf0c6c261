/*
 * Imitates a build or batch scheduler (Bazel, Airflow): a task waits for up to three tasks before it, and
 * when the last of them is done it is run and freed.
 * The mistake: a task that fails (1 in 500 by chance) is freed without telling those that wait for it. They
 * wait for good, and those that wait for them, too.
 * The healthy twin tells them as if it had been done. It has 512 tasks at most, as each op ends the oldest:
 * steady after op 1,000.
 */
#include <heapgate/workload.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { TASKS = 512, NEAR = 64, WAITERS = 12 };

struct task {
    uint64_t id;
    unsigned waits_for, waiters, failed;
    int due; /* its turn has come while it waited */
    struct task *waiting[WAITERS];
};

static struct task *tasks[TASKS];

__attribute__((noinline)) static struct task *task_new(uint64_t id)
{
    struct task *task = calloc(1, sizeof *task);
    if (task != NULL) {
        task->id = id;
    }
    return task;
}

static void task_run(struct task *task)
{
    int failed = draw() % 500 == 0;
    for (unsigned n = 0; n < task->waiters && !(LEAKS && failed); n++) {
        struct task *waiting = task->waiting[n];
        if (--waiting->waits_for == 0 && waiting->due) {
            task_run(waiting);
        }
    }
    free(task);
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    struct task **place = &tasks[i % TASKS];
    struct task *oldest = *place;
    *place = NULL;
    if (oldest != NULL) {
        oldest->due = 1;
        if (oldest->waits_for == 0) {
            task_run(oldest);
        }
    }
    struct task *task = task_new(i);
    if (task == NULL) {
        return 1;
    }
    for (int n = (int)(draw() % 4); n > 0 && i > NEAR; n--) {
        struct task *before = tasks[(i - 1 - draw() % NEAR) % TASKS];
        if (draw() % 4 == 0 && before->waiters < WAITERS) {
            before->waiting[before->waiters++] = task;
            task->waits_for++;
        }
    }
    *place = task;
    return 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < TASKS; n++) {
        free(tasks[n]);
    }
}
