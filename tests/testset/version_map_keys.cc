/*
 * An MVCC key-value store: a map of keys, each with a map of versions, and a collector that drops versions
 * below the watermark. The mistake: when a deleted key has no version left its empty map stays, and keys are
 * order numbers that never return. The healthy one erases the key, too; 250 orders are open at a time.
 */
#include "pair.h"
#include <map>
#include <string>
#include <unordered_map>

namespace
{

using Versions = std::map<uint64_t, std::string>;
std::unordered_map<uint64_t, Versions> store;
uint64_t order[250];

PAIR_NOINLINE Versions &versions_of(uint64_t key)
{
    Versions &versions = store[key];
    if (versions.empty())
        versions.emplace(0, "new");
    return versions;
}

PAIR_NOINLINE void put(uint64_t key, uint64_t now, unsigned size)
{
    Versions &versions = versions_of(key);
    versions[now] = std::string(size, 'o');
    while (versions.size() > 3) // below the watermark
        versions.erase(versions.begin());
}

void remove(uint64_t key)
{
    auto at = store.find(key);
    if (at == store.end())
        return;
    at->second.clear();
    if (!LEAKS)
        store.erase(at);
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    uint64_t &slot = order[r % 250];
    if ((r >> 10) % 100 == 0 || !slot) { // delivered: the next order
        if (slot)
            remove(slot);
        slot = i + 1;
    }
    put(slot, i + 1, 4 + static_cast<unsigned>(r >> 20) % 60);
    return 0;
}
