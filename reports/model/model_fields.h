/*
 * The contents of run.json as tables: one entry per field, in the order of writing. The reader and the writer
 * use the same tables, so they cannot drift apart.
 *
 * A file may leave out a field that is not required. It then reads as "", 0, false, or the value in its
 * entry. The required fields are stable: other programs may rely on them.
 */
#ifndef HG_MODEL_MODEL_FIELDS_H
#define HG_MODEL_MODEL_FIELDS_H

#include "model/model.h"

typedef enum hg_field_kind {
    HG_FIELD_STRING,   /* char * */
    HG_FIELD_BOOL,     /* bool */
    HG_FIELD_INT,      /* int */
    HG_FIELD_UINT32,   /* uint32_t */
    HG_FIELD_INT64,    /* int64_t */
    HG_FIELD_UINT64,   /* uint64_t; values beyond INT64_MAX are written as that */
    HG_FIELD_DECIMAL,  /* uint64_t, as a string of digits: JSON readers round integers of this size */
    HG_FIELD_ADDRESS,  /* uint64_t, as a string in hexadecimal */
    HG_FIELD_REAL,     /* double */
    HG_FIELD_NAME,     /* an enumeration, as one of its names */
    HG_FIELD_INTEGERS, /* int64_t * and a count; empty or as long as the other lists with this count */
    HG_FIELD_OBJECTS,  /* an array of structs and its count */
    HG_FIELD_PATH,     /* OBJECTS: the frames of a site, without its callers */
    HG_FIELD_CALLERS,  /* INTEGERS: the rest of the path above, as numbers into the frames of the run */
    HG_FIELD_GROUP,    /* an object whose fields lie in the same struct */
} hg_field_kind;

#define HG_FIELDS_MAX 64u

struct hg_struct;

typedef struct hg_field {
    const char *name;
    hg_field_kind kind;
    bool required;
    /* Left out if the STRING is "", there are no OBJECTS, the BOOL is false, the REAL is 0, or the uint32_t
     * at the offset is 0, which in a GROUP is a member. */
    bool sparse;
    /* Of STRING and INT: absent in an item of a list, it is as in the item before. All such fields of an item
     * are left out together. */
    bool repeats;
    int64_t minimum; /* of integers and reals; INT64_MIN is none. The writer clamps, the reader refuses. */
    int64_t maximum; /* of integers; 0 is none */
    int64_t absent;  /* of INT64: the value if it is left out */
    size_t offset;
    size_t count_offset;                    /* INTEGERS, OBJECTS */
    const struct hg_struct *items;          /* OBJECTS, GROUP */
    const char *(*name_of)(unsigned value); /* NAME; "unknown" past the last */
    size_t only_if; /* offset of a double that must be above 0, or the field is left out; 0: none */
    bool (*needless)(const void *object); /* whether this object may leave it out; NULL: see the others */
    /* Sets it from the others if it is left out, and what a GROUP has beside its fields; NULL: not needed. */
    void (*derive)(void *object);
} hg_field;

typedef struct hg_struct {
    const hg_field *fields;
    size_t field_count; /* HG_FIELDS_MAX at most */
    size_t size;        /* of the C struct, bytes */
    bool one_line;      /* written on one line, with all that it contains */
} hg_struct;

/* All of run.json except "schema", "outcome" and "exit_code", which follow from the cells. */
extern const hg_struct hg_run_struct;
extern const hg_struct hg_frame_struct;

#endif
