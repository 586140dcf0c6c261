/*
 * concurrent-storm without the harness, for ThreadSanitizer, AddressSanitizer and helgrind to watch: the
 * workload's own functions in one program, and a thread that reads the monitor and sets its alert all the
 * while. Says what it did, so that a storm that did nothing is seen.
 *
 * A program of its own, since Criterion does not start under ThreadSanitizer: workload_threads OPS [LOG].
 * With a LOG, all of it is recorded there. Exits with 0 when all is well.
 */
#include <heapgate/workload.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <toka/monitor.h>
#include <toka/record.h>
#include <toka/registry.h>
#include <unistd.h>

enum { ROUNDS = 4, PAUSE_NS = 100000 };

static atomic_bool ended;
static atomic_uint told;

static void tell(void *user_data, const toka_alert *alert)
{
    (void)alert;
    atomic_fetch_add((atomic_uint *)user_data, 1);
}

static void *watch(void *data)
{
    static char text[TOKA_MONITOR_TEXT_BYTES];
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    unsigned *broken = data;

    while (!atomic_load(&ended)) {
        toka_monitor_on_alert(tell, &told);
        *broken += toka_monitor_write(text, sizeof text, NULL) != TOKA_OK;
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static int run_rounds(uint64_t ops)
{
    for (uint64_t i = 0; i < ops; i++) {
        if (heapgate_iterate(i)) {
            fprintf(stderr, "workload_threads: op %" PRIu64 " failed\n", i);
            return 1;
        }
        if ((i + 1) % (ops / ROUNDS) == 0)
            heapgate_quiesce();
    }
    return 0;
}

/* Every kind of op happened, and what can be given back was. */
static int check(void)
{
    toka_monitor_figures figures;

    toka_monitor_read(&figures);
    printf("%" PRIu64 " hits, %" PRIu64 " misses, %" PRIu64 " registrations, %" PRIu64 " dispatches, %" PRIu64
           " unregistrations, %" PRIu64 " swept, %" PRIu64 " alerts\n",
           figures.cache_hits, figures.cache_misses, figures.registrations, figures.dispatches,
           figures.unregistrations, figures.swept_handlers, figures.alerts);
    if (!figures.cache_hits || !figures.cache_misses || !figures.registrations || !figures.dispatches ||
        figures.cache_entries || figures.schemas) {
        fprintf(stderr, "workload_threads: some kind of op did not happen, or the store was not emptied\n");
        return 1;
    }
    if (HAS_FIX && (!figures.unregistrations || !figures.swept_handlers || figures.heap_bytes)) {
        fprintf(stderr, "workload_threads: %" PRIu64 " bytes are left\n", figures.heap_bytes);
        return 1;
    }
    return 0;
}

/* A recording that was under way is whole, and has every op. */
static int check_recording(void)
{
    toka_record_figures recorded;
    toka_monitor_figures figures;

    toka_record_read(&recorded);
    toka_monitor_read(&figures);
    printf("%" PRIu64 " ops recorded\n", recorded.ops);
    if (toka_record_stop(NULL) == TOKA_OK && recorded.ops > figures.cache_hits + figures.registrations)
        return 0;
    fprintf(stderr, "workload_threads: the recording is not whole\n");
    return 1;
}

int main(int argc, char **argv)
{
    const char *log = argc > 2 ? argv[2] : NULL;
    uint64_t ops = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    unsigned broken = 0;
    pthread_t watcher;
    int failed = 0;

    if (ops < ROUNDS) {
        fprintf(stderr, "workload_threads OPS [LOG], at least %d\n", ROUNDS);
        return 2;
    }
    if (log && (unlink(log), toka_record_start(log, NULL) != TOKA_OK))
        return 1;
    if (heapgate_setup() || pthread_create(&watcher, NULL, watch, &broken) != 0)
        return 1;
    failed = run_rounds(ops);
    atomic_store(&ended, true);
    pthread_join(watcher, NULL);
    heapgate_teardown();
    return failed || broken || check() || (log && check_recording());
}
