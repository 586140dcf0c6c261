// A blockchain node: a block every 4,003 ops takes 3,960 of the waiting transactions, so the pool falls 1 %
// behind. The mistake: no limit on the pool. Healthy: more than 6,000 push the oldest out, which begins at
// about op 190,000.
#include "pair.h"
#include <deque>
#include <memory>

namespace
{

constexpr size_t limit = 6000, block_size = 3960;
constexpr uint64_t block_time = 4003;

struct Transaction {
    uint64_t inputs[8], outputs[8];
    unsigned char signature[72];
};
std::deque<std::unique_ptr<Transaction>> pool;

PAIR_NOINLINE std::unique_ptr<Transaction> receive(uint64_t r)
{
    auto transaction = std::make_unique<Transaction>();
    transaction->inputs[0] = r;
    return transaction;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    pool.push_back(receive(pair_random(i, 0)));
    if (!LEAKS && pool.size() > limit)
        pool.pop_front();
    if (i % block_time == block_time - 1)
        for (size_t k = 0; k < block_size && !pool.empty(); k++)
            pool.pop_front();
    return 0;
}
