/*
 * A table of distinct keys, numbered in the order of their first appearance. A key is a string of bytes,
 * which the table copies. A zeroed table is empty and valid. After a failed allocation every number is 0.
 */
#ifndef HG_BASE_INTERN_H
#define HG_BASE_INTERN_H

#include "base/buffer.h"

#include <stdint.h>

typedef struct hg_intern_key {
    size_t start, length; /* in the table's bytes */
    uint64_t hash;
} hg_intern_key;

typedef struct hg_intern {
    hg_buffer bytes, keys; /* keys: of hg_intern_key */
    uint32_t *slots;       /* number + 1, 0 is free; a power of two of them */
    size_t slot_count, count;
    bool failed;
} hg_intern;

/* The number of a key, which is added if it is new. */
size_t hg_intern_add(hg_intern *table, const void *key, size_t length);
/* The same for a string without its NUL; NULL is "". */
size_t hg_intern_text(hg_intern *table, const char *text);

/* The bytes of key number `number`, followed by a NUL; valid until the next one is added. */
const char *hg_intern_get(const hg_intern *table, size_t number, size_t *ret_length);

void hg_intern_free(hg_intern *table);

#endif
