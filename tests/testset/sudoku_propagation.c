/* A sudoku solver that propagates on a static board and saves guesses on a static stack of 16. The mistake:
 * when the stack is full (1 op in 1,000 guesses that deep) a guess is saved on the heap and not freed on
 * backtracking. Healthy: the deepest guess is given up instead, so nothing is ever allocated. */
#include "pair.h"

enum { DEPTH = 16 };
struct guess {
    uint16_t candidates[81];
};
static uint16_t board[81];
static struct guess stack[DEPTH];
static uint64_t solved;

PAIR_NOINLINE static struct guess *guess_new(void)
{
    struct guess *g = malloc(sizeof *g);
    memcpy(g->candidates, board, sizeof board);
    return g;
}

static void solve(uint64_t r, int depth)
{
    for (int k = 0; k < depth; k++) {
        struct guess *g = &stack[k < DEPTH ? k : DEPTH - 1];
        if (k >= DEPTH && LEAKS)
            g = guess_new();
        else
            memcpy(g->candidates, board, sizeof board);
        board[(r >> k) % 81] &= (uint16_t) ~(1u << (r + (unsigned)k) % 9);
        solved += g->candidates[k] == board[k];
    }
    memcpy(board, stack[0].candidates, sizeof board);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    for (int k = 0; k < 81; k++)
        board[k] = 0x1ff;
    solve(r, (r >> 40) % 1000 == 0 ? DEPTH + 1 : (int)(r >> 55) % 6);
    return 0;
}
