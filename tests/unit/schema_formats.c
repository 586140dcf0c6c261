/* Formats, asserted: what each accepts and what it rejects, beside what the suite covers. */
#include "schema_helpers.h"

static bool accepts(const char *format, const char *text)
{
    char schema_text[64];
    toka_schema_options options = {.assert_format = true};
    snprintf(schema_text, sizeof schema_text, "{\"format\":\"%s\"}", format);
    toka_schema *schema = compile_with(schema_text, &options);
    json_t *value = json_string(text);
    cr_assert(value, "%s", text);
    toka_status status = toka_schema_validate(schema, value, NULL);
    cr_expect(status == TOKA_OK || status == TOKA_E_INVALID);
    json_decref(value);
    toka_schema_unref(schema);
    return status == TOKA_OK;
}

static void expect_format(const char *format, const char *const *good, const char *const *bad)
{
    for (; *good; good++)
        cr_expect(accepts(format, *good), "%s rejects %s", format, *good);
    for (; *bad; bad++)
        cr_expect_not(accepts(format, *bad), "%s accepts %s", format, *bad);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(schema_formats, dates_and_times_are_those_of_rfc_3339)
{
    expect_format("date", LIST("2020-02-29", "0000-01-01", "2000-02-29"),
                  LIST("", "2021-02-29", "1900-02-29", "2020-13-01", "2020-1-1", "2020-01-01T",
                       "\xD9\xA1"
                       "020-01-01"));
    expect_format(
        "time", LIST("00:00:00Z", "23:59:60z", "12:00:00.123456789012345-23:59", "00:59:60+01:00"),
        LIST("", "24:00:00Z", "12:00:00", "12:00:60Z", "12:00:00.Z", "12:00:00+24:00", "12:00:00+1:00"));
    expect_format("date-time", LIST("1998-12-31t23:59:60Z", "1998-12-31T15:59:60.1-08:00"),
                  LIST("1998-12-31 23:59:59Z", "1998-12-31T23:59:59", "1998-02-30T00:00:00Z"));
}

Test(schema_formats, mailboxes_are_those_of_rfc_5321)
{
    expect_format(
        "email", LIST("a@b", "a.b+c@x-y.z", "\"a b\"@c.d", "\"a\\\"b\"@c.d", "a@[127.0.0.1]", "a@[IPv6:::1]"),
        LIST("", "a", "@b", "a@", ".a@b", "a.@b", "a..b@c", "a b@c", "\"a\"b\"@c", "\"a\\\"@c", "a@b..c",
             "a@[300.0.0.1]", "\xC3\xA9@b"));
    expect_format(
        "idn-email",
        LIST("\xEC\x8B\xA4\xEB\xA1\x80@\xEC\x8B\xA4\xEB\xA1\x80.\xED\x85\x8C\xEC\x8A\xA4\xED\x8A\xB8", "a@b"),
        LIST("2962", "a@-b", "a@"));
}

Test(schema_formats, host_names_have_labels_of_letters_digits_and_hyphens)
{
    expect_format("hostname", LIST("a", "a.b-c.D9", "xn--4gbwdl.xn--wgbh1c"),
                  LIST("", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "\xC3\xA9", "xn--X", "xn--a-",
                       "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"));
    expect_format("idn-hostname",
                  LIST("\xC3\xA9.fr", "l\xC2\xB7l", "\xCE\xB1\xCD\xB5\xCE\xB2",
                       "a\xE3\x80\x82"
                       "b"),
                  LIST("", "a\xC2\xB7l", "\xE3\x80\xAE\xEC\x8B\xA4", "-\xC3\xA9", "\xC3\xA9-", "aa--\xC3\xA9",
                       "\xC3\xA9..a", "\xD9\xA0\xDB\xB0", "\xE2\x80\x8D"));
}

Test(schema_formats, addresses_are_written_in_full_or_with_one_gap)
{
    expect_format("ipv4", LIST("0.0.0.0", "255.255.255.255"),
                  LIST("", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.1.1.1", "1.2.3.4 ", "0x1.1.1.1", "1..2.3"));
    expect_format(
        "ipv6",
        LIST("::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::2:3", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4"),
        LIST("", ":", ":::", "1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1%eth0",
             "1:2:3:4:5:6:7::8", "::1.2.3", "1.2.3.4", "1:", ":1", "1:2:3:4:5:6:7:1.2.3.4"));
}

Test(schema_formats, uris_and_iris_follow_their_grammars)
{
    expect_format("uri",
                  LIST("http://a", "urn:a:b", "a+b:c", "http://u:p@[::1]:80/p?q#f", "http://[v1.a:b]/",
                       "a:", "file:///x", "http://a/%20"),
                  LIST("", "//a", "/a", "a", "1:a", "http://a b", "http://a/%2", "http://[::1", "http://a:b/",
                       "http://a/#a#b", "http://a/{}", "http://a\\b", "\xC3\xA9:a", "http://a/\xC3\xA9",
                       "http://[]"));
    expect_format("uri-reference", LIST("", "a", "/a", "//a", "?q", "#f", "a/b:c", "./a:b"),
                  LIST(":a", "1:a", "a b", "#a b", "\\"));
    expect_format("iri", LIST("http://\xC3\xA9/\xE2\x82\xAC?\xF4\x80\x80\x80#\xC3\xA9"),
                  LIST("", "\xC3\xA9", "http://a/\xEE\x80\x80", "http://a b"));
    expect_format("iri-reference", LIST("", "\xC3\xA9", "//\xC3\xA9"), LIST("\\", "#\xF4\x80\x80\x80 "));
    expect_format(
        "uri-template", LIST("", "a{b}", "{+a.b,c:9999,d*}", "{%20}", "%20\xC3\xA9", "{?x}{&y}"),
        LIST("{", "}", "{}", "{a", "a}", "{a:0}", "{a:10000}", "{a b}", "{-a}", "%2", "<", "{a,}", "'"));
}

Test(schema_formats, pointers_and_regular_expressions_follow_their_grammars)
{
    expect_format("json-pointer", LIST("", "/", "/a~0~1", "//"), LIST("a", "/~", "/~2", "#/a"));
    expect_format("relative-json-pointer", LIST("0", "1/a", "0#", "120/a~1"),
                  LIST("", "/a", "01", "-1", "1a", "0##", "1#/a"));
    expect_format("regex",
                  LIST("", "^a{2,3}?$", "(?<n>a)\\k<n>", "[\\d\\-a]", "\\u{1F600}", "\\p{Letter}",
                       "(?=a)(?<!b)", "\\cA", "[]", "[^]"),
                  LIST("(", ")", "a**", "\\Z", "\\a", "{", "a{2,1}", "[z-a]", "[", "\\", "(?i)a", "(?=a)*",
                       "\\1", "\\k<n>", "]", "\\-", "[\\d-z]", "\\u{110000}", "\\c1", "(?<1>a)", "\\01"));
}

Test(schema_formats, are_annotations_unless_asserted_and_when_unknown)
{
    expect_valid("{\"format\":\"date\",\"contentEncoding\":\"base64\"}", "\"x\"");
    cr_expect(accepts("colour", "x"));
    toka_schema_options options = {.assert_format = true};
    toka_schema *schema = compile_with("{\"format\":\"date\"}", &options);
    cr_expect_eq(validate_text_with(schema, "12", NULL), TOKA_OK);
    toka_schema_unref(schema);
}

static bool content_accepts(const char *encoding, const char *text)
{
    char schema_text[128];
    toka_schema_options options = {.assert_format = true};
    snprintf(schema_text, sizeof schema_text, "{\"contentMediaType\":\"application/json\"%s}", encoding);
    toka_schema *schema = compile_with(schema_text, &options);
    json_t *value = json_string(text);
    toka_status status = toka_schema_validate(schema, value, NULL);
    json_decref(value);
    toka_schema_unref(schema);
    return status == TOKA_OK;
}

Test(schema_formats, content_is_read_as_json_also_out_of_base64)
{
    static const char *const good[] = {
        "1", " [1,{\"a\":[]},-0.5e+3] ", "\"\\u00e9\\n\xC3\xA9\"", "{}", "true", "[[],{}]"};
    static const char *const bad[] = {"",   "[",          "[1,]",   "{\"a\"}", "{a:1}", "01",
                                      "1.", "1e",         "\"\n\"", "\"\\x\"", "nul",   "1 2",
                                      "]",  "{\"a\":1,}", "\"",     "-"};
    static const char base64[] = ",\"contentEncoding\":\"base64\"";
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_expect(content_accepts("", good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(content_accepts("", bad[i]), "%s", bad[i]);
    cr_expect(content_accepts(base64, "eyJmb28iOiAiYmFyIn0K"));
    cr_expect(content_accepts(base64, "MQ=="));
    cr_expect_not(content_accepts(base64, "MQ="));
    cr_expect_not(content_accepts(base64, "MR=="), "unused bits are zero");
    cr_expect_not(content_accepts(base64, "M=Q="));
    cr_expect_not(content_accepts(base64, "ezp9Cg=="));
    char *deep = malloc(5001);
    memset(deep, '[', 5000);
    deep[5000] = '\0';
    cr_expect_not(content_accepts("", deep));
    free(deep);
}
