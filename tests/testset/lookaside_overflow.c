/*
 * A statement's tree takes its nodes from 100 slots of lookaside memory, and from the heap when they are used
 * up, as in SQLite. The mistake: a statement that fails is not walked but all slots are put back at once,
 * with which those of its nodes are lost that came from the heap. It shows with large statements only
 * (1 in 1,500, of 101 to 120 nodes, half of which fail). Healthy: no allocation but for large statements.
 */
#include "pair.h"

enum { SLOTS = 100 };
struct node {
    struct node *next;
    char token[120];
};
static struct node lookaside[SLOTS], *spare;

static void slots_reset(void)
{
    spare = NULL;
    for (unsigned k = 0; k < SLOTS; k++) {
        lookaside[k].next = spare;
        spare = &lookaside[k];
    }
}

static PAIR_NOINLINE struct node *node_from_heap(void)
{
    struct node *n = malloc(sizeof *n);
    if (!n)
        abort();
    return n;
}

static void node_free(struct node *n)
{
    if (n >= lookaside && n < lookaside + SLOTS) {
        n->next = spare;
        spare = n;
    } else {
        free(n);
    }
}

static struct node *parse(unsigned nodes)
{
    struct node *list = NULL;
    for (unsigned k = 0; k < nodes; k++) {
        struct node *n = spare;
        if (n)
            spare = n->next;
        else
            n = node_from_heap();
        memset(n->token, (int)k, 16);
        n->next = list;
        list = n;
    }
    return list;
}

int heapgate_setup(void)
{
    slots_reset();
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    bool large = r % 1500 == 0;
    bool fails = (r >> 20) % 2 == 0;
    struct node *list = parse(large ? 101 + (unsigned)(r >> 30) % 20 : 3 + (unsigned)(r >> 30) % 40);
    if (LEAKS && fails) {
        slots_reset();
        return 0;
    }
    while (list) {
        struct node *next = list->next;
        node_free(list);
        list = next;
    }
    return 0;
}
