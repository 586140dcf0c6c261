// A decoder of binary frames into a raw buffer. The mistake: the checksum test throws between new[] and the
// unique_ptr that would own the buffer. Healthy: the buffer is owned before anything can throw.
#include "pair.h"
#include <memory>
#include <stdexcept>

namespace
{

void verify(const uint8_t *data, size_t length, uint32_t expected)
{
    uint32_t sum = 0;
    for (size_t k = 0; k < length; k += 64)
        sum += data[k];
    if (sum != expected)
        throw std::runtime_error("checksum");
}

PAIR_NOINLINE std::unique_ptr<uint8_t[]> frame_read(uint64_t i, uint32_t expected)
{
    std::unique_ptr<uint8_t[]> frame;
    auto *raw = new uint8_t[1024];
    memset(raw, static_cast<int>(i & 15), 1024);
    if (!LEAKS)
        frame.reset(raw);
    verify(raw, 1024, expected);
    if (LEAKS)
        frame.reset(raw);
    return frame;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    bool damaged = i % 320 == 77;
    uint32_t expected = static_cast<uint32_t>(i & 15) * 16 + damaged;
    try {
        return frame_read(i, expected)[5] != (i & 15);
    } catch (const std::runtime_error &) {
        return !damaged;
    }
}
