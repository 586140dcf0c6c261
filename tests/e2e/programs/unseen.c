/*
 * A program that heapgate sees in part.
 *
 *     unseen KIND [COMMAND]
 *
 * sbrk      moves the program break
 * sysv      attaches ever more System V shared memory; sysv apart: makes it, and attaches none of it for long
 * shared    fills one large shared mapping
 * settled   has all the memory that it needs before it begins to work
 * opens     opens ever more files; opens slowly: for twice as long
 * steps     starts one thread and opens one file, half way
 * pool      divides one large mapping itself, and never gives back
 * teardown  keeps a block of each step, and frees all before it ends, slowly or (teardown at once) in no time
 * at-exit   keeps a block of each step, which an exit handler frees
 * memory    writes to a file in memory that it never maps
 * spawns    starts a command without any environment, and works until that has ended
 * headless  does what the next words say in another thread; the first one has ended
 * group     told to end, signals its process group before it saves its state, and says so
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEPS = 600, PART = 20000, POOL = STEPS * PART, BLOCK = 1000 };

static void *volatile scratch;
static volatile sig_atomic_t told;

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void work(void)
{
    scratch = malloc(100);
    free(scratch);
    rest();
}

static int pool(int visibility)
{
    char *all = mmap(NULL, POOL, PROT_READ | PROT_WRITE, visibility | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return 1;
    for (size_t i = 0; i < STEPS; i++) {
        memset(all + i * PART, 1, PART);
        work();
    }
    return 0;
}

static int move_break(void)
{
    for (size_t i = 0; i < STEPS; i++) {
        char *more = sbrk(BLOCK);
        if (more == (void *)-1)
            return 1;
        memset(more, 1, BLOCK);
        work();
    }
    return 0;
}

static int attach(bool apart)
{
    enum { SEGMENTS = STEPS / 2 };
    static int segments[SEGMENTS];
    int status = 0;
    int made = 0;
    for (; made < SEGMENTS && status == 0; made++) {
        segments[made] = shmget(IPC_PRIVATE, apart ? 4096 : PART, IPC_CREAT | 0600);
        char *more = shmat(segments[made], NULL, 0);
        status = segments[made] < 0 || more == (void *)-1 ||
                 (apart ? shmdt(more) : shmctl(segments[made], IPC_RMID, NULL)) != 0;
        work();
    }
    while (made > 0)
        shmctl(segments[--made], IPC_RMID, NULL);
    return status;
}

static int settled(void)
{
    static volatile unsigned sum;
    char *all = malloc(POOL / 16);
    struct timespec end;
    struct timespec now;
    if (!all || clock_gettime(CLOCK_MONOTONIC, &end) != 0)
        return 1;
    memset(all, 1, POOL / 16);
    end.tv_sec += 2;
    do {
        for (size_t i = 0; i < POOL / 16; i++)
            sum += (unsigned)all[i];
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
    return 0;
}

static int open_files(size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        if (i % 3 == 0 && open("/dev/null", O_RDONLY) < 0)
            return 1;
        work();
    }
    return 0;
}

static void *sleep_on(void *unused)
{
    for (;;)
        rest();
    return unused;
}

static int take_steps(void)
{
    for (size_t i = 0; i < STEPS; i++) {
        pthread_t thread;
        if (i == STEPS / 2 &&
            (pthread_create(&thread, NULL, sleep_on, NULL) != 0 || open("/dev/null", O_RDONLY) < 0))
            return 1;
        work();
    }
    return 0;
}

static void *kept[STEPS];

static void give_back(void)
{
    for (int i = 0; i < STEPS; i++)
        free(kept[i]);
}

static int keep_until_exit(void)
{
    for (int i = 0; i < STEPS; i++) {
        kept[i] = malloc(BLOCK); /* here: keep */
        rest();
    }
    return atexit(give_back);
}

static int write_to_memory(void)
{
    static char part[PART];
    int file = memfd_create("kept", 0); /* here: memory */
    for (int i = 0; i < STEPS; i++) {
        if (write(file, part, sizeof part) != (ssize_t)sizeof part)
            return 1;
        work();
    }
    return 0;
}

static int teardown(bool at_once)
{
    for (int i = 0; i < STEPS; i++) {
        kept[i] = malloc(BLOCK);
        rest();
    }
    for (int i = 0; i < STEPS; i++) {
        free(kept[i]);
        if (!at_once && i % 4 == 0)
            rest();
    }
    return 0;
}

static int spawn(char **words)
{
    pid_t child;
    int status;
    char *nothing[] = {NULL};
    if (posix_spawn(&child, words[0], NULL, NULL, words, nothing) != 0)
        return 1;
    while (waitpid(child, &status, WNOHANG) == 0)
        work();
    return status;
}

static void end(int signal)
{
    (void)signal;
    told = 1;
}

static int group(void)
{
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = end}, NULL);
    while (!told)
        work();
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 3; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        kill(0, SIGTERM);
    }
    puts("saved");
    return 0;
}

static int run(int argc, char **argv);

static void *run_words(void *words)
{
    char **argv = words;
    exit(run(argv[2] && argv[3] ? 3 : 2, argv + 1));
}

static int without_first_thread(char **argv)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_words, argv) == 0)
        pthread_exit(NULL);
    return 1;
}

static int run(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    if (strcmp(kind, "headless") == 0)
        return without_first_thread(argv);
    if (strcmp(kind, "pool") == 0)
        return pool(MAP_PRIVATE);
    if (strcmp(kind, "shared") == 0)
        return pool(MAP_SHARED);
    if (strcmp(kind, "sbrk") == 0)
        return move_break();
    if (strcmp(kind, "sysv") == 0)
        return attach(argc > 2);
    if (strcmp(kind, "settled") == 0)
        return settled();
    if (strcmp(kind, "opens") == 0)
        return open_files(argc > 2 ? 2 * STEPS : STEPS);
    if (strcmp(kind, "steps") == 0)
        return take_steps();
    if (strcmp(kind, "teardown") == 0)
        return teardown(argc > 2);
    if (strcmp(kind, "at-exit") == 0)
        return keep_until_exit();
    if (strcmp(kind, "memory") == 0)
        return write_to_memory();
    if (strcmp(kind, "spawns") == 0)
        return argc > 2 ? spawn(argv + 2) : 1;
    if (strcmp(kind, "group") == 0)
        return group();
    return 1;
}

int main(int argc, char **argv)
{
    return run(argc, argv);
}
