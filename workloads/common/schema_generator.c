/*
 * A schema grows from a size in bytes: each node gets a budget, spends part of it on itself and passes the
 * rest to its children. The frequency of each keyword was counted in the corpus that the header names.
 */
#include "schema_generator.h"

#include "random.h"
#include "words.h"

enum {
    MAX_LEVELS = 8,   /* schemas within schemas */
    LEAF_BYTES = 130, /* below this budget a node is a leaf */
    MAX_DEFINITIONS = 6,
    MAX_BRANCHES = 4,
};

struct generator {
    struct text_writer *out;
    struct random random;
    uint32_t levels;      /* allowed in this schema */
    uint32_t definitions; /* how many there are to refer to */
    uint32_t
        first_definition; /* the lowest that may be referred to here: a definition uses later ones only */
    uint32_t word;        /* where this schema's definition names start in the word list */
};

static void write_node(struct generator *g, uint32_t level, uint32_t budget);

#define PICK(g, array) ((array)[random_below(&(g)->random, sizeof(array) / sizeof *(array))])

static void write_prose(struct generator *g, const char *keyword, uint32_t most_words)
{
    uint32_t words = 2 + random_below(&g->random, most_words);

    text_put(g->out, "\"");
    text_put(g->out, keyword);
    text_put(g->out, "\":\"The");
    for (uint32_t i = 0; i < words; i++) {
        text_put(g->out, " ");
        text_put(g->out, word_prose(&g->random));
    }
    text_put(g->out, "\"");
}

static void write_keyword_number(struct generator *g, const char *keyword, uint64_t number)
{
    text_put(g->out, ",\"");
    text_put(g->out, keyword);
    text_put(g->out, "\":");
    text_put_number(g->out, number);
}

static void write_string_leaf(struct generator *g)
{
    static const char *const formats[] = {"date-time", "uri",  "email",        "date",
                                          "hostname",  "ipv4", "uri-reference"};
    static const char *const patterns[] = {
        "^[a-z][a-z0-9-]*$", "^\\\\d{4}-\\\\d{2}$",      "^[A-Z]{2,3}$",
        "^(?:\\\\S+ ?)+$",   "^v?\\\\d+(\\\\.\\\\d+)*$", "^(?:[a-f0-9]{2}:){5}[a-f0-9]{2}$",
        "[^\\\\s]",          "^#[0-9A-Fa-f]{6}$",
    };

    text_put(g->out, "\"type\":\"string\"");
    if (random_percent(&g->random, 6)) {
        text_put(g->out, ",\"format\":\"");
        text_put(g->out, PICK(g, formats));
        text_put(g->out, "\"");
    } else if (random_percent(&g->random, 5)) {
        text_put(g->out, ",\"pattern\":\"");
        text_put(g->out, PICK(g, patterns));
        text_put(g->out, "\"");
    }
    if (random_percent(&g->random, 3))
        write_keyword_number(g, "minLength", random_below(&g->random, 4));
    if (random_percent(&g->random, 3))
        write_keyword_number(g, "maxLength", 8u << random_below(&g->random, 6));
}

static void write_number_leaf(struct generator *g)
{
    static const char *const bounds[] = {"-1",         "0.5",  "1e3", "-2.25E-2", "9007199254740993",
                                         "4294967296", "99.99"};

    text_put(g->out, random_percent(&g->random, 60) ? "\"type\":\"integer\"" : "\"type\":\"number\"");
    if (random_percent(&g->random, 12))
        write_keyword_number(g, "minimum", random_below(&g->random, 10));
    if (random_percent(&g->random, 15)) {
        text_put(g->out, ",\"maximum\":");
        text_put(g->out, PICK(g, bounds));
    }
    if (random_percent(&g->random, 3))
        text_put(g->out, ",\"multipleOf\":0.01");
}

static void write_enum_leaf(struct generator *g)
{
    uint32_t count = 2 + random_below(&g->random, 8), start = random_below(&g->random, 1000);

    text_put(g->out, "\"enum\":[");
    for (uint32_t i = 0; i < count; i++) {
        text_put(g->out, i ? ",\"" : "\"");
        text_put(g->out, word_plain(start + i));
        text_put(g->out, "\"");
    }
    text_put(g->out, random_percent(&g->random, 5) ? ",null]" : "]");
}

static void write_array_leaf(struct generator *g)
{
    text_put(g->out, "\"type\":\"array\",\"items\":{");
    write_string_leaf(g);
    text_put(g->out, "}");
    if (random_percent(&g->random, 12))
        write_keyword_number(g, "minItems", 1);
    if (random_percent(&g->random, 10))
        text_put(g->out, ",\"uniqueItems\":true");
}

static void write_reference(struct generator *g)
{
    uint32_t choices = g->definitions - g->first_definition;

    text_put(g->out, "\"$ref\":\"#/definitions/");
    text_put(g->out, word_plain(g->word + g->first_definition + random_below(&g->random, choices)));
    text_put(g->out, "\"");
}

static void write_leaf(struct generator *g)
{
    static const char *const rare[] = {
        "\"type\":\"null\"",
        "\"const\":\"fixed\"",
        "\"type\":[\"string\",\"null\"]",
        "\"not\":{\"type\":\"array\"}",
        "\"type\":\"array\",\"contains\":{\"type\":\"integer\"}",
        "\"type\":\"object\",\"default\":{}",
    };
    uint32_t kind = random_below(&g->random, 100);

    text_put(g->out, "{");
    if (kind < 14 && g->definitions > g->first_definition) {
        write_reference(g); /* draft-07 ignores what stands beside a $ref */
        text_put(g->out, "}");
        return;
    }
    if (random_percent(&g->random, 35)) {
        write_prose(g, "description", 10);
        text_put(g->out, ",");
    }
    if (kind < 60)
        write_string_leaf(g);
    else if (kind < 72)
        write_number_leaf(g);
    else if (kind < 80)
        text_put(g->out, random_percent(&g->random, 30) ? "\"type\":\"boolean\",\"default\":false"
                                                        : "\"type\":\"boolean\"");
    else if (kind < 88)
        write_enum_leaf(g);
    else if (kind < 96)
        write_array_leaf(g);
    else
        text_put(g->out, PICK(g, rare));
    text_put(g->out, "}");
}

/* Unique within an object: the word list first, then the words with a number. */
static void write_property_name(struct generator *g, uint32_t start, uint32_t index)
{
    size_t round = index / word_plain_count();

    text_put(g->out, "\"");
    text_put(g->out, word_plain(start + index));
    if (round)
        text_put_number(g->out, round + 1);
    text_put(g->out, "\"");
}

static void write_required(struct generator *g, uint32_t start, uint32_t properties)
{
    uint32_t count = 1 + random_below(&g->random, properties < 6 ? properties : 6);

    text_put(g->out, ",\"required\":[");
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            text_put(g->out, ",");
        write_property_name(g, start, i);
    }
    text_put(g->out, "]");
}

/* What an object consists of, without its braces; spends the budget on properties. */
static void write_object(struct generator *g, uint32_t level, uint32_t budget)
{
    uint32_t start = random_below(&g->random, 1000), properties = 0;
    size_t end = g->out->size + budget;

    text_put(g->out, "\"type\":\"object\",\"properties\":{");
    do {
        uint32_t rest = end > g->out->size ? (uint32_t)(end - g->out->size) : 0;

        if (properties)
            text_put(g->out, ",");
        write_property_name(g, start, properties);
        text_put(g->out, ":");
        write_node(g, level + 1, random_percent(&g->random, 40) ? rest / 2 : LEAF_BYTES / 2);
        properties++;
    } while (g->out->size + LEAF_BYTES < end);
    text_put(g->out, "}");
    if (random_percent(&g->random, 60))
        write_required(g, start, properties);
    if (random_percent(&g->random, 18))
        text_put(g->out, ",\"additionalProperties\":false");
    else if (random_percent(&g->random, 4))
        text_put(g->out, ",\"patternProperties\":{\"^x-\":{\"type\":\"string\"}}");
    if (properties > 1 && random_percent(&g->random, 2)) {
        text_put(g->out, ",\"dependencies\":{");
        write_property_name(g, start, 0);
        text_put(g->out, ":[");
        write_property_name(g, start, 1);
        text_put(g->out, "]}");
    }
}

static void write_branches(struct generator *g, uint32_t level, uint32_t budget)
{
    static const char *const combinators[] = {"\"oneOf\":[", "\"anyOf\":[", "\"allOf\":["};
    uint32_t branches = 2 + random_below(&g->random, MAX_BRANCHES - 1);

    text_put(g->out, PICK(g, combinators));
    for (uint32_t i = 0; i < branches; i++) {
        if (i)
            text_put(g->out, ",");
        write_node(g, level + 1, budget / branches);
    }
    text_put(g->out, "]");
}

static void write_node(struct generator *g, uint32_t level, uint32_t budget)
{
    uint32_t kind = random_below(&g->random, 100);

    if (level >= g->levels || budget < LEAF_BYTES) {
        write_leaf(g);
        return;
    }
    text_put(g->out, "{");
    if (random_percent(&g->random, 35)) {
        write_prose(g, "description", 12);
        text_put(g->out, ",");
    }
    if (kind < 66) {
        write_object(g, level, budget);
    } else if (kind < 84) {
        text_put(g->out, "\"type\":\"array\",\"items\":");
        write_node(g, level + 1, budget);
    } else {
        write_branches(g, level, budget);
    }
    text_put(g->out, "}");
}

static void write_definitions(struct generator *g, uint32_t budget)
{
    text_put(g->out, ",\"definitions\":{");
    for (uint32_t i = 0; i < g->definitions; i++) {
        text_put(g->out, i ? ",\"" : "\"");
        text_put(g->out, word_plain(g->word + i));
        text_put(g->out, "\":");
        g->first_definition = i + 1;
        write_node(g, 1, budget / g->definitions);
    }
    text_put(g->out, "}");
}

/* A size drawn from the distribution whose quantiles are listed, linear between them. */
static uint32_t draw_size(struct random *random)
{
    static const struct {
        uint32_t permille, bytes;
    } quantiles[] = {{0, 180},    {100, 324},  {250, 560},   {500, 1100},
                     {750, 2200}, {900, 4400}, {990, 14000}, {1000, 40000}};
    uint32_t permille = random_below(random, 1000), fraction = random_below(random, 1000), q = 1;
    uint64_t position = 0;

    while (permille >= quantiles[q].permille)
        q++;
    position = (uint64_t)1000 * (permille - quantiles[q - 1].permille) + fraction;
    return quantiles[q - 1].bytes +
           (uint32_t)(position * (quantiles[q].bytes - quantiles[q - 1].bytes) /
                      ((uint64_t)1000 * (quantiles[q].permille - quantiles[q - 1].permille)));
}

/* Half of all schemas stay within three levels, a quarter go one deeper, and so on. */
static uint32_t draw_levels(struct random *random)
{
    uint32_t levels = 3;

    while (levels < MAX_LEVELS && random_percent(random, 50))
        levels++;
    return levels;
}

static void write_head(struct generator *g, uint64_t i)
{
    text_put(g->out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",");
    if (random_percent(&g->random, 5)) {
        text_put(g->out, "\"$id\":\"https://schemas.example/");
        text_put(g->out, word_plain(g->word));
        text_put(g->out, "/");
        text_put_number(g->out, i);
        text_put(g->out, ".json\",");
    }
    /* The number is what makes every schema of a seed unique. */
    text_put(g->out, random_percent(&g->random, 65) ? "\"title\":\"" : "\"$comment\":\"");
    text_put(g->out, word_plain(g->word + 1));
    text_put(g->out, " ");
    text_put_number(g->out, i);
    text_put(g->out, "\",");
    if (random_percent(&g->random, 50)) {
        write_prose(g, "description", 16);
        text_put(g->out, ",");
    }
}

void schema_generate(uint64_t seed, uint64_t i, struct text_writer *out)
{
    struct generator g = {.out = out, .random = random_for_op(seed, i)};
    size_t start = out->size;
    uint32_t size = draw_size(&g.random), share = 0, head = 0;

    g.levels = draw_levels(&g.random);
    g.word = random_below(&g.random, 1000);
    if (size > 500 && random_percent(&g.random, 45)) {
        g.definitions = 1 + random_below(&g.random, MAX_DEFINITIONS);
        share = size / 3;
    }
    write_head(&g, i);
    head = (uint32_t)(out->size - start);
    write_object(&g, 0, size > share + head ? size - share - head : 0);
    if (g.definitions)
        write_definitions(&g, share);
    text_put(out, "}");
}
