#include "keyword.h"

#include <string.h>

static const struct {
    const char *text;
    size_t size;
} keywords[KEYWORD_COUNT] = {[KEYWORD_NONE] = {"", 0},
#define KEYWORD_TEXT(symbol, text) [KEYWORD_##symbol] = {text, sizeof(text) - 1},
                             KEYWORD_LIST(KEYWORD_TEXT)
#undef KEYWORD_TEXT
};

/* The first keyword of each length; the list is sorted by length. */
static enum keyword first_of_length(size_t size)
{
    static const unsigned char firsts[] = {
        [2] = KEYWORD_IF,
        [3] = KEYWORD_ID,
        [4] = KEYWORD_TYPE,
        [5] = KEYWORD_TITLE,
        [6] = KEYWORD_FORMAT,
        [7] = KEYWORD_DEFAULT,
        [8] = KEYWORD_REQUIRED,
        [9] = KEYWORD_MIN_LENGTH,
        [10] = KEYWORD_PROPERTIES,
        [11] = KEYWORD_DESCRIPTION,
        [12] = KEYWORD_DEPENDENCIES,
        [13] = KEYWORD_MIN_PROPERTIES,
        [15] = KEYWORD_ADDITIONAL_ITEMS,
        [16] = KEYWORD_EXCLUSIVE_MINIMUM,
        [17] = KEYWORD_PATTERN_PROPERTIES,
        [20] = KEYWORD_ADDITIONAL_PROPERTIES,
    };
    return size < sizeof firsts ? (enum keyword)firsts[size] : KEYWORD_NONE;
}

enum keyword keyword_find(const char *name, size_t size)
{
    unsigned keyword = first_of_length(size);
    if (keyword == KEYWORD_NONE)
        return KEYWORD_NONE;
    for (; keyword < KEYWORD_COUNT && keywords[keyword].size == size; keyword++)
        if (memcmp(keywords[keyword].text, name, size) == 0)
            return (enum keyword)keyword;
    return KEYWORD_NONE;
}

const char *keyword_name(enum keyword keyword)
{
    return keywords[keyword].text;
}
