/*
 * Preloaded into heapgate itself (programs that it starts are let alone): the allocation number
 * HEAPGATE_FAIL_AT fails, and with HEAPGATE_FAIL_ON all after it; those of the C library and of libraries,
 * too. At the end, the number of allocations is written to the file HEAPGATE_FAIL_COUNT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static long fail_at = -1;
static long count;
static bool goes_on;

/* getenv may not be ready before the constructors. */
static const char *variable(const char *name)
{
    size_t length = strlen(name);
    for (char **at = environ; at && *at; at++)
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
            return *at + length + 1;
    return NULL;
}

__attribute__((constructor)) static void begin(void)
{
    const char *number = variable("HEAPGATE_FAIL_AT");
    goes_on = variable("HEAPGATE_FAIL_ON") != NULL;
    count = 0;
    fail_at = number && strcmp(program_invocation_short_name, "heapgate") == 0 ? atol(number) : -1;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = variable("HEAPGATE_FAIL_COUNT");
    int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    long made = count;
    char digits[24];
    size_t at = sizeof digits;
    for (; made > 0 || at == sizeof digits; made /= 10)
        digits[--at] = (char)('0' + made % 10);
    if (file >= 0 && write(file, digits + at, sizeof digits - at) > 0)
        close(file);
}

static bool fails(void)
{
    long now = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    if (fail_at < 0 || !(now == fail_at || (goes_on && now > fail_at)))
        return false;
    errno = ENOMEM;
    return true;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t items, size_t size)
{
    return fails() ? NULL : __libc_calloc(items, size);
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}
