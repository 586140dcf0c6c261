/*
 * A layout engine memoises widths of paragraphs that it has laid out. The mistake: asking for a paragraph's
 * width uses operator[], which adds an empty entry for every number that is not there, and numbers are never
 * used twice. The healthy one uses find. The memo is cut to the 300 last paragraphs it laid out.
 */
#include "pair.h"
#include <deque>
#include <unordered_map>

namespace
{

struct Width {
    double natural = 0, minimal = 0;
};

std::unordered_map<uint64_t, Width> memo;
std::deque<uint64_t> laid_out;

PAIR_NOINLINE double width_of(uint64_t paragraph)
{
#if LEAKS
    Width &w = memo[paragraph];
    return w.natural > w.minimal ? w.natural : w.minimal;
#else
    auto found = memo.find(paragraph);
    if (found == memo.end())
        return 0;
    return found->second.natural > found->second.minimal ? found->second.natural : found->second.minimal;
#endif
}

PAIR_NOINLINE void lay_out(uint64_t paragraph)
{
    memo.insert_or_assign(paragraph, Width{static_cast<double>(paragraph % 500), 20});
    laid_out.push_back(paragraph);
    if (laid_out.size() > 300) {
        memo.erase(laid_out.front());
        laid_out.pop_front();
    }
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    uint64_t paragraph = i;
    double width = 0;
    if (r % 50 != 0)
        lay_out(paragraph); // the others are hidden
    if (i > 400)
        width = width_of(paragraph - (r >> 8) % 200);
    return width < 0;
}
