/*
 * run.json against reports/run.schema.json, checked by libtoka's validator; and the schema against the field
 * tables, so that a field added to one and forgotten in the other fails here.
 */
#include "model/model_fields.h"
#include "model/run_file.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <toka/schema.h>

static toka_schema *compile_schema(void)
{
    toka_error error = {0};
    toka_schema *schema = NULL;
    size_t size;
    FILE *file = fopen(HG_SOURCE_DIR "/reports/run.schema.json", "r");

    cr_assert_not_null(file);
    char *text = fixture_read_stream(file, &size);
    fclose(file);
    toka_status status = toka_schema_compile((toka_text){text, size}, NULL, &schema, &error);
    cr_assert_eq(status, TOKA_OK, "%s at %s: %s", error.keyword, error.pointer, error.message);
    free(text);
    return schema;
}

static json_t *document_of(hg_run *run)
{
    FILE *stream = tmpfile();
    json_error_t error;

    hg_run_write(run, stream);
    rewind(stream);
    json_t *document = json_loadf(stream, 0, &error);
    cr_assert_not_null(document, "%s on line %d", error.text, error.line);
    fclose(stream);
    hg_run_free(run);
    return document;
}

static void expect_valid(const toka_schema *schema, hg_run *run)
{
    toka_error error = {0};
    json_t *document = document_of(run);

    cr_expect_eq(toka_schema_validate(schema, document, &error), TOKA_OK, "%s at %s: %s", error.keyword,
                 error.instance, error.message);
    json_decref(document);
}

Test(report_schema, every_run_we_write_is_valid)
{
    toka_schema *schema = compile_schema();

    expect_valid(schema, fixture_toka());
    expect_valid(schema, fixture_troubled());
    expect_valid(schema, fixture_check());
    expect_valid(schema, fixture_hostile());
    expect_valid(schema, fixture_tortured());
    expect_valid(schema, hg_run_new());
    toka_schema_unref(schema);
}

Test(report_schema, a_cross_check_is_written_where_there_is_one_and_read_back)
{
    toka_schema *schema = compile_schema();
    hg_run *run = fixture_toka();
    char path[] = "/tmp/heapgate-unit-XXXXXX";
    char message[256];

    run->cells[1].cross_check = (hg_cross_check){
        .answer = HG_CROSS_REACHABLE, .ops = 200, .lost_blocks_per_op = -0.5, .reachable_bytes_per_op = 159};
    FILE *file = fdopen(mkstemp(path), "w");
    hg_run_write(run, file);
    cr_assert_eq(fclose(file), 0);
    hg_run *again = hg_run_read(path, message, sizeof message);
    cr_assert_not_null(again, "%s", message);
    cr_expect_eq(again->cells[0].cross_check.answer, HG_CROSS_NONE);
    const hg_cross_check *check = &again->cells[1].cross_check;
    cr_expect_eq(check->answer, HG_CROSS_REACHABLE);
    cr_expect_eq(check->ops, 200);
    cr_expect(check->lost_blocks_per_op == -0.5 && check->reachable_bytes_per_op == 159);
    expect_valid(schema, again);
    hg_run_free(run);
    toka_schema_unref(schema);
    remove(path);
}

Test(report_schema, coverage_is_written_where_it_is_known_and_read_back)
{
    toka_schema *schema = compile_schema();
    hg_run *run = fixture_toka();
    char path[] = "/tmp/heapgate-unit-XXXXXX";
    char message[256];

    run->cells[1].coverage = (hg_coverage){.counted_bytes = 4300000, .resident_bytes = 109000000};
    FILE *file = fdopen(mkstemp(path), "w");
    hg_run_write(run, file);
    cr_assert_eq(fclose(file), 0);
    hg_run *again = hg_run_read(path, message, sizeof message);
    cr_assert_not_null(again, "%s", message);
    cr_expect(!(again->cells[0].coverage.resident_bytes > 0));
    cr_expect(!(again->cells[1].coverage.counted_bytes < 4300000));
    cr_expect(!(again->cells[1].coverage.resident_bytes < 109000000));
    expect_valid(schema, again);
    hg_run_free(run);
    toka_schema_unref(schema);
    remove(path);
}

Test(report_schema, memory_at_exit_is_written_where_there_is_some_and_read_back)
{
    toka_schema *schema = compile_schema();
    hg_run *run = fixture_check();
    char path[] = "/tmp/heapgate-unit-XXXXXX";
    char message[256];
    hg_kept *kept = &run->cells[0].sites[0].kept;

    *kept = (hg_kept){.known = 1, .blocks = 8, .bytes = 384, .review = HG_REVIEW_EXPIRED};
    fixture_set(&kept->by, "function: table_new");
    run->cells[0].kept = (hg_kept){.known = 1, .blocks = 9, .bytes = 448, .failing = 1};
    FILE *file = fdopen(mkstemp(path), "w");
    hg_run_write(run, file);
    cr_assert_eq(fclose(file), 0);
    hg_run *again = hg_run_read(path, message, sizeof message);
    cr_assert_not_null(again, "%s", message);
    kept = &again->cells[0].sites[0].kept;
    cr_expect_eq(kept->known && kept->blocks == 8 && kept->bytes == 384, 1);
    cr_expect_eq(kept->review, HG_REVIEW_EXPIRED);
    cr_expect_str_eq(kept->by, "function: table_new");
    cr_expect_eq(again->cells[0].sites[1].kept.known, 0);
    cr_expect_eq(again->cells[0].kept.blocks == 9 && again->cells[0].kept.failing == 1, 1);
    expect_valid(schema, again);
    hg_run_free(run);
    toka_schema_unref(schema);
    remove(path);
}

static void expect_invalid(const toka_schema *schema, json_t *document, const char *change)
{
    cr_expect_eq(toka_schema_validate(schema, document, NULL), TOKA_E_INVALID, "%s", change);
    json_decref(document);
}

Test(report_schema, wrong_documents_are_rejected)
{
    toka_schema *schema = compile_schema();
    json_t *document = document_of(fixture_check());
    json_object_set_new(document, "schema", json_string("heapgate-run/2"));
    expect_invalid(schema, document, "another version");

    document = document_of(fixture_check());
    json_object_set_new(document, "outcome", json_string("pass"));
    expect_invalid(schema, document, "an outcome that is not that of the exit code");

    document = document_of(fixture_check());
    json_t *cell = json_array_get(json_object_get(document, "cells"), 0);
    json_object_set_new(cell, "verdict", json_string("dubious"));
    expect_invalid(schema, document, "an unknown verdict");

    document = document_of(fixture_check());
    cell = json_array_get(json_object_get(document, "cells"), 0);
    json_object_set_new(cell, "bytes_per_op_error", json_real(-1));
    expect_invalid(schema, document, "a negative error");

    document = document_of(fixture_check());
    cell = json_array_get(json_object_get(document, "cells"), 0);
    json_object_del(cell, "control");
    expect_invalid(schema, document, "no control");
    toka_schema_unref(schema);
}

/* Where $ref leads, for "#/definitions/x"; the schema itself where there is none. */
static const json_t *resolve(const json_t *root, const json_t *schema)
{
    static const char prefix[] = "#/definitions/";
    const char *reference = json_string_value(json_object_get(schema, "$ref"));

    if (!reference)
        return schema;
    cr_assert_eq(strncmp(reference, prefix, sizeof prefix - 1), 0, "%s", reference);
    return json_object_get(json_object_get(root, "definitions"), reference + sizeof prefix - 1);
}

static bool is_required(const json_t *schema, const char *name)
{
    const json_t *required = json_object_get(schema, "required");

    for (size_t i = 0; i < json_array_size(required); i++) {
        if (strcmp(json_string_value(json_array_get(required, i)), name) == 0)
            return true;
    }
    return false;
}

static size_t compare(const json_t *root, const json_t *schema, const hg_struct *type, size_t further)
{
    const json_t *properties = json_object_get(schema, "properties");
    size_t compared = type->field_count;

    cr_expect_eq(json_object_size(properties), type->field_count + further,
                 "a schema has %zu properties of %zu fields", json_object_size(properties),
                 type->field_count);
    for (size_t i = 0; i < type->field_count; i++) {
        const hg_field *field = &type->fields[i];
        const json_t *property = json_object_get(properties, field->name);
        cr_assert_not_null(property, "%s is not in the schema", field->name);
        cr_expect_eq(is_required(schema, field->name), field->required, "%s", field->name);
        if (field->kind == HG_FIELD_OBJECTS)
            compared += compare(root, resolve(root, json_object_get(resolve(root, property), "items")),
                                field->items, 0);
        if (field->kind == HG_FIELD_GROUP)
            compared += compare(root, resolve(root, property), field->items, 0);
    }
    return compared;
}

Test(report_schema, the_schema_has_exactly_the_fields_of_the_model)
{
    json_error_t error;
    json_t *root = json_load_file(HG_SOURCE_DIR "/reports/run.schema.json", 0, &error);

    cr_assert_not_null(root, "%s on line %d", error.text, error.line);
    cr_expect_gt(compare(root, root, &hg_run_struct, 3),
                 50); /* schema, outcome and exit_code are in no table */
    json_decref(root);
}
