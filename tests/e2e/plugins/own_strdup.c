/* Copies of strings as mimalloc 3 makes them: past malloc. */
#include <stddef.h>
#include <string.h>

void *__libc_malloc(size_t bytes);
char *strdup(const char *text);
char *strndup(const char *text, size_t most);

__attribute__((visibility("default"))) char *strndup(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = __libc_malloc(length + 1);
    if (!copy)
        return NULL;
    copy[length] = '\0';
    return memcpy(copy, text, length);
}

__attribute__((visibility("default"))) char *strdup(const char *text)
{
    return strndup(text, (size_t)-1);
}
