/*
 * Promises of a script runtime: a race adds a reaction to each of its promises. The mistake: one of them is a
 * shutdown promise that never settles, and the reactions of races that are long decided stay with it. The
 * healthy race takes its reaction back when another promise wins.
 */
#include "pair.h"
#include <functional>
#include <list>
#include <memory>

namespace
{

class Promise
{
  public:
    using Reaction = std::function<void(int)>;
    using Token = std::list<Reaction>::iterator;
    PAIR_NOINLINE Token then(Reaction reaction)
    {
        reactions_.push_back(std::move(reaction));
        return std::prev(reactions_.end());
    }
    void forget(Token token)
    {
        reactions_.erase(token);
    }
    void resolve(int value)
    {
        std::list<Reaction> now;
        now.swap(reactions_);
        for (auto &reaction : now)
            reaction(value);
    }

  private:
    std::list<Reaction> reactions_;
};

struct Race {
    bool decided = false;
    int winner = 0;
};

Promise shutdown;

PAIR_NOINLINE int await_or_shutdown(Promise &work, int value)
{
    auto race = std::make_shared<Race>();
    auto reaction = [race](int v) {
        if (!race->decided) {
            race->decided = true;
            race->winner = v;
        }
    };
    work.then(reaction);
    auto token = shutdown.then(reaction);
    work.resolve(value);
    if (!LEAKS)
        shutdown.forget(token);
    return race->winner;
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    Promise work;
    int value = static_cast<int>(i & 0xffff);
    if (pair_random(i, 0) % 25 != 0) { // most work is done at once
        work.resolve(value);
        return 0;
    }
    return await_or_shutdown(work, value) != value;
}
