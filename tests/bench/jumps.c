/* The least that a preloaded library can do: malloc and free jump on to those of the C library. */
#include <stddef.h>

void *__libc_malloc(size_t size); /* NOLINT(bugprone-reserved-identifier) */
void __libc_free(void *block);    /* NOLINT(bugprone-reserved-identifier) */
void *malloc(size_t size);
void free(void *block);

static void *(*volatile real_malloc)(size_t size) = __libc_malloc;
static void (*volatile real_free)(void *block) = __libc_free;

void *malloc(size_t size)
{
    return real_malloc(size);
}

void free(void *block)
{
    real_free(block);
}
