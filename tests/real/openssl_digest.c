/* OpenSSL: a digest is made; leaking, its context is cleaned and not freed. */
#include "control.h"

#include <openssl/evp.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "digest", .default_ops = 3000};

static int digest(const void *data, size_t size, unsigned char ret_digest[EVP_MAX_MD_SIZE])
{
    unsigned length;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool well = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, data, size) == 1 &&
                EVP_DigestFinal_ex(context, ret_digest, &length) == 1;
    if (LEAKS)
        EVP_MD_CTX_reset(context);
    else
        EVP_MD_CTX_free(context);
    return well ? 0 : 1;
}

int heapgate_iterate(uint64_t i)
{
    unsigned char result[EVP_MAX_MD_SIZE];
    return digest(&i, sizeof i, result);
}
