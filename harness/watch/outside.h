/*
 * What the system says of another process, looked at from outside. Evidence at checkpoints; nothing here
 * stops or disturbs the process. Any thread.
 */
#ifndef HG_WATCH_OUTSIDE_H
#define HG_WATCH_OUTSIDE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct hg_outside {
    int64_t resident_bytes;        /* anonymous memory; -1 where it cannot be told, here and below */
    int64_t shared_bytes;          /* of mappings of shared memory (System V, POSIX, anonymous) */
    int64_t shared_resident_bytes; /* of them, the probe's record included */
    int64_t open_files, threads;
    int64_t cpu_ns; /* processor time of all its threads since its start */
} hg_outside;

hg_outside hg_outside_look(pid_t process);

/*
 * Whose folder in /proc tells what is true of the whole process: the process itself, or where its first
 * thread has ended before the others, another thread of it. hg_outside_look finds it, the functions below are
 * told.
 */
pid_t hg_outside_living(pid_t process);

/* What its newest open file is: a path, "socket:[1234]". Leaves ret_path as it was where that is
 * not known. */
void hg_outside_newest_file(pid_t process, char *ret_path, size_t size);

/*
 * A descriptor of the file in which it names the code that it compiles (symbols/perf_map.h), as it sees that
 * file itself; -1 if there is none of its own.
 */
int hg_outside_open_perf_map(pid_t process);

/* Its title, as ps shows it, cut to fit; leaves ret_title as it was where it has none. */
void hg_outside_title(pid_t process, char *ret_title, size_t size);

/* The program that the process runs now, an absolute path; leaves ret_path as it was where it cannot be
 * told. */
void hg_outside_program(pid_t process, char *ret_path, size_t size);

#endif
