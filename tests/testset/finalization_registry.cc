/*
 * A managed runtime's registry of finalizers: native buffers are released when their owner dies. The mistake:
 * an owner that is disposed by hand frees its buffer but leaves its entry, with its token, in the registry,
 * since the collector only visits owners that it finds dead itself. The healthy dispose unregisters. The
 * collector runs every 500 ops.
 */
#include "pair.h"
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace
{

struct Entry {
    std::string token;
    uint32_t kind;
};

std::unordered_map<uint64_t, Entry> registry;
std::map<uint64_t, std::vector<unsigned char>> native_buffers;
std::vector<uint64_t> unreachable;

PAIR_NOINLINE void register_finalizer(uint64_t owner, uint32_t kind)
{
    Entry &entry = registry[owner];
    entry.token = "native-buffer-token-" + std::to_string(owner % 1000);
    entry.kind = kind;
}

PAIR_NOINLINE void dispose(uint64_t owner)
{
    native_buffers.erase(owner);
    if (!LEAKS)
        registry.erase(owner);
}

void collect()
{
    for (uint64_t owner : unreachable) {
        native_buffers.erase(owner);
        registry.erase(owner);
    }
    unreachable.clear();
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (r % 3 == 0) {
        native_buffers[i].resize(32 + (r >> 20) % 128);
        register_finalizer(i, static_cast<uint32_t>(r >> 40));
        if ((r >> 10) % 20 == 0)
            dispose(i);
        else
            unreachable.push_back(i);
    }
    if (i % 500 == 499)
        collect();
    return 0;
}
