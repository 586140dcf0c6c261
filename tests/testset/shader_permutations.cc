/*
 * A renderer compiles a shader for each combination of features when it first meets it; there are 405 of
 * them, and the last comes late. The mistake: the key takes in the number of lights in view before it is
 * clamped to four, and a crowded scene (one frame in 200) has any number of tracers, each with a light. The
 * healthy one clamps first.
 */
#include "pair.h"
#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

namespace
{

using Key = std::tuple<unsigned, unsigned, unsigned>; // material, fog, lights

struct Program {
    std::vector<uint32_t> words;
    unsigned uses = 0;
};

std::map<Key, std::unique_ptr<Program>> programs;

PAIR_NOINLINE Program *compile(const Key &key)
{
    auto program = std::make_unique<Program>();
    unsigned lights = std::min(std::get<2>(key), 4U);
    program->words.resize(40 + std::get<0>(key) * 2 + lights * 12);
    for (size_t k = 0; k < program->words.size(); k++)
        program->words[k] = static_cast<uint32_t>(k * 2654435761U);
    return (programs[key] = std::move(program)).get();
}

Program *program_for(unsigned material, unsigned fog, unsigned lights)
{
    Key key{material, fog, LEAKS ? lights : std::min(lights, 4U)};
    auto found = programs.find(key);
    return found != programs.end() ? found->second.get() : compile(key);
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    bool crowded = (r >> 8) % 200 == 0;
    unsigned lights = crowded ? 4 + static_cast<unsigned>(r >> 32) : static_cast<unsigned>(r >> 20) % 4;
    unsigned material = static_cast<unsigned>(r >> 40) % 27, fog = static_cast<unsigned>(r >> 50) % 3;
    Program *program = program_for(material, fog, lights);
    program->uses++;
    return program->words.empty();
}
