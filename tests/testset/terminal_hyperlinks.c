/* A terminal with 6,000 lines to scroll back; 1 line in 6 has a hyperlink, whose address lies in one text
 * buffer. When the buffer is full, it is compacted, or it grows if less than a quarter is free. The mistake:
 * a link that is erased, 1 in 20, leaves its line but stays alive. Healthy: about 100,000 bytes are alive,
 * and the buffer has its final size before op 20,000. */
#include "pair.h"

enum { LINES = 6000, NO_LINE = -1 };

struct link {
    uint32_t offset, length;
    int32_t line;
    bool alive;
};

static char *text;
static size_t text_used, text_capacity, text_dead;
static struct link *links;
static size_t link_count, link_capacity;
static uint32_t lines[LINES]; /* number of the link, plus 1 */

PAIR_NOINLINE static void text_grow(void)
{
    text_capacity = text_capacity ? text_capacity + text_capacity / 2 : 4096;
    text = realloc(text, text_capacity);
    if (!text)
        abort();
}

PAIR_NOINLINE static void links_grow(void)
{
    link_capacity = link_capacity ? 2 * link_capacity : 64;
    links = realloc(links, link_capacity * sizeof *links);
    if (!links)
        abort();
}

static void compact(void)
{
    size_t used = 0, count = 0;
    for (size_t k = 0; k < link_count; k++) {
        struct link link = links[k];
        if (!link.alive)
            continue;
        memmove(text + used, text + link.offset, link.length);
        link.offset = (uint32_t)used;
        used += link.length;
        links[count++] = link;
        if (link.line != NO_LINE)
            lines[link.line] = (uint32_t)count;
    }
    text_used = used;
    link_count = count;
    text_dead = 0;
}

static void link_drop(int32_t line)
{
    struct link *link = &links[lines[line] - 1];
    link->alive = false;
    text_dead += link->length;
    lines[line] = 0;
}

static void link_erase(int32_t line)
{
    if (LEAKS) {
        links[lines[line] - 1].line = NO_LINE;
        lines[line] = 0;
    } else {
        link_drop(line);
    }
}

static void link_add(int32_t line, uint32_t length, uint64_t r)
{
    while (text_used + length > text_capacity) {
        if (text_dead > text_capacity / 4)
            compact();
        else
            text_grow();
    }
    if (link_count == link_capacity)
        links_grow();
    memset(text + text_used, 'a' + (int)(r % 26), length);
    links[link_count++] = (struct link){(uint32_t)text_used, length, line, true};
    text_used += length;
    lines[line] = (uint32_t)link_count;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    int32_t line = (int32_t)(i % LINES);
    if (lines[line])
        link_drop(line);
    if (r % 6 == 0) {
        link_add(line, 40 + (uint32_t)(r >> 8) % 121, r >> 32);
        if ((r >> 40) % 20 == 0)
            link_erase(line);
    }
    return 0;
}
