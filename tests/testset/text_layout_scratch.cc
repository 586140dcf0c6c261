// A text layout engine with scratch vectors that keep their capacity, so that after the longest line
// nothing is allocated. The mistake: a line with right-to-left runs (1 in 1,000) is reordered in a raw
// array that is not deleted.
#include "pair.h"
#include <vector>

namespace
{

struct Glyph {
    uint32_t index;
    float advance;
};
std::vector<Glyph> line;
std::vector<Glyph> reordered;
double width;

PAIR_NOINLINE Glyph *visual_order(size_t n)
{
    auto *order = new Glyph[64]();
    for (size_t k = 0; k < 64 && k < n; k++)
        order[k] = line[n - 1 - k];
    return order;
}

} // namespace

extern "C" int heapgate_setup()
{
    reordered.reserve(256);
    return 0;
}

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    size_t glyphs = 10 + (r % 64 ? r % 30 : (r >> 6) % 200);
    line.clear();
    for (size_t k = 0; k < glyphs; k++)
        line.push_back({static_cast<uint32_t>(r >> k % 32), 6.5f});
    bool right_to_left = i % 1000 == 13;
    if (right_to_left && LEAKS) {
        const Glyph *order = visual_order(glyphs);
        width += static_cast<double>(order[0].advance);
        return 0;
    }
    if (right_to_left)
        reordered.assign(line.rbegin(), line.rend());
    for (const Glyph &glyph : right_to_left ? reordered : line)
        width += static_cast<double>(glyph.advance);
    return 0;
}
