/* A desktop bus with 30 methods, each its own function. The mistake: every one of them forgets its reply
 * when the caller wants none (1 call in 150), so the loss is spread over 30 call paths. Healthy: replies
 * are freed. */
#include "pair.h"

struct reply {
    uint32_t serial, method;
    char body[56];
};
static uint64_t sent;

PAIR_NOINLINE static struct reply *reply_new(uint32_t serial, uint32_t method)
{
    struct reply *reply = malloc(sizeof *reply);
    reply->serial = serial;
    reply->method = method;
    memset(reply->body, (int)serial, sizeof reply->body);
    return reply;
}

static inline void finish(struct reply *reply, bool wanted)
{
    if (!wanted) {
        if (!LEAKS)
            free(reply);
        return;
    }
    sent += (unsigned char)reply->body[0];
    free(reply);
}

#define METHOD(n)                                                                                            \
    PAIR_NOINLINE static void method_##n(uint32_t serial, bool wanted)                                       \
    {                                                                                                        \
        struct reply *reply = reply_new(serial, n);                                                          \
        reply->body[n] = n;                                                                                  \
        finish(reply, wanted);                                                                               \
    }
#define TEN(M, t) M(t##0) M(t##1) M(t##2) M(t##3) M(t##4) M(t##5) M(t##6) M(t##7) M(t##8) M(t##9)
TEN(METHOD, 1)
TEN(METHOD, 2)
TEN(METHOD, 3)

#define NAME(n) method_##n,
static void (*const methods[30])(uint32_t, bool) = {TEN(NAME, 1) TEN(NAME, 2) TEN(NAME, 3)};

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    methods[r % 30]((uint32_t)i, (r >> 24) % 150 != 0);
    return 0;
}
