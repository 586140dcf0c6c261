/*
 * A compiler's constant folder works on expression trees that are freed after each function. The mistake:
 * folding `x * 0` replaces the node by 0 and forgets the subtree of x. The healthy one frees the operands of
 * whatever it folds.
 */
#include "pair.h"

struct expr {
    enum { NUMBER, VARIABLE, ADD, MULTIPLY } kind;
    int32_t number;
    struct expr *left, *right;
};

static PAIR_NOINLINE struct expr *expr_new(int kind, int32_t number, struct expr *left, struct expr *right)
{
    struct expr *e = malloc(sizeof *e);
    e->kind = kind;
    e->number = number;
    e->left = left;
    e->right = right;
    return e;
}

static struct expr *parse(uint64_t i, unsigned *draw, int depth)
{
    uint64_t r = pair_random(i, (*draw)++);
    if (depth == 0 || r % 5 == 0)
        return r >> 32 & 1 ? expr_new(VARIABLE, (int32_t)(r >> 20 & 7), NULL, NULL)
                           : expr_new(NUMBER, (int32_t)(r >> 8) % 24, NULL, NULL);
    struct expr *left = parse(i, draw, depth - 1);
    return expr_new(r >> 33 & 1 ? ADD : MULTIPLY, 0, left, parse(i, draw, depth - 1));
}

static void expr_free(struct expr *e)
{
    if (!e)
        return;
    expr_free(e->left);
    expr_free(e->right);
    free(e);
}

static void become_number(struct expr *e, int32_t number, bool free_left)
{
    if (free_left)
        expr_free(e->left);
    expr_free(e->right);
    e->kind = NUMBER;
    e->number = number;
    e->left = e->right = NULL;
}

static void fold(struct expr *e)
{
    if (e->kind < ADD)
        return;
    fold(e->left);
    fold(e->right);
    int32_t l = e->left->number, r = e->right->number;
    if (e->left->kind == NUMBER && e->right->kind == NUMBER)
        become_number(e, (e->kind == ADD ? l + r : l * r) & 0xff, true);
    else if (e->kind == MULTIPLY && e->right->kind == NUMBER && r == 0)
        become_number(e, 0, !LEAKS);
}

int heapgate_iterate(uint64_t i)
{
    unsigned draw = 0;
    struct expr *e = parse(i, &draw, 4);
    fold(e);
    expr_free(e);
    return 0;
}
