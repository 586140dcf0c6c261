/* A journal is one block, made longer by 24 bytes each op; healthy, it starts again at 48,000 bytes. */
#include "control.h"

enum { ENTRY_BYTES = 24, MOST_BYTES = 48000 };

static struct {
    char *text;
    size_t size;
} journal;

static bool journal_append(uint64_t i)
{
    if (!LEAKS && journal.size == MOST_BYTES)
        journal.size = 0;
    char *grown = realloc(journal.text, journal.size + ENTRY_BYTES);
    if (!grown)
        return false;
    memset(grown + journal.size, (int)(i % 100), ENTRY_BYTES);
    journal.text = grown;
    journal.size += ENTRY_BYTES;
    return true;
}

int heapgate_iterate(uint64_t i)
{
    return journal_append(i) ? 0 : 1;
}
