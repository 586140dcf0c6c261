/* Each class of error names the keyword at fault and where it stands. */
#include "schema_helpers.h"

struct expectation {
    const char *schema;
    toka_status status;
    const char *keyword, *pointer, *message; /* part of the message */
};

static void expect_errors(const struct expectation *expected, size_t count)
{
    cr_assert_gt(count, 0);
    for (size_t i = 0; i < count; i++, expected++) {
        toka_schema *schema = NULL;
        toka_error err = {.status = TOKA_OK};
        toka_status status = toka_schema_compile(text_of(expected->schema), NULL, &schema, &err);
        cr_expect_eq(status, expected->status, "%s: %s", expected->schema, toka_status_name(status));
        cr_expect_eq(err.status, status);
        cr_expect_str_eq(err.keyword, expected->keyword, "%s: keyword %s", expected->schema, err.keyword);
        cr_expect_str_eq(err.pointer, expected->pointer, "%s: pointer %s", expected->schema, err.pointer);
        cr_expect(strstr(err.message, expected->message), "%s: message %s", expected->schema, err.message);
        cr_expect_null(schema, "an output is untouched on failure");
        toka_schema_unref(schema);
    }
}

#define EXPECT_ERRORS(table) expect_errors(table, sizeof(table) / sizeof((table)[0]))

Test(schema_errors, keywords_of_a_wrong_type_are_named_with_their_pointer)
{
    static const struct expectation table[] = {
        {"7", TOKA_E_SCHEMA, "", "", "must be a schema"},
        {"{\"type\":\"text\"}", TOKA_E_SCHEMA, "type", "/type", "must be array"},
        {"{\"type\":[]}", TOKA_E_SCHEMA, "type", "/type", "at least one"},
        {"{\"type\":[\"null\",\"null\"]}", TOKA_E_SCHEMA, "type", "/type", "element 1 repeats"},
        {"{\"properties\":{\"a/b\":{\"minLength\":-1}}}", TOKA_E_SCHEMA, "minLength",
         "/properties/a~1b/minLength", "integer of at least 0"},
        {"{\"properties\":{\"a\":3}}", TOKA_E_SCHEMA, "properties", "/properties/a", "must be a schema"},
        {"{\"items\":[true,{\"maxItems\":1.5}]}", TOKA_E_SCHEMA, "maxItems", "/items/1/maxItems", "integer"},
        {"{\"items\":[]}", TOKA_E_SCHEMA, "items", "/items", "at least one"},
        {"{\"allOf\":{}}", TOKA_E_SCHEMA, "allOf", "/allOf", "must be an array"},
        {"{\"anyOf\":[]}", TOKA_E_SCHEMA, "anyOf", "/anyOf", "at least one"},
        {"{\"not\":{\"enum\":1}}", TOKA_E_SCHEMA, "enum", "/not/enum", "must be an array"},
        {"{\"if\":true,\"then\":{\"multipleOf\":0}}", TOKA_E_SCHEMA, "multipleOf", "/then/multipleOf",
         "greater"},
        {"{\"minimum\":\"1\"}", TOKA_E_SCHEMA, "minimum", "/minimum", "must be a number"},
        {"{\"exclusiveMinimum\":true}", TOKA_E_SCHEMA, "exclusiveMinimum", "/exclusiveMinimum", "number"},
        {"{\"required\":true}", TOKA_E_SCHEMA, "required", "/required", "array of strings"},
        {"{\"required\":[\"a\",\"b\",\"a\"]}", TOKA_E_SCHEMA, "required", "/required", "names \"a\" twice"},
        {"{\"required\":[1]}", TOKA_E_SCHEMA, "required", "/required", "element 0"},
        {"{\"dependencies\":{\"a\":[\"b\",\"b\"]}}", TOKA_E_SCHEMA, "dependencies", "/dependencies", "twice"},
        {"{\"dependencies\":{\"a\":1}}", TOKA_E_SCHEMA, "dependencies", "/dependencies/a",
         "must be a schema"},
        {"{\"uniqueItems\":1}", TOKA_E_SCHEMA, "uniqueItems", "/uniqueItems", "boolean"},
        {"{\"title\":1}", TOKA_E_SCHEMA, "title", "/title", "string"},
        {"{\"readOnly\":1}", TOKA_E_SCHEMA, "readOnly", "/readOnly", "boolean"},
        {"{\"examples\":1}", TOKA_E_SCHEMA, "examples", "/examples", "array"},
        {"{\"$ref\":1}", TOKA_E_SCHEMA, "$ref", "/$ref", "string"},
        {"{\"$id\":[]}", TOKA_E_SCHEMA, "$id", "/$id", "string"},
        {"{\"definitions\":{\"x\":{\"$ref\":\"#\",\"maximum\":[]}}}", TOKA_E_SCHEMA, "maximum",
         "/definitions/x/maximum", "number"},
    };
    EXPECT_ERRORS(table);
}

Test(schema_errors, patterns_that_are_no_regular_expressions_are_quoted)
{
    static const struct expectation table[] = {
        {"{\"pattern\":\"(\"}", TOKA_E_PATTERN, "pattern", "/pattern", "\"(\" has a group that does not end"},
        {"{\"pattern\":\"a**\"}", TOKA_E_PATTERN, "pattern", "/pattern", "nothing to repeat"},
        {"{\"pattern\":\"\\\\Z\"}", TOKA_E_PATTERN, "pattern", "/pattern", "does not define"},
        {"{\"patternProperties\":{\"[z-a]\":{}}}", TOKA_E_PATTERN, "patternProperties", "/patternProperties",
         "out of order"},
        {"{\"items\":{\"pattern\":\"((a{900}){900}){900}\"}}", TOKA_E_PATTERN, "pattern", "/items/pattern",
         "not a usable pattern"},
    };
    EXPECT_ERRORS(table);
}

Test(schema_errors, references_that_lead_nowhere_are_quoted)
{
    static const struct expectation table[] = {
        {"{\"items\":{\"$ref\":\"#/definitions/x\"}}", TOKA_E_REF, "$ref", "/items/$ref",
         "refers to a value that does not exist"},
        {"{\"$ref\":\"#nobody\"}", TOKA_E_REF, "$ref", "/$ref",
         "refers to an identifier that does not exist"},
        {"{\"$ref\":\"http://example.com/x.json#\"}", TOKA_E_REF, "$ref", "/$ref",
         "there is no resolver to load it"},
        {"{\"$ref\":\"other.json\"}", TOKA_E_REF, "$ref", "/$ref", "\"other.json\""},
        {"{\"$ref\":\"#\"}", TOKA_E_REF, "$ref", "/$ref", "circle"},
        {"{\"$ref\":\"#/x\",\"x\":{\"$ref\":\"#/y\"},\"y\":{\"$ref\":\"#/x\"}}", TOKA_E_REF, "$ref", "/$ref",
         "circle"},
        {"{\"$ref\":\"#/title\",\"title\":\"t\"}", TOKA_E_REF, "$ref", "/$ref", "not a schema"},
        {"{\"$ref\":\"#/x\",\"x\":{\"type\":1}}", TOKA_E_REF, "$ref", "/$ref", "at \"/x/type\""},
    };
    EXPECT_ERRORS(table);
}

Test(schema_errors, texts_that_are_not_json_are_told_by_line_and_column)
{
    static const struct expectation table[] = {
        {"{\n  \"a\": ]", TOKA_E_SYNTAX, "", "", "line 2, column 8: unexpected token near ']'"},
        {"{\"a\":1} x", TOKA_E_SYNTAX, "", "", "line 1, column 9"},
        {"{\"a\":\"\xC3\x28\"}", TOKA_E_SYNTAX, "", "", "unable to decode byte 0xc3"},
        {"{\"a\\u0000b\":1}", TOKA_E_SYNTAX, "", "", "NUL byte in object key"},
        {"1e999", TOKA_E_SYNTAX, "", "", "real number overflow"},
        {"nul", TOKA_E_SYNTAX, "", "", "invalid token"},
    };
    EXPECT_ERRORS(table);
}

Test(schema_errors, an_invalid_instance_is_told_by_keyword_schema_pointer_and_instance_pointer)
{
    static const char *const table[][5] = {
        {"{\"properties\":{\"a\":{\"items\":{\"type\":\"string\"}}}}", "{\"a\":[\"x\",1]}", "type",
         "/properties/a/items/type", "/a/1"},
        {"{\"definitions\":{\"d\":{\"minimum\":3}},\"items\":[{\"$ref\":\"#/definitions/d\"}]}", "[2]",
         "minimum", "/definitions/d/minimum", "/0"},
        {"{\"required\":[\"x/y\"]}", "{}", "required", "/required", ""},
        {"{\"additionalProperties\":false}", "{\"x/y\":1}", "additionalProperties", "/additionalProperties",
         "/x~1y"},
        {"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}", "maxLength", "/propertyNames/maxLength",
         "/ab"},
        {"{\"allOf\":[true,{\"const\":1}]}", "2", "const", "/allOf/1/const", ""},
        {"{\"anyOf\":[{\"type\":\"null\"},false]}", "2", "anyOf", "/anyOf", ""},
        {"{\"oneOf\":[true,true]}", "2", "oneOf", "/oneOf", ""},
        {"{\"if\":true,\"then\":{\"not\":{}}}", "2", "not", "/then/not", ""},
        {"{\"dependencies\":{\"a\":[\"b\"]}}", "{\"a\":1}", "dependencies", "/dependencies", ""},
        {"{\"patternProperties\":{\"^x/\":{\"enum\":[1]}}}", "{\"x/\":2}", "enum",
         "/patternProperties/^x~1/enum", "/x~1"},
        {"{\"contains\":{\"const\":0}}", "[false]", "contains", "/contains", ""},
        {"{\"uniqueItems\":true}", "[1,1.0]", "uniqueItems", "/uniqueItems", ""},
        {"false", "0", "", "", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        toka_schema *schema = compile(table[i][0]);
        toka_error err = {.status = TOKA_OK};
        cr_expect_eq(validate_text_with(schema, table[i][1], &err), TOKA_E_INVALID, "%s", table[i][0]);
        cr_expect_eq(err.status, TOKA_E_INVALID);
        cr_expect_str_eq(err.keyword, table[i][2], "%s: %s", table[i][0], err.keyword);
        cr_expect_str_eq(err.pointer, table[i][3], "%s: %s", table[i][0], err.pointer);
        cr_expect_str_eq(err.instance, table[i][4], "%s: %s", table[i][0], err.instance);
        cr_expect_str_not_empty(err.message);
        toka_schema_unref(schema);
    }
}

Test(schema_errors, hostile_names_are_cut_between_characters_and_escaped)
{
    char text[2048] = "{\"properties\":{\"";
    for (int i = 0; i < 200; i++)
        strcat(text, "\xE2\x82\xAC"); /* the euro sign, three bytes */
    strcat(text, "\":{\"required\":[\"\\u0007\\n\xF0\x9F\x98\x80\",\"\\u0007\\n\xF0\x9F\x98\x80\"]}}}");
    toka_schema *schema = NULL;
    toka_error err;
    cr_assert_eq(toka_schema_compile(text_of(text), NULL, &schema, &err), TOKA_E_SCHEMA);
    size_t size = strlen(err.pointer);
    cr_expect_geq(size, sizeof err.pointer - 4);
    cr_expect_lt(size, sizeof err.pointer);
    cr_expect_eq((size - strlen("/properties/")) % 3, 0, "cut between two characters");
    cr_expect(strstr(err.message, "\"\\u0007\\n\xF0\x9F\x98\x80\""), "%s", err.message);
}

Test(schema_errors, missing_arguments_are_refused)
{
    toka_schema *schema = NULL;
    toka_error err;
    json_t *instance = json_null();
    cr_expect_eq(toka_schema_compile((toka_text){NULL, 0}, NULL, &schema, &err), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_schema_compile((toka_text){"", 0}, NULL, &schema, NULL), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_schema_compile(text_of("{}"), NULL, NULL, &err), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_schema_from_document(NULL, NULL, &schema, &err), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_schema_validate(NULL, instance, &err), TOKA_E_ARGUMENT);
    cr_expect_eq(err.status, TOKA_E_ARGUMENT);
    toka_schema_unref(NULL);
}

Test(schema_errors, every_status_has_a_name_of_its_own)
{
    for (int a = 0; a <= TOKA_E_NOT_SUPPORTED; a++) {
        cr_expect_str_neq(toka_status_name((toka_status)a), "unknown");
        for (int b = 0; b < a; b++)
            cr_expect_str_neq(toka_status_name((toka_status)a), toka_status_name((toka_status)b));
    }
    cr_expect_str_eq(toka_status_name((toka_status)99), "unknown");
    cr_expect_str_eq(toka_status_name((toka_status)-1), "unknown");
}
