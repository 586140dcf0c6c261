/*
 * Goal: a command that is printed has quotes where it needs them, and is whole or not there at all. The
 * linker sends every realloc here (--wrap); the n-th fails, for every n.
 */
#include "cli/shell_word.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long until_failure = -1; /* requests that still succeed; -1: all */

void *__wrap_realloc(void *old, size_t size)
{
    if (until_failure >= 0 && until_failure-- == 0)
        return NULL;
    return __real_realloc(old, size);
}

Test(harness_shell_word, is_quoted_only_where_a_shell_would_take_it_apart)
{
    static const struct {
        const char *word, *quoted;
    } known[] = {
        {"--out=/tmp/a-b_c.so", "--out=/tmp/a-b_c.so"},
        {"", "''"},
        {"a b", "'a b'"},
        {"it's", "'it'\\''s'"},
        {"$HOME", "'$HOME'"},
        {"a\\nb", "'a\\nb'"},
        {"\u00e4", "'\u00e4'"},
        {"a\nb", "$'a\\nb'"},
        {"it's\ta\\b", "$'it\\'s\\011a\\\\b'"},
        {"\xff", "$'\\377'"},
        {"\u202e7", "$'\\342\\200\\2567'"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char *words[] = {"heapgate exec", (char *)known[i].word};
        char *line = hg_quote_command(2, words);
        cr_assert(ne(ptr, line, NULL));
        cr_expect(eq(str, line + strlen("heapgate exec "), (char *)known[i].quoted));
        free(line);
    }
}

Test(harness_shell_word, is_not_printed_in_part_when_memory_runs_out)
{
    enum { WORDS = 1000 };
    char *words[WORDS];
    long failures = 0;
    char *line = NULL;
    for (size_t i = 0; i < WORDS; i++)
        words[i] = "a word of the command";
    for (; !line; failures++) {
        until_failure = failures;
        line = hg_quote_command(WORDS, words);
        cr_assert(lt(int, failures, 100));
    }
    cr_assert(lt(int, 2, failures), "the text grew as often as that");
    cr_assert(eq(sz, strlen(line), strlen(words[0]) + (WORDS - 1) * strlen(" 'a word of the command'")));
    free(line);
}
