// A leak through the templates of the C++ library, for every compiler and kind of debug information.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace app
{

struct store {
    std::vector<std::string> kept;
    std::map<uint64_t, std::string> named;
    void keep(uint64_t i);
};

static store shared;

inline void store::keep(uint64_t i)
{
    if (i % 2)
        kept.push_back(std::string(100, 'k')); /* here: first */
    else
        named[i] = std::string(60, 'n'); /* here: last */
}

__attribute__((noinline)) static void handle(uint64_t i)
{
    shared.keep(i);
}

} // namespace app

extern "C" __attribute__((visibility("default"))) int heapgate_iterate(uint64_t i)
{
    app::handle(i);
    return 0;
}
