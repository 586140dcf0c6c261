/* A cron daemon that reads its table again every 1,700 ops. The mistake: the removal of the old entries
 * spares those marked @reboot, and the reload adds them once more. Healthy: all old entries go first. */
#include "pair.h"

enum { ENTRIES = 40, PERIOD = 1700 };

struct entry {
    struct entry *next;
    uint64_t minutes;
    bool reboot;
    char command[104];
};

static struct entry *table;
static uint64_t runs;

PAIR_NOINLINE static struct entry *entry_new(unsigned number)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        abort();
    entry->minutes = UINT64_C(1) << (number % 60);
    entry->reboot = number % 15 == 0;
    memset(entry->command, 'c', 50);
    return entry;
}

static void reload(void)
{
    struct entry **at = &table;
    while (*at) {
        struct entry *entry = *at;
        if (LEAKS && entry->reboot) {
            at = &entry->next;
            continue;
        }
        *at = entry->next;
        free(entry);
    }
    for (unsigned k = 0; k < ENTRIES; k++) {
        struct entry *entry = entry_new(k);
        entry->next = table;
        table = entry;
    }
}

int heapgate_iterate(uint64_t i)
{
    if (i % PERIOD == 0)
        reload();
    struct entry *entry = table;
    for (unsigned k = 0; entry && k < ENTRIES; k++, entry = entry->next)
        runs += entry->minutes >> (i % 60) & 1;
    return 0;
}
