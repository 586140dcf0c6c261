/* A database driver with 256 prepared statements, the one that was used last being closed last; 3,000 texts
 * are asked for by a power law. Each execution binds a parameter with a length indicator of 8 bytes. The
 * mistake: the reset after each execution forgets the indicator. Healthy: the reset frees it. */
#include "pair.h"

enum { TEXTS = 3000, STATEMENTS = 256 };

struct statement {
    struct statement *newer, *older;
    unsigned text_id;
    unsigned columns, bound_columns;
    int64_t *indicator;
    uint32_t *column_types;
    char text[];
};

static struct statement *by_text[TEXTS];
static struct statement *newest, *oldest;
static unsigned count;

static void list_remove(struct statement *s)
{
    *(s->newer ? &s->newer->older : &newest) = s->older;
    *(s->older ? &s->older->newer : &oldest) = s->newer;
}

static void list_add(struct statement *s)
{
    s->newer = NULL;
    s->older = newest;
    *(newest ? &newest->newer : &oldest) = s;
    newest = s;
}

PAIR_NOINLINE static struct statement *statement_prepare(unsigned text_id)
{
    size_t length = 40 + text_id * 131u % 360;
    struct statement *s = calloc(1, sizeof *s + length);
    if (!s)
        abort();
    s->text_id = text_id;
    s->columns = 1 + text_id * 7u % 40;
    memset(s->text, 'a' + (int)(text_id % 26), length - 1);
    return s;
}

static void statement_close(struct statement *s)
{
    list_remove(s);
    by_text[s->text_id] = NULL;
    free(s->column_types);
    free(s);
}

PAIR_NOINLINE static void parameter_bind(struct statement *s, int64_t length)
{
    s->indicator = malloc(sizeof *s->indicator);
    if (!s->indicator)
        abort();
    *s->indicator = length;
}

static void parameters_reset(struct statement *s)
{
    if (!LEAKS)
        free(s->indicator);
    s->indicator = NULL;
}

PAIR_NOINLINE static void columns_bind(struct statement *s, unsigned wanted)
{
    if (wanted > s->columns)
        wanted = s->columns;
    if (wanted <= s->bound_columns)
        return;
    uint32_t *types = realloc(s->column_types, wanted * sizeof *types);
    if (!types)
        abort();
    memset(types + s->bound_columns, 0, (wanted - s->bound_columns) * sizeof *types);
    s->column_types = types;
    s->bound_columns = wanted;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(pair_random(i, 1) >> 11) / 9007199254740992.0;
    unsigned text_id = (unsigned)(TEXTS * u * u * u);
    struct statement *s = by_text[text_id];
    if (s) {
        list_remove(s);
    } else {
        if (count == STATEMENTS)
            statement_close(oldest);
        else
            count++;
        s = statement_prepare(text_id);
        by_text[text_id] = s;
    }
    list_add(s);
    parameter_bind(s, (int64_t)(r % 64));
    columns_bind(s, 1 + (unsigned)(r >> 32) % 40);
    parameters_reset(s);
    return 0;
}
