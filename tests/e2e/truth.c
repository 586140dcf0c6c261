#include "truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number, or -1 for "-"; false when it is neither. */
static bool read_number(const char *text, double *ret_number)
{
    char *end;
    if (strcmp(text, "-") == 0) {
        *ret_number = -1;
        return true;
    }
    *ret_number = strtod(text, &end);
    return end != text && *end == '\0' && *ret_number >= 0;
}

static bool read_row(char *line, truth *ret_row)
{
    enum { CONTROL_COLUMNS = 4, PAIR_COLUMNS = 6 };
    char *columns[PAIR_COLUMNS];
    char *rest = line;
    size_t count = 0;
    line[strcspn(line, "\n")] = '\0';
    while (rest && count < PAIR_COLUMNS)
        columns[count++] = strsep(&rest, "\t");
    if (rest || (count != CONTROL_COLUMNS && count != PAIR_COLUMNS))
        return false;
    bool pair = count == PAIR_COLUMNS;
    snprintf(ret_row->name, sizeof ret_row->name, "%s", columns[0]);
    snprintf(ret_row->culprit, sizeof ret_row->culprit, "%s", strcmp(columns[3], "-") == 0 ? "" : columns[3]);
    return read_number(columns[pair ? 2 : 1], &ret_row->bytes_per_op) &&
           read_number(pair ? "0.05" : columns[2], &ret_row->within);
}

size_t truth_read(const char *path, truth ret_rows[TRUTH_MOST_ROWS])
{
    char line[512];
    size_t count = 0;
    bool good = true;
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    while (good && fgets(line, sizeof line, file))
        if (line[0] != '#')
            good = count < TRUTH_MOST_ROWS && read_row(line, &ret_rows[count++]);
    fclose(file);
    return good ? count : 0;
}

const truth *truth_find(const truth *rows, size_t count, const char *workload, bool *ret_leaks)
{
    const char *dash = strrchr(workload, '-');
    if (!dash)
        return NULL;
    size_t length = (size_t)(dash - workload);
    for (size_t i = 0; i < count; i++) {
        if (strlen(rows[i].name) != length || strncmp(rows[i].name, workload, length) != 0)
            continue;
        *ret_leaks = strcmp(dash, "-leaking") == 0;
        return &rows[i];
    }
    return NULL;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

double truth_rate_error(const truth *row, const json_t *cell)
{
    if (row->bytes_per_op <= 0)
        return -1;
    double found = json_number_value(json_object_get(cell, "bytes_per_op"));
    return fabs(found - row->bytes_per_op) / row->bytes_per_op;
}

/* The name without what it is in: "grow" of "(anonymous namespace)::pool<int>::grow". */
static const char *last_part(const char *function)
{
    const char *last = function;
    int inside = 0; /* of arguments */
    for (const char *at = function; *at; at++) {
        inside += (*at == '<' || *at == '(') - ((*at == '>' || *at == ')') && inside > 0);
        if (inside == 0 && at[0] == ':' && at[1] == ':')
            last = at + 2;
    }
    return last;
}

/* The functions of the cell's first site, as the table has them. */
static void name_path(const json_t *cell, size_t size, char *ret_path)
{
    const json_t *frames = json_object_get(json_array_get(json_object_get(cell, "sites"), 0), "frames");
    size_t used = 0;
    ret_path[0] = '\0';
    for (size_t i = 0; i < json_array_size(frames) && used < size; i++)
        used += (size_t)snprintf(ret_path + used, size - used, "%s%s", i ? "<" : "",
                                 last_part(text_at(json_array_get(frames, i), "function")));
}

bool truth_names_culprit(const truth *row, const json_t *cell)
{
    char path[1024];
    size_t length = strlen(row->culprit);
    if (length == 0)
        return true;
    name_path(cell, sizeof path, path);
    return strncmp(path, row->culprit, length) == 0 && (path[length] == '\0' || path[length] == '<');
}

bool truth_mistake(const truth *row, bool leaks, const json_t *cell, char ret_text[TRUTH_MOST_MISTAKE])
{
    /* Figures are written with six digits. */
    const double rounding = 1e-6;
    char path[256];
    const char *verdict = text_at(cell, "verdict");
    const char *again = text_at(cell, "reproduce");
    ret_text[0] = '\0';
    if (strcmp(verdict, leaks ? "leak" : "clean") != 0) {
        snprintf(ret_text, TRUTH_MOST_MISTAKE, "%s, and it is %s: %s; again: %s", verdict,
                 leaks ? "a leak" : "clean", text_at(cell, "reason"), again);
    } else if (leaks && truth_rate_error(row, cell) > row->within + rounding) {
        snprintf(ret_text, TRUTH_MOST_MISTAKE, "%g bytes per op, and it is %g; again: %s",
                 json_number_value(json_object_get(cell, "bytes_per_op")), row->bytes_per_op, again);
    } else if (leaks && !truth_names_culprit(row, cell)) {
        name_path(cell, sizeof path, path);
        snprintf(ret_text, TRUTH_MOST_MISTAKE, "blames %s, and it is %s; again: %s", path, row->culprit,
                 again);
    }
    return ret_text[0] != '\0';
}
