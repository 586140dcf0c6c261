/*
 * A compiler's pass manager caches analyses by function number. The mistake: a function that was inlined
 * everywhere is deleted from the module without invalidating its dominator tree in the cache. The healthy one
 * invalidates it. A module holds at most 90 functions, of which every 30th op deletes one.
 */
#include "pair.h"
#include <map>
#include <memory>
#include <vector>

namespace
{

struct DominatorTree {
    std::vector<uint16_t> parent;
};

struct Function {
    uint64_t number = 0;
    unsigned blocks = 0;
};

std::map<uint64_t, std::unique_ptr<DominatorTree>> dominators;
std::vector<Function> module;
uint64_t next_number;

PAIR_NOINLINE std::unique_ptr<DominatorTree> analyse(const Function &f)
{
    auto tree = std::make_unique<DominatorTree>();
    tree->parent.resize(f.blocks);
    for (unsigned k = 1; k < f.blocks; k++)
        tree->parent[k] = static_cast<uint16_t>(k / 2);
    return tree;
}

PAIR_NOINLINE const DominatorTree &dominator_tree(const Function &f)
{
    auto found = dominators.find(f.number);
    if (found == dominators.end())
        found = dominators.emplace(f.number, analyse(f)).first;
    return *found->second;
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % 30 == 0) {
        if (module.size() == 90) {
            size_t gone = r % module.size();
            if (!LEAKS)
                dominators.erase(module[gone].number);
            module[gone] = module.back();
            module.pop_back();
        }
        module.push_back({next_number++, 20 + static_cast<unsigned>(r >> 20) % 120});
    }
    return dominator_tree(module[(r >> 40) % module.size()]).parent.empty();
}
