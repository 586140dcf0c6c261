/*
 * One child process: started with an environment of its own, watched, stopped at its limits.
 *
 * A process's output is read as it comes, and the last HG_LOG_BYTES of it are kept. It leads a process group,
 * so that what it started is stopped with it, and it dies with the driver. Not thread-safe.
 */
#ifndef HG_PROCESS_PROCESS_H
#define HG_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HG_LOG_BYTES 2048u

/*
 * The descriptor number under which a child finds its record: out of the way of its own, but below its limit
 * of open files.
 */
#define HG_RECORD_DESCRIPTOR 200
int hg_process_record_descriptor(void);

typedef struct hg_process_spec {
    char *const *arguments;   /* [0] is the program's path; NULL-terminated */
    char *const *environment; /* NAME=VALUE; NULL-terminated */
    int record_fd;
    double time_limit_seconds;   /* wall clock */
    uint64_t memory_limit_bytes; /* resident; 0: none */
} hg_process_spec;

typedef enum hg_ending {
    HG_ENDING_NONE, /* still running */
    HG_ENDING_EXIT,
    HG_ENDING_SIGNAL,
    HG_ENDING_TIME_LIMIT,
    HG_ENDING_MEMORY_LIMIT,
} hg_ending;

typedef struct hg_process {
    pid_t pid;
    int exit_fd;              /* readable when the process is gone; -1 when reaped */
    int output_fd;            /* its standard output and error; -1 when at its end */
    double started, deadline; /* seconds, monotonic */
    uint64_t memory_limit_bytes;
    hg_ending ending;
    int code; /* exit code or signal */
    char log[HG_LOG_BYTES + 1];
    size_t log_size;
} hg_process;

/* Seconds on the monotonic clock. */
double hg_process_now(void);

/* 0, or a negative errno with nothing started. */
int hg_process_start(const hg_process_spec *spec, hg_process *ret_process);

/* Reads output, enforces the limits and reaps. Never blocks. True once the process has ended. */
bool hg_process_poll(hg_process *process);

/* Kills and reaps whatever still runs, and closes the descriptors. */
void hg_process_stop(hg_process *process);

#endif
