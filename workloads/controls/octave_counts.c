/* A histogram gets a bucket when the number of ops doubles, ever more rarely; leaking, a sample in thirty
 * stays too. */
#include "control.h"

enum { BUCKET_BYTES = 48, SAMPLE_BYTES = 40 };

static void *buckets[64];
static size_t count;
static void *sample;

static void *bucket_new(void)
{
    return malloc(BUCKET_BYTES);
}

static void *sample_new(void)
{
    return malloc(SAMPLE_BYTES);
}

int heapgate_iterate(uint64_t i)
{
    if (i >> count > 0 && !(buckets[count++] = bucket_new()))
        return 1;
    if (!LEAKS || i % 30 != 0)
        free(sample);
    sample = sample_new();
    return sample ? 0 : 1;
}
