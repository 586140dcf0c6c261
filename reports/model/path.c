#include "model/path.h"

#include <string.h>

#define RUST_HASH_DIGITS 16u

/* Where the first of these suffixes starts, or the end. */
static size_t before_clone_suffix(const char *name)
{
    static const char *const suffixes[] = {" [clone ", ".constprop.", ".isra.", ".part.",
                                           ".cold",    ".lto_priv.",  ".llvm.", ".clone."};
    size_t length = strlen(name);

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const char *at = strstr(name, suffixes[i]);
        if (at && at > name && (size_t)(at - name) < length)
            length = (size_t)(at - name);
    }
    return length;
}

/* "::h0123456789abcdef" at the end of a Rust name. */
static bool ends_in_rust_hash(const char *name, size_t length)
{
    size_t suffix = 3 + RUST_HASH_DIGITS;

    if (length <= suffix || strncmp(name + length - suffix, "::h", 3) != 0)
        return false;
    return strspn(name + length - RUST_HASH_DIGITS, "0123456789abcdef") >= RUST_HASH_DIGITS;
}

hg_slice hg_path_function(const char *function)
{
    hg_slice name = {.text = function, .length = before_clone_suffix(function)};

    if (ends_in_rust_hash(name.text, name.length))
        name.length -= 3 + RUST_HASH_DIGITS;
    return name;
}

const char *hg_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

hg_slice hg_path_module(const char *module)
{
    const char *base = hg_base_name(module);
    const char *version = strstr(base, ".so.");

    return (hg_slice){.text = base, .length = version ? (size_t)(version - base) + 3 : strlen(base)};
}

static int compare_slices(hg_slice a, hg_slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = memcmp(a.text, b.text, shorter);

    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_functions(const hg_frame *a, const hg_frame *b)
{
    return compare_slices(hg_path_function(a->function), hg_path_function(b->function));
}

static int compare_modules(const hg_frame *a, const hg_frame *b)
{
    return compare_slices(hg_path_module(a->module), hg_path_module(b->module));
}

bool hg_path_same_frame(const hg_frame *a, const hg_frame *b)
{
    return compare_functions(a, b) == 0 && compare_modules(a, b) == 0;
}

int hg_path_compare(const hg_site *a, const hg_site *b)
{
    int order = (a->frame_count > b->frame_count) - (a->frame_count < b->frame_count);

    for (size_t i = 0; order == 0 && i < a->frame_count; i++) {
        order = compare_functions(&a->frames[i], &b->frames[i]);
        if (order == 0)
            order = compare_modules(&a->frames[i], &b->frames[i]);
    }
    return order;
}

bool hg_path_is_renamed(const hg_site *a, const hg_site *b, size_t *ret_frame)
{
    size_t differing = 0, where = 0;

    if (a->frame_count != b->frame_count)
        return false;
    for (size_t i = 0; i < a->frame_count; i++) {
        const hg_frame *x = &a->frames[i];
        const hg_frame *y = &b->frames[i];
        if (compare_modules(x, y) != 0)
            return false;
        if (compare_functions(x, y) == 0)
            continue;
        if (!x->function[0] || !y->function[0]) /* an unknown name is not a renaming */
            return false;
        where = i;
        differing++;
    }
    if (differing != 1)
        return false;
    *ret_frame = where;
    return true;
}

static uint64_t hash_slice(uint64_t hash, hg_slice slice)
{
    for (size_t i = 0; i < slice.length; i++)
        hash = (hash ^ (unsigned char)slice.text[i]) * UINT64_C(0x100000001b3);
    return (hash ^ '\n') * UINT64_C(0x100000001b3);
}

uint64_t hg_path_hash(const hg_site *site)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < site->frame_count; i++) {
        hash = hash_slice(hash, hg_path_function(site->frames[i].function));
        hash = hash_slice(hash, hg_path_module(site->frames[i].module));
    }
    return hash;
}
