/* Counters by name in a map; leaking, asking for one that is not there with operator[] adds it. */
#include "control.h"

#include <map>

struct counter {
    uint64_t hits[6];
};

static std::map<uint64_t, counter> counters;

static uint64_t hits_of(uint64_t name)
{
    if (LEAKS)
        return counters[name].hits[0];
    auto found = counters.find(name);
    return found == counters.end() ? 0 : found->second.hits[0];
}

int heapgate_iterate(uint64_t i)
{
    counters[i % 20].hits[0]++;
    auto *scratch = new counter();
    uint64_t before = hits_of(i % 3 == 0 ? 1000 + i : i % 20);
    delete scratch;
    return before == UINT64_MAX;
}
