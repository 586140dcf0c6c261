/* What is alive at exit, after heapgate_teardown: in a static, lost, in a small cache; and what is not. */
#include "cases.h"

#include <stdio.h>

#define USED __attribute__((used))

static USED char *table;       /* stays */
static USED char *cache[8];    /* stays, and has room for eight */
static USED char *scratch[50]; /* given back by the teardown */

CULPRIT static char *table_new(void)
{
    return malloc(1000);
}

CULPRIT static char *text_new(const char *text)
{
    return strdup(text);
}

CULPRIT static void lose_one(void)
{
    *(volatile char *)malloc(64) = 1;
}

CULPRIT static char *entry_new(void)
{
    return malloc(48);
}

static int everything(uint64_t i)
{
    free(scratch[i % 50]);
    scratch[i % 50] = malloc(24);
    if (i > 0)
        return 0;
    table = table_new();
    lose_one();
    for (size_t k = 0; k < 8; k++)
        cache[k] = entry_new();
    puts("the buffer of standard output is the C library's");
    return 0;
}

/* A leak of each op, by the name of a function that may be declared. */
static int growing(uint64_t i)
{
    (void)i;
    return table_new() == NULL;
}

static int tidy(uint64_t i)
{
    free(scratch[i % 50]);
    scratch[i % 50] = text_new("a text");
    return 0;
}

void heapgate_teardown(void)
{
    for (size_t i = 0; i < 50; i++)
        free(scratch[i]);
}

static const test_case cases[] = {{"everything", everything}, {"growing", growing}, {"tidy", tidy}};

RUN_CASES(cases)
