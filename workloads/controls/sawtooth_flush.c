/* A log buffer grows line by line and is flushed every 1,700 ops; leaking, the flush forgets the batch's
 * header. */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 60000};

enum { FLUSH_EVERY = 1700, LINE_BYTES = 50, HEADER_BYTES = 240 };

static struct {
    char *header;
    char *text;
    size_t size;
} batch;

static bool batch_begin(void)
{
    batch.header = malloc(HEADER_BYTES);
    return batch.header != NULL;
}

static bool batch_append(uint64_t i)
{
    char *grown = realloc(batch.text, batch.size + LINE_BYTES);
    if (!grown)
        return false;
    memset(grown + batch.size, (int)(i % 100), LINE_BYTES);
    batch.text = grown;
    batch.size += LINE_BYTES;
    return true;
}

static void batch_flush(void)
{
    if (!LEAKS)
        free(batch.header);
    free(batch.text);
    batch.header = batch.text = NULL;
    batch.size = 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % FLUSH_EVERY == 0) {
        batch_flush();
        if (!batch_begin())
            return 1;
    }
    return batch_append(i) ? 0 : 1;
}
