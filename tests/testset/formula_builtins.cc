// A spreadsheet's 32 builtin functions are instances of one template. The mistake: each forgets its
// intermediate value if the result is an error (1 call in 200). Healthy: intermediate values are deleted on
// both ways out.
#include "pair.h"
#include <array>
#include <utility>

namespace
{

struct Value {
    double number;
    uint64_t format[5];
};

PAIR_NOINLINE Value *make_value(double number)
{
    auto *value = new Value();
    value->number = number;
    return value;
}

template <int N> PAIR_NOINLINE double builtin(double x, bool error)
{
    Value *value = make_value(x * N);
    if (error) {
        if (!LEAKS)
            delete value;
        return -1;
    }
    double result = value->number + N;
    delete value;
    return result;
}

template <int... N>
constexpr std::array<double (*)(double, bool), sizeof...(N)> table(std::integer_sequence<int, N...>)
{
    return {builtin<N>...};
}
constexpr auto builtins = table(std::make_integer_sequence<int, 32>());
double cell[256];

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    cell[i % 256] = builtins[r % 32](static_cast<double>(r >> 50), (r >> 8) % 200 == 0);
    return 0;
}
