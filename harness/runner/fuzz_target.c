#include "runner/fuzz_target.h"

#include "record/assert.h"
#include "runner/fuzz_corpus.h"
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static int (*test_one_input)(const uint8_t *data, size_t size);
static int (*initialize)(int *argc, char ***argv);
static hg_corpus corpus;

/*
 * libFuzzer's own, which a target with a custom mutator needs to be loaded. Inputs are given as they are, so
 * nobody calls it.
 */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most_size);

__attribute__((visibility("default"))) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most_size)
{
    (void)data;
    return size < most_size ? size : most_size;
}

bool hg_fuzz_target_find(void *library)
{
    void *symbol = dlsym(library, "LLVMFuzzerTestOneInput");
    memcpy(&test_one_input, &symbol, sizeof symbol);
    symbol = dlsym(library, "LLVMFuzzerInitialize");
    memcpy(&initialize, &symbol, sizeof symbol);
    return test_one_input != NULL;
}

bool hg_fuzz_target_load(const char *path, uint64_t *ret_round_ops, char *ret_message, size_t message_size)
{
    if (!path) {
        snprintf(ret_message, message_size, "a libFuzzer target needs inputs: give them with --corpus DIR");
        return false;
    }
    if (!hg_corpus_read(path, &corpus, ret_message, message_size))
        return false;
    uint64_t passes = (HG_FUZZ_ROUND_OPS + corpus.count - 1) / corpus.count;
    *ret_round_ops = passes * corpus.count;
    return true;
}

uint64_t hg_fuzz_target_inputs(void)
{
    return corpus.count;
}

void hg_fuzz_target_start(const char *path)
{
    /* The target may keep and change them. */
    static char name[PATH_MAX];
    static char *words[] = {name, NULL};
    static char **argv = words;
    static int argc = 1;
    snprintf(name, sizeof name, "%s", path);
    if (initialize)
        initialize(&argc, &argv);
}

const char *hg_fuzz_target_input(uint64_t i)
{
    HG_PROBE_ASSERT(corpus.count > 0);
    return corpus.inputs[i % corpus.count].name;
}

int hg_fuzz_target_op(uint64_t i)
{
    const hg_input *input = &corpus.inputs[i % corpus.count];
    HG_PROBE_ASSERT(input->data);
    test_one_input(input->data, input->size);
    return 0;
}
