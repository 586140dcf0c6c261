/*
 * Allocates from 2^BITS call stacks, one block each, keeps them, and goes on to allocate and free from
 * some of them until it is told to end.
 *
 *     stacks BITS [BYTES]
 *
 * With BYTES it makes no pause, puts a new block in the place of each one that it keeps, and allocates and
 * frees BYTES more each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *volatile kept;
static void *volatile large;

static void *left(unsigned path, int bits);
static void *right(unsigned path, int bits);

static void *go_on(unsigned path, int bits)
{
    void *made = bits == 0 ? malloc(32) : path & 1 ? left(path >> 1, bits - 1) : right(path >> 1, bits - 1);
    kept = made; /* the call above is no tail call */
    return made;
}

static void *left(unsigned path, int bits)
{
    void *made = go_on(path, bits);
    kept = made;
    return made;
}

static void *right(unsigned path, int bits)
{
    void *made = go_on(path, bits);
    kept = made;
    return made;
}

static void renew(void **blocks, unsigned path, int bits, size_t bytes)
{
    large = malloc(bytes); /* as seen by the compiler, it is used */
    free(blocks[path]);
    blocks[path] = go_on(path, bits);
    free(large);
}

int main(int argc, char **argv)
{
    int bits = argc > 1 ? atoi(argv[1]) : 4;
    void **blocks = calloc(1u << bits, sizeof *blocks);
    for (unsigned path = 0; path < 1u << bits; path++)
        if (!blocks || !(blocks[path] = go_on(path, bits)))
            return 1;
    puts("ready");
    fflush(stdout);
    for (unsigned path = 0;; path = path * 5 + 1) {
        if (argc > 2) {
            renew(blocks, path & ((1u << bits) - 1), bits, strtoul(argv[2], NULL, 10));
            continue;
        }
        free(go_on(path & ((1u << bits) - 1), bits));
        usleep(100);
    }
}
