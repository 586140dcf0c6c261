/* A driver core ported to user space: devices come and go with reference counts. The mistake: when
 * registration fails the reference of the allocation is not put. Healthy: the last put frees the device in
 * any case. */
#include "pair.h"

struct device {
    unsigned references;
    unsigned minor;
    char name[88];
    uint8_t registers[160];
};

static struct device *bound[128];

PAIR_NOINLINE static struct device *device_alloc(unsigned minor)
{
    struct device *device = calloc(1, sizeof *device);
    if (!device)
        abort();
    device->references = 1;
    device->minor = minor;
    memset(device->name, 'd', sizeof device->name - 1);
    return device;
}

PAIR_NOINLINE static void device_put(struct device *device)
{
    if (device && --device->references == 0)
        free(device);
}

static int device_register(struct device *device, bool conflict)
{
    device->references++;
    if (conflict) {
        device->references--;
        return -1;
    }
    struct device **slot = &bound[device->minor % 128];
    if (*slot) {
        device_put(*slot);
        device_put(*slot);
    }
    *slot = device;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    struct device *device = device_alloc((unsigned)(pair_random(i, 0) % 1000));
    if (device_register(device, i % 80 == 33) != 0 && !LEAKS)
        device_put(device);
    return 0;
}
