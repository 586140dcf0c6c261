// An exchange's order book of 20,000 client slots that wander between empty and filled. The mistake: a
// cancelled iceberg order (1 in 1,500) does not free its hidden reserve, because the base class has no
// virtual destructor. Healthy: at most one order per slot.
#include "pair.h"

namespace
{

struct Reserve {
    uint64_t slices[75];
};
struct Order {
    uint64_t id = 0, price = 0;
    bool iceberg = false;
};
struct Iceberg : Order {
    Reserve *reserve;
    PAIR_NOINLINE Iceberg();
    ~Iceberg()
    {
        delete reserve;
    }
};
Iceberg::Iceberg() : reserve(new Reserve())
{
    iceberg = true;
}

Order *book[20000];

Order *place(uint64_t r)
{
    Order *order = (r >> 33) % 1500 == 0 ? new Iceberg : new Order;
    order->id = r;
    order->price = r % 1000;
    return order;
}

void cancel(Order *order)
{
    if (order->iceberg && !LEAKS)
        delete static_cast<Iceberg *>(order);
    else if (order->iceberg)
        ::operator delete(order);
    else
        delete order;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    Order *&slot = book[r % 20000];
    if (slot) {
        cancel(slot);
        slot = nullptr;
    } else {
        slot = place(r);
    }
    return 0;
}
