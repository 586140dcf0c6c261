/*
 * Ways in which a program ends, or does not: ends KIND FILE. It allocates all the time and writes its process
 * id to the file when it is under way.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t told;
static volatile sig_atomic_t times;
static void *volatile kept;

static void note(int signal)
{
    told = signal;
    times++;
}

static void work_for(int ms)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < ms; i++) {
        kept = malloc(100);
        free(kept);
        nanosleep(&pause, NULL);
    }
}

static void say_where(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        abort();
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
}

/* Looks for the record that the probe has mapped, and writes over its header. */
static void write_over_record(void)
{
    char line[512];
    void *begin = NULL;
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long offset;
    void *place;
    while (maps && !begin && fgets(line, sizeof line, maps))
        if (strstr(line, "heapgate-record") && sscanf(line, "%p-%*x %*s %lx", &place, &offset) == 2 &&
            offset == 0)
            begin = place;
    if (!begin)
        abort();
    memset(begin, 0x5a, 64);
    fclose(maps);
}

/* What the probe has mapped of the record beyond its header, where it counts. */
static void protect_counters(void)
{
    char line[512];
    unsigned long begin[64];
    unsigned long end[64];
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && count < 64 && fgets(line, sizeof line, maps)) {
        unsigned long offset;
        if (strstr(line, "heapgate-record") &&
            sscanf(line, "%lx-%lx %*s %lx", &begin[count], &end[count], &offset) == 3 && offset > 0)
            count++;
    }
    for (size_t i = 0; i < count; i++)
        mprotect((void *)begin[i], end[i] - begin[i], PROT_NONE); /* NOLINT(performance-no-int-to-ptr) */
}

/* Whether a program sees the default of the signal where it set nothing, and its own handler where it did. */
static bool is_default_seen(int number)
{
    struct sigaction before;
    struct sigaction after;
    if (sigaction(number, NULL, &before) != 0 || before.sa_handler != SIG_DFL || before.sa_flags != 0)
        return false;
    if (signal(number, note) != SIG_DFL || signal(number, SIG_DFL) != note)
        return false;
    return sigaction(number, NULL, &after) == 0 && after.sa_handler == SIG_DFL;
}

/* Each of 4,096 call paths in turn, through one of two functions on each of 12 levels, keeps a block. */
#define LEVEL(name, next)                                                                                    \
    static __attribute__((noinline)) void *left_##name(unsigned way);                                        \
    static __attribute__((noinline)) void *right_##name(unsigned way);                                       \
    static void *left_##name(unsigned way)                                                                   \
    {                                                                                                        \
        void *block = way & 1 ? left_##next(way >> 1) : right_##next(way >> 1);                              \
        __asm__("# left" : "+r"(block));                                                                     \
        return block;                                                                                        \
    }                                                                                                        \
    static void *right_##name(unsigned way)                                                                  \
    {                                                                                                        \
        void *block = way & 1 ? right_##next(way >> 1) : left_##next(way >> 1);                              \
        __asm__("# right" : "+r"(block));                                                                    \
        return block;                                                                                        \
    }

static __attribute__((noinline)) void *left_0(unsigned way)
{
    return malloc(100 + way);
}

static __attribute__((noinline)) void *right_0(unsigned way)
{
    return malloc(101 + way);
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): the blocks are kept in a list */
LEVEL(1, 0)
LEVEL(2, 1)
LEVEL(3, 2)
LEVEL(4, 3)
LEVEL(5, 4)
LEVEL(6, 5)
LEVEL(7, 6)
LEVEL(8, 7)
LEVEL(9, 8)
LEVEL(10, 9)
LEVEL(11, 10)
/* NOLINTEND(clang-analyzer-unix.Malloc) */

static void build(void)
{
    const struct timespec pause = {.tv_nsec = 400000};
    for (unsigned i = 0; i < 4096; i++) {
        void **block = i & 1 ? left_11(i >> 1) : right_11(i >> 1);
        if (!block)
            abort();
        *block = kept;
        kept = block;
        nanosleep(&pause, NULL);
    }
}

/* Leaves all work to children that end soon. */
static int wait_for_children(void)
{
    char *const words[] = {(char *)"sleep", (char *)"0.02", NULL};
    for (int i = 0; i < 20; i++) {
        pid_t child;
        if (posix_spawn(&child, "/bin/sleep", NULL, NULL, words, environ) != 0)
            return 1;
        waitpid(child, NULL, 0);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const char *kind = argv[1];
    if (strcmp(kind, "deaf") == 0) {
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
    } else if (strcmp(kind, "polite") == 0 || strcmp(kind, "counts") == 0) {
        signal(SIGINT, note);
        signal(SIGTERM, note);
        signal(SIGUSR1, note);
    }
    if (strcmp(kind, "asks") == 0 && !(is_default_seen(SIGSEGV) && is_default_seen(SIGBUS)))
        return 3;
    say_where(argv[2]);
    if (strcmp(kind, "polite") == 0) {
        while (!told)
            work_for(1);
        printf("told to end by signal %d\n", (int)told);
        return 7;
    }
    if (strcmp(kind, "counts") == 0) {
        while (!told)
            work_for(1);
        work_for(300);
        return times;
    }
    if (strcmp(kind, "runs") == 0 || strcmp(kind, "deaf") == 0)
        for (;;)
            work_for(1000);
    if (strcmp(kind, "waits") == 0)
        return wait_for_children();
    work_for(300);
    if (strcmp(kind, "abort") == 0)
        abort();
    if (strcmp(kind, "segv") == 0)
        raise(SIGSEGV);
    if (strcmp(kind, "wild") == 0) {
        write_over_record();
        work_for(200);
    }
    if (strcmp(kind, "probe") == 0) {
        protect_counters();
        work_for(200);
    }
    if (strcmp(kind, "builds") == 0)
        build();
    if (strcmp(kind, "background") == 0 && daemon(1, 1) == 0)
        work_for(1000);
    if (strcmp(kind, "replaced") == 0)
        execl(argv[0], argv[0], "plain", argv[2], (char *)NULL);
    if (strcmp(kind, "hands_over") == 0)
        execl("/bin/true", "true", (char *)NULL);
    return 0;
}
