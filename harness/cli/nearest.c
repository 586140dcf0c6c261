#include "cli/nearest.h"

#include <string.h>

enum { LONGEST = 31 }; /* a longer word is not near to any */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/*
 * Letters to add, remove, replace or exchange with their neighbour (optimal string alignment: Boytsov,
 * "Indexing methods for approximate dictionary searching", 2011).
 */
static unsigned count_changes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= a_length; i++)
        rows[i][0] = (unsigned)i;
    for (size_t k = 0; k <= b_length; k++)
        rows[0][k] = (unsigned)k;
    for (size_t i = 1; i <= a_length; i++)
        for (size_t k = 1; k <= b_length; k++) {
            unsigned changed = rows[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
            rows[i][k] = least(changed, least(rows[i - 1][k], rows[i][k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                rows[i][k] = least(rows[i][k], rows[i - 2][k - 2] + 1);
        }
    return rows[a_length][b_length];
}

void hg_nearest_consider(hg_nearest *search, const char *name)
{
    size_t length = strlen(name);
    if (search->length == 0 || search->length > LONGEST || length > LONGEST)
        return;
    unsigned difference = count_changes(search->typed, search->length, name, length);
    unsigned most = least(1 + (unsigned)search->length / 5, (unsigned)search->length - 1);
    if (difference > most || (search->name && difference >= search->difference))
        return;
    search->name = name;
    search->difference = difference;
}
