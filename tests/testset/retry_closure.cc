// An HTTP client that retries with a recursive closure. The mistake: the shared function captures the
// shared_ptr to itself by value. Healthy: it captures a weak_ptr and the caller holds the only strong one.
#include "pair.h"
#include <functional>
#include <memory>
#include <string>

namespace
{

unsigned attempts;

PAIR_NOINLINE void retry_start(uint64_t id)
{
    auto again = std::make_shared<std::function<void(int)>>();
    std::string url = "https://api.example.org/v2/orders/" + std::to_string(10000 + id % 80000);
    if (LEAKS) {
        *again = [again, url](int left) {
            attempts += url.size() > 10;
            if (left > 0)
                (*again)(left - 1);
        };
    } else {
        *again = [weak = std::weak_ptr<std::function<void(int)>>(again), url](int left) {
            attempts += url.size() > 10;
            if (auto next = weak.lock(); next && left > 0)
                (*next)(left - 1);
        };
    }
    (*again)(3);
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    if (pair_random(i, 0) % 60 == 0)
        retry_start(i);
    return 0;
}
