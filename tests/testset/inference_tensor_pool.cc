// An inference server with tensors of 4 KiB to 2 MiB in a pool that keeps 2 unused ones of each size; 16
// requests are in flight. The mistake: the exception for a wrong shape, 1 request in 900, passes the line
// that gives the input back. Healthy: a guard gives it back.
#include "pair.h"
#include <array>
#include <stdexcept>
#include <vector>

namespace
{

enum { SIZES = 10, SMALLEST = 4096, SPARE = 2, IN_FLIGHT = 16 };

struct Tensor {
    unsigned size_class = 0;
    uint8_t *data = nullptr;
};

std::array<std::vector<uint8_t *>, SIZES> spare;
std::array<Tensor, IN_FLIGHT> outputs;
uint64_t rejected, checksum;

PAIR_NOINLINE uint8_t *tensor_new(unsigned size_class)
{
    return new uint8_t[static_cast<size_t>(SMALLEST) << size_class];
}

Tensor acquire(unsigned size_class)
{
    auto &unused = spare[size_class];
    if (unused.empty())
        return {size_class, tensor_new(size_class)};
    uint8_t *data = unused.back();
    unused.pop_back();
    return {size_class, data};
}

void release(Tensor tensor)
{
    if (!tensor.data)
        return;
    if (spare[tensor.size_class].size() < SPARE)
        spare[tensor.size_class].push_back(tensor.data);
    else
        delete[] tensor.data;
}

struct Guard {
    Tensor tensor;
    ~Guard()
    {
        release(tensor);
    }
};

PAIR_NOINLINE Tensor run_layers(const Tensor &input, uint64_t r)
{
    memset(input.data, static_cast<int>(r & 127), 256);
    if ((r >> 8) % 900 == 0)
        throw std::runtime_error("the shape of the input is not that of the model");
    Tensor output = acquire(static_cast<unsigned>(r >> 32) % 4);
    memcpy(output.data, input.data, 256);
    checksum += output.data[r % 256];
    return output;
}

Tensor infer(unsigned size_class, uint64_t r)
{
    Tensor input = acquire(size_class);
    if (!LEAKS) {
        Guard guard{input};
        return run_layers(input, r);
    }
    Tensor output = run_layers(input, r);
    release(input);
    return output;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    unsigned size_class = 0;
    for (uint64_t coins = pair_random(i, 1); size_class < SIZES - 1 && coins & 1; coins >>= 1)
        size_class++;
    Tensor &slot = outputs[i % IN_FLIGHT];
    release(slot);
    slot = {};
    try {
        slot = infer(size_class, pair_random(i, 0));
    } catch (const std::runtime_error &) {
        rejected++;
    }
    return 0;
}
