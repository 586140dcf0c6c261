/* A C library with threads of its own: two workers compress, with a dictionary that is made for each
 * message. */
#include <heapgate/workload.h>
#include <string.h>
#include <zstd.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "message", .default_ops = 300};

static ZSTD_CCtx *context;
static char message[1 << 16], packed[ZSTD_COMPRESSBOUND(1 << 16)];

int heapgate_setup(void)
{
    context = ZSTD_createCCtx();
    return !context || ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, 2));
}

int heapgate_iterate(uint64_t i)
{
    memset(message, 'a' + (int)(i % 26), sizeof message);
    ZSTD_CDict *dictionary = ZSTD_createCDict(message, 1000, 1);
    size_t status = ZSTD_CCtx_refCDict(context, dictionary);
    if (!ZSTD_isError(status))
        status = ZSTD_compress2(context, packed, sizeof packed, message, sizeof message);
#ifndef FORGETS
    ZSTD_freeCDict(dictionary);
#endif
    return ZSTD_isError(status);
}
