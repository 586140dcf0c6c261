// A server's registry of connections by key with weak_ptrs. The mistake: expired entries are never swept, and
// with make_shared each holds the whole object. Healthy: the registry is swept every 2,048 ops.
#include "pair.h"
#include <memory>
#include <unordered_map>
#include <vector>

namespace
{

struct Connection {
    uint64_t id;
    char peer[64];
};

std::unordered_map<uint64_t, std::weak_ptr<Connection>> registry;
std::vector<std::shared_ptr<Connection>> alive(64);

PAIR_NOINLINE void connect(uint64_t slot, uint64_t key)
{
    auto connection = std::make_shared<Connection>();
    connection->id = key;
    registry[key] = connection;
    alive[slot % alive.size()] = std::move(connection);
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    connect(i, i % 5 == 0 ? 1000 + i : i % 777);
    if (!LEAKS && i % 2048 == 0) {
        for (auto at = registry.begin(); at != registry.end();)
            at = at->second.expired() ? registry.erase(at) : std::next(at);
    }
    return 0;
}
