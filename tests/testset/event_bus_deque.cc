// An event bus: producers push into a deque, the dispatcher reads behind them in bursts. The mistake: it
// advances an index and never pops. Healthy: what was dispatched is popped; bursts every 999 ops make it
// swing.
#include "pair.h"
#include <deque>

namespace
{

struct Event {
    uint64_t id;
    uint64_t topic;
    double value;
};

std::deque<Event> events;
size_t consumed;
double sum;

PAIR_NOINLINE void publish(uint64_t id)
{
    events.push_back(Event{id, id % 17, static_cast<double>(id)});
}

PAIR_NOINLINE void dispatch()
{
    if (LEAKS) {
        for (; consumed < events.size(); consumed++)
            sum += events[consumed].value;
        return;
    }
    for (; !events.empty(); events.pop_front())
        sum += events.front().value;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    publish(i);
    if (i % 999 == 998)
        dispatch();
    return 0;
}
