/*
 * Marks rounds in any program, for heapgate exec --marks.
 *
 * Call heapgate_mark() where one round of the program's work is over and nothing is in flight: after a
 * request, a frame or a transaction. Without heapgate's probe in the process it does nothing, so the call can
 * stay in the program. This header is all that a C or C++ program needs; there is no library to link.
 *
 *     heapgate exec --marks -- ./server
 *
 * A program can call it for days. After HEAPGATE_MARKS calls only every second call is a checkpoint, later
 * every fourth, and so on. heapgate joins its earlier rounds in the same way, so its record never fills up.
 *
 * Only one thread may call it at a time. It allocates nothing. It costs a few nanoseconds without the probe;
 * with the probe, a checkpoint reads the counters of every call path and thread.
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

/* The number of rounds of length 1; each longer length has half as many. */
#define HEAPGATE_MARKS 32u

/* The C library's; declared here because dlfcn.h does not offer RTLD_DEFAULT to every language standard. */
extern void *dlsym(void *handle, const char *name);

/* One for the process, even if many files include this header. */
struct heapgate_marks {
    void (*checkpoint)(void); /* the probe's function; 0: there is no probe, or it wants no marks */
    int process;              /* the process that count belongs to: a forked child starts again */
    unsigned long count;
};
__attribute__((weak, visibility("default"))) struct heapgate_marks heapgate_marks;

/* Whether this mark ends a round; marks are numbered from 1. */
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
