/*
 * Components in the manner of COM, with AddRef and Release. The mistake: the text service asks a component
 * for its second interface, which counts a reference, and returns early when that interface says it is
 * disabled (one in 80) without the Release. The healthy one releases on both ways.
 */
#include "pair.h"

namespace
{

struct Spelling {
    virtual bool enabled() const = 0;
    virtual unsigned check(const char *word) = 0;

  protected:
    ~Spelling() = default;
};

class Component final : public Spelling
{
  public:
    explicit Component(bool enabled) : enabled_(enabled)
    {
    }
    unsigned add_ref()
    {
        return ++refs_;
    }
    PAIR_NOINLINE unsigned release()
    {
        unsigned left = --refs_;
        if (left == 0)
            delete this;
        return left;
    }
    Spelling *query_spelling()
    {
        add_ref();
        return this;
    }
    bool enabled() const override
    {
        return enabled_;
    }
    unsigned check(const char *word) override
    {
        for (; *word; word++)
            table_[static_cast<unsigned char>(*word) % 32]++;
        return table_['e' % 32];
    }

  private:
    unsigned refs_ = 1;
    bool enabled_;
    uint16_t table_[32] = {};
};

PAIR_NOINLINE Component *create_component(bool enabled)
{
    auto *component = new Component(enabled);
    component->check("");
    return component;
}

unsigned proof_read(Component *component, const char *word)
{
    Spelling *spelling = component->query_spelling();
    if (!spelling->enabled()) {
        if (!LEAKS)
            component->release();
        return 0;
    }
    unsigned found = spelling->check(word);
    component->release();
    return found;
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    Component *component = create_component(pair_random(i, 0) % 80 != 0);
    unsigned found = proof_read(component, "independent");
    component->release();
    return found > 100;
}
