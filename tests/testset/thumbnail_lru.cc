// A thumbnail server with an LRU of 1,500 entries, a list and an index into it. The mistake: eviction erases
// the index entry and moves the node to a list of spare ones, from which none is taken. Healthy: a spare node
// is used first.
#include "pair.h"
#include <list>
#include <unordered_map>

namespace
{

struct Thumbnail {
    uint64_t key;
    uint8_t pixels[48];
};

std::list<Thumbnail> recent;
std::list<Thumbnail> spare;
std::unordered_map<uint64_t, std::list<Thumbnail>::iterator> by_key;

PAIR_NOINLINE void touch(uint64_t key)
{
    auto found = by_key.find(key);
    if (found != by_key.end()) {
        recent.splice(recent.begin(), recent, found->second);
        return;
    }
    if (by_key.size() >= 1500) {
        by_key.erase(recent.back().key);
        spare.splice(spare.begin(), recent, std::prev(recent.end()));
    }
    if (!LEAKS && !spare.empty()) {
        recent.splice(recent.begin(), spare, spare.begin());
        recent.front().key = key;
    } else {
        recent.push_front(Thumbnail{key, {}});
    }
    by_key[key] = recent.begin();
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    double u = static_cast<double>(pair_random(i, 0) >> 11) / 9007199254740992.0;
    touch(static_cast<uint64_t>(20000 * u * u));
    return 0;
}
