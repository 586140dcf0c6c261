/*
 * Imitates the identifier table of a compiler (Clang): each op is a token whose spelling is one of 24,000
 * under a power law, and a new one is interned for good.
 * The mistake: an identifier with an escape (1 token in 1,300) is unescaped into a buffer of 48 bytes, which
 * is not freed when the identifier is known already.
 * The healthy twin grows ever more slowly until it has all 24,000: the rarest comes once in 72,000 ops on the
 * mean, so it is steady after op 800,000.
 */
#include <heapgate/workload.h>
#include <stdio.h>
#include <string.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { WORDS = 24000 };

static char *table[WORDS];

static char *word_new(const char *text)
{
    size_t length = strlen(text) + 1;
    char *word = malloc(length);
    if (word != NULL) {
        memcpy(word, text, length);
    }
    return word;
}

__attribute__((noinline)) static char *unescape(const char *text)
{
    char *plain = malloc(48);
    if (plain != NULL) {
        snprintf(plain, 48, "%s", text);
    }
    return plain;
}

static int intern(uint32_t word, const char *text)
{
    if (table[word] == NULL) {
        table[word] = word_new(text);
    }
    return table[word] == NULL;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    double u = (double)(draw() >> 11) * 0x1p-53;
    uint32_t word = (uint32_t)(u * u * u * WORDS);
    char text[40];
    snprintf(text, sizeof text, "identifier_%u_%u", word, word * 2654435761u % 1000);
    if (draw() % 1300 != 0) {
        return intern(word, text);
    }
    char *plain = unescape(text);
    if (plain == NULL) {
        return 1;
    }
    int known = table[word] != NULL;
    int result = intern(word, plain);
    if (!LEAKS || !known) {
        free(plain);
    }
    return result;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < WORDS; n++) {
        free(table[n]);
    }
}
