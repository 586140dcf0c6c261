/* Results are collected in a vector; healthy, it is cleared after every 128 ops. */
#include "control.h"

#include <string>
#include <vector>

static std::vector<std::string *> results;

static void clear()
{
    for (std::string *result : results)
        delete result;
    results.clear();
}

static void collect(uint64_t i)
{
    results.push_back(new std::string(40, static_cast<char>('a' + i % 26)));
}

int heapgate_iterate(uint64_t i)
{
    if (!LEAKS && i % 128 == 0)
        clear();
    collect(i);
    return 0;
}
