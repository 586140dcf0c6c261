/*
 * A program whose functions allocate through one of its own; one of them keeps what it gets.
 */
#include <heapgate/mark.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 600, CACHED = 20 };

static char *volatile last;
static char *cache[CACHED];

static void *get_memory_alloc(size_t size)
{
    void *block = malloc(size);
    if (!block)
        abort();
    return block;
}

static void parse(void)
{
    char *text = get_memory_alloc(30);
    last = text;
}

static void work(void)
{
    char *room = get_memory_alloc(300);
    memset(room, 1, 300);
    last = room;
    free(room);
}

static void keep(int i)
{
    free(cache[i % CACHED]);
    cache[i % CACHED] = get_memory_alloc(50);
}

int main(void)
{
    for (int i = 0; i < STEPS; i++) {
        parse();
        work();
        keep(i);
        if (i % 10 == 9)
            heapgate_mark();
    }
    return 0;
}
