// Goal: names of the interface without extern "C": heapgate_iterate, or heapgate_setup alone.
#include <cstdint>

#if defined(MANGLED_SETUP)
int heapgate_setup();

int heapgate_setup()
{
    return 0;
}

extern "C" int heapgate_iterate(uint64_t i);
#else
int heapgate_iterate(uint64_t i);
#endif

int heapgate_iterate(uint64_t i)
{
    return i == UINT64_MAX;
}
