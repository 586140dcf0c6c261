/*
 * A recursive-descent parser with nodes made by plain new. The mistake: when an operand is missing (one text
 * in 40), the exception leaves the function that holds the left side in a raw pointer. The healthy one holds
 * it in a unique_ptr until the node above takes it.
 */
#include "pair.h"
#include <memory>
#include <stdexcept>

namespace
{

struct Node {
    char op;
    long value;
    Node *left, *right;
    Node(char o, long v, Node *l, Node *r) : op(o), value(v), left(l), right(r)
    {
    }
    Node(const Node &) = delete;
    Node &operator=(const Node &) = delete;
    ~Node()
    {
        delete left;
        delete right;
    }
};

PAIR_NOINLINE Node *make_node(char op, long value, Node *left, Node *right)
{
    Node *node = new Node(op, value, left, right);
    if (op == '+')
        node->value = left->value + right->value;
    return node;
}

Node *number(const char *&at)
{
    long value = 0;
    if (*at < '0' || *at > '9')
        throw std::invalid_argument("operand expected");
    while (*at >= '0' && *at <= '9')
        value = value * 10 + (*at++ - '0');
    return make_node('n', value, nullptr, nullptr);
}

Node *sum(const char *&at)
{
#if LEAKS
    Node *left = number(at);
    while (*at == '+') {
        Node *right = number(++at);
        left = make_node('+', 0, left, right);
    }
    return left;
#else
    std::unique_ptr<Node> left(number(at));
    while (*at == '+') {
        std::unique_ptr<Node> right(number(++at));
        Node *l = left.release();
        left.reset(make_node('+', 0, l, right.release()));
    }
    return left.release();
#endif
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    static const char *const good[] = {"1+2+3", "40+2", "7", "10+20+30+40", "5+5+5"};
    static const char *const bad[] = {"1+", "1+2+", "10+20+30+x"};
    uint64_t r = pair_random(i, 0);
    bool broken = r % 40 == 0;
    const char *at = broken ? bad[(r >> 20) % 3] : good[(r >> 20) % 5];
    try {
        std::unique_ptr<Node> tree(sum(at));
        return broken || tree->value < 0;
    } catch (const std::invalid_argument &) {
        return !broken;
    }
}
