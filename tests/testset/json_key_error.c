/*
 * Imitates a JSON parser (jansson, cJSON): an op parses a small document into objects and frees it.
 * The mistake: when the value after a key is malformed (1 document in 120 by chance, at a key by chance), the
 * parser leaves through its error path with the key, which is in no object yet.
 * The healthy twin holds nothing between ops: steady after op 0.
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

struct member {
    struct member *next;
    char *key;
    long value;
};

struct parser {
    const char *text;
    struct member *members;
};

__attribute__((noinline)) static char *key_copy(const char *from, size_t length)
{
    char *key = malloc(length + 1);
    if (key != NULL) {
        memcpy(key, from, length);
        key[length] = '\0';
    }
    return key;
}

static int parse_value(struct parser *parser, long *value)
{
    char *end;
    *value = strtol(parser->text, &end, 10);
    if (end == parser->text) {
        return 1;
    }
    parser->text = end;
    return 0;
}

static int parse_member(struct parser *parser)
{
    const char *end = strchr(++parser->text, '"');
    if (end == NULL || end[1] != ':') {
        return 1;
    }
    char *key = key_copy(parser->text, (size_t)(end - parser->text));
    struct member *member = malloc(sizeof *member);
    parser->text = end + 2;
    if (key == NULL || member == NULL || parse_value(parser, &member->value) != 0) {
        if (!LEAKS) {
            free(key);
        }
        free(member);
        return 1;
    }
    member->key = key;
    member->next = parser->members;
    parser->members = member;
    return 0;
}

static int parse(const char *text)
{
    struct parser parser = {text + 1, NULL};
    int result = 0;
    while (result == 0 && *parser.text == '"') {
        result = parse_member(&parser);
        if (result == 0 && *parser.text == ',') {
            parser.text++;
        }
    }
    while (parser.members != NULL) {
        struct member *member = parser.members;
        parser.members = member->next;
        free(member->key);
        free(member);
    }
    return result;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    char text[256] = "{";
    size_t used = 1;
    unsigned count = 1 + (unsigned)(draw() % 5);
    unsigned broken = draw() % 120 == 0 ? (unsigned)(draw() % count) : count;
    for (unsigned n = 0; n < count; n++) {
        int value = n == broken ? -1 : (int)(draw() % 1000);
        int wrote =
            snprintf(text + used, sizeof text - used, value < 0 ? "%s\"%.*s\":?%d" : "%s\"%.*s\":%d",
                     n > 0 ? "," : "", (int)(3 + draw() % 26), "temperature_of_the_outer_case", value);
        used += (size_t)wrote;
    }
    snprintf(text + used, sizeof text - used, "}");
    return parse(text) != (broken < count);
}
