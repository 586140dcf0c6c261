/*
 * Blocks that pile up in objects of C++ as programs have them, of which heapgate was told nothing when it
 * first met them; see tests/e2e/holders.c.
 */
#include "cases.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <memory_resource>
#include <queue>
#include <stdexcept>
#include <string>
#include <variant>
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

class window
{
  public:
    window();
    ~window();
    void add(item *made);

  private:
    struct hidden;
    std::unique_ptr<hidden> all;
};

struct window::hidden {
    int count = 0;
    std::vector<item *> kept;
};

window::window() : all(new hidden)
{
}

window::~window() = default;

void window::add(item *made)
{
    all->kept.push_back(made);
    all->count++;
}

window desktop;

int in_pimpl(uint64_t i)
{
    desktop.add(new_item(i));
    return 0;
}

std::vector<std::variant<int, std::string, std::unique_ptr<item>>> choices;

int in_vector_of_variants(uint64_t i)
{
    choices.emplace_back(std::unique_ptr<item>(new_item(i)));
    return 0;
}

thread_local std::unique_ptr<std::vector<item *>> mine;

int in_thread_local_unique(uint64_t i)
{
    if (!mine)
        mine = std::make_unique<std::vector<item *>>();
    mine->push_back(new_item(i));
    return 0;
}

std::pmr::unsynchronized_pool_resource chunks;
std::pmr::list<std::unique_ptr<item>> pooled{&chunks};

int in_pool_resource(uint64_t i)
{
    pooled.emplace_back(new_item(i));
    return 0;
}

struct is_later {
    bool operator()(const std::unique_ptr<item> &a, const std::unique_ptr<item> &b) const
    {
        return a->number > b->number;
    }
};

std::priority_queue<std::unique_ptr<item>, std::vector<std::unique_ptr<item>>, is_later> timers;

int in_priority_queue(uint64_t i)
{
    timers.emplace(new_item(i));
    return 0;
}

std::vector<std::future<item *>> results;

int in_futures(uint64_t i)
{
    std::promise<item *> promise;
    results.push_back(promise.get_future());
    promise.set_value(new_item(i));
    return 0;
}

struct whole {
    char head[32] = {};
    item *part = nullptr;
};

std::vector<std::shared_ptr<item *>> parts;

int in_aliased_shared(uint64_t i)
{
    auto made = std::make_shared<whole>();
    made->part = new_item(i);
    parts.push_back(std::shared_ptr<item *>(made, &made->part));
    return 0;
}

struct stacked {
    stacked *next;
    item *value;
};

/* A pointer with a count in its upper bits. */
std::atomic<uint64_t> top;

int in_atomic_stack(uint64_t i)
{
    constexpr uint64_t address = (UINT64_C(1) << 48) - 1;
    auto *made = new stacked{reinterpret_cast<stacked *>(top.load() & address), new_item(i)};
    top.store(reinterpret_cast<uint64_t>(made) | (i & 0x7fff) << 48);
    return 0;
}

class session : public std::enable_shared_from_this<session>
{
  public:
    explicit session(item *given) : own(given)
    {
    }
    void start()
    {
        done = [self = shared_from_this()] { self->own->number++; };
    }

  private:
    item *own;
    std::function<void()> done;
};

int in_own_callback(uint64_t i)
{
    std::make_shared<session>(new_item(i))->start();
    return 0;
}

std::array<std::unique_ptr<std::vector<item *>>, 8> shards;

int in_array_of_unique(uint64_t i)
{
    auto &shard = shards[i % shards.size()];
    if (!shard)
        shard = std::make_unique<std::vector<item *>>();
    shard->push_back(new_item(i));
    return 0;
}

std::vector<std::exception_ptr> errors;

struct failure : std::runtime_error {
    explicit failure(uint64_t i) : std::runtime_error("it failed"), about(new_item(i))
    {
    }
    item *about;
};

int in_exceptions(uint64_t i)
{
    errors.push_back(std::make_exception_ptr(failure(i)));
    return 0;
}

const test_case cases[] = {
    {"in_pimpl", in_pimpl},
    {"in_vector_of_variants", in_vector_of_variants},
    {"in_thread_local_unique", in_thread_local_unique},
    {"in_pool_resource", in_pool_resource},
    {"in_priority_queue", in_priority_queue},
    {"in_futures", in_futures},
    {"in_aliased_shared", in_aliased_shared},
    {"in_atomic_stack", in_atomic_stack},
    {"in_own_callback", in_own_callback},
    {"in_array_of_unique", in_array_of_unique},
    {"in_exceptions", in_exceptions},
};

} /* namespace */

RUN_CASES(cases)
