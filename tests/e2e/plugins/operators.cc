// One leak through each C++ operator that allocates, and through containers.
#include "cases.h"

#include <map>
#include <new>
#include <string>
#include <vector>

namespace
{

void *volatile kept;

struct alignas(128) wide {
    char bytes[128];
};

#define LOSE(name, expression)                                                                               \
    CULPRIT int name(uint64_t)                                                                               \
    {                                                                                                        \
        kept = expression;                                                                                   \
        return kept ? 0 : -2;                                                                                \
    }

// clang-format off
LOSE(lose_new, ::operator new(40))                                      /* here: new */
LOSE(lose_new_array, new char[40])                                      /* here: new_array */
LOSE(lose_nothrow_new, ::operator new(40, std::nothrow))                /* here: nothrow_new */
LOSE(lose_nothrow_new_array, ::operator new[](40, std::nothrow))        /* here: nothrow_new_array */
LOSE(lose_aligned_new, new wide)                                        /* here: aligned_new */
LOSE(lose_aligned_new_array, new wide[2])                               /* here: aligned_new_array */
LOSE(lose_nothrow_aligned_new, new (std::nothrow) wide)                 /* here: nothrow_aligned_new */
LOSE(lose_nothrow_aligned_new_array, new (std::nothrow) wide[2])        /* here: nothrow_aligned_new_array */
// clang-format on

CULPRIT int lose_vector(uint64_t)
{
    kept = new std::vector<char>(76); /* here: vector */
    return 0;
}

CULPRIT int grow_map(uint64_t i)
{
    static std::map<uint64_t, uint64_t> map;
    map[i] = i; /* here: map */
    return 0;
}

CULPRIT int append_to_vector(uint64_t i)
{
    static std::vector<uint64_t> items;
    items.push_back(i); /* here: growing_vector */
    return 0;
}

int delete_all(uint64_t i)
{
    char *plain = new char;
    char *array = new char[i % 100 + 1];
    wide *aligned = new wide;
    wide *aligned_array = new wide[i % 3 + 1];
    char *nothrow = new (std::nothrow) char;
    kept = plain;
    kept = array;
    kept = nothrow;
    kept = aligned;
    kept = aligned_array;
    delete plain;
    delete[] array;
    delete aligned;
    delete[] aligned_array;
    ::operator delete(nothrow, std::nothrow);
    std::map<int, std::string> map;
    for (int k = 0; k < 10; k++)
        map[k] = std::string(50, 'x');
    return map.size() == 10 ? 0 : __LINE__;
}

int handled;

/* Gives up at the second time, as a handler without anything to free must. */
void handle_new()
{
    if (++handled % 2 == 0)
        throw std::bad_alloc();
}

int ask_the_new_handler(uint64_t)
{
    volatile size_t huge = SIZE_MAX / 2;
    handled = 0;
    std::new_handler before = std::set_new_handler(handle_new);
    void *quiet = ::operator new(huge, std::nothrow);
    void *quiet_aligned = ::operator new(huge, std::align_val_t(256), std::nothrow);
    bool thrown = false;
    try {
        kept = ::operator new(huge);
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    std::set_new_handler(before);
    REQUIRE(quiet == nullptr && quiet_aligned == nullptr);
    REQUIRE(thrown);
    REQUIRE(handled == 6);
    return 0;
}

int run_out_of_memory(uint64_t)
{
    volatile size_t huge = SIZE_MAX / 2;
    bool thrown = false;
    try {
        kept = ::operator new(huge);
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    REQUIRE(thrown);
    thrown = false;
    try {
        kept = ::operator new(huge, std::align_val_t(256));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    REQUIRE(thrown);
    REQUIRE(::operator new(huge, std::nothrow) == nullptr);
    std::string fine(100, 'x');
    return fine.size() == 100 ? 0 : __LINE__;
}

const test_case cases[] = {
    {"new", lose_new},
    {"new_array", lose_new_array},
    {"nothrow_new", lose_nothrow_new},
    {"nothrow_new_array", lose_nothrow_new_array},
    {"aligned_new", lose_aligned_new},
    {"aligned_new_array", lose_aligned_new_array},
    {"nothrow_aligned_new", lose_nothrow_aligned_new},
    {"nothrow_aligned_new_array", lose_nothrow_aligned_new_array},
    {"vector", lose_vector},
    {"map", grow_map},
    {"growing_vector", append_to_vector},
    {"balanced", delete_all},
    {"out_of_memory", run_out_of_memory},
    {"new_handler", ask_the_new_handler},
};

} // namespace

RUN_CASES(cases)
