/* Counts the JSON values that are alive, by way of jansson's allocation hook. */
#ifndef STORE_DOCUMENTS_H
#define STORE_DOCUMENTS_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_long live_json_blocks;

static void *count_malloc(size_t size)
{
    void *block = malloc(size);

    live_json_blocks += block != NULL;
    return block;
}

static void count_free(void *block)
{
    live_json_blocks -= block != NULL;
    free(block);
}

/* Before the first use of jansson. */
static inline void count_documents(void)
{
    json_set_alloc_funcs(count_malloc, count_free);
}

#endif
