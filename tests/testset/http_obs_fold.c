/* A web server's header parser that joins obs-fold continuation lines. The mistake: the value before the
 * fold is not freed when the joined one takes its place. Healthy: every request frees all its headers. */
#include "pair.h"
#include <stdio.h>

enum { HEADERS = 6 };

struct request {
    char *value[HEADERS];
    size_t count;
};

static uint64_t served;

PAIR_NOINLINE static char *value_copy(const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (!copy)
        abort();
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

PAIR_NOINLINE static char *value_join(const char *head, const char *tail)
{
    size_t a = strlen(head);
    size_t b = strlen(tail);
    char *joined = malloc(a + b + 2);
    if (!joined)
        abort();
    memcpy(joined, head, a);
    joined[a] = ' ';
    memcpy(joined + a + 1, tail, b + 1);
    return joined;
}

static void parse_line(struct request *request, const char *line, size_t length)
{
    if (line[0] == ' ' && request->count > 0) {
        char **last = &request->value[request->count - 1];
        char *joined = value_join(*last, line + 1);
        if (!LEAKS)
            free(*last);
        *last = joined;
        return;
    }
    if (request->count < HEADERS)
        request->value[request->count++] = value_copy(line, length);
}

int heapgate_iterate(uint64_t i)
{
    struct request request = {.count = 0};
    char agent[64];
    int length = snprintf(agent, sizeof agent, "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 rv:%05u",
                          (unsigned)(i % 90000 + 10000));
    parse_line(&request, "text/html", 9);
    parse_line(&request, agent, (size_t)(length > 50 ? 50 : length));
    if (i % 16 == 5)
        parse_line(&request, " Firefox/115.0", 14);
    parse_line(&request, "gzip, deflate", 13);
    for (size_t k = 0; k < request.count; k++) {
        served += strlen(request.value[k]);
        free(request.value[k]);
    }
    return served == 0;
}
