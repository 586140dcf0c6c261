/* Allocations in coroutines of Boost.Context, whose entry has no unwind information, and an exception on the
 * way. */
extern "C" {
#include <heapgate/workload.h>
}

#include <boost/context/fiber.hpp>
#include <cstdlib>
#include <stdexcept>

namespace context = boost::context;

static void *volatile kept;

static __attribute__((noinline, noclone)) void lose_in_fiber()
{
    kept = malloc(40); /* here: fiber */
    if (!kept)
        throw std::bad_alloc();
}

static __attribute__((noinline, noclone)) void throw_in_fiber(unsigned depth)
{
    void *balanced = malloc(64 + depth);
    free(balanced);
    if (depth == 0)
        throw std::runtime_error("as it should");
    throw_in_fiber(depth - 1);
}

/* Of a coroutine that is suspended once, on a stack of its own. */
static context::fiber run(context::fiber &&caller)
{
    caller = std::move(caller).resume();
    try {
        throw_in_fiber(3);
    } catch (const std::runtime_error &) {
        lose_in_fiber();
    }
    return std::move(caller);
}

extern "C" int heapgate_iterate(uint64_t)
{
    context::fiber fiber{run};
    while (fiber)
        fiber = std::move(fiber).resume();
    return 0;
}
