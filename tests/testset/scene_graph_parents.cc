/*
 * A scene graph of a game: nodes own their children by shared_ptr. The mistake: a node also owns its parent,
 * so that a prop which is taken out of the world keeps itself alive in a cycle. The healthy one points to the
 * parent weakly.
 */
#include "pair.h"
#include <memory>
#include <vector>

namespace
{

struct Node {
    std::vector<std::shared_ptr<Node>> children;
#if LEAKS
    std::shared_ptr<Node> parent;
#else
    std::weak_ptr<Node> parent;
#endif
    float transform[16] = {};
};

PAIR_NOINLINE std::shared_ptr<Node> make_node(float x)
{
    auto node = std::make_shared<Node>();
    node->transform[12] = x;
    return node;
}

PAIR_NOINLINE void attach(const std::shared_ptr<Node> &parent, const std::shared_ptr<Node> &child)
{
    child->parent = parent;
    parent->children.push_back(child);
    child->transform[13] += parent->transform[13];
}

std::shared_ptr<Node> world[120];

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    auto &place = world[r % 120];
    auto prop = make_node(static_cast<float>(r >> 32 & 1023));

    if ((r >> 8) % 20 == 0) { // most props are of one piece
        unsigned parts = 1 + static_cast<unsigned>(r >> 16) % 3;
        for (unsigned k = 0; k < parts; k++)
            attach(prop, make_node(static_cast<float>(k)));
    }
    place = prop;
    return 0;
}
