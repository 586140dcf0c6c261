/* An LDAP server's BER decoder that builds a tree. The mistake: when the nesting is too deep it returns
 * NULL and forgets the elements above. Healthy: they are freed on the way out. */
#include "pair.h"

enum { DEPTH_MAX = 9 };

struct element {
    struct element *child;
    uint8_t tag;
    uint8_t value[31];
};

PAIR_NOINLINE static struct element *element_new(unsigned tag)
{
    struct element *element = calloc(1, sizeof *element);
    if (!element)
        abort();
    element->tag = (uint8_t)tag;
    return element;
}

static void element_free(struct element *element)
{
    while (element) {
        struct element *child = element->child;
        free(element);
        element = child;
    }
}

static struct element *decode(unsigned depth)
{
    struct element *top = NULL;
    for (unsigned k = 0; k < depth; k++) {
        if (k == DEPTH_MAX) {
            if (!LEAKS)
                element_free(top);
            return NULL;
        }
        struct element *element = element_new(0x30 + k);
        element->child = top;
        top = element;
    }
    return top;
}

int heapgate_iterate(uint64_t i)
{
    bool deep = i % 75 == 31;
    struct element *tree = decode(deep ? 12 : 3 + (unsigned)(i % 4));
    element_free(tree);
    return (tree == NULL) != deep;
}
