/*
 * An audio codec's filters are deleted through their base class. The mistake: the base has no virtual
 * destructor, and the delay line of an echo filter, a vector, is not destroyed. The healthy base has one. A
 * chain of filters lives 40 blocks.
 */
#include "pair.h"
#include <memory>
#include <vector>

namespace
{

class Filter
{
  public:
#if !LEAKS
    virtual ~Filter() = default;
#endif
    virtual float run(float sample) = 0;
    // without the size, which would be the base's and mislead an allocator that trusts it
    static void operator delete(void *p)
    {
        ::operator delete(p);
    }
};

class Gain final : public Filter
{
  public:
    explicit Gain(float gain) : gain_(gain)
    {
    }
    float run(float sample) override
    {
        return sample * gain_;
    }

  private:
    float gain_;
};

class Echo final : public Filter
{
  public:
    PAIR_NOINLINE explicit Echo(unsigned delay) : line_(delay)
    {
    }
    float run(float sample) override
    {
        float out = sample + 0.3F * line_[at_];
        line_[at_] = out;
        at_ = (at_ + 1) % line_.size();
        return out;
    }

  private:
    std::vector<float> line_;
    size_t at_ = 0;
};

std::vector<std::unique_ptr<Filter>> chain;

PAIR_NOINLINE void rebuild(uint64_t r)
{
    chain.clear();
    chain.push_back(std::make_unique<Gain>(0.8F));
    if (r % 3 == 0)
        chain.push_back(std::make_unique<Echo>(64 + static_cast<unsigned>(r >> 8) % 200));
    chain.push_back(std::make_unique<Gain>(1.1F));
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    float sample = static_cast<float>(i % 100) / 100;
    if (i % 40 == 0)
        rebuild(pair_random(i, 0));
    for (auto &filter : chain)
        sample = filter->run(sample);
    return sample > 1e6F;
}
