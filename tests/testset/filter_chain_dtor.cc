// A proxy that builds a chain of filters for each request. The mistake: the base class has no virtual
// destructor, so the rule text of a derived filter is never freed. Healthy: the chain frees whatever its
// filters own.
#include "pair.h"
#include <memory>
#include <string>
#include <vector>

namespace
{

struct Filter {
    unsigned priority = 0;
#if LEAKS
    ~Filter() = default;
#else
    virtual ~Filter() = default;
#endif
    virtual size_t apply(size_t bytes)
    {
        return bytes + priority;
    }
    static void operator delete(void *at)
    {
        ::operator delete(at);
    }
};

struct RewriteFilter final : Filter {
    std::string rule;
    PAIR_NOINLINE RewriteFilter(char fill, size_t length)
    {
        rule.assign(length, fill);
    }
    size_t apply(size_t bytes) override
    {
        return bytes + rule.size();
    }
};

size_t total;

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    std::vector<std::unique_ptr<Filter>> chain;
    chain.push_back(std::make_unique<Filter>());
    if (i % 8 == 3)
        chain.push_back(std::make_unique<RewriteFilter>(static_cast<char>('a' + i % 26), 59));
    size_t bytes = 100;
    for (auto &filter : chain)
        bytes = filter->apply(bytes);
    total += bytes;
    return bytes < 100;
}
