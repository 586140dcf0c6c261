/* Names made safe to show, and quantities made readable. */
#include "base/escape.h"
#include "base/humanise.h"
#include "base/utf8.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void expect_fit(const char *text, size_t columns, bool unicode, const char *expected)
{
    char out[128];
    size_t used = hg_escape_fit(out, sizeof out, text, columns, unicode);

    cr_expect_str_eq(out, expected);
    cr_expect_leq(used, columns);
}

Test(report_escape, terminal_escapes_are_spelled_out)
{
    expect_fit("\x1b[31mred\x1b[0m", 60, true, "\\x1b[31mred\\x1b[0m");
    expect_fit("a\nb\tc\rd\x7f", 60, true, "a\\x0ab\\x09c\\x0dd\\x7f");
    expect_fit("\xc2\x9b"
               "2J",
               60, true, "\\u009b2J"); /* CSI as one C1 character */
}

Test(report_escape, a_name_is_no_command_of_a_ci_runner)
{
    expect_fit("::error title=x::y", 60, true, "\\x3a:error title=x::y");
    expect_fit("::", 60, true, "\\x3a:");
    expect_fit("std::sort", 60, true, "std::sort");
    expect_fit(":", 60, true, ":");
    expect_fit("a ##[error]b", 60, true, "a \\x23#[error]b");
    expect_fit("# ## #[ ###", 60, true, "# ## #[ ###");
    char out[64];
    hg_escape_middle(out, sizeof out, "::a_name_that_is_much_too_long_to_be_shown::last", 20, true);
    cr_expect_eq(strncmp(out, "\\x3a:", 5), 0, "%s", out);
    cr_expect_not_null(strstr(out, "::last"), "%s", out);
}

Test(report_escape, direction_overrides_and_invisible_characters_are_spelled_out)
{
    expect_fit("a\xe2\x80\xae"
               "b",
               60, true, "a\\u202eb");
    expect_fit("a\xe2\x80\x8b"
               "b",
               60, true, "a\\u200bb");
    expect_fit("\xef\xbb\xbfx", 60, true, "\\ufeffx");
}

Test(report_escape, bytes_that_are_not_utf8_are_spelled_out)
{
    expect_fit("\xff\xc3(\xed\xa0\x80", 60, true, "\\xff\\xc3(\\xed\\xa0\\x80");
    expect_fit("\xc0\xaf\xf5\x80\x80\x80", 60, true, "\\xc0\\xaf\\xf5\\x80\\x80\\x80");
    expect_fit("cut \xe2\x82", 60, true, "cut \\xe2\\x82");
}

Test(report_escape, other_letters_stay_where_the_terminal_takes_them)
{
    expect_fit("caf\xc3\xa9", 60, true, "caf\xc3\xa9");
    expect_fit("caf\xc3\xa9", 60, false, "caf\\u00e9");
}

Test(report_escape, a_text_that_is_too_wide_ends_in_dots)
{
    expect_fit("abcdefgh", 8, true, "abcdefgh");
    expect_fit("abcdefgh", 7, true, "abcd...");
    expect_fit("\x1b\x1b\x1b", 10, true, "\\x1b...");
    expect_fit("abc", 2, true, "");
    expect_fit(NULL, 10, true, "");
}

Test(report_escape, the_middle_gives_way_and_both_ends_stay)
{
    char out[128];

    hg_escape_middle(out, sizeof out, "/home/somebody/src/project/library/file.c", 20, true);
    cr_expect_leq(strlen(out), 20);
    cr_expect_eq(strncmp(out, "/home", 5), 0);
    cr_expect_str_eq(out + strlen(out) - 6, "file.c");
    hg_escape_middle(out, sizeof out, "short", 20, true);
    cr_expect_str_eq(out, "short");
}

Test(report_escape, no_length_or_limit_overruns_the_buffer)
{
    static const char pattern[] = "a\xff\xe2\x82\xac\x1b<\xf0\x9f\x92\xa5";
    char text[400];
    size_t checked = 0;

    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = pattern[i % (sizeof pattern - 1)];
    text[sizeof text - 1] = '\0';
    for (size_t size = 1; size < 160; size++) {
        char *exact = malloc(size); /* the sanitizer watches its end */
        for (size_t columns = 0; columns < 90; columns += 3, checked++) {
            hg_escape_fit(exact, size, text, columns, columns % 2);
            cr_assert_lt(strlen(exact), size);
            size_t used = hg_escape_middle(exact, size, text, columns, columns % 2);
            cr_assert_lt(strlen(exact), size);
            cr_assert_leq(used, columns);
        }
        free(exact);
    }
    cr_expect_gt(checked, 0);
}

static void expect_html(const char *text, size_t limit, const char *expected)
{
    FILE *stream = tmpfile();

    hg_escape_html(stream, text, limit);
    char *written = fixture_read_stream(stream, NULL);
    cr_expect_str_eq(written, expected);
    free(written);
    fclose(stream);
}

Test(report_escape, markup_becomes_text)
{
    expect_html("<a href=\"x\" b='y'>&amp;</a>", 0,
                "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
    expect_html("\x1b[0m\xff", 0, "\\x1b[0m\\xff");
    expect_html("a\nb", 0, "a\nb");
    expect_html(NULL, 0, "");
}

Test(report_escape, a_cut_never_splits_an_entity_or_a_character)
{
    expect_html("<<<<<<<<<", 6, "&lt;&lt;\xe2\x80\xa6&lt;&lt;&lt;&lt;");
    expect_html("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 3, "\xc3\xa9\xe2\x80\xa6\xc3\xa9\xc3\xa9");
}

Test(report_escape, every_code_point_survives_encoding)
{
    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        char bytes[HG_UTF8_MAX_BYTES + 1] = {0};
        uint32_t read;
        if (code == 0xD800)
            code = 0xE000;
        size_t length = hg_utf8_put(code, bytes);
        cr_assert_eq(hg_utf8_next(bytes, &read), length);
        cr_assert_eq(read, code);
    }
}

Test(report_escape, bytes_are_humanised)
{
    static const struct {
        double bytes;
        const char *text;
    } cases[] = {{0, "0 B"},           {-0.0, "0 B"},        {0.64, "0.64 B"},       {0.0012, "0.001 B"},
                 {1e-9, "1e-09 B"},    {48, "48 B"},         {922.3, "922 B"},       {1023, "1023 B"},
                 {1023.7, "1.00 KiB"}, {8120.4, "7.93 KiB"}, {-8120.4, "-7.93 KiB"}, {41 << 20, "41.0 MiB"},
                 {1e12, "931 GiB"},    {9.3e18, "8.07 EiB"}, {1e300, "?"},           {9.999, "10 B"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(hg_human_bytes(cases[i].bytes).text, cases[i].text, "%g: %s", cases[i].bytes,
                         hg_human_bytes(cases[i].bytes).text);
    cr_expect_str_eq(hg_human_bytes(NAN).text, "?");
    cr_expect_str_eq(hg_human_bytes(-INFINITY).text, "?");
    cr_expect_str_eq(hg_human_bytes_tick(50 << 20).text, "50 MiB");
}

Test(report_escape, counts_and_times_are_humanised)
{
    cr_expect_str_eq(hg_human_count(113.2).text, "113");
    cr_expect_str_eq(hg_human_count(41200).text, "41.2k");
    cr_expect_str_eq(hg_human_count(1130000).text, "1.13M");
    cr_expect_str_eq(hg_human_count(0.0005).text, "0.0005");
    cr_expect_str_eq(hg_human_count(999.9).text, "1.00k");
    cr_expect_str_eq(hg_human_count_tick(5000).text, "5k");
    cr_expect_str_eq(hg_human_seconds(18.2).text, "18.2 s");
    cr_expect_str_eq(hg_human_seconds(200).text, "3 min 20 s");
    cr_expect_str_eq(hg_human_seconds(86400).text, "24 h 0 min");
    cr_expect_str_eq(hg_human_integer(1130000).text, "1 130 000");
    cr_expect_str_eq(hg_human_integer(-123456).text, "-123 456");
    cr_expect_str_eq(hg_human_integer(INT64_MIN).text, "-9 223 372 036 854 775 808");
}
