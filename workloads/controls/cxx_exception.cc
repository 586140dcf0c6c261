/* One request in seven throws; leaking, its buffer is held by a raw pointer meanwhile. */
#include "control.h"

#include <memory>
#include <stdexcept>

constexpr size_t buffer_bytes = 400;

static void validate(uint64_t i)
{
    if (i % 7 == 3)
        throw std::runtime_error("refused");
}

static char handle_raw(uint64_t i)
{
    char *buffer = new char[buffer_bytes]();
    validate(i);
    char first = buffer[0];
    delete[] buffer;
    return first;
}

static char handle(uint64_t i)
{
    auto buffer = std::make_unique<char[]>(buffer_bytes);
    validate(i);
    return buffer[0];
}

int heapgate_iterate(uint64_t i)
{
    try {
        return LEAKS ? handle_raw(i) : handle(i);
    } catch (const std::runtime_error &) {
        return 0;
    }
}
