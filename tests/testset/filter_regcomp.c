/* A log filter that compiles patterns with regcomp() every 32 ops. The mistake: when the pattern has more
 * groups than the filter takes, it is refused without regfree(). Healthy: it is freed in any case. */
#include "pair.h"
#include <regex.h>

static uint64_t matches;

PAIR_NOINLINE static int filter_compile(regex_t *regex, const char *pattern)
{
    if (regcomp(regex, pattern, REG_EXTENDED) != 0)
        return -1;
    if (regex->re_nsub > 2) {
        if (!LEAKS)
            regfree(regex);
        return -1;
    }
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 32 != 0)
        return 0;
    bool greedy = i / 32 % 60 == 17;
    regex_t regex;
    if (filter_compile(&regex, greedy ? "(a)(b)(c)" : "^x(y|z)") != 0)
        return !greedy;
    matches += regexec(&regex, "xyz", 0, NULL, 0) == 0;
    regfree(&regex);
    return greedy;
}
