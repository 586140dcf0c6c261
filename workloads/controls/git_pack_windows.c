/* A version control system reads a pack of 1 MiB through mapped windows of 64 KiB, 12 of them at most, the
 * one that was used last being dropped last. Every 2,000 ops the pack is repacked and its windows are closed.
 * The mistake: the window that a reader holds at that time is skipped and then forgotten. Healthy: it is
 * closed when the reader is done. */
#include "control.h"
#include "random.h"
#include <sys/mman.h>
#include <unistd.h>

enum { WINDOW = 64 * 1024, WINDOWS = 12, PARTS = 16, REPACK = 2000 };

struct window {
    volatile uint8_t *base;
    unsigned part;
    uint64_t last_used;
};

static int pack_fd = -1;
static struct window windows[WINDOWS];
static uint64_t bytes_read;

static void window_close(struct window *window)
{
    if (window->base)
        munmap((void *)window->base, WINDOW);
    window->base = NULL;
}

__attribute__((noinline)) static struct window *window_open(unsigned part, uint64_t now)
{
    struct window *oldest = &windows[0];
    for (unsigned k = 0; k < WINDOWS; k++) {
        struct window *window = &windows[k];
        if (window->base && window->part == part) {
            window->last_used = now;
            return window;
        }
        if (!window->base || (oldest->base && window->last_used < oldest->last_used))
            oldest = window;
    }
    window_close(oldest);
    void *at = mmap(NULL, WINDOW, PROT_READ, MAP_SHARED, pack_fd, (off_t)part * WINDOW);
    if (at == MAP_FAILED)
        abort();
    *oldest = (struct window){.base = at, .part = part, .last_used = now};
    return oldest;
}

static void repack(const struct window *held)
{
    for (unsigned k = 0; k < WINDOWS; k++) {
        if (LEAKS && held == &windows[k])
            windows[k].base = NULL;
        else
            window_close(&windows[k]);
    }
}

int heapgate_setup(void)
{
    pack_fd = memfd_create("pack", MFD_CLOEXEC);
    return pack_fd < 0 || ftruncate(pack_fd, (off_t)PARTS * WINDOW) != 0;
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    double u = (double)(random_next(&random) >> 11) / 9007199254740992.0;
    struct window *held = window_open((unsigned)(PARTS * u * u * u), i + 1);
    bytes_read += held->base[0];
    if (i % REPACK == REPACK - 1)
        repack(held);
    return 0;
}

void heapgate_teardown(void)
{
    repack(NULL);
    close(pack_fd);
}
