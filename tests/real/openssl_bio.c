/* OpenSSL: a chain of filters; leaking, BIO_free is called where BIO_free_all was meant, and frees the first
 * only. */
#include "control.h"

#include <openssl/bio.h>
#include <openssl/evp.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "text", .default_ops = 3000};

static int encode(const void *data, int size)
{
    BIO *memory = BIO_new(BIO_s_mem());
    BIO *encoder = BIO_new(BIO_f_base64());
    BIO *chain = BIO_push(encoder, memory);
    bool well = BIO_write(chain, data, size) == size && BIO_flush(chain) == 1;
    if (LEAKS)
        BIO_free(chain);
    else
        BIO_free_all(chain);
    return well ? 0 : 1;
}

int heapgate_iterate(uint64_t i)
{
    return encode(&i, sizeof i);
}
