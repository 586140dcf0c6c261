/*
 * A columnar writer with a dictionary per row group of 4,099 rows. The mistake: when a dictionary grows too
 * large the column falls back to plain values, and the words entered so far are dropped with the table that
 * held them. The healthy one frees the words first. One row group in three falls back.
 */
#include "pair.h"
#include <stdio.h>

enum { GROUP = 4099, WORDS = 256, SLOTS = 512 };
static char **dictionary;
static unsigned words;
static uint64_t plain_bytes;

static PAIR_NOINLINE char *word_copy(const char *word)
{
    size_t len = strlen(word) + 1;
    char *copy = malloc(len);
    memcpy(copy, word, len);
    return copy;
}

static void dictionary_drop(bool with_words)
{
    for (unsigned k = 0; k < SLOTS && dictionary && with_words; k++)
        free(dictionary[k]);
    free(dictionary);
    dictionary = NULL;
    words = 0;
}

static void append(const char *value)
{
    unsigned h = 5381;
    if (!dictionary) {
        plain_bytes += strlen(value);
        return;
    }
    for (const char *c = value; *c; c++)
        h = h * 33 ^ (unsigned char)*c;
    for (h %= SLOTS; dictionary[h]; h = (h + 1) % SLOTS)
        if (strcmp(dictionary[h], value) == 0)
            return;
    dictionary[h] = word_copy(value);
    if (++words >= WORDS)
        dictionary_drop(!LEAKS);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t group = i / GROUP, r = pair_random(i, 0);
    unsigned distinct = group % 3 == 1 ? 2000 : 150 + (unsigned)(group % 7) * 10;
    unsigned word = (unsigned)(r >> 20) % distinct;
    char value[64];

    if (i % GROUP == 0) {
        dictionary_drop(true);
        dictionary = calloc(SLOTS, sizeof *dictionary);
    }
    snprintf(value, sizeof value, "%.*s-%u", (int)(6 + word % 20), "warehouse/aisle/shelf/place", word);
    append(value);
    return 0;
}
