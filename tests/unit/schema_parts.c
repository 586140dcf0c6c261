/* The parts of the compiler that have a specification of their own. */
#include "schema_helpers.h"

#include "arena.h"
#include "json_utf8.h"
#include "line.h"
#include "names.h"
#include "punycode.h"
#include "uri.h"

static struct uri uri_from(const char *text)
{
    return (struct uri){text, strlen(text)};
}

/* RFC 3986, section 5.4, without the fragments, which are cut off before. */
Test(schema_parts, uri_references_resolve_as_rfc_3986_says)
{
    static const char *const examples[][2] = {{"g:h", "g:h"},
                                              {"g", "http://a/b/c/g"},
                                              {"./g", "http://a/b/c/g"},
                                              {"g/", "http://a/b/c/g/"},
                                              {"/g", "http://a/g"},
                                              {"//g", "http://g"},
                                              {"?y", "http://a/b/c/d;p?y"},
                                              {"g?y", "http://a/b/c/g?y"},
                                              {"", "http://a/b/c/d;p?q"},
                                              {";x", "http://a/b/c/;x"},
                                              {"g;x?y", "http://a/b/c/g;x?y"},
                                              {".", "http://a/b/c/"},
                                              {"./", "http://a/b/c/"},
                                              {"..", "http://a/b/"},
                                              {"../", "http://a/b/"},
                                              {"../g", "http://a/b/g"},
                                              {"../..", "http://a/"},
                                              {"../../", "http://a/"},
                                              {"../../g", "http://a/g"},
                                              {"../../../g", "http://a/g"},
                                              {"../../../../g", "http://a/g"},
                                              {"/./g", "http://a/g"},
                                              {"/../g", "http://a/g"},
                                              {"g.", "http://a/b/c/g."},
                                              {".g", "http://a/b/c/.g"},
                                              {"g..", "http://a/b/c/g.."},
                                              {"..g", "http://a/b/c/..g"},
                                              {"./../g", "http://a/b/g"},
                                              {"./g/.", "http://a/b/c/g/"},
                                              {"g/./h", "http://a/b/c/g/h"},
                                              {"g/../h", "http://a/b/c/h"},
                                              {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
                                              {"g;x=1/../y", "http://a/b/c/y"},
                                              {"g?y/../x", "http://a/b/c/g?y/../x"},
                                              {"http:g", "http:g"}};
    struct arena arena;
    arena_init(&arena, NULL, 0, 1024, 1 << 20);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct uri resolved;
        cr_assert(uri_resolve(&arena, uri_from("http://a/b/c/d;p?q"), uri_from(examples[i][0]), &resolved));
        cr_expect_str_eq(resolved.bytes, examples[i][1], "%s: %s", examples[i][0], resolved.bytes);
        cr_expect_eq(resolved.size, strlen(resolved.bytes));
    }
    arena_free(&arena);
}

Test(schema_parts, uri_references_resolve_against_unusual_bases)
{
    static const char *const examples[][3] = {{"", "a/../b", "/b"},
                                              {"", "item.json", "item.json"},
                                              {"http://h", "x", "http://h/x"},
                                              {"urn:a:b", "c", "urn:c"},
                                              {"urn:a:b", "", "urn:a:b"},
                                              {"file:///d/f.json", "g.json", "file:///d/g.json"},
                                              {"a/b", "../../c", "/c"},
                                              {"http://h?q", "", "http://h?q"},
                                              {"tag:x", "//h/p", "tag://h/p"}};
    struct arena arena;
    arena_init(&arena, NULL, 0, 1024, 1 << 20);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct uri resolved;
        cr_assert(uri_resolve(&arena, uri_from(examples[i][0]), uri_from(examples[i][1]), &resolved));
        cr_expect_str_eq(resolved.bytes, examples[i][2], "%s + %s", examples[i][0], examples[i][1]);
    }
    arena_free(&arena);
}

Test(schema_parts, lines_hold_valid_utf_8_whatever_goes_in)
{
    char buffer[24];
    struct line line;
    line_init(&line, buffer, sizeof buffer);
    line_add(&line, "a\xFF\n\x7F\xED\xA0\x80", 7);
    cr_expect_str_eq(buffer, "a\xEF\xBF\xBD\\n\\u007f\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    line_init(&line, buffer, 6);
    line_add(&line, "ab\xE2\x82\xAC\xE2\x82\xAC", 8);
    cr_expect_str_eq(buffer, "ab\xE2\x82\xAC");
    line_add(&line, "c", 1);
    cr_expect_str_eq(buffer, "ab\xE2\x82\xAC", "nothing follows what was cut");
    line_init(&line, buffer, sizeof buffer);
    line_token(&line, "a/b~c", 5);
    cr_expect_str_eq(buffer, "/a~1b~0c");
    char wide[200];
    line_init(&line, wide, sizeof wide);
    line_quote(&line, (char[100]){0}, 100);
    cr_expect_lt(strlen(wide), 90, "what is quoted leaves room for what is said about it: %s", wide);
}

Test(schema_parts, utf_8_is_decoded_as_rfc_3629_says)
{
    static const char *const bad[] = {
        "\xC0\x80",         "\xC1\xBF",         "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80",         "\xE2\x82",     "\xFF",
        "\xC3\x28"};
    uint32_t code_point;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(utf8_decode(bad[i], strlen(bad[i]), &code_point), 0, "%zu", i);
    for (uint32_t c = 0; c <= 0x10FFFF; c += c < 0x900 ? 1 : 97) {
        char bytes[UTF8_MAX_BYTES];
        if (c >= 0xD800 && c < 0xE000)
            continue;
        size_t size = utf8_encode(c, bytes);
        cr_assert_eq(utf8_decode(bytes, size, &code_point), size, "U+%X", c);
        cr_assert_eq(code_point, c);
    }
}

Test(schema_parts, names_are_found_after_sorting_in_any_number)
{
    enum { MANY = 3000 };
    static char texts[MANY][8];
    static struct name names[MANY];
    for (size_t count = 0; count <= MANY; count = count < 20 ? count + 1 : count * 2 + 1) {
        for (size_t i = 0; i < count; i++) {
            snprintf(texts[i], sizeof texts[i], "%zu", i * 7919 % 65521);
            names[i] = (struct name){texts[i], (uint32_t)strlen(texts[i])};
        }
        names_sort(names, count, sizeof *names);
        for (size_t i = 1; i < count; i++)
            cr_assert_lt(name_compare(&names[i - 1], &names[i]), 0);
        for (size_t i = 0; i < count; i++)
            cr_assert(names_find(names, count, sizeof *names, texts[i], strlen(texts[i])));
        cr_assert_null(names_find(names, count, sizeof *names, "x", 1));
    }
}

/* RFC 3492, section 7.1 (L) and others. */
Test(schema_parts, punycode_is_decoded_and_measured)
{
    static const char sample[] = "3B-ww4c5e180e575a65lsy2b";
    static const uint32_t expected[] = {0x33, 0x5E74, 0x42, 0x7D44, 0x91D1, 0x516B, 0x5148, 0x751F};
    uint32_t code_points[PUNYCODE_MAX_LABEL];
    size_t count;
    cr_assert(punycode_decode(sample, sizeof sample - 1, code_points, &count));
    cr_expect_eq(count, 8);
    cr_expect_arr_eq(code_points, expected, sizeof expected);
    cr_expect_eq(punycode_encoded_size(code_points, count), sizeof sample - 1);
    cr_expect_not(punycode_decode("99999999", 8, code_points, &count));
    cr_expect_not(punycode_decode("a-\xC3", 3, code_points, &count));
    cr_expect(punycode_decode("mgba3gch31f060k", 15, code_points, &count));
}

static size_t flags_of(const char *text)
{
    return toka_json_flags(text_of(text));
}

Test(schema_parts, integers_are_read_as_reals_only_where_one_does_not_fit_64_bits)
{
    static const char *const large[] = {"9223372036854775808", "[1,-9223372036854775809]",
                                        "{\"a\":18446744073709551615}", "\"\\\"\",123456789012345678901"};
    static const char *const fitting[] = {"9223372036854775807",
                                          "-9223372036854775808",
                                          "\"99999999999999999999\"",
                                          "",
                                          "\"\\\"99999999999999999999\"",
                                          "99999999999999999999.0",
                                          "99999999999999999999e1",
                                          "1e99999999999999999999",
                                          "\"",
                                          "\"\\",
                                          "-"};
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
        cr_expect_eq(flags_of(large[i]), JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, "%s",
                     large[i]);
    for (size_t i = 0; i < sizeof fitting / sizeof fitting[0]; i++)
        cr_expect_eq(flags_of(fitting[i]), JSON_DECODE_ANY | JSON_ALLOW_NUL, "%s", fitting[i]);
}
