/* One function that allocates at several places, of which one leaks; built with lines and without. */
#include "cases.h"

#include <stdlib.h>

enum { ENTRIES = 500, ENTRY = 100, LOST = 24, LOST_EVERY = 10 };

static void *entries[ENTRIES];
static void *settings;
static void *volatile lost;

static CULPRIT void *get(size_t bytes)
{
    void *block = malloc(bytes);
    if (!block)
        abort();
    return block;
}

static CULPRIT int serve_by_helper(uint64_t i)
{
    free(entries[i % ENTRIES]);
    entries[i % ENTRIES] = get(ENTRY);
    if (!settings)
        settings = get(ENTRY);
    if (i % LOST_EVERY == 0)
        lost = get(LOST); /* here: helper */
    return 0;
}

static CULPRIT int serve(uint64_t i)
{
    free(entries[i % ENTRIES]);
    entries[i % ENTRIES] = malloc(ENTRY);
    if (i % LOST_EVERY == 0)
        lost = malloc(LOST);
    return entries[i % ENTRIES] && lost ? 0 : __LINE__;
}

/* One call feeds a table that is full and a list that grows. */
static int note(uint64_t i)
{
    static struct entry {
        struct entry *next;
    } * journal;
    struct entry *made = get(sizeof *made);
    if (i % 3 == 0) {
        made->next = journal;
        journal = made;
        return 0;
    }
    free(entries[i % ENTRIES]);
    entries[i % ENTRIES] = made;
    made->next = NULL;
    return 0;
}

static const test_case cases[] = {{"helper", serve_by_helper}, {"direct", serve}, {"holders", note}};
RUN_CASES(cases)
