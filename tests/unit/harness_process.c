/*
 * Goal: a child's end, however it comes, is told truthfully; its limits hold; and it leaves nothing behind in
 * the driver. Method: small shell scripts as children.
 */
#include "process/environment.h"
#include "process/process.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct limits {
    double seconds;
    uint64_t memory_bytes;
} limits;

static const limits generous = {60, 0};

static void start(const char *script, limits given, char *const *environment, hg_process *process)
{
    char *arguments[] = {"/bin/sh", "-c", (char *)script, NULL};
    int record = open("/dev/null", O_RDWR | O_CLOEXEC);
    cr_assert(ge(int, record, 0));
    hg_process_spec spec = {
        .arguments = arguments,
        .environment = environment ? environment : environ,
        .record_fd = record,
        .time_limit_seconds = given.seconds,
        .memory_limit_bytes = given.memory_bytes,
    };
    cr_assert(eq(int, hg_process_start(&spec, process), 0), "sh -c '%s'", script);
    close(record);
}

static void wait_for_end(hg_process *process)
{
    while (!hg_process_poll(process)) {
        struct pollfd news[] = {{.fd = process->exit_fd, .events = POLLIN},
                                {.fd = process->output_fd, .events = POLLIN}};
        poll(news, 2, 20);
    }
}

static hg_process run(const char *script, limits given)
{
    hg_process process;
    start(script, given, NULL, &process);
    wait_for_end(&process);
    return process;
}

Test(harness_process, tells_the_exit_code)
{
    const int codes[] = {0, 1, 91, 255};
    for (size_t i = 0; i < 4; i++) {
        char script[32];
        snprintf(script, sizeof script, "exit %d", codes[i]);
        hg_process process = run(script, generous);
        cr_assert(eq(int, process.ending, HG_ENDING_EXIT));
        cr_assert(eq(int, process.code, codes[i]));
    }
}

Test(harness_process, tells_the_signal)
{
    const int signals[] = {SIGSEGV, SIGABRT, SIGKILL, SIGTERM};
    for (size_t i = 0; i < 4; i++) {
        char script[32];
        snprintf(script, sizeof script, "kill -%d $$", signals[i]);
        hg_process process = run(script, generous);
        cr_assert(eq(int, process.ending, HG_ENDING_SIGNAL));
        cr_assert(eq(int, process.code, signals[i]));
    }
}

Test(harness_process, stops_at_the_time_limit)
{
    hg_process process = run("echo begun; while :; do :; done", (limits){0.3, 0});
    cr_assert(eq(int, process.ending, HG_ENDING_TIME_LIMIT));
    cr_assert(eq(str, process.log, "begun\n"));
    cr_assert(eq(int, kill(process.pid, 0), -1));
}

Test(harness_process, stops_at_the_time_limit_a_child_that_ignores_requests_to_end)
{
    hg_process process = run("trap '' TERM INT HUP; while :; do sleep 1; done", (limits){0.3, 0});
    cr_assert(eq(int, process.ending, HG_ENDING_TIME_LIMIT));
}

Test(harness_process, stops_at_the_memory_limit)
{
    hg_process process = run("x=0123456789abcdef; while :; do x=$x$x; done", (limits){60, 64 << 20});
    cr_assert(eq(int, process.ending, HG_ENDING_MEMORY_LIMIT));
}

Test(harness_process, does_not_mind_a_child_within_its_limits)
{
    hg_process process = run("sleep 0.1; exit 3", (limits){60, 256 << 20});
    cr_assert(eq(int, process.ending, HG_ENDING_EXIT));
    cr_assert(eq(int, process.code, 3));
}

Test(harness_process, is_not_held_up_by_output_without_end)
{
    hg_process process = run("yes 'a line of some length, again and again'", (limits){0.5, 0});
    cr_assert(eq(int, process.ending, HG_ENDING_TIME_LIMIT));
    cr_assert(eq(sz, process.log_size, HG_LOG_BYTES));
    cr_assert(ne(ptr, strstr(process.log, "again and again"), NULL));
}

Test(harness_process, keeps_the_end_of_the_output)
{
    hg_process process =
        run("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo last >&2", generous);
    char end[] = "line 19999\nlast\n";
    cr_assert(eq(sz, process.log_size, HG_LOG_BYTES));
    cr_assert(eq(sz, strlen(process.log), HG_LOG_BYTES));
    cr_assert(eq(str, process.log + HG_LOG_BYTES - strlen(end), end));
    process = run("printf short", generous);
    cr_assert(eq(str, process.log, "short"));
}

Test(harness_process, keeps_output_that_was_written_right_before_a_crash)
{
    hg_process process = run("echo out; echo err >&2; kill -SEGV $$", generous);
    cr_assert(eq(int, process.ending, HG_ENDING_SIGNAL));
    cr_assert(eq(str, process.log, "out\nerr\n"));
}

Test(harness_process, keeps_what_follows_a_zero_byte_in_the_output)
{
    hg_process process = run("printf 'a\\0b\\n\\0'; echo 'assertion failed' >&2; kill -ABRT $$", generous);
    cr_assert(eq(str, process.log, "ab\nassertion failed\n"));
}

/* Whether the process is gone, or a zombie that somebody else has yet to reap. */
static bool is_gone(long pid)
{
    char path[64];
    char state = 'X';
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return true;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'X';
    fclose(file);
    return state == 'Z' || state == 'X';
}

static bool is_gone_soon(long pid)
{
    for (int i = 0; i < 500 && !is_gone(pid); i++)
        usleep(10000);
    return is_gone(pid);
}

Test(harness_process, takes_what_the_child_started_with_it)
{
    const char *const scripts[] = {"sleep 1000 & echo $!", "sleep 1000 & echo $!; kill -SEGV $$",
                                   "sleep 1000 & echo $!; sleep 1000"};
    for (size_t i = 0; i < 3; i++) {
        hg_process process = run(scripts[i], (limits){0.5, 0});
        long grandchild = strtol(process.log, NULL, 10);
        cr_assert(lt(long, 1, grandchild), "sh -c '%s': '%s'", scripts[i], process.log);
        cr_assert(is_gone_soon(grandchild), "sh -c '%s'", scripts[i]);
    }
}

Test(harness_process, can_be_stopped_at_any_time)
{
    hg_process process;
    start("sleep 1000 & echo $!; wait", generous, NULL, &process);
    while (process.log_size == 0)
        hg_process_poll(&process);
    long grandchild = strtol(process.log, NULL, 10);
    hg_process_stop(&process);
    cr_assert(is_gone(process.pid));
    cr_assert(is_gone_soon(grandchild));
    cr_assert(eq(int, process.exit_fd, -1));
    cr_assert(eq(int, process.output_fd, -1));
    hg_process_stop(&process);
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    cr_assert(ne(ptr, folder, NULL));
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

Test(harness_process, closes_every_descriptor_again)
{
    enum { RUNS = 200 };
    run("exit 0", generous);
    size_t before = count_descriptors();
    size_t ended = 0;
    for (int i = 0; i < RUNS; i++) {
        hg_process process;
        start(i % 4 == 0   ? "kill -KILL $$"
              : i % 4 == 1 ? "echo text; exit 1"
                           : "sleep 1000",
              (limits){i % 4 == 2 ? 0.001 : 60, 0}, NULL, &process);
        if (i % 4 == 3)
            hg_process_stop(&process);
        else
            wait_for_end(&process);
        ended += is_gone(process.pid);
    }
    cr_assert(eq(sz, ended, RUNS));
    cr_assert(eq(sz, count_descriptors(), before));
}

Test(harness_process, starts_with_its_record_without_input_and_with_no_other_descriptor)
{
    int low = open("/dev/zero", O_RDONLY);
    int high = fcntl(low, F_DUPFD, 300);
    cr_assert(ge(int, high, 300));
    hg_process process =
        run("readlink /proc/self/fd/0 /proc/self/fd/200; ls /proc/$$/fd; read x || echo no input", generous);
    close(low);
    close(high);
    cr_assert(eq(str, process.log, "/dev/null\n/dev/null\n0\n1\n2\n200\nno input\n"));
}

Test(harness_process, finds_its_record_below_a_low_limit_of_open_files)
{
    const struct rlimit low = {40, 40};
    cr_assert(zero(int, setrlimit(RLIMIT_NOFILE, &low)));
    hg_process process = run("readlink /proc/self/fd/39; ls /proc/$$/fd", generous);
    cr_assert(eq(str, process.log, "/dev/null\n0\n1\n2\n39\n"));
    cr_assert(eq(int, hg_process_record_descriptor(), 39));
}

Test(harness_process, finds_its_record_even_where_that_has_the_number_already)
{
    int record = open("/dev/full", O_RDWR | O_CLOEXEC);
    cr_assert(eq(int, dup3(record, HG_RECORD_DESCRIPTOR, O_CLOEXEC), HG_RECORD_DESCRIPTOR));
    char *arguments[] = {"/bin/sh", "-c", "readlink /proc/self/fd/200", NULL};
    char *environment[] = {NULL};
    hg_process_spec spec = {.arguments = arguments,
                            .environment = environment,
                            .record_fd = HG_RECORD_DESCRIPTOR,
                            .time_limit_seconds = 60};
    hg_process process;
    cr_assert(eq(int, hg_process_start(&spec, &process), 0));
    wait_for_end(&process);
    close(record);
    close(HG_RECORD_DESCRIPTOR);
    cr_assert(eq(str, process.log, "/dev/full\n"));
}

Test(harness_process, adds_to_the_environment_and_replaces_what_is_there)
{
    setenv("HG_TEST_OLD", "old", 1);
    setenv("HG_TEST_OLDER", "kept", 1);
    setenv("HG_TEST_GONE", "gone", 1);
    hg_environment environment = hg_environment_inherit();
    hg_environment_set(&environment, "HG_TEST_OLD", "new");
    hg_environment_set(&environment, "HG_TEST_MORE", "x=y");
    hg_environment_set(&environment, "HG_TEST", "");
    hg_environment_set(&environment, "HG_TEST_GONE", NULL);
    cr_assert(not(environment.failed));
    hg_process process;
    start("echo \"$HG_TEST_OLD $HG_TEST_OLDER $HG_TEST_MORE [$HG_TEST] [${HG_TEST_GONE-unset}]\"; env | grep "
          "-c "
          "^HG_TEST_OLD=",
          generous, environment.list, &process);
    wait_for_end(&process);
    hg_environment_free(&environment);
    cr_assert(eq(str, process.log, "new kept x=y [] [unset]\n1\n"));
}

Test(harness_process, keeps_every_folder_of_a_list_however_long_it_is)
{
    enum { LENGTH = 100000 };
    char *long_list = calloc(LENGTH + 1, 1);
    cr_assert(ne(ptr, long_list, NULL));
    memset(long_list, 'x', LENGTH);
    setenv("LD_LIBRARY_PATH", long_list, 1);
    hg_environment environment = hg_environment_inherit();
    hg_environment_put_first(&environment, "LD_LIBRARY_PATH", "/second");
    hg_environment_put_first(&environment, "LD_LIBRARY_PATH", "");
    hg_environment_put_first(&environment, "LD_LIBRARY_PATH", "/first");
    const char *list = hg_environment_get(&environment, "LD_LIBRARY_PATH");
    cr_assert(eq(sz, strlen(list), strlen("/first:/second:") + LENGTH));
    cr_assert(eq(int, strncmp(list, "/first:/second:xxx", 18), 0));
    hg_environment_set(&environment, "LD_LIBRARY_PATH", "");
    hg_environment_put_first(&environment, "LD_LIBRARY_PATH", "/only");
    cr_assert(eq(str, (char *)hg_environment_get(&environment, "LD_LIBRARY_PATH"), "/only"));
    hg_environment_free(&environment);
    free(long_list);
}

Test(harness_process, says_so_when_the_program_does_not_exist)
{
    char *arguments[] = {"/nowhere/runner", NULL};
    char *environment[] = {NULL};
    int record = open("/dev/null", O_RDWR | O_CLOEXEC);
    hg_process_spec spec = {
        .arguments = arguments, .environment = environment, .record_fd = record, .time_limit_seconds = 60};
    hg_process process;
    cr_assert(eq(int, hg_process_start(&spec, &process), 0));
    wait_for_end(&process);
    close(record);
    cr_assert(eq(int, process.ending, HG_ENDING_EXIT));
    cr_assert(eq(int, process.code, 127));
    cr_assert(eq(str, process.log, "cannot start the runner\n"));
}

Test(harness_process, leaves_nothing_open_when_it_cannot_start)
{
    size_t before = count_descriptors();
    char *arguments[] = {"/bin/true", NULL};
    char *environment[] = {NULL};
    hg_process_spec spec = {
        .arguments = arguments, .environment = environment, .record_fd = -1, .time_limit_seconds = 60};
    hg_process process;
    if (hg_process_start(&spec, &process) == 0)
        wait_for_end(&process);
    cr_assert(eq(int, process.code, 127));
    cr_assert(eq(sz, count_descriptors(), before));
}
