/* PCRE2: a text is matched; leaking, the memory for the match is not freed when nothing matched. */
#include "control.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "match", .default_ops = 4000};

static pcre2_code *code;

int heapgate_setup(void)
{
    int error;
    PCRE2_SIZE offset;
    code = pcre2_compile((PCRE2_SPTR) "^([a-z]+)-(\\d+)$", PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
    return code == NULL;
}

static int match(const char *text)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    int groups = data ? pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL) : 0;
    if (groups < 0 && LEAKS)
        return groups;
    pcre2_match_data_free(data);
    return groups;
}

int heapgate_iterate(uint64_t i)
{
    return i % 5 == 0 ? match("no match") != PCRE2_ERROR_NOMATCH : match("tool-42") != 3;
}
