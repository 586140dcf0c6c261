/*
 * A renderer reuses transient targets between frames when the description is the same. The mistake: the
 * comparison takes in the frame number in which the target was last used, so that nothing ever matches and
 * each frame adds targets. The healthy one compares size and format, and gets along with as many targets as
 * its passes need.
 */
#include "pair.h"
#include <memory>
#include <vector>

namespace
{

struct Description {
    unsigned width, height, format;
    uint64_t frame;
};

struct Target {
    Description description;
    std::vector<unsigned char> memory;
    bool busy;
};

std::vector<std::unique_ptr<Target>> targets;

bool same(const Description &a, const Description &b)
{
    return a.width == b.width && a.height == b.height && a.format == b.format &&
           (!LEAKS || a.frame == b.frame);
}

PAIR_NOINLINE Target *create(const Description &description)
{
    auto target = std::make_unique<Target>();
    target->description = description;
    target->memory.resize(static_cast<size_t>(description.width) * description.height / 64);
    targets.push_back(std::move(target));
    targets.back()->busy = true;
    return targets.back().get();
}

Target *acquire(const Description &description)
{
    size_t from = targets.size() > 64 ? targets.size() - 64 : 0;
    for (size_t k = from; k < targets.size(); k++)
        if (!targets[k]->busy && same(targets[k]->description, description)) {
            targets[k]->busy = true;
            return targets[k].get();
        }
    return create(description);
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    static const unsigned scale[] = {64, 80, 96, 112, 128};
    if (i % 250 != 0) // the picture stands still
        return 0;
    uint64_t frame = i / 250, r = pair_random(frame, 0);
    unsigned side = scale[r % 5], passes = 2 + static_cast<unsigned>(r >> 8) % 3;
    Target *used[4];
    for (unsigned k = 0; k < passes; k++)
        used[k] = acquire({side, side, k, frame});
    for (unsigned k = 0; k < passes; k++)
        used[k]->busy = false;
    return 0;
}
