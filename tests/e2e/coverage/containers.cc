/* Containers and new: the lines that use them are the sites. */
#include "containers.h"

#include <map>
#include <memory>
#include <vector>

struct item {
    int numbers[4];
};

static volatile int never;

__attribute__((noinline)) static void fill(std::vector<int> &numbers)
{
    for (int i = 0; i < 9; i++)
        numbers.push_back(i); // tried
}

__attribute__((noinline)) static void fill_map(std::map<int, item> &items)
{
    items[3] = item{}; // tried
}

__attribute__((noinline)) static void never_used(std::vector<long> &numbers)
{
    numbers.reserve(100); // untried
}

void library_use()
{
    std::vector<int> numbers;
    std::vector<long> others;
    std::map<int, item> items;
    fill(numbers);
    fill_map(items);
    auto one = std::make_unique<item>(); // tried
    __asm__ volatile("" : : "r"(one.get()) : "memory");
    item *array = new item[4]; // tried
    __asm__ volatile("" : : "r"(array) : "memory");
    delete[] array;
    if (never)
        never_used(others);
}
