#include "holders/distances.h"

#include "holders/path_names.h"
#include <stdlib.h>
#include <string.h>

#define ARROW    "\u2192"
#define AND_MORE "\u2026"

enum { MOST_ALTERNATIVES = 4, LEAST_JOINED = 3, DISTANCE_BYTES = 24 };

/* The distances of one step. */
typedef struct distances {
    char text[MOST_ALTERNATIVES][DISTANCE_BYTES];
    int count;
    bool more, repeated;
} distances;

/* Where the step ends that begins here, with its arrow; arrows inside of parentheses belong to it. */
static const char *end_of_step(const char *at)
{
    int depth = 0;
    if (strncmp(at, ARROW, strlen(ARROW)) == 0)
        at += strlen(ARROW);
    for (; *at && (depth > 0 || strncmp(at, ARROW, strlen(ARROW)) != 0); at++)
        depth += (*at == '(') - (*at == ')');
    return at;
}

static void add_distance(distances *all, const char *text, size_t size)
{
    for (int i = 0; i < all->count; i++)
        if (strncmp(all->text[i], text, size) == 0 && all->text[i][size] == '\0')
            return;
    if (all->count == MOST_ALTERNATIVES) {
        all->more = true;
        return;
    }
    memcpy(all->text[all->count], text, size);
    all->text[all->count++][size] = '\0';
}

static bool is_array(const char *at, const char *end)
{
    return end - at == 2 && strncmp(at, "[]", 2) == 0;
}

/*
 * The bytes of the step before its distances: the arrow or, at the beginning of a path, the variable's name.
 */
static size_t name_before(const char *at, const char *end)
{
    if (strncmp(at, ARROW, strlen(ARROW)) == 0)
        return strlen(ARROW);
    for (const char *next = at; next < end; next++)
        if (strncmp(next, "+0x", 3) == 0 || strncmp(next, "(+0x", 4) == 0 || is_array(next, end))
            return (size_t)(next - at);
    return (size_t)(end - at);
}

/*
 * Adds those that stand here. False if there is something else. At the beginning of a variable there is none.
 */
static bool add_distances(distances *all, const char *at, const char *end)
{
    if (at == end) {
        add_distance(all, "+0x0", strlen("+0x0"));
        return true;
    }
    if (is_array(at, end)) {
        all->more = true;
        return true;
    }
    all->repeated = end[-1] == '*';
    at += *at == '(';
    for (;; at++) {
        if (strncmp(at, AND_MORE, strlen(AND_MORE)) == 0) {
            all->more = true;
            at += strlen(AND_MORE);
            break;
        }
        size_t size = strspn(at, "+x0123456789abcdef");
        if (strncmp(at, "+0x", 3) != 0 || size >= DISTANCE_BYTES || at + size > end)
            return false;
        add_distance(all, at, size);
        at += size;
        if (*at != '|')
            break;
    }
    at += *at == ')';
    at += *at == '*';
    return at == end;
}

/* Many are an array. */
static void write_distances(const distances *all, hg_path_text *path)
{
    if (all->more && !all->repeated) {
        hg_path_add(path, "[]");
        return;
    }
    bool several = all->count > 1 || all->more;
    hg_path_add(path, several ? "(" : "");
    for (int i = 0; i < all->count; i++)
        hg_path_add(path, "%s%s", i > 0 ? "|" : "", all->text[i]);
    hg_path_add(path, "%s%s%s", all->more ? "|" AND_MORE : "", several ? ")" : "", all->repeated ? "*" : "");
}

/* Writes the step with the distances of both. False if anything else differs. */
static bool join_steps(const char *a, const char *a_end, const char *b, const char *b_end,
                       hg_path_text *joined)
{
    distances both = {.count = 0};
    size_t name = name_before(a, a_end);
    if (a_end - a == b_end - b && strncmp(a, b, (size_t)(a_end - a)) == 0) {
        hg_path_add(joined, "%.*s", (int)(a_end - a), a);
        return true;
    }
    if (name_before(b, b_end) != name || strncmp(a, b, name) != 0 || !add_distances(&both, a + name, a_end))
        return false;
    bool repeated = both.repeated;
    if (!add_distances(&both, b + name, b_end) || both.repeated != repeated)
        return false;
    hg_path_add(joined, "%.*s", (int)name, a);
    write_distances(&both, joined);
    return true;
}

static bool join_paths(const char *a, const char *b, hg_path_text *ret_joined)
{
    *ret_joined = (hg_path_text){.size = 0};
    while (*a && *b) {
        const char *a_end = end_of_step(a);
        const char *b_end = end_of_step(b);
        if (!join_steps(a, a_end, b, b_end, ret_joined))
            return false;
        a = a_end;
        b = b_end;
    }
    return *a == *b && ret_joined->size + 1 < sizeof ret_joined->text;
}

/* Of different variables without a name, nobody knows how they are alike. */
static bool are_alike(const hg_holder *a, const hg_holder *b, hg_path_text *ret_joined)
{
    return a->name[0] && hg_holders_have_same_root(a, b) && join_paths(a->path, b->path, ret_joined);
}

/* Those behind the first one that are like it join it, if there is memory for their path. */
static void join_with(hg_held *held, size_t first)
{
    size_t kept = first + 1;
    hg_holder *into = &held->holders[first];
    for (size_t i = first + 1; i < held->holder_count; i++) {
        hg_holder *other = &held->holders[i];
        hg_path_text joined;
        char *path = are_alike(into, other, &joined) ? strdup(joined.text) : NULL;
        if (!path) {
            held->holders[kept++] = *other;
            continue;
        }
        free(into->path);
        into->path = path;
        into->blocks += other->blocks;
        into->bytes += other->bytes;
        hg_holder_clear(other);
    }
    held->holder_count = kept;
}

void hg_distances_join(hg_held *held)
{
    for (size_t i = 0; i < held->holder_count; i++) {
        size_t alike = 1;
        hg_path_text joined;
        for (size_t k = i + 1; k < held->holder_count && alike < LEAST_JOINED; k++)
            alike += are_alike(&held->holders[i], &held->holders[k], &joined);
        if (alike == LEAST_JOINED)
            join_with(held, i);
    }
}
