/*
 * A document model notifies views that it knows by weak_ptr. The mistake: entries of views that are gone are
 * skipped but not erased, and as the views were made by make_shared, each keeps the view's memory, too. The
 * healthy one erases them while notifying, every 64 ops.
 */
#include "pair.h"
#include <algorithm>
#include <memory>
#include <vector>

namespace
{

struct View {
    unsigned redraws = 0;
    unsigned char pixels[2000] = {};
};

std::vector<std::weak_ptr<View>> observers;
std::shared_ptr<View> open_view[25];

PAIR_NOINLINE std::shared_ptr<View> open()
{
    auto view = std::make_shared<View>();
    observers.push_back(view);
    view->pixels[0] = 1;
    return view;
}

void notify()
{
    size_t from = LEAKS && observers.size() > 100 ? observers.size() - 100 : 0; // the latest are on top
    for (size_t k = from; k < observers.size(); k++)
        if (auto view = observers[k].lock())
            view->redraws++;
    if (!LEAKS)
        observers.erase(std::remove_if(observers.begin(), observers.end(),
                                       [](const std::weak_ptr<View> &w) { return w.expired(); }),
                        observers.end());
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (r % 4 == 0)
        open_view[(r >> 8) % 25] = open();
    if (i % 64 == 63)
        notify();
    return 0;
}
