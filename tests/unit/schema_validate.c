/* What validation answers where draft-07 is subtle, beside what the suite covers. */
#include "schema_helpers.h"

Test(schema_validate, integral_reals_are_integers)
{
    expect_valid("{\"type\":\"integer\"}", "1.0");
    expect_valid("{\"type\":\"integer\"}", "1e308");
    expect_valid("{\"type\":\"integer\"}", "12345678910111213141516171819202122232425262728293031");
    expect_invalid("{\"type\":\"integer\"}", "1.5");
    expect_valid("{\"type\":[\"integer\",\"number\"]}", "1.5");
    expect_valid("{\"minLength\":2.0,\"maxItems\":1e3}", "\"ab\"");
    expect_invalid("{\"minLength\":2.0}", "\"a\"");
}

Test(schema_validate, numbers_are_equal_by_value_and_to_nothing_else)
{
    expect_valid("{\"const\":1}", "1.0");
    expect_valid("{\"enum\":[[1,{\"a\":2.0}]]}", "[1.0,{\"a\":2}]");
    expect_invalid("{\"const\":false}", "0");
    expect_invalid("{\"enum\":[true]}", "1");
    expect_valid("{\"const\":9007199254740992}", "9007199254740992.0");
    expect_invalid("{\"const\":9007199254740993}", "9007199254740992.0");
    expect_valid("{\"const\":-0.0}", "0");
    expect_valid("{\"uniqueItems\":true}", "[1,true,0,false,\"1\",[1],[true],{\"a\":1},{\"a\":true},null]");
    expect_invalid("{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"b\":2.0,\"a\":1.0}]");
}

Test(schema_validate, bounds_are_compared_without_rounding)
{
    expect_valid("{\"maximum\":9007199254740992}", "9007199254740992.0");
    expect_invalid("{\"maximum\":9007199254740992.0}", "9007199254740993");
    expect_invalid("{\"exclusiveMaximum\":9223372036854775807}", "9223372036854775807");
    expect_valid("{\"maximum\":9223372036854775808}", "9223372036854775807");
    expect_valid("{\"minimum\":-1e300}", "-9223372036854775808");
    expect_invalid("{\"exclusiveMinimum\":1}", "1.0");
}

Test(schema_validate, multiples_are_exact_in_decimal)
{
    static const char *const pairs[][3] = {
        {"0.0001", "0.0075", "y"},
        {"0.0001", "0.00751", "n"},
        {"0.01", "19.99", "y"},
        {"0.123456789", "1e308", "n"},
        {"0.5", "1e308", "y"},
        {"1e-8", "12391239123", "y"},
        {"3", "-9", "y"},
        {"3", "10", "n"},
        {"1e300", "1", "n"},
        {"2.5", "0", "y"},
        {"0.3", "0.9", "y"},
        {"7", "9223372036854775807", "y"},
        {"1e-300", "1e300", "y"},
        {"4", "9223372036854775807", "n"},
        {"2e20", "4e20", "y"},
        {"25", "-0.0", "y"},
        {"1024", "-9223372036854775808", "y"},
        {"20", "1e1", "n"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char schema[64];
        snprintf(schema, sizeof schema, "{\"multipleOf\":%s}", pairs[i][0]);
        if (pairs[i][2][0] == 'y')
            expect_valid(schema, pairs[i][1]);
        else
            expect_invalid(schema, pairs[i][1]);
    }
}

Test(schema_validate, lengths_count_code_points)
{
    expect_valid("{\"minLength\":2,\"maxLength\":2}", "\"\\uD83D\\uDCA9\\uD83D\\uDCA9\"");
    expect_invalid("{\"minLength\":2}", "\"\\uD83D\\uDCA9\"");
    expect_invalid("{\"maxLength\":1}", "\"\xC3\xA9\xC3\xA9\"");
    expect_valid("{\"maxLength\":18446744073709551616}", "\"a\"");
}

Test(schema_validate, property_names_of_other_languages_objects_are_plain_names)
{
    static const char schema[] =
        "{\"required\":[\"__proto__\",\"toString\",\"constructor\"],\"properties\":{\"__proto__\":"
        "{\"type\":\"number\"},\"toString\":{\"properties\":{\"length\":{\"type\":\"string\"}}},"
        "\"constructor\":{\"type\":\"number\"}}}";
    expect_invalid(schema, "{\"__proto__\":1}");
    expect_invalid(schema, "{\"__proto__\":\"foo\",\"toString\":1,\"constructor\":1}");
    expect_valid(schema, "{\"__proto__\":12,\"toString\":{\"length\":\"foo\"},\"constructor\":37}");
}

Test(schema_validate, one_property_may_be_declared_required_and_depended_upon)
{
    static const char schema[] =
        "{\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\",\"z\"],\"dependencies\":"
        "{\"a\":[\"b\"],\"q\":{\"maxProperties\":3}},\"additionalProperties\":{\"type\":\"string\"}}";
    expect_valid(schema, "{\"a\":1,\"b\":\"\",\"z\":\"\"}");
    expect_invalid(schema, "{\"a\":1,\"z\":\"\"}");
    expect_invalid(schema, "{\"a\":\"1\",\"b\":\"\",\"z\":\"\"}");
    expect_invalid(schema, "{\"a\":1,\"b\":\"\",\"z\":1}");
    expect_invalid(schema, "{\"a\":1,\"b\":\"\",\"z\":\"\",\"q\":\"\"}");
    expect_invalid(schema, "{\"b\":\"\",\"z\":\"\"}");
}

Test(schema_validate, property_names_are_judged_as_strings_by_every_keyword)
{
    expect_invalid("{\"propertyNames\":{\"type\":\"number\"}}", "{\"a\":1}");
    expect_valid("{\"propertyNames\":{\"enum\":[\"a\",\"b\"],\"not\":{\"const\":\"b\"}}}", "{\"a\":1}");
    expect_invalid("{\"propertyNames\":{\"enum\":[\"a\",\"b\"],\"not\":{\"const\":\"b\"}}}", "{\"b\":1}");
    expect_invalid("{\"propertyNames\":{\"const\":1}}", "{\"b\":1}");
    expect_invalid("{\"propertyNames\":{\"if\":{\"minLength\":2},\"then\":{\"pattern\":\"^x\"},"
                   "\"properties\":{\"a\":false}}}",
                   "{\"yy\":1}");
}

Test(schema_validate, many_properties_are_found_by_name)
{
    char *schema = malloc(60000), *at = stpcpy(schema, "{\"additionalProperties\":false,\"properties\":{");
    for (int i = 0; i < 2000; i++)
        at += sprintf(at, "%s\"p%d\":{\"const\":%d}", i ? "," : "", i * 7919 % 2000, i * 7919 % 2000);
    strcpy(at, "}}");
    toka_schema *compiled = compile(schema);
    for (int i = 0; i < 2000; i++) {
        char instance[48];
        snprintf(instance, sizeof instance, "{\"p%d\":%d}", i, i);
        cr_expect_eq(validate_text_with(compiled, instance, NULL), TOKA_OK, "%s", instance);
        snprintf(instance, sizeof instance, "{\"p%d\":%d}", i, i + 1);
        cr_expect_eq(validate_text_with(compiled, instance, NULL), TOKA_E_INVALID, "%s", instance);
    }
    cr_expect_eq(validate_text_with(compiled, "{\"p2000\":0}", NULL), TOKA_E_INVALID);
    toka_schema_unref(compiled);
    free(schema);
}

Test(schema_validate, another_draft_in_schema_changes_nothing)
{
    expect_invalid("{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"exclusiveMinimum\":1}", "1");
    expect_valid("{\"$schema\":\"https://json-schema.org/draft/2020-12/"
                 "schema\",\"dependentRequired\":{\"a\":[\"b\"]}}",
                 "{\"a\":1}");
}
