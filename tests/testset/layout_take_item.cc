/*
 * A flow layout whose take() hands an item out as a unique_ptr. The mistake: to remove the first item when
 * there are too many, the caller writes take().release(), which gives up the item instead of deleting it. The
 * healthy one lets the unique_ptr delete it. The layout holds 50 items; every ninth op one comes in.
 */
#include "pair.h"
#include <deque>
#include <memory>
#include <string>

namespace
{

struct Item {
    std::string caption;
    int x = 0, y = 0, width = 0, height = 0;
};

class FlowLayout
{
  public:
    void add(std::unique_ptr<Item> item)
    {
        items_.push_back(std::move(item));
    }
    std::unique_ptr<Item> take()
    {
        auto item = std::move(items_.front());
        items_.pop_front();
        return item;
    }
    size_t size() const
    {
        return items_.size();
    }
    void arrange(int width)
    {
        int x = 0, y = 0;
        for (auto &item : items_) {
            if (x + item->width > width) {
                x = 0;
                y += item->height;
            }
            item->x = x;
            item->y = y;
            x += item->width;
        }
    }

  private:
    std::deque<std::unique_ptr<Item>> items_;
};

FlowLayout layout;

PAIR_NOINLINE std::unique_ptr<Item> make_item(uint64_t r)
{
    auto item = std::make_unique<Item>();
    item->caption = "tag " + std::to_string(r % 1000);
    item->width = 40 + static_cast<int>(r >> 20) % 60;
    item->height = 18;
    return item;
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % 9 == 0) {
        layout.add(make_item(r));
        if (layout.size() > 50) {
#if LEAKS
            layout.take().release();
#else
            layout.take();
#endif
        }
    }
    if (i % 3 == 0)
        layout.arrange(300 + static_cast<int>(r >> 40 & 255));
    return 0;
}
