#include "equal.h"

#include <string.h>
#include <xxhash.h>

#include "json_number.h"

enum { HASH_MAX_DEPTH = 32 };

static bool equal_at(const json_t *a, const json_t *b, unsigned depth, bool *ret_too_deep);

static bool equal_arrays(const json_t *a, const json_t *b, unsigned depth, bool *ret_too_deep)
{
    size_t size = json_array_size(a);
    if (size != json_array_size(b))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!equal_at(json_array_get(a, i), json_array_get(b, i), depth, ret_too_deep))
            return false;
    return true;
}

static bool equal_objects(const json_t *a, const json_t *b, unsigned depth, bool *ret_too_deep)
{
    if (json_object_size(a) != json_object_size(b))
        return false;
    json_t *left = (json_t *)a; /* jansson's iterators take no const, and change nothing */
    for (void *member = json_object_iter(left); member; member = json_object_iter_next(left, member)) {
        const json_t *other =
            json_object_getn(b, json_object_iter_key(member), json_object_iter_key_len(member));
        if (!other || !equal_at(json_object_iter_value(member), other, depth, ret_too_deep))
            return false;
    }
    return true;
}

static bool equal_at(const json_t *a, const json_t *b, unsigned depth, bool *ret_too_deep)
{
    if (json_is_number(a) && json_is_number(b))
        return number_compare(number_of(a), number_of(b)) == 0;
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_string(a)) {
        size_t size = json_string_length(a);
        return size == json_string_length(b) && memcmp(json_string_value(a), json_string_value(b), size) == 0;
    }
    if (!json_is_array(a) && !json_is_object(a))
        return true;
    if (depth >= EQUAL_MAX_DEPTH) {
        *ret_too_deep = true;
        return false;
    }
    return json_is_array(a) ? equal_arrays(a, b, depth + 1, ret_too_deep)
                            : equal_objects(a, b, depth + 1, ret_too_deep);
}

bool equal_values(const json_t *a, const json_t *b, bool *ret_too_deep)
{
    return equal_at(a, b, 0, ret_too_deep);
}

static uint64_t hash_at(const json_t *value, uint64_t seed, unsigned depth);

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t pair[2] = {a, b};
    return XXH3_64bits(pair, sizeof pair);
}

static uint64_t hash_number(struct number number, uint64_t seed)
{
    if (!number.is_real)
        return mix((uint64_t)number.integer, seed);
    if (number.real >= -9223372036854775808.0 && number.real < 9223372036854775808.0 &&
        number_is_integral(number))
        return mix((uint64_t)(int64_t)number.real, seed);
    uint64_t bits;
    memcpy(&bits, &number.real, sizeof bits);
    return mix(bits, ~seed);
}

static uint64_t hash_array(const json_t *value, uint64_t seed, unsigned depth)
{
    uint64_t hash = seed + 1;
    size_t size = json_array_size(value);
    for (size_t i = 0; i < size; i++)
        hash = mix(hash, hash_at(json_array_get(value, i), seed, depth));
    return hash;
}

/* A sum of its members' hashes: the same in any order. */
static uint64_t hash_object(const json_t *value, uint64_t seed, unsigned depth)
{
    uint64_t sum = seed + 2;
    json_t *object = (json_t *)value;
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        uint64_t key =
            XXH3_64bits_withSeed(json_object_iter_key(member), json_object_iter_key_len(member), seed);
        sum += mix(key, hash_at(json_object_iter_value(member), seed, depth));
    }
    return mix(sum, json_object_size(value));
}

static uint64_t hash_at(const json_t *value, uint64_t seed, unsigned depth)
{
    switch (json_typeof(value)) {
    case JSON_INTEGER:
    case JSON_REAL:
        return hash_number(number_of(value), seed);
    case JSON_STRING:
        return XXH3_64bits_withSeed(json_string_value(value), json_string_length(value), seed);
    case JSON_ARRAY:
        return depth < HASH_MAX_DEPTH ? hash_array(value, seed, depth + 1) : seed + 3;
    case JSON_OBJECT:
        return depth < HASH_MAX_DEPTH ? hash_object(value, seed, depth + 1) : seed + 4;
    default:
        return seed + 5 + (uint64_t)json_typeof(value);
    }
}

uint64_t equal_hash(const json_t *value, uint64_t seed)
{
    return hash_at(value, seed, 0);
}
