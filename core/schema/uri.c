#include "uri.h"

#include <string.h>

#include "arena.h"

/* The parts of RFC 3986, section 3; an absent part has no bytes, not even an empty string. */
struct parts {
    struct uri scheme, authority, path, query;
};

bool uri_split_fragment(struct uri reference, struct uri *ret_uri, struct uri *ret_fragment)
{
    const char *hash = reference.size ? memchr(reference.bytes, '#', reference.size) : NULL;
    size_t size = hash ? (size_t)(hash - reference.bytes) : reference.size;
    *ret_uri = (struct uri){reference.bytes, size};
    *ret_fragment = hash ? (struct uri){hash + 1, reference.size - size - 1} : (struct uri){NULL, 0};
    return hash != NULL;
}

static size_t scheme_size(struct uri uri)
{
    if (!uri.bytes)
        return 0;
    for (size_t i = 0; i < uri.size; i++) {
        char c = uri.bytes[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (i > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            continue;
        return c == ':' ? i : 0;
    }
    return 0;
}

bool uri_is_absolute(struct uri uri)
{
    return scheme_size(uri) > 0;
}

bool uri_equal(struct uri a, struct uri b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static struct parts uri_parse(struct uri uri)
{
    struct parts parts = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    const char *at = uri.bytes ? uri.bytes : "";
    const char *end = at + uri.size;
    size_t scheme = scheme_size(uri);
    if (scheme) {
        parts.scheme = (struct uri){at, scheme};
        at += scheme + 1;
    }
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        const char *start = at + 2;
        for (at = start; at < end && *at != '/' && *at != '?'; at++)
            ;
        parts.authority = (struct uri){start, (size_t)(at - start)};
    }
    const char *mark = memchr(at, '?', (size_t)(end - at));
    parts.path = (struct uri){at, (size_t)((mark ? mark : end) - at)};
    if (mark)
        parts.query = (struct uri){mark + 1, (size_t)(end - mark - 1)};
    return parts;
}

/* RFC 3986, section 5.2.4, in place; returns the new size. */
static size_t remove_dot_segments(char *path, size_t size)
{
    size_t in = 0, out = 0;
    while (in < size) {
        size_t slash = path[in] == '/';
        const char *segment_end = memchr(path + in + slash, '/', size - in - slash);
        size_t next = segment_end ? (size_t)(segment_end - path) : size;
        const char *segment = path + in + slash;
        size_t length = next - in - slash;
        bool dot = length == 1 && segment[0] == '.';
        bool dots = length == 2 && segment[0] == '.' && segment[1] == '.';
        if (!dot && !dots) {
            memmove(path + out, path + in, next - in);
            out += next - in;
        } else {
            if (dots && slash)
                while (out > 0 && path[--out] != '/')
                    ;
            /* "/." and "/.." at the end leave the slash; at the start of a relative path nothing stays. */
            if (next == size && slash)
                path[out++] = '/';
            else if (!slash && next < size)
                next++;
        }
        in = next;
    }
    return out;
}

struct writer {
    char *bytes;
    size_t size;
};

static void write_bytes(struct writer *writer, const char *bytes, size_t size)
{
    if (size)
        memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += size;
}

/* The path of a relative reference merged with its base's (section 5.2.3), dot segments removed. */
static void write_path(struct writer *writer, const struct parts *base, struct uri path)
{
    size_t start = writer->size;
    if (path.size == 0 || path.bytes[0] != '/') {
        size_t keep = base ? base->path.size : 0;
        while (keep > 0 && base->path.bytes[keep - 1] != '/')
            keep--;
        if (base && base->authority.bytes && base->path.size == 0)
            write_bytes(writer, "/", 1);
        else if (base)
            write_bytes(writer, base->path.bytes, keep);
    }
    write_bytes(writer, path.bytes, path.size);
    writer->size = start + remove_dot_segments(writer->bytes + start, writer->size - start);
}

static void write_head(struct writer *writer, struct uri scheme, struct uri authority)
{
    if (scheme.size) {
        write_bytes(writer, scheme.bytes, scheme.size);
        write_bytes(writer, ":", 1);
    }
    if (authority.bytes) {
        write_bytes(writer, "//", 2);
        write_bytes(writer, authority.bytes, authority.size);
    }
}

bool uri_resolve(struct arena *arena, struct uri base_uri, struct uri reference, struct uri *ret_uri)
{
    size_t room = base_uri.size + reference.size + 2; /* a slash between, a NUL at the end */
    struct writer writer = {.bytes = arena_alloc(arena, room)};
    if (!writer.bytes)
        return false;
    struct parts base = uri_parse(base_uri), parts = uri_parse(reference);
    struct uri query = parts.query;
    if (parts.scheme.size || parts.authority.bytes) {
        write_head(&writer, parts.scheme.size ? parts.scheme : base.scheme, parts.authority);
        write_path(&writer, NULL, parts.path);
    } else {
        write_head(&writer, base.scheme, base.authority);
        if (parts.path.size == 0) {
            write_bytes(&writer, base.path.bytes, base.path.size);
            query = query.bytes ? query : base.query;
        } else {
            write_path(&writer, &base, parts.path);
        }
    }
    if (query.bytes) {
        write_bytes(&writer, "?", 1);
        write_bytes(&writer, query.bytes, query.size);
    }
    writer.bytes[writer.size] = '\0'; /* removing dot segments may have left bytes behind */
    *ret_uri = (struct uri){writer.bytes, writer.size};
    return true;
}
