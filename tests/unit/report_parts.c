/* The small parts that the writers share: numbers, times, JSON strings, tables of keys, bounded pages. */
#include "base/escape.h"
#include "base/intern.h"
#include "base/number.h"
#include "base/timestamp.h"
#include "markdown/page.h"
#include "report_fixture.h"
#include "view/stack.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void expect_integer(int64_t value)
{
    char digits[HG_NUMBER_DIGITS + 1], expected[32];
    char *end = digits + HG_NUMBER_DIGITS;

    snprintf(expected, sizeof expected, "%" PRId64, value);
    *end = '\0';
    cr_expect_str_eq(hg_number_digits(value, end), expected);
}

Test(report_parts, integers_are_written_with_every_digit)
{
    static const int64_t values[] = {0,         1,         -1,           9, 10, -10, 1234567890123,
                                     INT64_MAX, INT64_MIN, INT64_MIN + 1};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        expect_integer(values[i]);
}

static void expect_real(double value, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    hg_number_real(out, value);
    fclose(out);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(report_parts, reals_are_as_short_as_they_can_be_and_always_finite)
{
    expect_real(0.1, "0.1");
    expect_real(48, "48.0");
    expect_real(-0.0, "0.0");
    expect_real(1.0 / 3, "0.333333333333333"
                         "3");
    expect_real(1e300, "1e+300");
    expect_real(NAN, "0.0");
    expect_real(INFINITY, "1.7976931348623157e+308");
    expect_real(-INFINITY, "-1.7976931348623157e+308");
}

Test(report_parts, what_does_not_fit_into_an_integer_is_the_nearest_that_does)
{
    cr_expect_eq(hg_stack_round(2.5), 3);
    cr_expect_eq(hg_stack_round(-2.5), -3);
    cr_expect_eq(hg_stack_round(NAN), 0);
    cr_expect_eq(hg_stack_round(1e300), INT64_MAX);
    cr_expect_eq(hg_stack_round(-INFINITY), INT64_MIN);
}

Test(report_parts, only_times_of_the_calendar_are_times)
{
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-01-02T03:04:05",
                                        "2026-01-02 03:04:05Z",
                                        "2026-02-30T00:00:00Z",
                                        "2026-13-01T00:00:00Z",
                                        "2026-01-00T00:00:00Z",
                                        "2026-01-02T24:00:00Z",
                                        "2026-01-02T03:60:05Z",
                                        "2026-01-02T03:04:05Zx",
                                        "-026-01-02T03:04:05Z",
                                        "2026-01-02T03:04:05+",
                                        "\xff"};
    int64_t seconds = 7;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(hg_timestamp_read(wrong[i], &seconds), "%s", wrong[i]);
    cr_expect_eq(seconds, 7);
    cr_expect(hg_timestamp_read("1970-01-01T00:00:00Z", &seconds));
    cr_expect_eq(seconds, 0);
    cr_expect(hg_timestamp_read("2024-02-29T23:59:59Z", &seconds));
    cr_expect_eq(seconds, 1709251199);
}

static void expect_json(const char *text, size_t limit, const char *shown, const char *exact)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);

    hg_escape_json(out, text, limit);
    fputc('|', out);
    hg_escape_json_exact(out, text);
    fclose(out);
    char *bar = strchr(written, '|');
    *bar = '\0';
    cr_expect_str_eq(written, shown);
    cr_expect_str_eq(bar + 1, exact);
    free(written);
}

Test(report_parts, json_strings_are_for_a_person_or_exact)
{
    expect_json("plain", 0, "plain", "\"plain\"");
    expect_json("a\"b\\c", 0, "a\\\"b\\\\c", "\"a\\\"b\\\\c\"");
    expect_json("a\nb\x1b[", 0, "a\\\\x0ab\\\\x1b[", "\"a\\nb\\u001b[\"");
    expect_json("\xff\xe2\x80\xae", 0, "\\\\xff\\\\u202e", "\"\xef\xbf\xbd\xe2\x80\xae\"");
    expect_json("abcdefghi", 3, "a\u2026hi", "\"abcdefghi\"");
    expect_json(NULL, 0, "", "\"\"");
}

Test(report_parts, keys_are_numbered_in_the_order_of_their_coming)
{
    enum { KEYS = 5000 };
    hg_intern table = {.count = 0};
    char key[32];
    size_t length;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < KEYS; i++) {
            snprintf(key, sizeof key, "key %zu", i);
            cr_assert_eq(hg_intern_text(&table, key), i);
        }
    cr_expect_eq(table.count, KEYS);
    cr_expect_str_eq(hg_intern_get(&table, 4321, &length), "key 4321");
    cr_expect_eq(length, 8);
    cr_expect_eq(hg_intern_add(&table, "a\0b", 3), KEYS, "bytes, not strings");
    cr_expect_eq(hg_intern_add(&table, "a\0c", 3), KEYS + 1);
    cr_expect_eq(hg_intern_text(&table, NULL), hg_intern_text(&table, ""));
    hg_intern_free(&table);
}

static char *page_code(const char *name, bool in_table)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    hg_page_code(out, name, 60, in_table);
    fclose(out);
    return text;
}

static void expect_code(const char *name, bool in_table, const char *expected)
{
    char *text = page_code(name, in_table);

    cr_expect_str_eq(text, expected);
    free(text);
}

Test(report_parts, a_name_does_not_leave_its_code_span)
{
    expect_code("f<T>(*p)", false, "`f<T>(*p)`");
    expect_code("a`b", false, "`` a`b ``");
    expect_code("``", false, "``` `` ```");
    expect_code("a|b", true, "`a\\|b`");
    expect_code("a|b", false, "`a|b`");
    expect_code("a\n\nb", false, "`a\\x0a\\x0ab`");
    expect_code("", false, "`(unnamed)`");
}

Test(report_parts, text_does_not_leave_its_block)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    hg_page_block(out, "one\n~~~~\ntwo", 100);
    hg_page_block(out, "one\ntwo\nthree\n", 8);
    fclose(out);
    cr_expect_str_eq(text, "~~~~~~~\none\n~~~~\ntwo\n~~~~~~~\n~~~\none\ntwo\n    ...\n~~~\n");
    free(text);
}

Test(report_parts, long_names_lose_their_template_arguments)
{
    static const struct {
        const char *name, *shown;
    } cases[] = {
        {"app::add<int>", "app::add<int>"},
        {"app::registry<std::map<int, long> >::add<unsigned>", "app::registry<...>::add<...>"},
        {"app::registry::operator<< <std::map<int, long> >", "app::registry::operator<< <...>"},
        {"app::handle<decltype(a->b), int>::operator->", "app::handle<...>::operator->"},
        {"<alloc::vec::Vec<T> as core::fmt::Debug>::fmt", "<alloc::vec::Vec<T> as core::fmt::Debug>::fmt"},
        {"app::registry<std::map<int, std::vector<long", "app::registry<...>"},
        {">>>>>>>>>>>>>>>>>>>>>>>>>", ">>>>>>>>>>>>>>>>>>>>>>>>>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char buffer[HG_SHORT_NAME_SIZE];
        cr_expect_str_eq(hg_stack_short_function(cases[i].name, 20, buffer), cases[i].shown);
    }
}

Test(report_parts, a_piece_that_does_not_fit_is_left_out_whole)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    hg_page page = {.out = out, .left = 5};

    fputs("abc", hg_page_begin(&page));
    cr_expect(hg_page_end(&page));
    fputs("def", hg_page_begin(&page));
    cr_expect_not(hg_page_end(&page));
    fputs("gh", hg_page_begin(&page));
    cr_expect(hg_page_end(&page));
    cr_expect_eq(page.left, 0);
    cr_expect_not(page.failed);
    fclose(out);
    cr_expect_str_eq(text, "abcgh");
    free(text);
}
