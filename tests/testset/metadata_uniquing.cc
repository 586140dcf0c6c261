/*
 * Imitates the uniqued metadata of a compiler (LLVM's MDNode): a node whose operand is replaced is looked up
 * again, and if an equal node exists, its users get that one and the node is deleted.
 * The mistake: a node that was resolved while its cycle was still open (1 collision in 5 by chance) is not
 * deleted then.
 * The healthy twin has 3,000 users of 3,000 nodes at most: steady after op 10,000.
 */
#include <heapgate/workload.h>
#include <unordered_set>

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

constexpr size_t users = 3000;
constexpr uint32_t values = 400;

struct Node {
    uint32_t tag, scope;
    unsigned references;
    const void *operands[5];
};

struct Same {
    size_t operator()(const Node *node) const
    {
        return node->tag * 1000003u + node->scope;
    }
    bool operator()(const Node *one, const Node *other) const
    {
        return one->tag == other->tag && one->scope == other->scope;
    }
};

std::unordered_set<Node *, Same, Same> *uniqued;
Node *used[users];

__attribute__((noinline)) Node *node_new(uint32_t tag, uint32_t scope)
{
    return new Node{tag, scope, 0, {}};
}

void unref(Node *node)
{
    if (--node->references == 0) {
        uniqued->erase(node);
        delete node;
    }
}

Node *unique(Node *node)
{
    auto added = uniqued->insert(node);
    if (!added.second) {
        bool open = draw() % 5 == 0;
        if (!LEAKS || !open) {
            delete node;
        }
    }
    (*added.first)->references++;
    return *added.first;
}

} // namespace

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    uniqued = new std::unordered_set<Node *, Same, Same>(8192);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    Node **user = &used[draw() % users];
    Node *node = node_new(static_cast<uint32_t>(draw() % values), static_cast<uint32_t>(draw() % values));
    if (*user != nullptr) {
        node->tag = (*user)->tag;
    }
    Node *old = *user;
    *user = unique(node);
    if (old != nullptr) {
        unref(old);
    }
    return 0;
}

void heapgate_teardown(void)
{
    for (Node *&node : used) {
        if (node != nullptr) {
            unref(node);
        }
    }
    delete uniqued;
}
