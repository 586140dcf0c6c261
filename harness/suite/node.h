/*
 * Typed reading of a parsed YAML document. The first error is one message with file and line.
 */
#ifndef HG_SUITE_NODE_H
#define HG_SUITE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

typedef struct hg_yaml_reader {
    yaml_document_t *document;
    const char *file; /* for messages */
    char *message;
    size_t message_size;
} hg_yaml_reader;

/* Writes "file:line: what" and returns false. */
bool hg_reader_fail(const hg_yaml_reader *reader, const yaml_node_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a line that was noted earlier, counted from 1. */
bool hg_reader_fail_at(const hg_yaml_reader *reader, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One known key of a mapping. */
typedef struct hg_key {
    const char *name;
    bool (*read)(const hg_yaml_reader *reader, const yaml_node_t *value, void *target);
    size_t offset; /* of the target's field, given to read */
} hg_key;

/* Reads a mapping that has only known keys, each at most once. where: the mapping's name in messages. */
bool hg_read_mapping(const hg_yaml_reader *reader, const yaml_node_t *node, const char *where,
                     const hg_key *keys, void *target);

/* Calls read for each pair of a mapping whose keys are names, each at most once. */
bool hg_read_entries(const hg_yaml_reader *reader, const yaml_node_t *node, const char *where,
                     bool (*read)(const hg_yaml_reader *, const char *name, const yaml_node_t *at,
                                  const yaml_node_t *value, void *target),
                     void *target);

/* Scalars. Targets: char * (freed and replaced), uint64_t, bool, double, uint64_t bytes, double seconds. */
bool hg_read_string(const hg_yaml_reader *reader, const yaml_node_t *value, void *target);
/* A whole number above 0: 20000, 64k, 1e6. */
bool hg_read_count(const hg_yaml_reader *reader, const yaml_node_t *value, void *target);
/* true or false. */
bool hg_read_flag(const hg_yaml_reader *reader, const yaml_node_t *value, void *target);
/* A number of 0 or more. */
bool hg_read_amount(const hg_yaml_reader *reader, const yaml_node_t *value, void *target);
/* 512MiB, 2GiB, 4096. */
bool hg_read_bytes(const hg_yaml_reader *reader, const yaml_node_t *value, void *target);
/* 60s, 500ms, 2m, 24h. */
bool hg_read_seconds(const hg_yaml_reader *reader, const yaml_node_t *value, void *target);

/* A whole number: 20000, 64k (64,000), 2M, 1e6. False, and ret_count untouched, for anything else. */
bool hg_parse_count(const char *text, uint64_t *ret_count);

/* A duration as in a suite, above 0; false, and ret_seconds untouched, for anything else. */
bool hg_parse_seconds(const char *text, double *ret_seconds);

/* A size as in a suite, above 0; the same. */
bool hg_parse_bytes(const char *text, uint64_t *ret_bytes);

/* A scalar's text, or NULL after an error. */
const char *hg_scalar(const hg_yaml_reader *reader, const yaml_node_t *node, const char *what);

#endif
