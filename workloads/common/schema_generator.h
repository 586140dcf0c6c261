/*
 * Writes JSON Schemas as people write them. Sizes, depth and the mix of keywords follow a corpus of 10,000
 * schemas found in public repositories (sizes there: a tenth below 0.3 KB, half below 1.4 KB, a tenth above
 * 12 KB), with sizes scaled down to a mean of about 2 KB so that ten thousand of them are compiled in a
 * second.
 */
#ifndef WORKLOADS_SCHEMA_GENERATOR_H
#define WORKLOADS_SCHEMA_GENERATOR_H

#include "text_writer.h"

/* A buffer of this size holds every schema that is generated. */
#define SCHEMA_GENERATOR_BYTES ((size_t)48 * 1024)

/*
 * Appends schema i of this seed: one line of UTF-8, valid under draft-07, with no reference outside itself,
 * and different from schema k for every other k. At most SCHEMA_GENERATOR_BYTES.
 */
void schema_generate(uint64_t seed, uint64_t i, struct text_writer *out);

#endif
