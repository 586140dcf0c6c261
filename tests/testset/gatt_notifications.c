/* A Bluetooth central: a device connects in each op and replaces one of 200, and subscribes to 1 to 12
 * notifications with a callback each; the adapter keeps 32 unused subscriptions. The mistake: a subscription
 * that the device refuses, one in 350 connections, is not in the device's own list, so its callback is not
 * removed from the adapter. Healthy: it is removed at once; the rest varies by 10 %. */
#include "pair.h"

enum { DEVICES = 200, BUCKETS = 256, MOST_UNUSED = 32 };

struct subscription {
    struct subscription *next_in_bucket, **link;
    struct subscription *next_of_device;
    void (*on_value)(struct subscription *);
    uint64_t handle, values;
};

static struct subscription *devices[DEVICES];
static struct subscription *buckets[BUCKETS];
static struct subscription *unused;
static unsigned unused_count;

static void count_value(struct subscription *s)
{
    s->values++;
}

PAIR_NOINLINE static struct subscription *subscription_new(void)
{
    struct subscription *s = unused;
    if (s) {
        unused = s->next_of_device;
        unused_count--;
        return s;
    }
    s = malloc(sizeof *s);
    if (!s)
        abort();
    return s;
}

static void subscription_free(struct subscription *s)
{
    if (unused_count == MOST_UNUSED) {
        free(s);
        return;
    }
    s->next_of_device = unused;
    unused = s;
    unused_count++;
}

static struct subscription *callback_add(uint64_t handle)
{
    struct subscription **bucket = &buckets[handle % BUCKETS];
    struct subscription *s = subscription_new();
    *s = (struct subscription){
        .next_in_bucket = *bucket, .link = bucket, .on_value = count_value, .handle = handle};
    if (*bucket)
        (*bucket)->link = &s->next_in_bucket;
    *bucket = s;
    return s;
}

static void callback_remove(struct subscription *s)
{
    *s->link = s->next_in_bucket;
    if (s->next_in_bucket)
        s->next_in_bucket->link = s->link;
    subscription_free(s);
}

static void device_disconnect(size_t device)
{
    while (devices[device]) {
        struct subscription *s = devices[device];
        devices[device] = s->next_of_device;
        callback_remove(s);
    }
}

static void device_connect(size_t device, uint64_t i, uint64_t r)
{
    unsigned count = 1 + (unsigned)(r >> 16) % 12;
    for (unsigned k = 0; k < count; k++) {
        struct subscription *s = callback_add(i * 16 + k);
        bool refused = k == 0 && i % 350 == 349;
        if (!refused) {
            s->next_of_device = devices[device];
            devices[device] = s;
        } else if (!LEAKS) {
            callback_remove(s);
        }
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    size_t device = (size_t)(r % DEVICES);
    device_disconnect(device);
    device_connect(device, i, r);
    uint64_t handle = (r >> 32) % (16 * (i + 1));
    for (struct subscription *s = buckets[handle % BUCKETS]; s; s = s->next_in_bucket)
        if (s->handle == handle)
            s->on_value(s);
    return 0;
}
