/*
 * An incremental build keeps, for each header, the list of sources that include it. The mistake: compiling a
 * source again appends it to the lists of its headers without looking whether it is there, and the lists grow
 * with each rebuild. The healthy one looks first: 40 headers, 300 sources.
 */
#include "pair.h"
#include <algorithm>
#include <vector>

namespace
{

constexpr unsigned headers = 40, sources = 300;
std::vector<uint32_t> included_by[headers];
uint32_t stamp[sources];

PAIR_NOINLINE void add_edge(unsigned header, uint32_t source)
{
    auto &list = included_by[header];
    list.push_back(source);
    stamp[source]++;
}

void compile(uint32_t source, unsigned count)
{
    for (unsigned k = 0; k < count; k++) {
        unsigned header = (source * 7 + k * k * 3) % headers;
        auto &list = included_by[header];
        if (!LEAKS && std::find(list.begin(), list.end(), source) != list.end())
            continue;
        add_edge(header, source);
    }
}

bool out_of_date(unsigned header)
{
    const auto &list = included_by[header];
    size_t n = std::min<size_t>(list.size(), 20);
    return std::any_of(list.end() - static_cast<std::ptrdiff_t>(n), list.end(),
                       [](uint32_t source) { return stamp[source] == UINT32_MAX; });
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    compile(static_cast<uint32_t>(r % sources), 2 + static_cast<unsigned>(r % 4));
    return out_of_date(static_cast<unsigned>(r >> 40) % headers);
}
