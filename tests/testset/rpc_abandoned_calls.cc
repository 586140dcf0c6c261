// An RPC client with a map of calls in flight, answered 50 to 1,050 ops later. The mistake: a call whose
// answer was lost is never removed. Healthy: a sweep every 2,048 ops drops what is older than 20,000 ops.
#include "pair.h"
#include <map>
#include <string>
#include <vector>

namespace
{

struct Call {
    uint64_t started = 0;
    std::string payload;
};

std::map<uint64_t, Call> in_flight;
std::vector<std::vector<uint64_t>> answers(2048);

PAIR_NOINLINE void call_start(uint64_t id)
{
    Call &call = in_flight[id];
    call.payload.assign(80 + id % 40, 'p');
    call.started = id;
}

} // namespace

extern "C" int heapgate_setup(void)
{
    for (auto &list : answers)
        list.reserve(16);
    return 0;
}

extern "C" int heapgate_iterate(uint64_t i)
{
    auto &due = answers[i % answers.size()];
    for (uint64_t id : due)
        in_flight.erase(id);
    due.clear();
    call_start(i);
    uint64_t delay = 50 + pair_random(i, 0) % 1000;
    if (pair_random(i, 1) % 150 != 0)
        answers[(i + delay) % answers.size()].push_back(i);
    if (!LEAKS && i % 2048 == 0)
        while (!in_flight.empty() && in_flight.begin()->first + 20000 < i)
            in_flight.erase(in_flight.begin());
    return 0;
}
