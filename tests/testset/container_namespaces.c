/* A container runtime keeps a descriptor of the network namespace of each of 40 containers, opened when first
 * asked for, and opens two more for each command that it runs in one, every 20 ops. The mistake: when the
 * container stops meanwhile, 1 in 100, the first of the two is not closed. Healthy: 40 descriptors, and none
 * between two commands. */
#include "pair.h"
#include <fcntl.h>
#include <unistd.h>

enum { CONTAINERS = 40, COMMAND = 20 };

struct container {
    int net_fd;
    char *name;
};

static struct container *containers[CONTAINERS];

static int namespace_open(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC);
}

PAIR_NOINLINE static struct container *container_new(uint64_t id)
{
    struct container *container = malloc(sizeof *container);
    if (!container)
        abort();
    container->name = malloc(16 + id % 48);
    if (!container->name)
        abort();
    memset(container->name, 'c', 16);
    container->net_fd = namespace_open("/proc/self/ns/net");
    return container;
}

static void container_free(struct container *container)
{
    if (container)
        close(container->net_fd);
    if (container)
        free(container->name);
    free(container);
}

static int run_command(const struct container *container, bool stopped)
{
    int mount_fd = namespace_open("/proc/self/ns/mnt");
    if (mount_fd < 0 || container->net_fd < 0)
        return 1;
    if (stopped) {
        if (!LEAKS)
            close(mount_fd);
        return 0;
    }
    int process_fd = namespace_open("/proc/self/ns/pid");
    close(mount_fd);
    close(process_fd);
    return process_fd < 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(pair_random(i, 1) >> 11) / 9007199254740992.0;
    size_t number = (size_t)(CONTAINERS * u * u);
    bool restart = r % 300 == 0;
    if (restart) {
        container_free(containers[number]);
        containers[number] = NULL;
    }
    if (!containers[number])
        containers[number] = container_new(r >> 16);
    return i % COMMAND == COMMAND - 1 ? run_command(containers[number], i / COMMAND % 100 == 37) : 0;
}

void heapgate_teardown(void)
{
    for (size_t k = 0; k < CONTAINERS; k++) {
        container_free(containers[k]);
        containers[k] = NULL;
    }
}
