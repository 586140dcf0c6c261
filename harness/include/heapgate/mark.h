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
 * Other languages call the probe's heapgate_probe_mark itself, in the same way.
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
    void (*mark)(void); /* the probe's function; 0: there is no probe, or it wants no marks */
    int process;        /* that it was looked for in: a forked child looks again */
};
__attribute__((weak, visibility("default"))) struct heapgate_marks heapgate_marks;

static inline void heapgate_mark(void)
{
    int process = (int)getpid();
    if (heapgate_marks.process != process) {
        void *found = getenv("HEAPGATE_MARKS") ? dlsym(0, "heapgate_probe_mark") : 0;
        __builtin_memcpy(&heapgate_marks.mark, &found, sizeof found);
        heapgate_marks.process = process;
    }
    if (heapgate_marks.mark)
        heapgate_marks.mark();
}

#ifdef __cplusplus
}
#endif

#endif
#endif
