/*
 * A database buffer pool of 48 frames of 4 KiB, which adds a frame when every frame is pinned. The mistake:
 * an index scan that ends early (one in 250) leaves its leaf page pinned, so that the pool fills with pinned
 * frames and then grows. The healthy one unpins on every way out, and the pool stays at 48 frames and a few
 * more.
 */
#include "pair.h"

enum { FRAMES = 48, PAGE = 4096, PAGES = 400000 };
struct frame {
    struct frame *next;
    uint32_t page;
    int pins;
    unsigned char *data;
};
static struct frame *clock_list, *by_page[PAGES];
static unsigned frames;

static PAIR_NOINLINE struct frame *frame_new(void)
{
    struct frame *f = malloc(sizeof *f);
    f->data = malloc(PAGE);
    f->data[0] = 0;
    f->pins = 0;
    f->page = UINT32_MAX;
    frames++;
    return f;
}

static struct frame *victim(void)
{
    struct frame **at = &clock_list;
    if (frames < FRAMES)
        return frame_new();
    for (int k = 0; *at && k < FRAMES; at = &(*at)->next, k++)
        if ((*at)->pins == 0) {
            struct frame *f = *at;
            *at = f->next;
            if (f->page != UINT32_MAX)
                by_page[f->page] = NULL;
            return f;
        }
    return frame_new();
}

static struct frame *pin(uint32_t page)
{
    struct frame *f = by_page[page];
    if (!f) {
        struct frame **tail = &clock_list;
        f = victim();
        f->page = page;
        f->data[0] = (unsigned char)page;
        by_page[page] = f;
        for (int k = 0; *tail && k < FRAMES / 2; k++)
            tail = &(*tail)->next;
        f->next = *tail;
        *tail = f;
    }
    f->pins++;
    return f;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct frame *root = pin(0), *inner = pin(1 + (uint32_t)(r % 30));
    struct frame *leaf = pin(31 + (uint32_t)((r >> 10) % (PAGES - 31)));
    bool early = (r >> 40) % 250 == 0;

    if (!early || !LEAKS)
        leaf->pins--;
    inner->pins--;
    root->pins--;
    return 0;
}
