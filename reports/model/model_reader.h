/*
 * What the two halves of reading run.json share: model_read.c knows the file, its head and what is said when
 * something is wrong; model_values.c fills structs by the field tables.
 */
#ifndef HG_MODEL_MODEL_READER_H
#define HG_MODEL_MODEL_READER_H

#include "model/json_in.h"
#include "model/model_fields.h"

#define HG_READER_DEPTH 12u /* steps to a value: cells[3].sites[0].frames[1].line has 7 */

typedef enum hg_reader_version {
    HG_VERSION_MISSING,
    HG_VERSION_FOREIGN,
    HG_VERSION_OTHER,
    HG_VERSION_OURS,
} hg_reader_version;

typedef struct hg_reader_step {
    const char *name; /* of a field; NULL: an item of a list */
    size_t index;
} hg_reader_step;

typedef struct hg_reader {
    const char *path;
    char *message; /* "" until something is wrong */
    size_t message_size;
    bool out_of_memory;
    hg_json json;
    hg_reader_step steps[HG_READER_DEPTH]; /* to the value being read */
    size_t depth;
    char where[160];

    /* Reads the value of a key of the outermost object that is in no table. */
    bool (*other_key)(struct hg_reader *r);
    hg_reader_version version;
    char schema[64]; /* as written, for HG_VERSION_OTHER */
    bool has_exit_code, has_outcome;
    int64_t exit_code;
    char outcome[32];
} hg_reader;

/* Fills a zeroed object, having got the event that starts it. False after complaining, or on a failure of the
 * document. */
bool hg_reader_read(hg_reader *r, const hg_struct *type, void *object);

/* Says "run.json: " and what is wrong; only the first complaint counts. Always false. */
bool hg_reader_complain(hg_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool hg_reader_complain_memory(hg_reader *r);

/* The place of the value being read: "cells[3].samples[0].ops". Valid until asked again. */
const char *hg_reader_where(hg_reader *r);

/* The key or string just read: whether it is this word; a terminated copy, "" where it does not fit; a copy
 * that can be shown. */
bool hg_reader_is_text(const hg_reader *r, const char *word);
void hg_reader_copy_text(const hg_reader *r, char *out, size_t size);
void hg_reader_show_text(const hg_reader *r, char *out, size_t size);

#endif
