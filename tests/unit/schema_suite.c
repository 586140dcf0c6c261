/*
 * The JSON-Schema-Test-Suite that Debian packages, a test for the required files and one for the optional
 * ones. The package is a build dependency, so its absence is a failure.
 */
#include "schema_helpers.h"

#include <sys/stat.h>

#include "test_suite.h"

#define SUITE "/usr/share/json-schema-test-suite/tests/draft7"

static void run(const char *path, unsigned long at_least)
{
    struct suite suite = {.out = stderr};
    suite_run(&suite, path);
    cr_expect_not(suite.unreadable, "install json-schema-test-suite");
    cr_expect_eq(suite.failed, 0, "reproduce: toka-suite %s", path);
    cr_expect_geq(suite.passed, at_least, "%s ran only %lu tests", path, suite.passed);
}

Test(schema_suite, every_required_file_passes)
{
    static const char *const files[] = {"additionalItems",
                                        "additionalProperties",
                                        "allOf",
                                        "anyOf",
                                        "boolean_schema",
                                        "const",
                                        "contains",
                                        "default",
                                        "definitions",
                                        "dependencies",
                                        "enum",
                                        "exclusiveMaximum",
                                        "exclusiveMinimum",
                                        "if-then-else",
                                        "items",
                                        "maxItems",
                                        "maxLength",
                                        "maxProperties",
                                        "maximum",
                                        "minItems",
                                        "minLength",
                                        "minProperties",
                                        "minimum",
                                        "multipleOf",
                                        "not",
                                        "oneOf",
                                        "pattern",
                                        "patternProperties",
                                        "properties",
                                        "propertyNames",
                                        "ref",
                                        "refRemote",
                                        "required",
                                        "type",
                                        "uniqueItems"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, SUITE "/%s.json", files[i]);
        run(path, 1);
    }
}

Test(schema_suite, every_optional_file_passes)
{
    run(SUITE "/optional", 100);
}

Test(schema_suite, the_folder_as_a_whole_passes)
{
    run(SUITE, 500);
}
