/*
 * What the system says of another process, looked at from outside. Evidence at checkpoints; nothing here
 * stops or disturbs the process. Any thread.
 */
#ifndef HG_WATCH_OUTSIDE_H
#define HG_WATCH_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct hg_outside {
    int64_t resident_bytes;        /* anonymous memory; -1 where it cannot be told, here and below */
    int64_t shared_bytes;          /* of mappings of shared memory (POSIX, anonymous) */
    int64_t segment_bytes;         /* of the same of System V */
    int64_t shared_resident_bytes; /* of both, the probe's record included */
    /*
     * In memory without being mapped: of its open files that are in memory and can be reached by no name
     * (memfd, deleted files in tmpfs), or by one below /dev/shm; each counts once, without what is mapped of
     * it. largest_held: the descriptor of the one that takes most; -1: none.
     */
    int64_t held_bytes;
    int largest_held;
    int64_t open_files, threads;
    int64_t cpu_ns; /* processor time of all its threads since its start */
} hg_outside;

/* thorough: asks what each open file is, for held_bytes, which is -1 otherwise. */
hg_outside hg_outside_look(pid_t process, bool thorough);

/* Of all its threads since its start; -1 where nobody can tell. */
int64_t hg_outside_processor_ns(pid_t process);

/* For how many seconds its first thread has waited for a processor so far; 0 where nobody can tell. */
double hg_outside_waited(pid_t process);

/* How much memory the process has in these addresses that no other process shares; 0 where it cannot be
 * told. */
int64_t hg_outside_private(pid_t process, uint64_t begin, uint64_t bytes);

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
int hg_outside_open_jitdump(pid_t process); /* the same of a jitdump; it looks through all mappings */

/* What an open file is, likewise; of a file that was deleted, what it was. */
void hg_outside_file(pid_t process, int descriptor, char *ret_path, size_t size);

/* Whether a thread of the process has given up system calls that this process can still make: in a container
 * both may be under a filter. */
bool hg_outside_is_sandboxed(pid_t process);

/* Its title, as ps shows it, cut to fit; leaves ret_title as it was where it has none. */
void hg_outside_title(pid_t process, char *ret_title, size_t size);

/* The program that the process runs now, an absolute path; leaves ret_path as it was where it cannot be
 * told. */
void hg_outside_program(pid_t process, char *ret_path, size_t size);

#endif
