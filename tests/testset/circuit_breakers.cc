// Circuit breakers by host hash in front of 3,000 back ends that are used by a power law. The mistake: the
// question whether a breaker is open uses operator[], also for host names of refused requests. Healthy: it
// uses find().
#include "pair.h"
#include <unordered_map>

namespace
{

struct Breaker {
    unsigned failures = 0;
    bool open = false;
    uint64_t since = 0;
};

std::unordered_map<uint64_t, Breaker> breakers;

PAIR_NOINLINE bool is_open(uint64_t host)
{
    if (LEAKS)
        return breakers[host].open;
    auto found = breakers.find(host);
    return found != breakers.end() && found->second.open;
}

PAIR_NOINLINE void record(uint64_t host, uint64_t now)
{
    Breaker &breaker = breakers[host];
    breaker.failures++;
    breaker.since = now;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    if (i % 25 == 11)
        return is_open(1000000 + i);
    double u = static_cast<double>(pair_random(i, 0) >> 11) / 9007199254740992.0;
    uint64_t host = static_cast<uint64_t>(3000 * u * u * u);
    if (!is_open(host))
        record(host, i);
    return 0;
}
