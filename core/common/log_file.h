/*
 * A file that is written piece by piece through a fixed buffer, so that nothing is allocated and a piece can
 * have any length. After the first failure, which is kept, everything added is dropped. Not synchronised.
 */
#ifndef TOKA_LOG_FILE_H
#define TOKA_LOG_FILE_H

#include <stdint.h>
#include <toka/status.h>

#define TOKA_LOG_BUFFER_BYTES ((size_t)64 * 1024)

typedef struct toka_log_file {
    int descriptor;
    int problem;     /* errno of the first failure; 0: none */
    uint64_t size;   /* bytes added */
    size_t buffered; /* of them, not yet written */
    char buffer[TOKA_LOG_BUFFER_BYTES];
} toka_log_file;

/* Creates a file that only its owner may read; one that exists is refused. Gives 0 or errno. */
int toka_log_file_open(toka_log_file *file, const char *path);

void toka_log_file_add(toka_log_file *file, const char *bytes, size_t size);
void toka_log_file_format(toka_log_file *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds ,"key":"text", or, where the text is not UTF-8, ,"key_bytes":"…" with a code point for each byte.
 */
void toka_log_file_text(toka_log_file *file, const char *key, toka_text text);

/* Writes what is buffered. */
void toka_log_file_flush(toka_log_file *file);

/* Flushes and closes; gives the first failure's errno, or 0. */
int toka_log_file_close(toka_log_file *file);

/* Closes without writing: for a child process, whose buffer is a copy of its parent's. */
void toka_log_file_abandon(toka_log_file *file);

#endif
