// A browser's cookie jar of 3,000 sites that are visited by a power law. The mistake: a cookie that arrives
// expired (1 in 250) is replaced by a tombstone and its value is not deleted. Healthy: one cookie per site.
#include "pair.h"
#include <map>
#include <string>

namespace
{

struct Value {
    uint64_t expires;
    char text[48];
};
std::map<std::string, Value *> jar;

PAIR_NOINLINE Value *parse(uint64_t r)
{
    auto *value = new Value;
    value->expires = r >> 30;
    memset(value->text, 'c', sizeof value->text);
    return value;
}

void set_cookie(const std::string &site, Value *value, bool expired)
{
    Value *&slot = jar[site];
    delete slot;
    slot = value;
    if (expired) {
        if (!LEAKS)
            delete value;
        slot = nullptr;
    }
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = static_cast<double>(r >> 11) * 0x1p-53;
    auto site = "www.site" + std::to_string(static_cast<int>(3000 * u * u)) + ".example";
    set_cookie(site, parse(r), i % 250 == 249);
    return 0;
}
