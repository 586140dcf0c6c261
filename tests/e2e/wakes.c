/*
 * Wakes the probe of a process and puts it back to sleep, again and again: wakes PID TIMES. Prints how
 * long it took from the call to the first block that is counted, at the median and at most. Fails where it
 * does not count, or counts more freed than allocated.
 */
#include "exec/attachment.h"
#include "record/checkpoint.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_IN_FLIGHT = 64 }; /* blocks that threads may be in the middle of at any moment */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void sleep_ms(long ms)
{
    const struct timespec pause = {.tv_nsec = ms * 1000000};
    nanosleep(&pause, NULL);
}

static bool is_awake(hg_attachment *attachment)
{
    char message[1024];
    double end = now() + 20;
    hg_waking state;
    while ((state = hg_attachment_look(attachment, message, sizeof message)) == HG_WAKING_ASLEEP &&
           now() < end)
        sleep_ms(0);
    if (state == HG_WAKING_FAILED)
        fprintf(stderr, "%s\n", message);
    return state == HG_WAKING_AWAKE;
}

/* The last look at what was counted is when the process sleeps again. */
static bool counts_well(const hg_attachment *attachment, int64_t *ret_allocations)
{
    hg_record_live live = hg_checkpoint_peek(&attachment->record, ret_allocations);
    if (live.blocks >= -MOST_IN_FLIGHT)
        return true;
    fprintf(stderr, "%lld allocations, %lld blocks alive\n", (long long)*ret_allocations,
            (long long)live.blocks);
    return false;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    if (argc != 3 || atoi(argv[2]) < 1)
        return 2;
    int64_t most = 0;
    int counted = 0; /* times in which the process ran at all; the machine may be busy */
    int times = atoi(argv[2]);
    double *took = calloc((size_t)times, sizeof *took);
    if (!took)
        return 1;
    for (int i = 0; i < times; i++) {
        char message[1024];
        hg_attachment attachment;
        int64_t allocations;
        double begin = now();
        if (!hg_attachment_open((pid_t)atoi(argv[1]), "", &attachment, message, sizeof message) ||
            !hg_attachment_wake(&attachment, message, sizeof message)) {
            fprintf(stderr, "%s\n", message);
            return 1;
        }
        if (!is_awake(&attachment)) {
            fprintf(stderr, "wake-up %d: it does not count\n", i);
            return 1;
        }
        took[i] = now() - begin;
        sleep_ms(1 + i % 5);
        hg_attachment_sleep(&attachment);
        if (!counts_well(&attachment, &allocations))
            return 1;
        counted += allocations > 0;
        most = allocations > most ? allocations : most;
        hg_attachment_close(&attachment);
    }
    qsort(took, (size_t)times, sizeof *took, compare);
    printf("%d wake-ups, %d with allocations; %.2f ms at the median, %.2f ms at most; at most %lld "
           "allocations counted in one\n",
           times, counted, 1000 * took[times / 2], 1000 * took[times - 1], (long long)most);
    free(took);
    return counted > times / 4 ? 0 : 1;
}
