/*
 * Coroutines of a script language: each has a stack of 2 to 8 KiB that comes from a pool and goes back when
 * it ends. The mistake: a coroutine that is cancelled before its first resume (one in 90) has no frame to
 * unwind and so never reaches the code that gives its stack back. The healthy one gives it back on
 * cancelling; a pool keeps five of each size.
 */
#include "pair.h"

enum { KINDS = 3, SLOTS = 64, KEEP = 5 };
struct stack {
    struct stack *next;
    uint32_t kind, size;
    unsigned char memory[];
};
struct coroutine {
    struct stack *stack;
    uint32_t steps_left, started;
};
static struct stack *pool[KINDS];
static unsigned pooled[KINDS];
static struct coroutine running[SLOTS];

static PAIR_NOINLINE struct stack *stack_map(uint32_t kind)
{
    uint32_t size = 2048u << kind;
    struct stack *s = malloc(sizeof *s + size);
    s->kind = kind;
    s->size = size;
    s->memory[size - 1] = 0;
    return s;
}

static struct stack *stack_take(uint32_t kind)
{
    struct stack *s = pool[kind];
    if (!s)
        return stack_map(kind);
    pool[kind] = s->next;
    pooled[kind]--;
    return s;
}

static void stack_give(struct stack *s)
{
    if (pooled[s->kind] == KEEP) {
        free(s);
        return;
    }
    s->next = pool[s->kind];
    pool[s->kind] = s;
    pooled[s->kind]++;
}

static void resume(struct coroutine *c)
{
    c->started = 1;
    c->stack->memory[c->steps_left * 16 % c->stack->size] = 1;
    if (--c->steps_left == 0) {
        stack_give(c->stack);
        c->stack = NULL;
    }
}

static void cancel(struct coroutine *c)
{
    if (c->started || !LEAKS)
        stack_give(c->stack);
    c->stack = NULL;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct coroutine *c = &running[i % SLOTS];

    if (!c->stack) {
        c->stack = stack_take((uint32_t)(r % KINDS));
        c->steps_left = 1 + (uint32_t)(r >> 10) % 20;
        c->started = 0;
        if ((r >> 20) % 90 == 0)
            cancel(c);
    } else {
        resume(c);
    }
    return 0;
}
