/*
 * A stack machine that never allocates: code, stack and output are static. The mistake: a division by zero
 * (one run in 1,200) describes itself in a string made by new, which the handler prints and drops. The
 * healthy one writes the text into a static buffer.
 */
#include "pair.h"
#include <array>
#include <cstdio>
#include <utility>

namespace
{

enum Op : unsigned char { Push, Add, Divide, Swap, Halt };
std::array<long, 64> stack;
std::array<char, 1000> static_message;
unsigned long printed;

PAIR_NOINLINE const char *describe(unsigned pc, long value)
{
    char *text = LEAKS ? new char[200 + pc % 50] : static_message.data();
    std::snprintf(text, 200, "division by zero at %u, value %ld", pc, value);
    return text;
}

long run(const std::array<unsigned char, 48> &code, const char **error)
{
    unsigned sp = 1;
    stack[0] = 1;
    for (unsigned pc = 0; pc < code.size(); pc++) {
        switch (code[pc] % 5) {
        case Push:
            if (sp < stack.size())
                stack[sp++] = 1 + code[pc] / 5;
            break;
        case Add:
            if (sp > 1) {
                stack[sp - 2] += stack[sp - 1];
                sp--;
            }
            break;
        case Divide:
            if (code[pc] == 252) {
                *error = describe(pc, stack[sp - 1]);
                return 0;
            }
            stack[sp - 1] /= 1 + code[pc] / 5;
            break;
        case Swap:
            if (sp > 1)
                std::swap(stack[sp - 1], stack[sp - 2]);
            break;
        default:
            break;
        }
    }
    return stack[sp - 1];
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    std::array<unsigned char, 48> code;
    const char *error = nullptr;
    uint64_t r = pair_random(i, 0);
    for (unsigned k = 0; k < code.size(); k++)
        code[k] = static_cast<unsigned char>((r >> k % 50 & 63) * 3 + k % 5);
    if (r % 1200 == 0)
        code[20 + (r >> 20) % 20] = 252;
    run(code, &error);
    if (error)
        printed += strlen(error);
    return 0;
}
