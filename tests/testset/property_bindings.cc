/*
 * Properties of a declarative GUI: a label binds its text to a property by a lambda. The mistake: the lambda,
 * which the label itself holds, captures the label's shared_ptr, so that the label never dies. The healthy
 * one captures a weak pointer. List rows are made and thrown away while scrolling; 30 are visible.
 */
#include "pair.h"
#include <array>
#include <functional>
#include <memory>
#include <string>

namespace
{

struct Label {
    std::string text;
    int width = 0;
    std::function<void(int)> on_change;
};

PAIR_NOINLINE std::shared_ptr<Label> make_row(unsigned number, bool bound)
{
    auto label = std::make_shared<Label>();
    label->text = "row " + std::to_string(number);
    if (bound) {
#if LEAKS
        label->on_change = [label](int width) { label->width = width; };
#else
        label->on_change = [weak = std::weak_ptr<Label>(label)](int width) {
            if (auto self = weak.lock())
                self->width = width;
        };
#endif
    } else {
        label->width = 100;
    }
    return label;
}

std::array<std::shared_ptr<Label>, 30> visible;

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    auto &row = visible[i % visible.size()];
    row = make_row(static_cast<unsigned>(i), r % 64 == 0);
    if (row->on_change)
        row->on_change(static_cast<int>(r >> 20 & 511));
    return 0;
}
