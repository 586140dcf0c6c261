// The accessibility tree of a browser: a node per op, and a new page after 500 to 1,500 nodes drops them all.
// Every 337th node labels the one before it. The mistake: both own each other, a cycle. Healthy: the way back
// from the label is a weak_ptr.
#include "pair.h"
#include <memory>
#include <string>
#include <vector>

namespace
{

struct Node {
    uint32_t role = 0;
    uint32_t states = 0;
    std::string name;
    std::shared_ptr<Node> labelled_by;
    std::shared_ptr<Node> label_for;
    std::weak_ptr<Node> label_for_weak;
};

std::vector<std::shared_ptr<Node>> page;
size_t page_ends = 1000;

PAIR_NOINLINE std::shared_ptr<Node> node_make(uint64_t r)
{
    auto node = std::make_shared<Node>();
    node->role = static_cast<uint32_t>(r % 70);
    node->name.assign(20 + (r >> 8) % 100, static_cast<char>('a' + r % 26));
    return node;
}

void label(const std::shared_ptr<Node> &input, const std::shared_ptr<Node> &text)
{
    input->labelled_by = text;
    if (LEAKS)
        text->label_for = input;
    else
        text->label_for_weak = input;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (page.size() >= page_ends) {
        page.clear();
        page_ends = 500 + (r >> 32) % 1001;
    }
    page.push_back(node_make(r));
    if (page.size() % 337 == 0)
        label(page[page.size() - 2], page.back());
    return 0;
}
