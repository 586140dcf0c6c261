/* Ops that start processes. Each op loses one block in the measured process; what a child allocates is its
 * own. */
#include "cases.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void *volatile kept;

static CULPRIT int lose_one(void)
{
    kept = malloc(24); /* here: processes */
    return kept ? 0 : -2;
}

static int expect_success(pid_t child)
{
    int status = 0;
    REQUIRE(child > 0);
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}

static int fork_and_allocate(uint64_t i)
{
    void *inherited = malloc(i % 100 + 1);
    pid_t child = fork();
    if (child == 0) {
        free(inherited);
        char *own = calloc(1, 1000);
        own = own ? realloc(own, 5000) : NULL;
        kept = malloc(1000);
        _exit(own && own[999] == 0 && kept ? 0 : 1);
    }
    free(inherited);
    int failed = expect_success(child);
    return failed ? failed : lose_one();
}

static int fork_and_exit(uint64_t i)
{
    (void)i;
    pid_t child = fork();
    if (child == 0) {
        kept = malloc(1000);
        exit(0);
    }
    int failed = expect_success(child);
    return failed ? failed : lose_one();
}

static int fork_and_exec(uint64_t i)
{
    (void)i;
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    int failed = expect_success(child);
    return failed ? failed : lose_one();
}

static int spawn_program(uint64_t i)
{
    pid_t child = 0;
    char *words[] = {"true", NULL};
    (void)i;
    REQUIRE(posix_spawn(&child, "/bin/true", NULL, NULL, words, environ) == 0);
    int failed = expect_success(child);
    return failed ? failed : lose_one();
}

static int vfork_and_exec(uint64_t i)
{
    (void)i;
    pid_t child = vfork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    int failed = expect_success(child);
    return failed ? failed : lose_one();
}

static const test_case cases[] = {
    {"fork_and_allocate", fork_and_allocate},
    {"fork_and_exit", fork_and_exit},
    {"fork_and_exec", fork_and_exec},
    {"spawn", spawn_program},
    {"vfork", vfork_and_exec},
};
RUN_CASES(cases)
