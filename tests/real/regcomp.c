/* The C library: a regular expression is compiled; leaking, regfree is forgotten. */
#include "control.h"

#include <regex.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "match", .default_ops = 3000};

static int matches(const char *pattern, const char *text)
{
    regex_t expression;
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return -1;
    int status = regexec(&expression, text, 0, NULL, 0);
    if (!LEAKS)
        regfree(&expression);
    return status;
}

int heapgate_iterate(uint64_t i)
{
    return matches(i % 2 ? "^[a-z]+[0-9]{2}$" : "(x|y)+z", i % 2 ? "leak42" : "xyz");
}
