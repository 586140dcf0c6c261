/*
 * A program whose children keep blocks: families [FILE]. Each child keeps what it makes in another way, and
 * ends in another way.
 *
 * table    in a table that the parent made; exits
 * pool     in memory that the parent mapped; returns from main
 * list     in a list of its own; ends by _exit
 * lost     nowhere; exits
 * starts   becomes this program anew, and keeps a list
 *
 * With a file, there is one child that keeps a list, writes to the file and sleeps for two seconds, and then
 * is ended by a signal.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 600, PAUSE_NS = 2000000, SLOTS = 10000, POOL_BYTES = 1 << 16, SECONDS = 2 };

struct entry {
    struct entry *next;
    char room[32];
};

static struct entry **table;  /* here: table */
static struct entry *entries; /* here: entries */
static struct entry **pool;

static void keep(struct entry **list)
{
    for (int i = 0; i < BLOCKS; i++) {
        struct entry *volatile made = calloc(1, sizeof *made);
        if (!made)
            abort();
        if (list) {
            made->next = *list;
            *list = made;
        }
        made = NULL;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}

static int be_child(const char *way)
{
    if (strcmp(way, "table") == 0)
        keep(&table[SLOTS - 1]);
    if (strcmp(way, "pool") == 0) {
        keep(pool);
        return 0;
    }
    if (strcmp(way, "list") == 0) {
        keep(&entries);
        _exit(0);
    }
    if (strcmp(way, "lost") == 0)
        keep(NULL);
    if (strcmp(way, "starts") == 0)
        execl("/proc/self/exe", "families", "again", "", NULL);
    exit(0);
}

static void wait_for_signal(const char *file)
{
    keep(&entries);
    FILE *to = fopen(file, "w");
    if (!to || fprintf(to, "%d", (int)getpid()) < 0 || fclose(to) != 0)
        abort();
    for (time_t end = time(NULL) + SECONDS + 1; time(NULL) < end;)
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    kill(getpid(), SIGKILL);
}

int main(int argc, char **argv)
{
    static const char *const ways[] = {"table", "pool", "list", "lost", "starts"};
    if (argc == 3) {
        keep(&entries);
        return 0;
    }
    table = calloc(SLOTS, sizeof *table);
    pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!table || pool == MAP_FAILED)
        return 1;
    if (argc == 2) {
        if (fork() == 0)
            wait_for_signal(argv[1]);
    } else {
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
            if (fork() == 0)
                return be_child(ways[i]);
    }
    while (wait(NULL) > 0)
        continue;
    return 0;
}
