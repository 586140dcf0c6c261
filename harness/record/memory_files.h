/*
 * Files and segments that are memory and lie in no address space, or need not: memfd, deleted files in tmpfs,
 * what is below /dev/shm, shared memory of System V. Linux only; allocates nothing.
 */
#ifndef HG_RECORD_MEMORY_FILES_H
#define HG_RECORD_MEMORY_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct hg_memory_file {
    dev_t device;
    ino_t inode;
    int64_t bytes;
    int descriptor;
} hg_memory_file;

/* By device and inode, each once. list has room for so many, which is the caller's; the rest is left out. */
typedef struct hg_memory_files {
    hg_memory_file *list;
    size_t count, room;
} hg_memory_files;

/* Adds an open file if it is one, and can be reached by no name or by one below /dev/shm. folder: a
 * descriptor of /proc/PID/fd. */
void hg_memory_files_add(hg_memory_files *files, int folder, const char *number);

/* A line of /proc/PID/maps: what is mapped of one of the files is left out. */
void hg_memory_files_leave_mapped(hg_memory_files *files, const char *line);

/* What all take together; ret_largest: the descriptor of the one that takes most, -1 for none. */
int64_t hg_memory_files_sum(const hg_memory_files *files, int *ret_largest);

/* Of the shared memory of System V. */
typedef struct hg_memory_segments {
    int64_t bytes; /* in memory, of segments that the process made and nobody removed */
    int64_t apart; /* the size of those of them that nobody has attached */
    int64_t own;   /* number of these segments */
    int64_t all;   /* of the system's */
} hg_memory_segments;

/* Takes milliseconds where the system has thousands. */
hg_memory_segments hg_memory_segments_of(pid_t process);

#endif
