/* A decoder of chunked request bodies. The mistake: a chunk size that is no hexadecimal number returns an
 * error and leaves the body that was collected so far. Healthy: each body is freed with its request,
 * whatever it was. */
#include "pair.h"

struct body {
    char *data;
    size_t length;
    size_t capacity;
};

static const char *const good_sizes[] = {"a0", "60", "100", "0"};
static const char *const bad_sizes[] = {"a0", "60", "1x0", "0"};

PAIR_NOINLINE static int body_grow(struct body *body, size_t need)
{
    if (body->capacity >= need)
        return 0;
    size_t capacity = body->capacity ? body->capacity : 120;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(body->data, capacity);
    if (!data)
        return -1;
    body->data = data;
    body->capacity = capacity;
    return 0;
}

static int decode(struct body *body, const char *const *sizes)
{
    for (;; sizes++) {
        char *end;
        unsigned long size = strtoul(*sizes, &end, 16);
        if (*end != '\0')
            return -1;
        if (size == 0)
            return 0;
        if (body_grow(body, body->length + size))
            return -1;
        memset(body->data + body->length, 'x', size);
        body->length += size;
    }
}

int heapgate_iterate(uint64_t i)
{
    struct body body = {0};
    bool broken = i % 40 == 17;
    if (decode(&body, broken ? bad_sizes : good_sizes) != 0) {
        if (!LEAKS)
            free(body.data);
        return !broken;
    }
    int wrong = body.data[body.length - 1] != 'x';
    free(body.data);
    return wrong;
}
