/* Patterns mean what ECMA-262 says, also where PCRE2 would read them otherwise. */
#include "schema_helpers.h"

static toka_status match(const char *pattern, const char *text)
{
    json_t *document = json_pack("{s:s}", "pattern", pattern);
    json_t *instance = json_string(text);
    toka_schema *schema = NULL;
    toka_error err;
    cr_assert(document && instance, "%s", pattern);
    toka_status status = toka_schema_from_document(document, NULL, &schema, &err);
    if (status == TOKA_OK)
        status = toka_schema_validate(schema, instance, &err);
    toka_schema_unref(schema);
    json_decref(instance);
    json_decref(document);
    return status;
}

#define expect_match(pattern, text)                                                                          \
    cr_expect_eq(match(pattern, text), TOKA_OK, "%s must match %s", pattern, text)
#define expect_mismatch(pattern, text)                                                                       \
    cr_expect_eq(match(pattern, text), TOKA_E_INVALID, "%s must not match %s", pattern, text)
#define expect_refused(pattern)                                                                              \
    cr_expect_eq(match(pattern, ""), TOKA_E_PATTERN, "%s must not compile", pattern)

Test(schema_patterns, anchors_and_classes_are_those_of_ecma_262)
{
    expect_match("b", "abc");
    expect_mismatch("^abc$", "abc\n");
    expect_match("^\\s$", "\xEF\xBB\xBF");
    expect_match("^\\s$", "\xE2\x80\x83");
    expect_match("^\\s$", "\v");
    expect_mismatch("^\\S$", "\xE2\x80\xA9");
    expect_match("^[\\S]$", "x");
    expect_mismatch("^[\\Sx]$", "\xC2\xA0");
    expect_mismatch("^\\d$", "\xE0\xA7\xAA");
    expect_mismatch("^\\w$", "\xC3\xA9");
    expect_match("^\\W$", "\xC3\xA9");
    expect_mismatch("^.$", "\r");
    expect_mismatch("^.$", "\xE2\x80\xA8");
    expect_match("^.$", "\xC2\x85");
    expect_match("^[^]$", "\n");
    expect_mismatch("[]", "a");
    expect_match("^\\cJ\\x41\\u0042\\u{1F600}\\0?$", "\nAB\xF0\x9F\x98\x80");
    expect_match("^\\v$", "\v");
    expect_mismatch("^\\v$", "\n");
    expect_match("^[\\b]$", "\b");
}

Test(schema_patterns, characters_are_code_points)
{
    expect_match("^.$", "\xF0\x9F\x90\xB2");
    expect_match("^\xF0\x9F\x90\xB2*$", "\xF0\x9F\x90\xB2\xF0\x9F\x90\xB2");
    expect_match("^\\ud83d\\udc32$", "\xF0\x9F\x90\xB2");
    expect_match("^[\\ud83d\\udc32]$", "\xF0\x9F\x90\xB2");
    expect_mismatch("^\\ud83d", "\xF0\x9F\x90\xB2");
    expect_match("^[\\u0000-\\uFFFF]$", "\xE2\x82\xAC");
    expect_mismatch("^[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]$", "\xF0\x9F\x90\xB2");
    expect_match("^\\p{Letter}\\p{Lu}\\P{L}\\p{Script=Greek}\\p{gc=Decimal_Number}[\\p{digit}]$",
                 "aB-\xCE\xB1"
                 "12");
    expect_match("^\\p{ASCII}\\p{Any}\\p{Assigned}$", "abc");
    expect_refused("\\p{NoSuchThing}");
    expect_refused("\\p{");
    expect_refused("\\pL");
}

Test(schema_patterns, groups_references_and_assertions_work)
{
    expect_match("^(a)\\1$", "aa");
    expect_match("^(?<q>['\"]).*\\k<q>$", "'x'");
    expect_match("^(?:(a)|b)\\1$", "b");
    expect_match("(?<=a)b(?!c)", "abd");
    expect_match("^(?=.*\\d)(?=.*[a-z]).{2,}$", "a1");
    expect_match("^(?P<x>a)(?i:B)$", "ab");
    expect_match("(?i)ABC", "abc");
}

Test(schema_patterns, needless_escapes_and_single_braces_of_real_schemas_are_read)
{
    expect_match("^[\\w\\-\\_\\.]+\\@\\-\\#$", "a-_.@-#");
    expect_match("^${a}\\/{b}$|^\\${x}$", "${x}");
    expect_match("^{a,}]}$", "{a,}]}");
    expect_match("^[a-\\d-z]+$", "a-1z");
    expect_match("^[[:alpha]+$", "[:lap");
    expect_match("^\\101\\x4$", "Ax4");
    expect_match("^a{,3}$", "a{,3}");
}

Test(schema_patterns, other_dialects_are_refused)
{
    expect_refused("\\A");
    expect_refused("\\z");
    expect_refused("\\Qa\\E");
    expect_refused("a++");
    expect_refused("a{2}+");
    expect_refused("(?>a)");
    expect_refused("(?#c)");
    expect_refused("(*UTF8)a");
    expect_refused("(?R)");
    expect_refused("(?x)a");
    expect_refused("^*");
    expect_refused("|*");
    expect_refused("x{3,2}");
    expect_refused("(?<n>a)(?<n>b)");
    expect_refused("\\");
    expect_refused("[a");
    expect_refused("a)");
}
