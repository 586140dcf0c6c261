/*
 * JSON as events. Documents with known events, each also with every part of it across the border between two
 * chunks of the file; and documents that must be refused.
 */
#include "model/json_in.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static FILE *stream_of(size_t spaces, const char *text, size_t size)
{
    FILE *stream = tmpfile();

    cr_assert_not_null(stream);
    for (size_t i = 0; i < spaces; i++)
        fputc(i % 80 == 79 ? '\n' : ' ', stream);
    cr_assert_eq(fwrite(text, 1, size, stream), size);
    rewind(stream);
    return stream;
}

/* The events in a notation of their own: {k:a s:b i:1 ...}; "!" and the failure at the end. */
static char *events_of(size_t spaces, const char *text, size_t size)
{
    char *events = NULL;
    size_t events_size;
    hg_json json;
    FILE *stream = stream_of(spaces, text, size);
    FILE *out = open_memstream(&events, &events_size);

    hg_json_init(&json, stream, UINT64_MAX);
    for (;;) {
        hg_json_event event = hg_json_next(&json);
        if (event == HG_JSON_END)
            break;
        if (event == HG_JSON_FAILED) {
            fprintf(out, "!%d", json.failure);
            break;
        }
        if (event <= HG_JSON_ARRAY_END)
            fputc("{}[]"[event], out);
        else if (event <= HG_JSON_STRING)
            fprintf(out, "%c:%.*s ", event == HG_JSON_KEY ? 'k' : 's', (int)json.length, json.text);
        else if (event == HG_JSON_INTEGER)
            fprintf(out, "i:%" PRId64 " ", json.integer);
        else if (event == HG_JSON_REAL)
            fprintf(out, "r:%.17g ", json.real);
        else
            fputc("tfn"[event - HG_JSON_TRUE], out);
    }
    fclose(out);
    fclose(stream);
    hg_json_clear(&json);
    return events;
}

static void expect_events(const char *text, const char *expected)
{
    size_t size = strlen(text);
    char *events = events_of(0, text, size);

    cr_expect_str_eq(events, expected, "%s", text);
    free(events);
    for (size_t inside = 0; inside <= size; inside++) {
        events = events_of(HG_JSON_CHUNK_BYTES - inside, text, size);
        cr_expect_str_eq(events, expected, "%s, %zu bytes of it in the first chunk", text, inside);
        free(events);
    }
}

Test(report_json_in, events_come_in_order_wherever_a_chunk_ends)
{
    expect_events("{}", "{}");
    expect_events(" [ ] ", "[]");
    expect_events("{\"a\": [1, -2.5, true, false, null], \"b\": {\"c\": \"d\"}}",
                  "{k:a [i:1 r:-2.5 tfn]k:b {k:c s:d }}");
    expect_events("[\"a\\n\\u00e9\\ud83d\\ude00\\\"\\\\\\/\", \"caf\xc3\xa9\"]",
                  "[s:a\n\xc3\xa9\xf0\x9f\x98\x80\"\\/ s:caf\xc3\xa9 ]");
    expect_events("[0, -0, 10, 9223372036854775807, -9223372036854775808, 123456789012345678]",
                  "[i:0 i:0 i:10 i:9223372036854775807 i:-9223372036854775808 i:123456789012345678 ]");
    expect_events("[1e2, 1E+2, 12.5e-1, 0.0, -0.5]", "[r:100 r:100 r:1.25 r:0 r:-0.5 ]");
}

static void expect_failure(const char *text, size_t size, hg_json_failure failure)
{
    char *events = events_of(0, text, size);
    const char *mark = strchr(events, '!');

    cr_assert_not_null(mark, "%.40s was taken: %.40s", text, events);
    cr_expect_eq(atoi(mark + 1), (int)failure, "%.40s: %s", text, events);
    free(events);
}

Test(report_json_in, what_is_no_json_is_damaged)
{
    static const char *const damaged[] = {"7",
                                          "\"a\"",
                                          "true",
                                          "x",
                                          "{a}",
                                          "{\"a\"}",
                                          "{\"a\" 1}",
                                          "{\"a\":}",
                                          "{\"a\":1,}",
                                          "[1,]",
                                          "[,1]",
                                          "[1 2]",
                                          "[01]",
                                          "[-]",
                                          "[1.]",
                                          "[.5]",
                                          "[+1]",
                                          "[1e]",
                                          "[1e+]",
                                          "[--1]",
                                          "[0x1]",
                                          "[NaN]",
                                          "[Infinity]",
                                          "[nul]",
                                          "[truex]",
                                          "{]",
                                          "[}",
                                          "[] []",
                                          "{} x",
                                          "[\"\\x\"]",
                                          "[\"\\u12g4\"]",
                                          "[\"\\ud800\"]",
                                          "[\"\\ud800\\u0041\"]",
                                          "[\"\\udc00\"]",
                                          "[\"\\u0000\"]",
                                          "[\"a\nb\"]",
                                          "[\"\xff\"]",
                                          "[\"\xc3(\"]",
                                          "[\"\xed\xa0\x80\"]",
                                          "{1: 2}",
                                          "{\"a\": 1 \"b\": 2}",
                                          "[9223372036854775808]",
                                          "[-9223372036854775809]",
                                          "[99999999999999999999999]",
                                          "[1e999]",
                                          "[-1e999]",
                                          "{\"a\":1]",
                                          "\xef\xbb\xbf{}"};

    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        expect_failure(damaged[i], strlen(damaged[i]), HG_JSON_DAMAGED);
    expect_failure("[\"a\0b\"]", 7, HG_JSON_DAMAGED);
    expect_failure("{\0}", 3, HG_JSON_DAMAGED);
}

Test(report_json_in, what_ends_early_was_cut_short)
{
    static const char whole[] = "{\"a\": [1, -2.5e3, true, \"b\\u00e9\xc3\xa9\", {\"c\": null}]}";

    for (size_t size = 1; size < sizeof whole - 1; size++)
        expect_failure(whole, size, HG_JSON_TRUNCATED);
    expect_failure("", 0, HG_JSON_EMPTY);
    expect_failure(" \n\t ", 4, HG_JSON_EMPTY);
}

Test(report_json_in, levels_are_counted)
{
    char text[2 * HG_JSON_LEVELS + 2];

    memset(text, '[', HG_JSON_LEVELS);
    memset(text + HG_JSON_LEVELS, ']', HG_JSON_LEVELS);
    char *events = events_of(0, text, (size_t)2 * HG_JSON_LEVELS);
    cr_expect_null(strchr(events, '!'));
    cr_expect_eq(strlen(events), (size_t)2 * HG_JSON_LEVELS);
    free(events);
    memset(text, '[', HG_JSON_LEVELS + 1);
    expect_failure(text, HG_JSON_LEVELS + 1, HG_JSON_DAMAGED);
}

Test(report_json_in, a_number_without_end_is_refused)
{
    size_t size = 100000;
    char *text = malloc(size + 1);

    memset(text, '1', size);
    text[0] = '[';
    text[size] = '\0';
    expect_failure(text, size, HG_JSON_DAMAGED);
    free(text);
}

Test(report_json_in, a_string_of_many_chunks_arrives_whole)
{
    size_t size = 3 * (size_t)HG_JSON_CHUNK_BYTES;
    char *text = malloc(size + 5);
    hg_json json;

    memset(text, 'x', size + 4);
    memcpy(text, "[\"", 2);
    memcpy(text + size + 2, "\"]", 3);
    FILE *stream = stream_of(0, text, size + 4);
    hg_json_init(&json, stream, UINT64_MAX);
    cr_expect_eq(hg_json_next(&json), HG_JSON_ARRAY);
    cr_expect_eq(hg_json_next(&json), HG_JSON_STRING);
    cr_expect_eq(json.length, size);
    cr_expect_eq(json.text[size - 1], 'x');
    cr_expect_eq(hg_json_next(&json), HG_JSON_ARRAY_END);
    cr_expect_eq(hg_json_next(&json), HG_JSON_END);
    cr_expect_eq(hg_json_next(&json), HG_JSON_END);
    hg_json_clear(&json);
    fclose(stream);
    free(text);
}

Test(report_json_in, a_value_is_skipped_whole)
{
    static const char text[] = "{\"a\": {\"b\": [1, {\"c\": []}]}, \"d\": 4}";
    hg_json json;
    FILE *stream = stream_of(0, text, sizeof text - 1);

    hg_json_init(&json, stream, UINT64_MAX);
    hg_json_next(&json);
    cr_expect_eq(hg_json_next(&json), HG_JSON_KEY);
    hg_json_next(&json);
    cr_expect(hg_json_skip(&json));
    cr_expect_eq(hg_json_next(&json), HG_JSON_KEY);
    cr_expect_eq(json.text[0], 'd');
    hg_json_next(&json);
    cr_expect(hg_json_skip(&json));
    cr_expect_eq(json.integer, 4);
    cr_expect_eq(hg_json_next(&json), HG_JSON_OBJECT_END);
    hg_json_clear(&json);
    fclose(stream);
}

Test(report_json_in, damage_is_told_by_line_and_column)
{
    static const char text[] = "{\n  \"a\": 1,\n  \"b\": oops\n}\n";
    hg_json json;
    FILE *stream = stream_of(0, text, sizeof text - 1);

    hg_json_init(&json, stream, UINT64_MAX);
    while (hg_json_next(&json) != HG_JSON_FAILED)
        cr_assert_neq(json.event, HG_JSON_END);
    cr_expect_eq(json.line, 3);
    cr_expect_eq(json.column, 8);
    cr_expect_str_eq(json.problem, "expected a value");
    cr_expect_eq(hg_json_next(&json), HG_JSON_FAILED, "a failure stays");
    hg_json_clear(&json);
    fclose(stream);
}

Test(report_json_in, no_more_is_read_than_was_allowed)
{
    hg_json json;
    FILE *stream = stream_of(0, "[1, 2, 3]", 9);

    hg_json_init(&json, stream, 8);
    cr_expect_eq(hg_json_next(&json), HG_JSON_FAILED);
    cr_expect_eq(json.failure, HG_JSON_TOO_LARGE);
    hg_json_clear(&json);
    rewind(stream);
    hg_json_init(&json, stream, 9);
    cr_expect_eq(hg_json_next(&json), HG_JSON_ARRAY);
    cr_expect(hg_json_skip(&json));
    cr_expect_eq(hg_json_next(&json), HG_JSON_END);
    hg_json_clear(&json);
    fclose(stream);
}
