/*
 * Mark rounds in any program, for heapgate exec --marks.
 *
 * Call heapgate_mark() where one round of the program's work is over and nothing is in flight: after a
 * request, a frame, a transaction. Without heapgate's probe in the process it does nothing, so the call may
 * stay in the program. Nothing is linked: the header is all there is, in C and in C++.
 *
 *     heapgate exec --marks -- ./server
 *
 * A program may mark for days: after HEAPGATE_MARKS calls only each second one is a checkpoint, then each
 * fourth, and so on, so that heapgate's record never fills up; it joins its earlier rounds in the same way.
 *
 * One thread calls it, always the same or one after the other. It allocates nothing. Costs: a few nanoseconds
 * without the probe; with it, a checkpoint reads the counters of every call path and thread.
 */
#ifndef HEAPGATE_MARK_H
#define HEAPGATE_MARK_H

#ifndef __linux__
#define heapgate_mark() ((void)0)
#else

#include <stdlib.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rounds that are kept apart; half as many follow at each length beyond. */
#define HEAPGATE_MARKS 32u

/* The C library's; declared here because dlfcn.h does not offer RTLD_DEFAULT to every language standard. */
extern void *dlsym(void *handle, const char *name);

/* One of the process, whatever the number of files that include this. */
struct heapgate_marks {
    void (*checkpoint)(void); /* the probe's; 0: not there, or not wanted */
    int process;              /* that the count is of: a forked child begins again */
    unsigned long count;
};
__attribute__((weak, visibility("default"))) struct heapgate_marks heapgate_marks;

/* Whether the mark of this number, from 1, ends a round. */
static inline int heapgate_mark_ends_round(unsigned long number)
{
    unsigned long length = 1;
    unsigned long begin = 0;
    unsigned long marks = HEAPGATE_MARKS;
    while (number > begin + marks * length) {
        begin += marks * length;
        length *= 2;
        marks = HEAPGATE_MARKS / 2;
    }
    return (number - begin) % length == 0;
}

static inline void heapgate_mark(void)
{
    int process = (int)getpid();
    if (heapgate_marks.process != process) {
        void *found = getenv("HEAPGATE_MARKS") ? dlsym(0, "heapgate_probe_mark") : 0;
        __builtin_memcpy(&heapgate_marks.checkpoint, &found, sizeof found);
        heapgate_marks.process = process;
        heapgate_marks.count = 0;
    }
    if (heapgate_marks.checkpoint && heapgate_mark_ends_round(++heapgate_marks.count))
        heapgate_marks.checkpoint();
}

#ifdef __cplusplus
}
#endif

#endif
#endif
