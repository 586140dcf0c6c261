/*
 * Imitates a fiber scheduler (boost.context, libtask): a fiber runs on a stack of 32 KiB with a guard page,
 * from mmap(), and a finished fiber gives its stack to a list of 16 for the next one.
 * The mistake: a fiber that ends by an unwound error (1 of 2,500 by chance) drops its stack and does not
 * unmap it. No heap is lost.
 * The healthy twin runs 12 fibers and keeps 16 stacks at most; a stack above that is unmapped: steady after
 * op 200.
 */
#include <heapgate/workload.h>
#include <sys/mman.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { STACK = 32 * 1024, GUARD = 4096, RUNNING = 12, SPARE = 16 };

struct fiber {
    unsigned char *stack;
    uint64_t id;
    unsigned char registers[96];
};

static unsigned char *spare[SPARE];
static unsigned spares;
static struct fiber *fibers[RUNNING];

__attribute__((noinline)) static unsigned char *stack_map(void)
{
    void *stack =
        mmap(NULL, STACK + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        return NULL;
    }
    mprotect(stack, GUARD, PROT_NONE);
    return stack;
}

static struct fiber *fiber_new(uint64_t id)
{
    struct fiber *fiber = calloc(1, sizeof *fiber);
    if (fiber == NULL || (fiber->stack = spares > 0 ? spare[--spares] : stack_map()) == NULL) {
        free(fiber);
        return NULL;
    }
    fiber->id = id;
    fiber->stack[STACK + GUARD - 64] = 1;
    return fiber;
}

static void fiber_end(struct fiber *fiber, int error)
{
    if (!LEAKS || !error) {
        if (spares < SPARE) {
            spare[spares++] = fiber->stack;
        } else {
            munmap(fiber->stack, STACK + GUARD);
        }
    }
    free(fiber);
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    struct fiber **place = &fibers[draw() % RUNNING];
    if (*place != NULL) {
        fiber_end(*place, draw() % 2500 == 0);
    }
    *place = fiber_new(i);
    return *place == NULL;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < RUNNING; n++) {
        if (fibers[n] != NULL) {
            fiber_end(fibers[n], 0);
        }
    }
    while (spares > 0) {
        munmap(spare[--spares], STACK + GUARD);
    }
}
