/*
 * A program that has little memory, or locks all that it has: limits KIND.
 *
 *   address-space  takes itself 400 MiB of addresses, and starts threads that allocate large blocks in them
 *   locked         locks what it has and will have; status 3 if that is more than 400 MiB
 *   stacks         allocates from more call stacks than a small shard has room for, in several threads, and
 *                  loses
 *                  a block of 40 bytes at each mark
 *   refused        limits itself to 400 MiB, and asks for a block of 1 GiB at each mark
 */
#include <heapgate/mark.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { MARKS = 30, THREADS = 3, LARGE = 8 << 20, DEPTH = 13, STACKS = 1 << DEPTH };

static void *volatile kept;

static int limit_addresses(void)
{
    const struct rlimit limit = {(rlim_t)400 << 20, (rlim_t)400 << 20};
    return setrlimit(RLIMIT_AS, &limit);
}

static int lock_all(void)
{
    char line[256];
    long kib = -1;
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        return 77;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmLck: %ld kB", &kib) == 1)
            break;
    if (status)
        fclose(status);
    return kib >= 0 && kib < 400 << 10 ? 0 : 3;
}

static void *use_large(void *data)
{
    char *block = malloc(LARGE);
    if (!block)
        exit(4);
    block[LARGE - 1] = 1;
    free(block);
    return data;
}

/* One of two ways at each level: each number has a stack of its own. */
static void go_deep(unsigned number, int depth) // NOLINT(misc-no-recursion)
{
    void *volatile block = NULL;
    if (depth == 0)
        block = malloc(number % 100 + 1);
    else if (number >> (depth - 1) & 1) // NOLINT(bugprone-branch-clone)
        go_deep(number, depth - 1);
    else
        go_deep(number, depth - 1);
    free(block);
}

static void *use_stacks(void *data)
{
    for (unsigned i = 0; i < STACKS; i++)
        go_deep(i, DEPTH);
    return data;
}

static void run_threads(void *(*work)(void *))
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            exit(5);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void lose(void)
{
    kept = malloc(40);
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    int status = 0;
    if (strcmp(kind, "address-space") == 0 || strcmp(kind, "refused") == 0)
        status = limit_addresses();
    if (strcmp(kind, "locked") == 0)
        status = lock_all();
    for (int i = 0; i < MARKS && status == 0; i++) {
        if (strcmp(kind, "stacks") == 0) {
            run_threads(use_stacks);
            use_stacks(NULL);
            lose();
        } else if (strcmp(kind, "refused") == 0) {
            kept = malloc((size_t)1 << 30);
            free(kept);
            kept = malloc(10);
            free(kept);
        } else {
            run_threads(use_large);
        }
        heapgate_mark();
    }
    return status;
}
