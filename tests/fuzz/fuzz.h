/*
 * What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput, for libFuzzer (./dev fuzz);
 * in the tests, replay.c calls it with every file of its corpus.
 */
#ifndef HG_FUZZ_H
#define HG_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file with these bytes, by a path that is good until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* A folder of this process for files of the caller's, without a slash at its end. */
const char *fuzz_folder(void);

/* Writes a file in that folder. */
void fuzz_write(const char *name, const uint8_t *data, size_t size);

/* The bytes as a string, to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Stops the target, which is the finding. */
void fuzz_require(int holds, const char *what);

#endif
