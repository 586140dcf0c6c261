// A search engine merges 16 shards by 16 threads every 4,000 ops. The mistake: shard 5, whose segment was
// already sorted, returns before its input segment is deleted. Healthy: every thread deletes its input.
#include "pair.h"
#include <thread>
#include <vector>

namespace
{

constexpr int shards = 16;
struct Segment {
    uint32_t documents[200];
};
uint64_t postings[shards];

PAIR_NOINLINE Segment *load_segment(uint64_t seed)
{
    auto *segment = new Segment;
    for (uint32_t k = 0; k < 200; k++)
        segment->documents[k] = static_cast<uint32_t>(seed * (k + 1));
    return segment;
}

void merge(int shard, uint64_t seed)
{
    Segment *segment = load_segment(seed);
    bool sorted = shard == 5;
    if (sorted && LEAKS) {
        postings[shard] += segment->documents[199];
        return;
    }
    for (uint32_t document : segment->documents)
        postings[shard] += document;
    delete segment;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    if (i % 4000 != 3999)
        return 0;
    std::vector<std::thread> threads;
    for (int k = 0; k < shards; k++)
        threads.emplace_back(merge, k, i + static_cast<uint64_t>(k));
    for (auto &thread : threads)
        thread.join();
    return 0;
}
