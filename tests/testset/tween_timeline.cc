/*
 * The tweens of a game's user interface, in a multimap by the frame in which they end. The mistake: finishing
 * a frame erases one tween of that frame, as a map would hold, and the others with the same frame stay
 * behind. The healthy one erases them all. A tween lives 5 to 60 frames.
 */
#include "pair.h"
#include <map>

namespace
{

struct Tween {
    float from, to, value;
    unsigned widget, easing;
};

std::multimap<uint64_t, Tween> timeline;

PAIR_NOINLINE void start(uint64_t ends, unsigned widget)
{
    auto at = timeline.emplace(ends, Tween{0, 1, 0, widget, widget % 4});
    at->second.value = at->second.from;
}

void finish(uint64_t frame)
{
#if LEAKS
    auto at = timeline.find(frame);
    if (at != timeline.end())
        timeline.erase(at);
#else
    timeline.erase(frame);
#endif
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (r % 4 == 0)
        start(i + 5 + (r >> 10) % 56, static_cast<unsigned>(r >> 30) % 500);
    auto at = timeline.lower_bound(i);
    for (int k = 0; k < 5 && at != timeline.end(); ++k, ++at)
        at->second.value += (at->second.to - at->second.value) * 0.2F;
    finish(i);
    return 0;
}
