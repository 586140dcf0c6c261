/* A file system's cache of names: 5,000 files that are opened by a power law, and names that do not exist.
 * The mistake: negative entries are not on the list the shrinker walks. Healthy: it keeps the last 2,000
 * of them. */
#include "pair.h"

enum { FILES = 5000, NEGATIVE = 2000 };

struct dentry {
    struct dentry *next;
    uint64_t hash;
    bool negative;
    char name[40];
};

static struct dentry *files[FILES];
static struct dentry *negatives;
static struct dentry **newest = &negatives;
static size_t negative_count;

PAIR_NOINLINE static struct dentry *dentry_new(uint64_t hash, bool negative)
{
    struct dentry *dentry = malloc(sizeof *dentry);
    if (!dentry)
        abort();
    dentry->next = NULL;
    dentry->hash = hash;
    dentry->negative = negative;
    memset(dentry->name, 'a' + (int)(hash % 26), sizeof dentry->name);
    return dentry;
}

static void shrink(void)
{
    while (negative_count > NEGATIVE) {
        struct dentry *oldest = negatives;
        negatives = oldest->next;
        negative_count--;
        free(oldest);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % 20 == 19) {
        *newest = dentry_new(r, true);
        newest = &(*newest)->next;
        if (!LEAKS) {
            negative_count++;
            shrink();
        }
        return 0;
    }
    double u = (double)(r >> 11) / 9007199254740992.0;
    size_t which = (size_t)(FILES * u * u);
    if (!files[which])
        files[which] = dentry_new(which, false);
    return 0;
}
