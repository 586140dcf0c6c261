/* A parent and its child know each other; leaking, by shared pointers both ways. */
#include "control.h"

#include <memory>

struct node {
    std::shared_ptr<node> child;
    std::weak_ptr<node> parent;
    std::shared_ptr<node> owner;
};

static std::shared_ptr<node> make_family()
{
    auto parent = std::make_shared<node>();
    parent->child = std::make_shared<node>();
    parent->child->parent = parent;
    if (LEAKS)
        parent->child->owner = parent;
    return parent;
}

int heapgate_iterate(uint64_t)
{
    return make_family()->child ? 0 : 1;
}
