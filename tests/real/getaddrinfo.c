/* The C library: a numeric address is resolved; leaking, freeaddrinfo is called only for IPv4. */
#include "control.h"

#include <netdb.h>
#include <sys/socket.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "address", .default_ops = 3000};

static int resolve(const char *host)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int status = getaddrinfo(host, "80", &hints, &found);
    if (status == 0 && (!LEAKS || found->ai_family == AF_INET))
        freeaddrinfo(found);
    return status;
}

int heapgate_iterate(uint64_t i)
{
    return resolve(i % 2 ? "127.0.0.1" : "::1");
}
