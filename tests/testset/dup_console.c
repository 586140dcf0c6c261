/* A shell saves its standard output by dup() around each redirection (every 40 ops) and puts it back. The
 * mistake: a builtin that fails (1 in 30) returns before the saved descriptor is closed. Healthy: closed in
 * both cases. */
#include "pair.h"
#include <fcntl.h>
#include <unistd.h>

static int console = -1;
static uint64_t written;

static bool builtin_echo(uint64_t n)
{
    char text[32];
    memset(text, 'e', sizeof text);
    ssize_t done = write(console, text, sizeof text);
    written += done > 0 ? (uint64_t)done : 0;
    return n % 30 != 12;
}

PAIR_NOINLINE static int redirect(uint64_t n)
{
    int saved = fcntl(console, F_DUPFD_CLOEXEC, 3);
    if (saved < 0)
        return 1;
    bool good = builtin_echo(n);
    if (!good && LEAKS)
        return 0;
    return close(saved);
}

int heapgate_setup(void)
{
    console = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return console < 0;
}

int heapgate_iterate(uint64_t i)
{
    return i % 40 == 39 ? redirect(i / 40) : 0;
}

void heapgate_teardown(void)
{
    close(console);
}
