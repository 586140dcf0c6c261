/*
 * A compiler allocates its syntax tree in an arena, which it rewinds after each function. The mistake: a node
 * type got a std::string for long literals, and a rewind runs no destructors. The healthy arena keeps a list
 * of what to destroy. Short literals fit into the string itself; one in 30 does not.
 */
#include "pair.h"
#include <new>
#include <string>

namespace
{

struct Literal {
    std::string text;
    Literal *next;
};

alignas(16) unsigned char arena[16384];
size_t used;
Literal *to_destroy;

PAIR_NOINLINE __attribute__((noclone)) Literal *make_literal(const char *text, size_t len)
{
    void *place = arena + used;
    used += (sizeof(Literal) + 15) & ~size_t{15};
    auto *literal = new (place) Literal{std::string(text, len), nullptr};
    if (!LEAKS) {
        literal->next = to_destroy;
        to_destroy = literal;
    }
    return literal;
}

void rewind()
{
    while (to_destroy) {
        Literal *next = to_destroy->next;
        to_destroy->~Literal();
        to_destroy = next;
    }
    used = 0;
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    static const char source[] =
        "the quick brown fox jumps over the lazy dog and runs away into the dark wood";
    uint64_t r = pair_random(i, 0);
    size_t total = 0;
    for (unsigned k = 0; k < 4 + r % 5; k++) {
        uint64_t q = pair_random(i, k + 1);
        size_t len = q % 30 == 0 ? 20 + (q >> 20) % 55 : 1 + (q >> 20) % 14;
        total += make_literal(source, len)->text.size();
    }
    rewind();
    return total == 0;
}
