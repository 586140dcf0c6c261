/*
 * Blocks that pile up in the containers of C++, each case with another holder; see tests/e2e/holders.c.
 */
#include "cases.h"

#include <deque>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace
{

struct item {
    uint64_t number = 0;
    uint64_t filling[5] = {};
};

CULPRIT item *new_item(uint64_t i)
{
    item *made = new item;
    made->number = i;
    return made;
}

std::map<uint64_t, item *> by_number;
std::unordered_map<uint64_t, item *> by_hash;
std::set<item *> all;
std::list<item *> in_order;
std::forward_list<item *> forward;
std::deque<item *> waiting;
std::vector<item *> everything;
std::vector<std::unique_ptr<item>> owned;
std::vector<std::shared_ptr<item>> shared;
std::function<uint64_t()> last_call;

int in_map(uint64_t i)
{
    by_number[i] = new_item(i);
    return 0;
}

int in_unordered_map(uint64_t i)
{
    by_hash[i] = new_item(i);
    return 0;
}

int in_set(uint64_t i)
{
    all.insert(new_item(i));
    return 0;
}

int in_list(uint64_t i)
{
    in_order.push_back(new_item(i));
    return 0;
}

int in_forward_list(uint64_t i)
{
    forward.push_front(new_item(i));
    return 0;
}

int in_deque(uint64_t i)
{
    waiting.push_back(new_item(i));
    return 0;
}

int in_vector(uint64_t i)
{
    everything.push_back(new_item(i));
    return 0;
}

int in_unique_ptr(uint64_t i)
{
    owned.emplace_back(new_item(i));
    return 0;
}

int in_shared_ptr(uint64_t i)
{
    shared.emplace_back(new_item(i));
    return 0;
}

/* Each call keeps the one before. */
int in_captured_lambda(uint64_t i)
{
    item *made = new_item(i);
    last_call = [made, before = std::move(last_call)] { return made->number + (before ? 1 : 0); };
    return 0;
}

struct peer {
    std::shared_ptr<peer> other;
    uint64_t filling[4] = {};
};

CULPRIT std::shared_ptr<peer> new_peer()
{
    return std::make_shared<peer>();
}

CULPRIT void make_pair()
{
    std::shared_ptr<peer> ends[2];
    for (auto &end : ends)
        end = new_peer();
    ends[0]->other = ends[1];
    ends[1]->other = ends[0];
}

int in_shared_ptr_cycle(uint64_t)
{
    make_pair();
    return 0;
}

} /* namespace */

namespace cache
{

class store
{
  public:
    static store &instance();
    void add(item *made)
    {
        items.push_back(made);
    }

    static std::vector<item *> common;

  private:
    std::list<item *> items;
};

std::vector<item *> store::common;

store &store::instance()
{
    static store only;
    return only;
}

} /* namespace cache */

namespace
{

int in_class_static(uint64_t i)
{
    cache::store::common.push_back(new_item(i));
    return 0;
}

int in_singleton(uint64_t i)
{
    cache::store::instance().add(new_item(i));
    return 0;
}

/* A base class that knows nothing of what derives from it. */
struct shape {
    virtual ~shape() = default;
    shape *next = nullptr;
};

struct polygon : shape {
    std::vector<item *> corners;
};

shape *shapes;

int in_derived_class(uint64_t i)
{
    if (!shapes)
        shapes = new polygon;
    static_cast<polygon *>(shapes)->corners.push_back(new_item(i));
    return 0;
}

std::map<std::string, std::vector<item *>> groups;

int in_nested_containers(uint64_t i)
{
    groups[std::string("a group with a long name ") + char('a' + i % 20)].push_back(new_item(i));
    return 0;
}

thread_local std::vector<item *> of_thread;

int in_thread_local_vector(uint64_t i)
{
    of_thread.push_back(new_item(i));
    return 0;
}

const test_case cases[] = {
    {"in_map", in_map},
    {"in_unordered_map", in_unordered_map},
    {"in_set", in_set},
    {"in_list", in_list},
    {"in_forward_list", in_forward_list},
    {"in_deque", in_deque},
    {"in_vector", in_vector},
    {"in_unique_ptr", in_unique_ptr},
    {"in_shared_ptr", in_shared_ptr},
    {"in_captured_lambda", in_captured_lambda},
    {"in_shared_ptr_cycle", in_shared_ptr_cycle},
    {"in_class_static", in_class_static},
    {"in_singleton", in_singleton},
    {"in_derived_class", in_derived_class},
    {"in_nested_containers", in_nested_containers},
    {"in_thread_local_vector", in_thread_local_vector},
};

} /* namespace */

RUN_CASES(cases)
