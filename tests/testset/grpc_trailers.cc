// Pooled RPC calls with a multimap of trailers each, reused over and over. The mistake: the rare error detail
// is inserted by emplace next to what is there and clear() spares it. Healthy: the old one is erased before.
#include "pair.h"
#include <map>
#include <string>

namespace
{

struct Call {
    std::multimap<std::string, std::string> trailers;
};

Call pool[60];

PAIR_NOINLINE void set_trailer(Call &call, const char *name, uint64_t value)
{
    call.trailers.emplace(name, std::string(70, static_cast<char>('0' + value % 10)));
}

void reuse(Call &call)
{
    for (auto at = call.trailers.begin(); at != call.trailers.end();)
        at = at->first == "details" ? std::next(at) : call.trailers.erase(at);
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    Call &call = pool[i % 1200 == 5 ? i / 1200 % 60 : pair_random(i, 0) % 60];
    reuse(call);
    set_trailer(call, "status", i);
    if (i % 1200 == 5) {
        if (!LEAKS)
            call.trailers.erase("details");
        set_trailer(call, "details", i);
    }
    return 0;
}
