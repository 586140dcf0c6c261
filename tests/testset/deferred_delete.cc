// A toolkit that deletes objects later: the request is an event with the level of the event loop in which it
// was made, and is carried out when that loop returns to a lower level or the same. The mistake: a dialogue's
// own loop (1 op in 90) posts its request with the level above its own, and no loop of that level runs again.
// Healthy: the request has the level of the loop that the dialogue was opened from.
#include "pair.h"
#include <string>
#include <vector>

namespace
{

struct Object {
    std::vector<Object *> children;
    std::string name;
    Object *parent = nullptr;
    ~Object()
    {
        for (Object *child : children)
            delete child;
    }
};

std::vector<Object *> posted[4]; // by level
int level;

PAIR_NOINLINE Object *object_new(Object *parent, const char *name)
{
    auto *object = new Object;
    object->name = name;
    object->parent = parent;
    if (parent)
        parent->children.push_back(object);
    return object;
}

void send_posted()
{
    for (int k = level; k <= level + 1; k++) {
        for (Object *receiver : posted[k])
            delete receiver;
        posted[k].clear();
    }
}

void dialogue()
{
    Object *window = object_new(nullptr, "confirm_dialogue");
    object_new(window, "ok");
    object_new(window, "cancel");
    level++;
    posted[LEAKS ? level + 1 : level].push_back(window);
    level--;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    Object *reply = object_new(nullptr, "reply");
    if (pair_random(i, 0) % 90 == 0)
        dialogue();
    posted[level].push_back(reply);
    send_posted();
    return 0;
}
