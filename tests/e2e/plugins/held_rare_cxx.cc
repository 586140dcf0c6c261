/*
 * Blocks that pile up in objects of C++, held in ways that are seldom seen; see tests/e2e/holders.c.
 */
#include "cases.h"

#include <any>
#include <array>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <stack>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace press
{
std::list<std::string> titles; /* its symbol has the tag of std::string */
}

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

std::optional<std::vector<item *>> maybe;

int in_optional_vector(uint64_t i)
{
    if (!maybe)
        maybe.emplace();
    maybe->push_back(new_item(i));
    return 0;
}

template <typename T> struct pool {
    static std::vector<T *> kept;
};
template <typename T> std::vector<T *> pool<T>::kept;

int in_template_static(uint64_t i)
{
    pool<item>::kept.push_back(new_item(i));
    return 0;
}

class recorder
{
  public:
    void add(uint64_t i)
    {
        taken.push_back(new_item(i));
    }

  private:
    std::string name = "a recorder with a name that takes a block of its own";
    std::list<item *> taken;
};

int in_function_static(uint64_t i)
{
    static recorder kept;
    kept.add(i);
    return 0;
}

thread_local recorder of_thread;

int in_thread_local_object(uint64_t i)
{
    of_thread.add(i);
    return 0;
}

struct session {
    uint64_t id = 0;
    std::function<void()> on_end;
    uint64_t filling[4] = {};
};

CULPRIT std::shared_ptr<session> new_session()
{
    return std::make_shared<session>();
}

/* A call that owns whom it belongs to. */
int in_function_cycle(uint64_t i)
{
    std::shared_ptr<session> made = new_session();
    made->id = i;
    made->on_end = [made] { made->id = 0; };
    return 0;
}

std::unordered_map<std::string, std::shared_ptr<session>> by_name;

int in_map_of_shared(uint64_t i)
{
    by_name["session number " + std::to_string(i)] = new_session();
    return 0;
}

std::vector<std::function<uint64_t()>> calls;

int in_vector_of_functions(uint64_t i)
{
    std::array<uint64_t, 4> more = {i};
    calls.emplace_back([made = new_item(i), more] { return made->number + more[0]; });
    return 0;
}

std::variant<int, std::vector<item *>> either;

int in_variant(uint64_t i)
{
    if (either.index() == 0)
        either.emplace<1>();
    std::get<1>(either).push_back(new_item(i));
    return 0;
}

std::queue<std::pair<int, std::unique_ptr<item>>> orders;

int in_queue(uint64_t i)
{
    orders.emplace(1, std::unique_ptr<item>(new_item(i)));
    return 0;
}

struct plugin {
    virtual ~plugin() = default;
    virtual void call(uint64_t i) = 0;
};

struct logger : plugin {
    std::map<int, std::vector<std::unique_ptr<item>>> levels;
    void call(uint64_t i) override
    {
        levels[static_cast<int>(i % 3)].emplace_back(new_item(i));
    }
};

std::unique_ptr<plugin> chosen;

int in_polymorphic(uint64_t i)
{
    if (!chosen)
        chosen = std::make_unique<logger>();
    chosen->call(i);
    return 0;
}

/* A class that hides what it is made of. */
class client
{
  public:
    client();
    void send(uint64_t i);

  private:
    struct details;
    std::shared_ptr<details> all;
};

struct client::details {
    std::mutex lock;
    std::unordered_set<item *> pending;
};

client::client() : all(std::make_shared<details>())
{
}

void client::send(uint64_t i)
{
    all->pending.insert(new_item(i));
}

int in_hidden_class(uint64_t i)
{
    static client only;
    only.send(i);
    return 0;
}

std::array<std::vector<item *>, 8> shards;

int in_array_of_vectors(uint64_t i)
{
    shards[i % 8].push_back(new_item(i));
    return 0;
}

std::tuple<int, std::string, std::vector<item *>> triple;

int in_tuple(uint64_t i)
{
    std::get<2>(triple).push_back(new_item(i));
    return 0;
}

std::any anything;

int in_any(uint64_t i)
{
    if (!anything.has_value())
        anything = std::vector<item *>();
    std::any_cast<std::vector<item *> &>(anything).push_back(new_item(i));
    return 0;
}

/* Second base class: what points to it points into the object. */
struct named {
    virtual ~named() = default;
    uint64_t name = 0;
};
struct owner {
    virtual ~owner() = default;
    std::vector<item *> owned;
};
struct both : named, owner {
};
owner *second;

int in_second_base(uint64_t i)
{
    if (!second)
        second = new both;
    second->owned.push_back(new_item(i));
    return 0;
}

std::vector<std::weak_ptr<session>> observers;

/* Only the memory stays, as with make_shared the object lies in it. */
int in_weak_pointers(uint64_t)
{
    observers.push_back(new_session());
    return 0;
}

std::multimap<std::string, std::string> headers;

CULPRIT std::string new_text(uint64_t i)
{
    return std::string(100, static_cast<char>('a' + i % 20));
}

int in_strings_of_multimap(uint64_t i)
{
    headers.emplace("x", new_text(i));
    return 0;
}

int in_list_of_strings(uint64_t i)
{
    press::titles.push_back(new_text(i));
    return 0;
}

static union {
    std::vector<item *> *counted;
    long number;
};

int in_anonymous_union(uint64_t i)
{
    if (!counted)
        counted = new std::vector<item *>;
    counted->push_back(new_item(i));
    return 0;
}

/* An object in the block of its counts, known by a base class. */
struct connection {
    virtual ~connection() = default;
};
struct shared_session : connection {
    std::vector<item *> kept;
};
std::shared_ptr<connection> made_shared;

int in_derived_behind_shared(uint64_t i)
{
    if (!made_shared)
        made_shared = std::make_shared<shared_session>();
    static_cast<shared_session &>(*made_shared).kept.push_back(new_item(i));
    return 0;
}

std::deque<std::function<uint64_t()>> tasks;

int in_deque_of_functions(uint64_t i)
{
    item *made = new_item(i);
    uint64_t more[3] = {i};
    tasks.emplace_back([made, more] { return made->number + more[0]; });
    return 0;
}

const test_case cases[] = {
    {"in_deque_of_functions", in_deque_of_functions},
    {"in_list_of_strings", in_list_of_strings},
    {"in_anonymous_union", in_anonymous_union},
    {"in_derived_behind_shared", in_derived_behind_shared},
    {"in_optional_vector", in_optional_vector},
    {"in_template_static", in_template_static},
    {"in_function_static", in_function_static},
    {"in_thread_local_object", in_thread_local_object},
    {"in_function_cycle", in_function_cycle},
    {"in_map_of_shared", in_map_of_shared},
    {"in_vector_of_functions", in_vector_of_functions},
    {"in_variant", in_variant},
    {"in_queue", in_queue},
    {"in_polymorphic", in_polymorphic},
    {"in_hidden_class", in_hidden_class},
    {"in_array_of_vectors", in_array_of_vectors},
    {"in_tuple", in_tuple},
    {"in_any", in_any},
    {"in_second_base", in_second_base},
    {"in_weak_pointers", in_weak_pointers},
    {"in_strings_of_multimap", in_strings_of_multimap},
};

} /* namespace */

RUN_CASES(cases)
