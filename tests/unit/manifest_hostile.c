/* Texts made to hurt: bombs, depth, size, and bytes that are no text. Each is refused, quickly and without a
 * trace. */
#include "manifest_support.h"

static char text[TOKA_MANIFEST_MAX_BYTES + 1000];

static size_t append(size_t used, const char *piece)
{
    size_t size = strlen(piece);

    cr_assert_lt(used + size, sizeof text);
    memcpy(text + used, piece, size + 1);
    return used + size;
}

static size_t append_times(size_t used, const char *piece, size_t times)
{
    for (size_t i = 0; i < times; i++)
        used = append(used, piece);
    return used;
}

Test(manifest_hostile, alias_bomb_is_defused)
{
    char line[200];
    size_t used =
        append(0, HEAD REST "metadata:\n  a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");

    for (int level = 1; level < 10; level++) {
        int before = level - 1;

        snprintf(line, sizeof line,
                 "  a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", level, level,
                 before, before, before, before, before, before, before, before, before, before);
        used = append(used, line);
    }
    refuse_bytes(text, used, TOKA_E_TOO_LARGE, "");
}

Test(manifest_hostile, aliases_of_one_long_text_count_by_its_length)
{
    size_t used = append(0, HEAD REST "input_schema: {enum: [&long \"");

    used = append_times(used, "xxxxxxxxxx", 10000);
    used = append(used, "\"");
    used = append_times(used, ", *long", 1000);
    used = append(used, "]}\n");
    refuse_bytes(text, used, TOKA_E_TOO_LARGE, "");
}

Test(manifest_hostile, aliases_cannot_nest_deeper_than_the_limit)
{
    char line[64];
    size_t used = append(0, HEAD REST "metadata:\n  a0: &a0 [[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]\n");

    for (int level = 1; level < 4; level++) {
        snprintf(line, sizeof line, "  a%d: &a%d [[[[[[[[[[[[[[[[[[[[[[*a%d]]]]]]]]]]]]]]]]]]]]]]\n", level,
                 level, level - 1);
        used = append(used, line);
    }
    refuse_bytes(text, used, TOKA_E_TOO_DEEP, "");
}

Test(manifest_hostile, aliases_must_name_something_complete)
{
    refuse(HEAD REST "metadata: {a: *nothing}", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "metadata: &itself {a: *itself}", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "metadata: {&key a: b}", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "metadata: {[a]: b}", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "metadata: {a: &b c, *b : d}", TOKA_E_SYNTAX, "");
}

Test(manifest_hostile, anchors_are_counted)
{
    char line[32];
    size_t used = append(0, HEAD REST "metadata:\n");

    for (unsigned i = 0; i <= TOKA_MANIFEST_MAX_ANCHORS; i++) {
        snprintf(line, sizeof line, "  k%u: &a%u v\n", i, i);
        used = append(used, line);
    }
    refuse_bytes(text, used, TOKA_E_TOO_LARGE, "");
    refuse(HEAD REST
           "metadata: {a: &aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg x}",
           TOKA_E_TOO_LARGE, "");
}

Test(manifest_hostile, depth_is_bounded)
{
    static const char *const openings[] = {"[", "{a: ", "- ", "{\"a\":", "{\"a\":["};

    for (size_t o = 0; o < sizeof openings / sizeof *openings; o++) {
        size_t used = append_times(0, openings[o], 20000);

        refuse_bytes(text, used, TOKA_E_TOO_DEEP, "");
    }
}

Test(manifest_hostile, size_is_bounded)
{
    size_t used = append(0, HEAD REST "# ");

    memset(text + used, 'x', TOKA_MANIFEST_MAX_BYTES + 1 - used);
    refuse_bytes(text, TOKA_MANIFEST_MAX_BYTES + 1, TOKA_E_TOO_LARGE, "");
    text[TOKA_MANIFEST_MAX_BYTES] = '\0';
    toka_manifest_free(parse(text));
}

Test(manifest_hostile, bytes_that_are_no_text_are_refused)
{
    static const char nul[] = HEAD REST "action_id: a\0b\n";

    refuse_bytes(nul, sizeof nul - 1, TOKA_E_SYNTAX, "");
    refuse(HEAD REST "action_id: caf\xe9\n", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "action_id: \xed\xa0\x80\n", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "action_id: \xf4\x90\x80\x80\n", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "action_id: \x01\n", TOKA_E_SYNTAX, "");
    refuse("\xff\xfei\0d\0", TOKA_E_SYNTAX, "");
    refuse("{\"id\":\"\xff\"}", TOKA_E_SYNTAX, "");
    refuse("", TOKA_E_SYNTAX, "");
    refuse("# nothing\n", TOKA_E_SYNTAX, "");
}

Test(manifest_hostile, a_nul_in_a_value_or_a_key_is_refused)
{
    refuse(HEAD REST "action_id: \"a\\0b\"\n", TOKA_E_INVALID, "/action_id");
    refuse(HEAD REST "metadata: {\"a\\0b\": c}\n", TOKA_E_SYNTAX, "");
    refuse("{\"id\":\"a\\u0000b\"}", TOKA_E_INVALID, "/id");
    refuse("{\"i\\u0000d\":\"a\"}", TOKA_E_SYNTAX, "");
}

Test(manifest_hostile, what_is_not_one_mapping_is_refused)
{
    refuse("just text", TOKA_E_INVALID, "");
    refuse("[]", TOKA_E_INVALID, "");
    refuse("~", TOKA_E_INVALID, "");
    refuse(HEAD REST "---\n" HEAD REST, TOKA_E_SYNTAX, "");
    refuse(HEAD REST "action_id: !!binary aGVsbG8=\n", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "metadata: !!set {a}\n", TOKA_E_SYNTAX, "");
    refuse(HEAD REST "action_id: \"unfinished\n", TOKA_E_SYNTAX, "");
    refuse("{\"id\":\"a\",", TOKA_E_SYNTAX, "");
}

Test(manifest_hostile, every_cut_of_a_manifest_is_answered)
{
    static const char whole[] =
        HEAD "transports: [{kind: json_rpc_http, endpoint: 'http://a/'}]\n"
             "input_schema: {type: &t object, x: *t, y: [1, 2]}\nmetadata: {a: \"b\\u00e9\"}\n";
    size_t accepted = 0;

    for (size_t size = 0; size < sizeof whole; size++) {
        toka_manifest *manifest = NULL;
        char *cut = malloc(size + 1); /* exact, so that a sanitizer sees a read beyond it */

        cr_assert_not_null(cut);
        memcpy(cut, whole, size);
        accepted += parse_bytes(cut, size, &manifest, NULL) == TOKA_OK;
        toka_manifest_free(manifest);
        free(cut);
    }
    cr_expect_geq(accepted, 3);
    cr_expect_lt(accepted, sizeof whole / 2);
}

Test(manifest_hostile, every_flipped_bit_is_answered)
{
    static const char whole[] = HEAD "transports: [{kind: in_process}]\nmetadata: {a: &x b, c: *x}\n";
    char flipped[sizeof whole];
    size_t refused = 0;

    for (size_t bit = 0; bit < 8 * (sizeof whole - 1); bit++) {
        toka_manifest *manifest = NULL;

        memcpy(flipped, whole, sizeof whole);
        flipped[bit / 8] = (char)(flipped[bit / 8] ^ (1 << bit % 8));
        refused += parse_bytes(flipped, sizeof whole - 1, &manifest, NULL) != TOKA_OK;
        toka_manifest_free(manifest);
    }
    cr_expect_gt(refused, 100);
}
