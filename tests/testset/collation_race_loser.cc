/*
 * Imitates the lazily built collators of a Unicode library (ICU): two builders race for a locale that is not
 * built yet, and the slower one finds that its result is not needed. Later, reorderings of a locale are built
 * and race in the same way.
 * The mistake: the loser of a race for a reordering (1 op in 2,200 by chance) does not delete its collator.
 * The healthy twin has 2,000 locales under a power law; the rarest is asked for once in 8,000 ops on the
 * mean: it grows ever more rarely and is steady after op 100,000.
 */
#include <array>
#include <heapgate/workload.h>
#include <memory>
#include <string>

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

constexpr size_t locales = 2000;

class Collator
{
  public:
    explicit Collator(uint32_t number) : rules(24 + number % 80, '<')
    {
        weights.fill(static_cast<uint16_t>(number));
    }
    uint16_t weight(unsigned n) const
    {
        return weights[n % weights.size()];
    }

  private:
    std::string rules;
    std::array<uint16_t, 20> weights;
};

Collator *built[locales];
uint64_t sum;

__attribute__((noinline)) Collator *collator_build(uint32_t number)
{
    return new Collator(number);
}

void publish(Collator **place, Collator *collator)
{
    if (*place == nullptr) {
        *place = collator;
    } else if (!LEAKS) {
        delete collator;
    }
}

} // namespace

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    double u = static_cast<double>(draw() >> 11) * 0x1p-53;
    auto number = static_cast<uint32_t>(u * u * u * u * locales);
    if (built[number] == nullptr || draw() % 2200 == 0) {
        publish(&built[number], collator_build(number));
    }
    sum += built[number]->weight(static_cast<unsigned>(draw()));
    return 0;
}

uint64_t heapgate_result(void)
{
    return sum;
}

void heapgate_teardown(void)
{
    for (Collator *collator : built) {
        delete collator;
    }
}
