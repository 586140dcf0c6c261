// An event loop keeps up to two blocks of finished handlers per thread for the next handler, and its
// thread-local cache is freed when the thread ends. A thread comes and goes every 300 ops. The mistake: a
// block that is put back while both places are taken goes over the second one (1 thread in 5 has three
// handlers at a time). Healthy: it is deleted then.
#include "pair.h"
#include <thread>

namespace
{

constexpr size_t handler_size = 208;

struct Recycler {
    void *place[2] = {};
    ~Recycler()
    {
        ::operator delete(place[0]);
        ::operator delete(place[1]);
    }
};
thread_local Recycler recycler;

PAIR_NOINLINE void *handler_allocate()
{
    for (void *&place : recycler.place)
        if (void *block = place) {
            place = nullptr;
            return block;
        }
    return ::operator new(handler_size);
}

void handler_deallocate(void *block)
{
    for (void *&place : recycler.place)
        if (!place) {
            place = block;
            return;
        }
    if (LEAKS)
        recycler.place[1] = block;
    else
        ::operator delete(block);
}

void serve(unsigned at_a_time)
{
    void *handler[3];
    for (unsigned turn = 0; turn < 20; turn++) {
        unsigned count = turn == 11 ? at_a_time : 1 + turn % 2;
        for (unsigned k = 0; k < count; k++)
            handler[k] = memset(handler_allocate(), static_cast<int>(k), handler_size);
        for (unsigned k = 0; k < count; k++)
            handler_deallocate(handler[k]);
    }
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    if (i % 300 == 0) {
        std::thread worker(serve, pair_random(i, 0) % 5 == 0 ? 3U : 2U);
        worker.join();
    }
    return 0;
}
