/*
 * A document is parsed into 20 to 90 nodes and freed in each op. The mistake: a namespace that is declared
 * twice on one element (1 op in 2,000, by chance) is put into the document's list of old ones, whose tail
 * is lost when the list is joined. Healthy: the list is freed with the document. Most allocations are
 * right, 1 in 110,000 is lost.
 */
#include "pair.h"

struct namespace
{
    struct namespace *next;
    char uri[120];
};
struct node {
    struct node *next;
    char name[24];
};
struct document {
    struct node *nodes;
    struct namespace *old;
};

static PAIR_NOINLINE struct node *node_new(struct node *next)
{
    struct node *n = malloc(sizeof *n);
    if (!n)
        abort();
    n->next = next;
    n->name[0] = 'n';
    return n;
}

static PAIR_NOINLINE struct namespace *namespace_new(struct namespace *next)
{
    struct namespace *n = malloc(sizeof *n);
    if (!n)
        abort();
    n->next = next;
    memset(n->uri, 'u', sizeof n->uri);
    return n;
}

static void document_free(struct document *d)
{
    while (d->nodes) {
        struct node *next = d->nodes->next;
        free(d->nodes);
        d->nodes = next;
    }
    while (d->old) {
        struct namespace *next = d->old->next;
        free(d->old);
        d->old = next;
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct document d = {NULL, NULL};
    d.old = namespace_new(NULL);
    for (unsigned k = 0; k < 20 + r % 71; k++)
        d.nodes = node_new(d.nodes);
    if ((r >> 20) % 2000 == 0)
        d.old = namespace_new(LEAKS ? NULL : d.old);
    document_free(&d);
    return 0;
}
