/* A parser of physical units works on the stack. The mistake: the text of the error message for an unknown
 * unit (1 in 320) is never freed by its caller. Healthy: the message is written to a static buffer, so
 * nothing is ever allocated. */
#include "pair.h"
#include <stdio.h>

static char static_message[32];
static double sum;
static uint64_t errors;

PAIR_NOINLINE static char *message_new(unsigned code)
{
    char *message = LEAKS ? malloc(32) : static_message;
    snprintf(message, 32, "unknown unit %u", code);
    return message;
}

static double parse(const char *text, char **error)
{
    double value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + (*text++ - '0');
    switch (*text) {
    case 'm':
        return value;
    case 'k':
        return value * 1000;
    case 'i':
        return value * 0.0254;
    default:
        *error = message_new((unsigned char)*text);
        return 0;
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    char text[8] = {(char)('0' + r % 10), (char)('0' + (r >> 8) % 10), "mki"[(r >> 16) % 3]};
    char *error = NULL;
    if ((r >> 32) % 320 == 0)
        text[2] = 'q';
    sum += parse(text, &error);
    if (error)
        errors += error[0] == 'u';
    return 0;
}
