/*
 * Imitates a DNS cache or a session store with a time to live: entries are filed in a map of buckets by the
 * epoch (500 ops) in which they expire; the sweep takes the bucket of the current epoch at its start. A name
 * that is asked for again gets the time to live of its answer anew: 0 to 59 epochs.
 * The mistake: an answer with a time to live of 0 epochs (by chance 1 in 240) is filed into the bucket that
 * was just swept, which makes that bucket again, and nobody ever comes back to it.
 * The healthy twin takes at least one epoch, and holds 8,000 names under a power law at most: steady after op
 * 60,000.
 */
#include <heapgate/workload.h>
#include <map>
#include <string>
#include <vector>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

namespace
{

constexpr uint64_t epoch_ops = 500;
constexpr size_t names = 8000;

struct Entry {
    uint32_t name;
    uint64_t expires;
    std::string answer;
};

Entry *current[names];
std::map<uint64_t, std::vector<Entry *>> *buckets;

__attribute__((noinline)) Entry *entry_new(uint32_t name, uint64_t expires)
{
    return new Entry{name, expires, std::string(20 + name % 30, 'a')};
}

void sweep(uint64_t epoch)
{
    auto bucket = buckets->find(epoch);
    if (bucket == buckets->end()) {
        return;
    }
    for (Entry *entry : bucket->second) {
        if (current[entry->name] == entry) {
            current[entry->name] = nullptr;
        }
        delete entry;
    }
    buckets->erase(bucket);
}

} // namespace

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    buckets = new std::map<uint64_t, std::vector<Entry *>>;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    uint64_t epoch = i / epoch_ops;
    if (i % epoch_ops == 0) {
        sweep(epoch);
    }
    double u = static_cast<double>(draw() >> 11) * 0x1p-53;
    auto name = static_cast<uint32_t>(u * u * names);
    if (current[name] != nullptr && current[name]->expires > epoch) {
        return 0;
    }
    uint64_t ttl = draw() % 240 == 0 ? 0 : 1 + draw() % 59;
    if (!LEAKS && ttl == 0) {
        ttl = 1;
    }
    Entry *entry = entry_new(name, epoch + ttl);
    current[name] = entry;
    (*buckets)[entry->expires].push_back(entry);
    return 0;
}

void heapgate_teardown(void)
{
    for (auto &bucket : *buckets) {
        for (Entry *entry : bucket.second) {
            delete entry;
        }
    }
    delete buckets;
}
