/*
 * The table of speeds. A subject shares its row with the subject named "before" on the same workload and
 * allocator; where there is no such pair, a subject has a row of its own.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "terminal/text.h"

#include <stdlib.h>
#include <string.h>

enum { WORKLOAD, ALLOCATOR, SUBJECT, SPEED, AGAINST, P50, P99, COLUMN_COUNT };

static const char *const titles[COLUMN_COUNT] = {[WORKLOAD] = "workload",
                                                 [ALLOCATOR] = "allocator",
                                                 [SUBJECT] = "subject",
                                                 [SPEED] = "ops/s",
                                                 [AGAINST] = "ratio",
                                                 [P50] = "p50",
                                                 [P99] = "p99"};

#define WORKLOAD_COLUMNS     20
#define WORKLOAD_COLUMNS_MIN 12 /* where the table is too wide */
#define NARROW_WORKLOAD      10
#define NARROW               80
#define NAME_COLUMNS         8
#define ENTRY_BYTES          128

typedef struct row {
    char entries[COLUMN_COUNT][ENTRY_BYTES];
    const char *workload; /* in full; "" where the row above has said it */
    bool too_slow;
} row;

typedef struct table {
    const hg_text *text;
    row *rows;
    size_t count;
} table;

/* Code points; in this table each takes one column. */
static size_t columns_of(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void add(char *entry, const char *text)
{
    size_t used = strlen(entry);
    snprintf(entry + used, ENTRY_BYTES - used, "%s", text);
}

/* " +-2%": half of the distance between the quartiles. */
static void add_spread(const hg_text *text, char *entry, hg_spread what)
{
    char spread[32];
    snprintf(spread, sizeof spread, " %s%.0f%%", text->unicode ? "\u00b1" : "+-",
             50 * (what.high - what.low) / what.median);
    add(entry, spread);
}

static void add_rate(const hg_text *text, char *entry, hg_spread rate)
{
    add(entry, rate.median > 0 ? hg_human_count(rate.median).text : "-");
    if (rate.median > 0)
        add_spread(text, entry, rate);
}

static void add_time(const hg_text *text, char *entry, hg_spread ns)
{
    hg_quantity shown = hg_human_brief(ns.median / 1e9);
    char *micro = text->unicode || ns.median <= 0 ? NULL : strstr(shown.text, "\u00b5");
    if (micro) {
        *micro = 'u';
        memmove(micro + 1, micro + 2, strlen(micro + 2) + 1);
    }
    add(entry, ns.median > 0 ? shown.text : "-");
}

/* "before -> after", one time where only one is known, or "-". */
static void add_times(const hg_text *text, char *entry, const hg_spread *before, hg_spread ns)
{
    if (before && (before->median > 0 || ns.median > 0)) {
        add_time(text, entry, *before);
        add(entry, text->unicode ? " \u2192 " : " -> ");
    }
    add_time(text, entry, ns);
}

static void fill_figures(const table *into, row *at, const hg_cell *reference, const hg_cell *cell)
{
    const hg_text *text = into->text;
    hg_spread against = cell->speed.against;
    if (reference) {
        add_rate(text, at->entries[SPEED], reference->speed.ops_per_second);
        add(at->entries[SPEED], text->unicode ? " \u2192 " : " -> ");
    }
    add_rate(text, at->entries[SPEED], cell->speed.ops_per_second);
    add_times(text, at->entries[P50], reference ? &reference->speed.p50_ns : NULL, cell->speed.p50_ns);
    add_times(text, at->entries[P99], reference ? &reference->speed.p99_ns : NULL, cell->speed.p99_ns);
    if (against.median > 0) {
        snprintf(at->entries[AGAINST], ENTRY_BYTES, "%.2f", against.median);
        add_spread(text, at->entries[AGAINST], against);
    }
}

static void add_row(table *into, const hg_cell *reference, const hg_cell *cell, const hg_cell *above)
{
    row *at = &into->rows[into->count++];
    bool unicode = into->text->unicode;
    bool same_workload = above && hg_same_text(above->workload, cell->workload);
    bool same_allocator = same_workload && hg_same_text(above->allocator, cell->allocator);
    at->workload = same_workload ? "" : hg_view_name(cell->workload);
    hg_escape_middle(at->entries[WORKLOAD], ENTRY_BYTES, at->workload, WORKLOAD_COLUMNS, unicode);
    hg_escape_middle(at->entries[ALLOCATOR], ENTRY_BYTES, same_allocator ? "" : hg_view_name(cell->allocator),
                     NAME_COLUMNS, unicode);
    hg_escape_middle(at->entries[SUBJECT], ENTRY_BYTES, hg_view_name(cell->subject), NAME_COLUMNS, unicode);
    at->too_slow = cell->too_slow;
    fill_figures(into, at, reference, cell);
}

/* The rows of the cells of one workload and allocator. */
static void add_group(table *into, const hg_view *view, size_t start, size_t end, const hg_cell **above)
{
    const hg_cell *reference = NULL;
    size_t others = 0;
    for (size_t i = start; i < end; i++) {
        if (hg_same_text(view->cells[i]->subject, HG_REFERENCE))
            reference = hg_cell_is_timed(view->cells[i]) ? view->cells[i] : NULL;
        else
            others += hg_cell_is_timed(view->cells[i]);
    }
    for (size_t i = start; i < end; i++) {
        const hg_cell *cell = view->cells[i];
        if (!hg_cell_is_timed(cell) || (cell == reference && others > 0))
            continue;
        add_row(into, cell == reference ? NULL : reference, cell, *above);
        *above = cell;
    }
}

static size_t gap_of(const hg_text *text)
{
    return hg_text_columns(text) < NARROW ? 1 : 2;
}

/* A column that is left out has the width 0. */
static void write_row(const hg_text *text, char (*entries)[ENTRY_BYTES], const size_t *widths)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        size_t used = columns_of(entries[i]);
        bool last =
            i + 1 == COLUMN_COUNT || (i + 1 == P50 && widths[P50] == 0) || (i + 1 == P99 && widths[P99] == 0);
        if (widths[i] == 0)
            continue;
        fprintf(text->out, "%*s%s%*s", i > 0 ? (int)gap_of(text) : 0, "", entries[i],
                last ? 0 : (int)(widths[i] - used), "");
    }
    fputc('\n', text->out);
}

static size_t total_of(const hg_text *text, const size_t *widths)
{
    size_t total = widths[0];

    for (int i = 1; i < COLUMN_COUNT; i++)
        total += widths[i] > 0 ? widths[i] + gap_of(text) : 0;
    return total;
}

/* Leaves out percentiles on a narrow terminal, and shortens the names of workloads; the table of cells has
 * them in full. */
static void fit(const table *made, size_t *widths)
{
    size_t most = hg_text_columns(made->text);
    size_t least = most < NARROW ? NARROW_WORKLOAD : WORKLOAD_COLUMNS_MIN;
    size_t spare = widths[WORKLOAD] > least ? widths[WORKLOAD] - least : 0;

    for (int left_out = P99; left_out >= P50 && most < HG_TEXT_COLUMNS; left_out--)
        if (total_of(made->text, widths) - spare > most)
            widths[left_out] = 0;
    size_t total = total_of(made->text, widths);
    size_t excess = total > most ? total - most : 0;
    widths[WORKLOAD] -= excess < spare ? excess : spare;
    for (size_t r = 0; r < made->count; r++)
        hg_escape_middle(made->rows[r].entries[WORKLOAD], ENTRY_BYTES, made->rows[r].workload,
                         widths[WORKLOAD], made->text->unicode);
}

static void write_table(const table *made)
{
    const hg_text *text = made->text;
    size_t widths[COLUMN_COUNT];
    row head = {0};
    for (int i = 0; i < COLUMN_COUNT; i++) {
        add(head.entries[i], titles[i]);
        widths[i] = columns_of(titles[i]);
        for (size_t r = 0; r < made->count; r++) {
            size_t used = columns_of(made->rows[r].entries[i]);
            widths[i] = used > widths[i] ? used : widths[i];
        }
    }
    fit(made, widths);
    fputs(hg_text_ink(text, HG_INK_DIM), text->out);
    write_row(text, head.entries, widths);
    fputs(hg_text_ink(text, HG_INK_PLAIN), text->out);
    for (size_t r = 0; r < made->count; r++) {
        fputs(made->rows[r].too_slow ? hg_text_ink(text, HG_INK_BAD) : "", text->out);
        write_row(text, made->rows[r].entries, widths);
        fputs(made->rows[r].too_slow ? hg_text_ink(text, HG_INK_PLAIN) : "", text->out);
    }
    fprintf(text->out,
            "\n%sSpeed without the probe: median of several processes, %s half the quartile range.\n"
            "ratio: ops/s divided by the ops/s of before.%s%s\n\n",
            hg_text_ink(text, HG_INK_DIM), text->unicode ? "\u00b1" : "+-",
            widths[P99] > 0   ? " p50, p99: time per op, percentiles."
            : widths[P50] > 0 ? " p50: time per op, median."
                              : "",
            hg_text_ink(text, HG_INK_PLAIN));
}

bool hg_text_speed(const hg_text *text, const hg_view *view)
{
    const hg_cell *above = NULL;
    table made = {.text = text, .rows = calloc(view->count + 1, sizeof *made.rows)};
    if (!made.rows)
        return false;
    for (size_t start = 0; start < view->count;) {
        size_t end = hg_view_allocator_end(view, start);
        add_group(&made, view, start, end, &above);
        start = end;
    }
    if (made.count > 0)
        write_table(&made);
    free(made.rows);
    return true;
}
