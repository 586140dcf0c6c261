/* Intrusive reference counts; leaking, a look-up that finds an entry out of date returns without giving it
 * back. */
#include "control.h"

enum { NAMES = 50, OUT_OF_DATE = 25 };

typedef struct entry {
    unsigned references;
    char body[84];
} entry;

static entry *entries[NAMES];

static entry *entry_new(void)
{
    entry *made = calloc(1, sizeof *made);
    if (made)
        made->references = 1;
    return made;
}

static void entry_unref(entry *given)
{
    if (given && --given->references == 0)
        free(given);
}

static entry *entry_ref(entry *given)
{
    given->references++;
    return given;
}

static bool look_up(uint64_t i)
{
    entry *found = entry_ref(entries[i % NAMES]);
    if (i % OUT_OF_DATE == 0 && LEAKS)
        return false;
    entry_unref(found);
    return i % OUT_OF_DATE != 0;
}

int heapgate_iterate(uint64_t i)
{
    entry **slot = &entries[i % NAMES];
    if (*slot && look_up(i))
        return 0;
    entry_unref(*slot);
    *slot = entry_new();
    return *slot ? 0 : 1;
}
