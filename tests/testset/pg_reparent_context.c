/*
 * Imitates the memory contexts of a database server (PostgreSQL): a statement has a context with blocks, a
 * child of the session's context, and is deleted at the statement's end.
 * The mistake: a statement that fails while it copies its plan (1 op in 6,000 by chance) leaves the plan's
 * context reparented to the cache's context, where no plan refers to it: a block of 4 KiB and a header.
 * The healthy twin has 300 cached plans in contexts of their own, one replaced per 20 ops: steady after op
 * 40,000.
 */
#include <heapgate/workload.h>
#include <string.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { PLANS = 300 };

struct block {
    struct block *next;
    size_t size;
};

struct context {
    struct context *parent, *first, *next, *previous;
    struct block *blocks;
    uint64_t name;
};

static struct context session, cache;
static struct context *plans[PLANS];

__attribute__((noinline)) static struct block *block_new(size_t size)
{
    struct block *block = malloc(size);
    if (block != NULL) {
        memset(block, 0, 64);
        block->size = size;
    }
    return block;
}

static void set_parent(struct context *context, struct context *parent)
{
    if (context->parent != NULL) {
        *(context->previous != NULL ? &context->previous->next : &context->parent->first) = context->next;
        if (context->next != NULL) {
            context->next->previous = context->previous;
        }
    }
    context->parent = parent;
    context->previous = NULL;
    context->next = parent->first;
    if (parent->first != NULL) {
        parent->first->previous = context;
    }
    parent->first = context;
}

static struct context *context_new(struct context *parent, size_t size, uint64_t name)
{
    struct context *context = calloc(1, sizeof *context);
    if (context == NULL || (context->blocks = block_new(size)) == NULL) {
        free(context);
        return NULL;
    }
    context->name = name;
    set_parent(context, parent);
    return context;
}

static void context_delete(struct context *context)
{
    while (context->first != NULL) {
        context_delete(context->first);
    }
    *(context->previous != NULL ? &context->previous->next : &context->parent->first) = context->next;
    if (context->next != NULL) {
        context->next->previous = context->previous;
    }
    while (context->blocks != NULL) {
        struct block *block = context->blocks;
        context->blocks = block->next;
        free(block);
    }
    free(context);
}

static int statement(uint64_t number)
{
    struct context *context = context_new(&session, 1024 << draw() % 3, number);
    if (context == NULL) {
        return 1;
    }
    int fails = draw() % 6000 == 0;
    if (fails || draw() % 20 == 0) {
        struct context *plan = context_new(context, 4096, number);
        if (plan == NULL) {
            return 1;
        }
        if (!fails || LEAKS) {
            set_parent(plan, &cache);
        }
        if (!fails) {
            struct context **place = &plans[draw() % PLANS];
            if (*place != NULL) {
                context_delete(*place);
            }
            *place = plan;
        }
    }
    context_delete(context);
    return 0;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    return statement(i);
}

void heapgate_teardown(void)
{
    while (cache.first != NULL) {
        context_delete(cache.first);
    }
}
