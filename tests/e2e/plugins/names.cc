// A leak below a namespace, a class, a template and a lambda: names that are mangled.
#include <cstdint>

extern "C" __attribute__((visibility("default"))) int heapgate_iterate(uint64_t i);

namespace shop
{

template <class Item> struct Shelf {
    Item *volatile kept = nullptr;

    __attribute__((noinline)) void put(Item item)
    {
        kept = new Item(item);
    }
};

class Basket
{
    Shelf<long> shelf;

  public:
    __attribute__((noinline)) void add(long item)
    {
        const auto put = [this](long given) __attribute__((noinline))
        {
            shelf.put(given);
        };
        put(item);
    }
};

} // namespace shop

static shop::Basket basket;

int heapgate_iterate(uint64_t i)
{
    basket.add(static_cast<long>(i));
    return 0;
}
