// Word counts by two threads in batches of 64 lines. The mistake: a partial result that is empty is not
// merged and not deleted either. Healthy: both partial results are deleted after each batch.
#include "pair.h"
#include <thread>

namespace
{

struct Partial {
    uint64_t words = 0;
    uint32_t histogram[30] = {};
};

uint64_t total;

PAIR_NOINLINE Partial *job_run(uint64_t first, bool empty)
{
    auto *partial = new Partial;
    for (uint64_t k = 0; k < 32 && !empty; k++) {
        partial->words += (first + k) % 7;
        partial->histogram[(first + k) % 30]++;
    }
    return partial;
}

void merge(Partial *partial)
{
    if (LEAKS && partial->words == 0)
        return;
    total += partial->words;
    delete partial;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    if (i % 64 != 63)
        return 0;
    Partial *left = nullptr;
    Partial *right = nullptr;
    bool empty = i / 64 % 9 == 0;
    std::thread helper([&] { left = job_run(i, empty); });
    right = job_run(i + 32, false);
    helper.join();
    merge(left);
    merge(right);
    return 0;
}
