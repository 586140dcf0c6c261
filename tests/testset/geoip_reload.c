/* A GeoIP library decodes records lazily (one lookup in four) and drops them all when the database is
 * reloaded, every 190,000 ops. The mistake: the 16 KiB metadata buffer of a failed update check (every
 * 9,973 ops) is not freed. Healthy: at most 40,000 decoded records. */
#include "pair.h"

enum { RECORDS = 40000, RELOAD = 190000 };
struct record {
    float latitude, longitude;
    char city[24], country[8];
};
static struct record *decoded[RECORDS];

PAIR_NOINLINE static struct record *record_decode(uint64_t r)
{
    struct record *record = calloc(1, sizeof *record);
    record->latitude = (float)(r % 180);
    memset(record->city, 'a' + (int)(r % 26), 23);
    return record;
}

static void reload(void)
{
    for (int k = 0; k < RECORDS; k++) {
        free(decoded[k]);
        decoded[k] = NULL;
    }
}

PAIR_NOINLINE static char *metadata_fetch(uint64_t i)
{
    char *metadata = malloc(16384);
    memset(metadata, (int)i, 16384);
    return metadata;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % RELOAD == RELOAD - 1)
        reload();
    if (i % 4 == 0 && !decoded[r % RECORDS])
        decoded[r % RECORDS] = record_decode(r);
    if (i % 9973 == 9972) {
        char *metadata = metadata_fetch(i);
        bool newer = metadata[0] == 0 && metadata[1] == 1;
        if (newer)
            reload();
        if (!LEAKS)
            free(metadata);
    }
    return 0;
}
