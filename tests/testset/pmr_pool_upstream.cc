// Nodes of requests from a pool of the standard library, which takes ever larger chunks from the heap and
// keeps what it has. The mistake: a request that is moved to another worker (1 in 60, by chance) is taken
// apart without giving its node of 96 bytes back to the pool. Healthy: the pool has the 400 nodes that are
// in use at most.
#include "pair.h"
#include <memory_resource>

namespace
{

constexpr size_t node_size = 96;
std::pmr::unsynchronized_pool_resource pool;
void *in_use[400];

PAIR_NOINLINE void *node_new()
{
    return memset(pool.allocate(node_size), 1, node_size);
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    void *&slot = in_use[r % 400];
    bool moved = (r >> 20) % 60 == 0;
    if (slot && !(moved && LEAKS))
        pool.deallocate(slot, node_size);
    slot = node_new();
    return 0;
}
