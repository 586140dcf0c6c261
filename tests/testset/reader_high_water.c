/*
 * 400 readers, each with a buffer as long as its longest line yet; lines have 16 bytes to 16 KiB, long ones
 * ever more rarely. A reader ends after 300 lines of its own, with its buffer. The mistake: a reader that
 * ends amid a line (1 in 3, by chance) hands its buffer over to the next only if that has none. Healthy:
 * else it is freed.
 */
#include "pair.h"

enum { READERS = 400, LINES = 300 };
struct reader {
    char *buffer;
    size_t capacity;
    unsigned lines;
};
static struct reader reader[READERS];

static PAIR_NOINLINE char *buffer_resize(char *buffer, size_t capacity)
{
    char *grown = realloc(buffer, capacity);
    if (!grown)
        abort();
    return grown;
}

static void read_line(struct reader *r, size_t length)
{
    if (length > r->capacity) {
        r->buffer = buffer_resize(r->buffer, length);
        r->capacity = length;
    }
    memset(r->buffer, 'l', 8);
    r->lines++;
}

static void reader_end(struct reader *r, uint64_t draw)
{
    struct reader *next = r + 1 < reader + READERS ? r + 1 : reader;
    if (draw % 3 == 0 && !next->buffer) {
        next->buffer = r->buffer;
        next->capacity = r->capacity;
    } else if (draw % 3 != 0 || !LEAKS) {
        free(r->buffer);
    }
    *r = (struct reader){NULL, 0, 0};
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct reader *at = &reader[r % READERS];
    unsigned halvings = (unsigned)__builtin_ctzll(r >> 20 | 1 << 10);
    read_line(at, ((size_t)16 << halvings) - (r >> 50) % 8);
    if (at->lines >= LINES)
        reader_end(at, r >> 30);
    return 0;
}
