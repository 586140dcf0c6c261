/*
 * A toolkit keeps tooltips in a table beside the widgets. The mistake: destroying a container destroys its
 * children by a short cut that does not tell the tooltip table, so that the children's tooltips stay. The
 * healthy one tells it. Dialogs open and close; at most 40 are open.
 */
#include "pair.h"
#include <stdio.h>

enum { DIALOGS = 40, CHILDREN = 6, BUCKETS = 512 };
struct tooltip {
    struct tooltip *next;
    uint64_t widget;
    char *text;
};
struct dialog {
    uint64_t id, child[CHILDREN];
};
static struct tooltip *bucket[BUCKETS];
static struct dialog *open_dialog[DIALOGS];
static uint64_t next_widget = 1;

static PAIR_NOINLINE void tooltip_set(uint64_t widget, const char *text)
{
    struct tooltip *t = malloc(sizeof *t);
    size_t len = strlen(text) + 1;
    t->text = malloc(len);
    memcpy(t->text, text, len);
    t->widget = widget;
    t->next = bucket[widget % BUCKETS];
    bucket[widget % BUCKETS] = t;
}

static void tooltip_forget(uint64_t widget)
{
    for (struct tooltip **at = &bucket[widget % BUCKETS]; *at; at = &(*at)->next)
        if ((*at)->widget == widget) {
            struct tooltip *t = *at;
            *at = t->next;
            free(t->text);
            free(t);
            return;
        }
}

static void dialog_destroy(struct dialog *d)
{
    tooltip_forget(d->id);
    for (unsigned k = 0; k < CHILDREN && !LEAKS; k++)
        tooltip_forget(d->child[k]);
    free(d);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned slot = (unsigned)(r % DIALOGS);
    struct dialog *d = malloc(sizeof *d);
    char text[80];

    d->id = next_widget++;
    for (unsigned k = 0; k < CHILDREN; k++)
        d->child[k] = next_widget++;
    snprintf(text, sizeof text, "Closes window %u", (unsigned)d->id);
    tooltip_set(d->id, text);
    if ((r >> 10) % 25 == 0) /* few controls have one */
        tooltip_set(d->child[(r >> 20) % CHILDREN], "Restores the defaults of this page");
    if (open_dialog[slot])
        dialog_destroy(open_dialog[slot]);
    open_dialog[slot] = d;
    return 0;
}
