/*
 * Signals in the manner of GObject: a page of the preferences connects two handlers with the same function to
 * the theme, one for its colours and one for its fonts. The mistake: closing the page disconnects by function
 * and data, which takes away the first match only. The healthy one disconnects until none is found.
 */
#include "pair.h"

typedef void (*callback)(void *data, unsigned detail);
struct handler {
    struct handler *next;
    callback call;
    void *data;
    unsigned detail;
    uint64_t id;
};
struct page {
    unsigned redraws, number;
};
static struct handler *theme_changed;
static struct page page[16];
static uint64_t next_id;

static void redraw(void *data, unsigned detail)
{
    ((struct page *)data)->redraws += detail;
}

static PAIR_NOINLINE __attribute__((noclone)) uint64_t signal_connect(struct handler **signal, callback call,
                                                                      void *data, unsigned detail)
{
    struct handler *h = malloc(sizeof *h);
    h->call = call;
    h->data = data;
    h->detail = detail;
    h->id = ++next_id;
    h->next = *signal;
    *signal = h;
    return h->id;
}

static bool signal_disconnect(struct handler **signal, callback call, void *data, int most)
{
    for (; *signal && most; signal = &(*signal)->next, most--)
        if ((*signal)->call == call && (*signal)->data == data) {
            struct handler *h = *signal;
            *signal = h->next;
            free(h);
            return true;
        }
    return false;
}

static void signal_emit(struct handler *h)
{
    for (int k = 0; h && k < 8; h = h->next, k++)
        h->call(h->data, h->detail);
}

int heapgate_iterate(uint64_t i)
{
    struct page *p = &page[i % 16];
    p->number = (unsigned)i;
    signal_connect(&theme_changed, redraw, p, 1);
    signal_connect(&theme_changed, redraw, p, 2);
    if (i % 60 == 0)
        signal_emit(theme_changed);
    if (LEAKS)
        signal_disconnect(&theme_changed, redraw, p, 4);
    else
        while (signal_disconnect(&theme_changed, redraw, p, 4))
            ;
    return 0;
}
