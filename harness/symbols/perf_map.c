#include "symbols/perf_map.h"

#include "symbols/jitdump.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct entry {
    uint64_t begin, end;
    size_t order; /* in the file */
    hg_symbol symbol;
} entry;

struct hg_perf_map {
    char *text;
    entry *entries; /* by begin, then by order */
    size_t count, room;
};

/* Takes the longest end ":NUMBER" off the text; -1 if it has none. */
static int take_number(char *text)
{
    char *colon = strrchr(text, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    if (digits == 0 || digits > 9 || colon[1 + digits] != '\0')
        return -1;
    *colon = '\0';
    return atoi(colon + 1);
}

/* "JS:*name /path/file.js:10:5": the sign says how well it is optimised. */
static bool split_v8(char *name, hg_symbol *ret_symbol)
{
    static const char *const kinds[] = {"JS:", "LazyCompile:", "Function:", "Script:", "Eval:"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i]);
        if (strncmp(name, kinds[i], length) != 0)
            continue;
        name += length;
        name += strspn(name, "*~^+'");
        char *space = strchr(name, ' ');
        int column = space ? take_number(space + 1) : -1;
        int line = column >= 0 ? take_number(space + 1) : -1;
        if (column < 0)
            space = NULL;
        if (space)
            *space = '\0';
        *ret_symbol = (hg_symbol){.function = *name ? name : "(anonymous)",
                                  .file = space ? space + 1 : "",
                                  .line = line >= 0     ? line
                                          : column >= 0 ? column
                                                        : 0};
        return true;
    }
    return false;
}

/* "py::name:/path/file.py" */
static bool split_python(char *name, hg_symbol *ret_symbol)
{
    char *colon = strncmp(name, "py::", 4) == 0 ? strchr(name + 4, ':') : NULL;
    if (!colon)
        return false;
    *colon = '\0';
    *ret_symbol = (hg_symbol){.function = name + 4, .file = colon + 1};
    return true;
}

/* "name", and "/path/file:10" apart from it, as a jitdump has them */
static bool split_apart(char *name, hg_symbol *ret_symbol)
{
    char *apart = strchr(name, HG_JITDUMP_BEFORE_FILE);
    if (!apart)
        return false;
    *apart = '\0';
    int line = take_number(apart + 1);
    /* Names of V8's have a file already, and the line where the function begins. */
    if (!split_v8(name, ret_symbol))
        *ret_symbol = (hg_symbol){.function = name, .file = apart + 1, .line = line > 0 ? line : 0};
    return true;
}

static void read_line(hg_perf_map *map, char *line)
{
    char *at = line;
    char *name = line;
    if (!isxdigit((unsigned char)*line))
        return;
    uint64_t begin = strtoull(at, &at, 16);
    if (*at != ' ' || !isxdigit((unsigned char)at[1]))
        return;
    uint64_t size = strtoull(at, &name, 16);
    if (*name != ' ' || name[1] == '\0' || size == 0 || begin > UINT64_MAX - size)
        return;
    entry *made = &map->entries[map->count];
    *made = (entry){.begin = begin, .end = begin + size, .order = map->count};
    map->count++;
    if (!split_apart(++name, &made->symbol) && !split_v8(name, &made->symbol) &&
        !split_python(name, &made->symbol))
        made->symbol = (hg_symbol){.function = name, .file = ""};
}

static int compare(const void *a, const void *b)
{
    const entry *x = a;
    const entry *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The text of the map; what is used of it. NULL when memory ran out. */
static char *read_text(int fd, size_t *ret_used)
{
    char *text = NULL;
    size_t room = 1 << 16;
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used < HG_PERF_MAP_BYTES) {
        char *grown = realloc(text, room);
        if (!grown) {
            free(text);
            return NULL;
        }
        text = grown;
        got = pread(fd, grown + used, room - used - 1, (off_t)used);
        used += got > 0 ? (size_t)got : 0;
        room = used + 1 == room ? 2 * room : room;
    }
    text[used] = '\0';
    *ret_used = used;
    return text;
}

static bool read_lines(int fd, hg_perf_map *map)
{
    size_t used = 0;
    map->text =
        hg_jitdump_is_one(fd) ? hg_jitdump_as_map(fd, HG_PERF_MAP_BYTES, &used) : read_text(fd, &used);
    if (!map->text)
        return false;
    for (size_t i = 0; i < used && map->room < HG_PERF_MAP_FUNCTIONS; i++)
        map->room += map->text[i] == '\n';
    map->entries = calloc(map->room + 1, sizeof *map->entries);
    return map->entries != NULL;
}

hg_perf_map *hg_perf_map_read(int fd)
{
    hg_perf_map *map = calloc(1, sizeof *map);
    if (!map || !read_lines(fd, map)) {
        hg_perf_map_free(map);
        return NULL;
    }
    /* A last line without an end is still being written. */
    for (char *line = map->text, *end; map->count < map->room && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        read_line(map, line);
    }
    qsort(map->entries, map->count, sizeof *map->entries, compare);
    return map;
}

void hg_perf_map_free(hg_perf_map *map)
{
    if (!map)
        return;
    free(map->text);
    free(map->entries);
    free(map);
}

const hg_symbol *hg_perf_map_find(const hg_perf_map *map, uint64_t address)
{
    enum { MOST_BEFORE = 64 }; /* functions that begin before the one that the address is in */
    size_t low = 0;
    size_t high = map->count;
    const entry *found = NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->entries[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i > 0 && low - i < MOST_BEFORE; i--) {
        const entry *one = &map->entries[i - 1];
        if (address < one->end && (!found || one->order > found->order))
            found = one;
    }
    return found ? &found->symbol : NULL;
}
