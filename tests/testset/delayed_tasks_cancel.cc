// A delayed task queue where cancel() notes an id and the pop skips noted ids. The mistake: cancelling a task
// that already ran notes its id for ever. Healthy: only ids that are still queued are noted.
#include "pair.h"
#include <queue>
#include <set>
#include <vector>

namespace
{

struct Task {
    uint64_t due;
    uint64_t id;
    bool operator<(const Task &other) const
    {
        return due > other.due;
    }
};

std::priority_queue<Task> queue;
std::set<uint64_t> cancelled;
std::vector<bool> queued(8192);

PAIR_NOINLINE void cancel(uint64_t id)
{
    if (LEAKS || queued[id % 8192])
        cancelled.insert(id);
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    while (!queue.empty() && queue.top().due <= i) {
        uint64_t id = queue.top().id;
        queue.pop();
        queued[id % 8192] = false;
        cancelled.erase(id);
    }
    queue.push(Task{i + 1 + pair_random(i, 0) % 1500, i});
    queued[i % 8192] = true;
    if (i % 18 == 0 && i > 4000)
        cancel(i - 3500);
    if (i % 18 == 9)
        cancel(i);
    return 0;
}
