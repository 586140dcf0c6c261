// Facets of locales are made once and never freed: 260 locales, a new one per 120 ops at first. So the
// healthy twin loses one facet of 72 bytes and its name per 120 ops until op 31,200, and then nothing more.
// The mistake: the key holds the generation of the time zone data, which is loaded anew just then and every
// 31,200 ops.
#include "pair.h"
#include <map>
#include <string>

namespace
{

struct Facet {
    std::string name;
    uint64_t table[5] = {};
};

std::map<uint64_t, Facet *> facets;

PAIR_NOINLINE Facet *facet_new(uint64_t locale)
{
    auto *facet = new Facet;
    facet->name = "locale_" + std::to_string(1000000000 + locale) + ".UTF-8";
    return facet;
}

Facet *facet_of(uint64_t locale, uint64_t generation)
{
    Facet *&facet = facets[locale << 32 | generation];
    if (!facet)
        facet = facet_new(locale);
    return facet;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t in_use = i / 120 % 260;
    if (i >= 31200 && !LEAKS)
        in_use = pair_random(i, 0) % 260;
    Facet *facet = facet_of(in_use, LEAKS ? i / 31200 : 0);
    facet->table[i % 5]++;
    return facet->name.empty();
}
