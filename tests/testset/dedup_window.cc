// A message broker refuses ids it has seen among the last 100,000. The mistake: an id that was delivered
// again (1 in 64) is taken out of the expiry queue, but stays in the set. Healthy: 100,000 ids, reached at
// op 100,000.
#include "pair.h"
#include <deque>
#include <unordered_set>

namespace
{

constexpr size_t window = 100000;
constexpr uint64_t redelivery = 64;
std::unordered_set<uint64_t> seen;
std::deque<uint64_t> expiry;

PAIR_NOINLINE bool remember(uint64_t id)
{
    return seen.insert(id).second;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t id = pair_random(i, 0);
    remember(id);
    expiry.push_back(id);
    if (i % redelivery == redelivery - 1 && !remember(expiry.back()) && LEAKS)
        expiry.pop_back();
    while (expiry.size() > window) {
        seen.erase(expiry.front());
        expiry.pop_front();
    }
    return 0;
}
