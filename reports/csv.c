/*
 * The samples of all cells as one table (RFC 4180): a row a checkpoint, a column a field of hg_sample.
 *
 * Names are quoted where they must be. Spreadsheets run a cell that starts with =, +, - or @ as a formula, so
 * a name that does is written after an apostrophe, which they take as "this is text".
 */
#include "escape.h"
#include "formats.h"
#include "number.h"

#include <stdlib.h>
#include <string.h>

static void write_name(FILE *out, const char *name)
{
    char shown[1024];

    hg_escape_middle(shown, sizeof shown, name, 200, true);
    bool quoted = strpbrk(shown, ",\"") != NULL;
    if (quoted)
        fputc('"', out);
    if (shown[0] && strchr("=+-@", shown[0]))
        fputc('\'', out);
    for (const char *at = shown; *at; at++)
        fputs(*at == '"' ? "\"\"" : (char[]){*at, '\0'}, out);
    fputs(quoted ? "\"," : ",", out);
}

static void write_sample(FILE *out, const char *prefix, size_t prefix_size, const hg_sample *sample)
{
    const int64_t values[] = {
#define VALUE(type, name, unit, presence, meaning) sample->name,
        HG_SAMPLE_FIELDS(VALUE)
#undef VALUE
    };
    enum { COUNT = sizeof values / sizeof *values };
    char line[COUNT * (HG_NUMBER_DIGITS + 1)];
    char *at = line + sizeof line;

    for (size_t i = COUNT; i > 0; i--) {
        *--at = i == COUNT ? '\n' : ',';
        at = hg_number_digits(values[i - 1], at);
    }
    fwrite(prefix, 1, prefix_size, out);
    fwrite(at, 1, (size_t)(line + sizeof line - at), out);
}

/* The columns that say which cell a row is of. False when memory ran out. */
static bool write_cell(FILE *out, const hg_cell *cell)
{
    char *prefix = NULL;
    size_t size = 0;
    FILE *names = open_memstream(&prefix, &size);

    if (!names)
        return false;
    write_name(names, cell->workload);
    write_name(names, cell->subject);
    write_name(names, cell->allocator);
    bool made = !ferror(names);
    if (fclose(names) != 0)
        made = false;
    for (size_t i = 0; made && i < cell->sample_count; i++)
        write_sample(out, prefix, size, &cell->samples[i]);
    free(prefix);
    return made;
}

bool hg_report_csv(const hg_run *run, const hg_report_options *options, FILE *out)
{
    static const char *const columns[] = {
#define COLUMN(type, name, unit, presence, meaning) #name,
        HG_SAMPLE_FIELDS(COLUMN)
#undef COLUMN
    };

    (void)options;
    fputs("workload,subject,allocator", out);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        fprintf(out, ",%s", columns[i]);
    fputc('\n', out);
    for (size_t i = 0; i < run->cell_count; i++)
        if (!write_cell(out, &run->cells[i]))
            return false;
    return true;
}
