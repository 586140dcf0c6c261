/*
 * The samples of all cells as one table (RFC 4180): one row per checkpoint, one column per field of
 * hg_sample. The last columns have the cell's speed without the probe, repeated on each of its rows; they are
 * empty if the cell was not timed.
 *
 * A run of heapgate torture has more columns, and one row per fault, in which those of a cell's samples are
 * empty; in the rows of samples, those of faults are.
 *
 * Names are quoted where necessary. A spreadsheet runs text that starts with =, +, - or @ as a formula, so an
 * apostrophe, which marks text, is put before such a name.
 */
#include "base/escape.h"
#include "base/memory_stream.h"
#include "base/number.h"
#include "view/writers.h"

#include <inttypes.h>
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

typedef struct speed_column {
    const char *name;
    double value;
} speed_column;

enum { SPEED_COLUMNS = 6 };

/* Named as the gauges of OpenMetrics are; times are in ns, like those of the samples. */
static void list_speed(const hg_speed *speed, speed_column ret_columns[SPEED_COLUMNS])
{
    const speed_column columns[SPEED_COLUMNS] = {
        {"speed_ops_per_second", speed->ops_per_second.median},
        {"speed_low_ops_per_second", speed->ops_per_second.low},
        {"speed_high_ops_per_second", speed->ops_per_second.high},
        {"op_p50_ns", speed->p50_ns.median},
        {"op_p99_ns", speed->p99_ns.median},
        {"speed_against_before", speed->against.median},
    };
    memcpy(ret_columns, columns, sizeof columns);
}

/* The columns that all rows of a cell share: the names at the start and the speeds at the end. */
typedef struct cell_columns {
    char *text;
    size_t names_size, size; /* of the names, and of all of it */
} cell_columns;

static void write_sample(FILE *out, const cell_columns *cell, const hg_sample *sample)
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
        if (i < COUNT)
            *--at = ',';
        at = hg_number_digits(values[i - 1], at);
    }
    fwrite(cell->text, 1, cell->names_size, out);
    fwrite(at, 1, (size_t)(line + sizeof line - at), out);
    fwrite(cell->text + cell->names_size, 1, cell->size - cell->names_size, out);
}

static const char *const fault_columns[] = {"fault", "mode",        "function",   "outcome",
                                            "place", "lost_blocks", "lost_bytes", "lost_descriptors"};
enum { FAULT_COLUMN_COUNT = sizeof fault_columns / sizeof *fault_columns };

static void write_commas(FILE *out, size_t count)
{
    while (count-- > 0)
        fputc(',', out);
}

/* empty: columns behind those of a cell. False when memory ran out; else the text is the caller's. */
static bool make_columns(const hg_cell *cell, size_t empty, cell_columns *ret_made)
{
    speed_column speed[SPEED_COLUMNS];
    hg_memory_stream stream;

    *ret_made = (cell_columns){0};
    FILE *out = hg_memory_stream_begin(&stream);
    if (!out)
        return false;
    write_name(out, cell->workload);
    write_name(out, cell->subject);
    write_name(out, cell->allocator);
    ret_made->names_size = hg_memory_stream_size(&stream);
    list_speed(&cell->speed, speed);
    for (size_t i = 0; i < SPEED_COLUMNS; i++) {
        fputc(',', out);
        if (speed[i].value > 0)
            hg_number_real(out, speed[i].value);
    }
    write_commas(out, empty);
    fputc('\n', out);
    ret_made->text = hg_memory_stream_end(&stream, &ret_made->size);
    return ret_made->text != NULL;
}

static bool write_cell(FILE *out, const hg_cell *cell, size_t empty)
{
    cell_columns columns;
    bool made = make_columns(cell, empty, &columns);

    for (size_t i = 0; made && i < cell->sample_count; i++)
        write_sample(out, &columns, &cell->samples[i]);
    free(columns.text);
    return made;
}

/* empty: columns of a cell behind its names. */
static void write_fault(FILE *out, const hg_fault *fault, size_t empty)
{
    write_name(out, fault->workload);
    write_name(out, fault->subject);
    write_commas(out, empty + 1);
    write_name(out, fault->id);
    write_name(out, fault->mode);
    write_name(out, fault->function);
    write_name(out, hg_fault_outcome_name(fault->outcome));
    write_name(out, fault->path_count > 0 ? fault->path[0].function : "");
    fprintf(out, "%" PRId64 ",%" PRId64 ",%" PRId64 "\n", fault->lost_blocks, fault->lost_bytes,
            fault->lost_descriptors);
}

bool hg_report_csv(const hg_run *run, const hg_report_options *options, FILE *out)
{
    static const char *const columns[] = {
#define COLUMN(type, name, unit, presence, meaning) #name,
        HG_SAMPLE_FIELDS(COLUMN)
#undef COLUMN
    };
    static const hg_speed none;
    speed_column speed[SPEED_COLUMNS];

    (void)options;
    fputs("workload,subject,allocator", out);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        fprintf(out, ",%s", columns[i]);
    list_speed(&none, speed);
    for (size_t i = 0; i < SPEED_COLUMNS; i++)
        fprintf(out, ",%s", speed[i].name);
    size_t more = run->torture.asked ? FAULT_COLUMN_COUNT : 0;
    for (size_t i = 0; i < more; i++)
        fprintf(out, ",%s", fault_columns[i]);
    fputc('\n', out);
    for (size_t i = 0; i < run->cell_count; i++)
        if (!write_cell(out, &run->cells[i], more))
            return false;
    for (size_t i = 0; i < run->torture.fault_count; i++)
        write_fault(out, &run->torture.faults[i], sizeof columns / sizeof *columns + SPEED_COLUMNS);
    return true;
}
