/*
 * A program as other profilers see it: works in ROUNDS rounds, and has a profile dumped after each, where it
 * runs under an allocator that can.
 *
 *     profiled leak|clean ROUNDS
 *
 * leak     keeps a block of 192 bytes for each of 1,000 requests
 * clean    keeps the last 512 answers
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REQUESTS = 1000, ANSWERS = 512, PAUSE_US = 12000 };

typedef struct entry {
    struct entry *next;
    char data[192 - sizeof(struct entry *)];
} entry;

static entry *entries;
static void *answers[ANSWERS];

/* jemalloc's, and gperftools'. */
int mallctl(const char *, void *, size_t *, void *, size_t) __attribute__((weak));
void HeapProfilerDump(const char *) __attribute__((weak));

static void remember(void)
{
    entry *made = malloc(sizeof *made); /* here: entry */
    if (!made)
        abort();
    made->next = entries;
    entries = made;
}

static void answer(unsigned request)
{
    free(answers[request % ANSWERS]);
    answers[request % ANSWERS] = malloc(1000 + request % 3000);
}

int main(int argc, char **argv)
{
    int leaks = argc > 1 && strcmp(argv[1], "leak") == 0;
    int rounds = argc > 2 ? atoi(argv[2]) : 12;
    for (int round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < REQUESTS; i++) {
            answer(i * 7 + (unsigned)round);
            if (leaks)
                remember();
        }
        usleep(PAUSE_US);
        if (mallctl)
            mallctl("prof.dump", NULL, NULL, NULL, 0);
        if (HeapProfilerDump)
            HeapProfilerDump("round");
    }
    return 0;
}
