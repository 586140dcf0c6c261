/*
 * What kind of program a file is, by its first bytes: an ELF program or library and its dynamic linker, or a
 * script and its interpreter. The file may hold anything. Any thread.
 */
#ifndef HG_PROCESS_PROGRAM_FILE_H
#define HG_PROCESS_PROGRAM_FILE_H

#include <limits.h>
#include <stdbool.h>

/* What heapgate measures is for the processor that it was built for. */
#if defined(__aarch64__)
#define HG_PROCESSOR "arm64"
#else
#define HG_PROCESSOR "x86-64"
#endif

/* The kernel reads no more of a script's first line. */
#define HG_PROGRAM_LINE 256u

typedef enum hg_program_kind {
    HG_PROGRAM_ELF,     /* for this machine */
    HG_PROGRAM_FOREIGN, /* ELF, for another */
    HG_PROGRAM_BROKEN,  /* ELF, by its first bytes alone, or cut short */
    HG_PROGRAM_SCRIPT,
    HG_PROGRAM_OTHER, /* an object file, too */
} hg_program_kind;

typedef struct hg_program_file {
    hg_program_kind kind;
    char interpreter[PATH_MAX];      /* ELF: "" where it is linked statically; script: the path after #! */
    char arguments[HG_PROGRAM_LINE]; /* script: what follows it, "" if nothing */
    bool sanitized;                  /* ELF: brings an allocator of a sanitizer's */
} hg_program_file;

/* 0, or a negative errno when the file cannot be read. */
int hg_program_file_read(const char *path, hg_program_file *ret_file);

/* Whether an ELF program is linked with a shared library of this name. False where that cannot be read. */
bool hg_program_file_needs(const char *path, const char *library);

#endif
