/*
 * The inputs of a fuzz target: the files of a folder, sorted by name, read whole into memory.
 *
 * Hidden files (.gitignore), folders and other files that are not regular are left out. An empty file is an
 * input of no bytes. The files are sorted by the bytes of their names, so that input i is the same in every
 * locale.
 *
 * Not thread-safe; for the runner's one thread.
 */
#ifndef HG_RUNNER_FUZZ_CORPUS_H
#define HG_RUNNER_FUZZ_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_MOST_INPUTS      (1u << 20)
#define HG_MOST_INPUT_BYTES (UINT64_C(1) << 30) /* of all inputs together */

#define HG_INPUT_NAME 64u /* bytes of one, the NUL included */

typedef struct hg_input {
    uint8_t *data;            /* never NULL */
    size_t size;              /* bytes */
    char name[HG_INPUT_NAME]; /* of its file in the folder, cut to fit; "" for a corpus of one file */
} hg_input;

typedef struct hg_corpus {
    hg_input *inputs;
    size_t count;
} hg_corpus;

/*
 * Reads the corpus: a folder, or one file, which is a corpus of one. False, with one line in ret_message and
 * ret_corpus untouched, if something cannot be read, if there is no input, or if a limit above is exceeded.
 */
bool hg_corpus_read(const char *path, hg_corpus *ret_corpus, char *ret_message, size_t message_size);

/* A zeroed corpus is fine. */
void hg_corpus_free(hg_corpus *corpus);

#endif
