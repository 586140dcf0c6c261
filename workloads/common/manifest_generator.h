/*
 * Generates tool manifests in YAML and JSON, with the status that a reader must return for each. About half
 * are valid; each of the others has one defect, so that every error path of the reader runs.
 */
#ifndef WORKLOADS_MANIFEST_GENERATOR_H
#define WORKLOADS_MANIFEST_GENERATOR_H

#include "text_writer.h"

#include <toka/status.h>

/* A buffer of this size holds every manifest with a schema of up to MANIFEST_SCHEMA_BYTES. */
#define MANIFEST_GENERATOR_BYTES ((size_t)512 * 1024)
#define MANIFEST_SCHEMA_BYTES    ((size_t)64 * 1024)

/*
 * Appends manifest i of this seed, with input_schema as its input schema: a text that is valid JSON on one
 * line, or with `verbatim` any text, which then is embedded as a string only. Returns the status that a
 * reader must answer provided that the schema compiles.
 */
toka_status manifest_generate(uint64_t seed, uint64_t i, toka_text input_schema, bool verbatim,
                              struct text_writer *out);

#endif
