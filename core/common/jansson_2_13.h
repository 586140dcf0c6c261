/*
 * Functions of jansson 2.14 for jansson 2.13 (Ubuntu 22.04, Debian 11), which the top CMakeLists.txt
 * includes before all else.
 *
 * jansson 2.13 has no key with a NUL in it: it refuses a document that has one, and so does libtoka then.
 */
#ifndef TOKA_JANSSON_2_13_H
#define TOKA_JANSSON_2_13_H

/* As those sources do that need it. Here the first header is included. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <jansson.h>
#include <stdint.h>
#include <string.h>

static inline size_t json_object_iter_key_len(void *member)
{
    return strlen(json_object_iter_key(member));
}

/* The key need not end in a NUL. */
static inline json_t *json_object_getn(const json_t *object, const char *key, size_t size)
{
    char copy[256];
    if (memchr(key, '\0', size))
        return NULL;
    if (size < sizeof copy) {
        memcpy(copy, key, size);
        copy[size] = '\0';
        return json_object_get(object, copy);
    }
    json_t *readable = (json_t *)(uintptr_t)object; /* iterating is declared for one that may be changed */
    for (void *at = json_object_iter(readable); at; at = json_object_iter_next(readable, at)) {
        const char *name = json_object_iter_key(at);
        if (strlen(name) == size && memcmp(name, key, size) == 0)
            return json_object_iter_value(at);
    }
    return NULL;
}

/* Takes the value, whatever it returns. The key, of a JSON string, ends in a NUL. */
static inline int json_object_setn_new_nocheck(json_t *object, const char *key, size_t size, json_t *value)
{
    if (strlen(key) == size)
        return json_object_set_new_nocheck(object, key, value);
    json_decref(value);
    return -1;
}

#endif
