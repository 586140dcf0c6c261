/*
 * A query engine gives the hash table of its running aggregates a pmr::monotonic_buffer_resource for speed.
 * The mistake: a monotonic resource takes nothing back, and groups come and go all the time. The healthy one
 * uses a pool resource, which gives the nodes of closed groups to new ones; 600 groups are open.
 */
#include "pair.h"
#include <memory_resource>
#include <unordered_map>

namespace
{

struct Aggregate {
    double sum = 0, least = 0, most = 0;
    uint64_t rows = 0;
};

class Upstream : public std::pmr::memory_resource
{
    PAIR_NOINLINE void *do_allocate(size_t bytes, size_t alignment) override
    {
        void *p = ::operator new(bytes, std::align_val_t(alignment));
        taken_ += bytes;
        return p;
    }
    void do_deallocate(void *p, size_t bytes, size_t alignment) override
    {
        ::operator delete(p, std::align_val_t(alignment));
        taken_ -= bytes;
    }
    bool do_is_equal(const memory_resource &other) const noexcept override
    {
        return this == &other;
    }
    size_t taken_ = 0;
};

Upstream upstream;
#if LEAKS
std::pmr::monotonic_buffer_resource resource(&upstream);
#else
std::pmr::unsynchronized_pool_resource resource(&upstream);
#endif
std::pmr::unordered_map<uint64_t, Aggregate> groups(&resource);
uint64_t open_group[600];

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    uint64_t &slot = open_group[r % 600];
    if ((r >> 20) % 10 == 0) { // the window of this group closes
        groups.erase(slot);
        slot = i + 1;
    }
    Aggregate &a = groups[slot];
    a.sum += static_cast<double>(r >> 40);
    a.rows++;
    return a.rows == 0;
}
