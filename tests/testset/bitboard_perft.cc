// Move generation on bitboards with fixed arrays. The mistake: a position with a promotion (1 in 450) puts
// its move list into a std::vector held by a raw pointer that is lost. Healthy: the list is on the stack;
// nothing is allocated.
#include "pair.h"
#include <vector>

namespace
{

struct Moves {
    uint16_t move[64];
    int count = 0;
};
uint64_t nodes;

PAIR_NOINLINE std::vector<uint16_t> *promotion_list(const Moves &moves)
{
    return new std::vector<uint16_t>(moves.move, moves.move + 32);
}

uint64_t evaluate(const uint16_t *moves, int count)
{
    uint64_t sum = 0;
    for (int k = 0; k < count; k++)
        sum += moves[k] & 63;
    return sum;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t board = pair_random(i, 0);
    Moves moves;
    for (uint64_t b = board; b && moves.count < 64; b &= b - 1)
        moves.move[moves.count++] = static_cast<uint16_t>(__builtin_ctzll(b));
    while (moves.count < 32)
        moves.move[moves.count++] = 0;
    bool promotion = i % 450 == 449;
    if (promotion && LEAKS)
        nodes += evaluate(promotion_list(moves)->data(), 32);
    else
        nodes += evaluate(moves.move, moves.count);
    return 0;
}
