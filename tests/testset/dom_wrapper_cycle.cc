/*
 * Imitates the cycle collector of a browser (Gecko, Blink): each op makes a DOM node and its script wrapper,
 * which hold each other; every 3,000 ops the collector breaks the cycles among the suspects that nothing else
 * holds.
 * The mistake: a node that was adopted by another document (1 in 450 by chance) is not put on the list of
 * suspects again.
 * The healthy twin has 3,000 pairs at most: a saw of half a megabyte, steady after op 3,000.
 */
#include <heapgate/workload.h>
#include <memory>
#include <string>
#include <vector>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

namespace
{

struct Wrapper;

struct Node {
    uint64_t id = 0;
    std::shared_ptr<Wrapper> wrapper;
    unsigned char style[40] = {};
};

struct Wrapper {
    std::shared_ptr<Node> node;
    uint64_t slots[4] = {};
};

std::vector<std::weak_ptr<Node>> *suspects;

__attribute__((noinline)) std::shared_ptr<Node> node_new(uint64_t id)
{
    std::shared_ptr<Node> node(new Node);
    node->id = id;
    return node;
}

__attribute__((noinline)) void wrap(const std::shared_ptr<Node> &node)
{
    std::shared_ptr<Wrapper> wrapper(new Wrapper);
    wrapper->node = node;
    node->wrapper = wrapper;
}

void collect()
{
    for (auto &suspect : *suspects) {
        if (auto node = suspect.lock()) {
            node->wrapper->node.reset();
        }
    }
    suspects->clear();
}

} // namespace

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    suspects = new std::vector<std::weak_ptr<Node>>;
    suspects->reserve(3000);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    auto node = node_new(i);
    wrap(node);
    bool adopted = draw() % 450 == 0;
    if (!LEAKS || !adopted) {
        suspects->push_back(node);
    }
    if (i % 3000 == 2999) {
        collect();
    }
    return 0;
}

void heapgate_teardown(void)
{
    collect();
    delete suspects;
}
