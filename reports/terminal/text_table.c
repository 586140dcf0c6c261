/*
 * The table of cells. A column is as wide as its entries. If the table is too wide, the names of workloads
 * are shortened; the rest of the report has them in full. On a narrow terminal, figures that explain others
 * are left out.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "terminal/text.h"

#include <stdlib.h>
#include <string.h>

enum { WORKLOAD, ALLOCATOR, SUBJECT, VERDICT, EXPECTED, GROWTH, ERROR, BLOCKS, SPEED, SEES, COLUMN_COUNT };

typedef struct column {
    const char *title;
    bool right;
    const char *gap; /* before it */
} column;

static const column columns[COLUMN_COUNT] = {
    [WORKLOAD] = {"workload", false, ""},
    [ALLOCATOR] = {"allocator", false, "  "},
    [SUBJECT] = {"subject", false, "  "},
    [VERDICT] = {"verdict", false, "  "},
    [EXPECTED] = {"expected", false, "  "},
    [GROWTH] = {"growth/op", true, "  "},
    [ERROR] = {"", false, " "},
    [BLOCKS] = {"blocks/op", true, "  "},
    [SPEED] = {"ops/s", true, "  "},
    [SEES] = {"sees from", true, "  "},
};

#define WORKLOAD_COLUMNS     28 /* more on a wide terminal */
#define WORKLOAD_COLUMNS_MAX 64
#define WORKLOAD_COLUMNS_MIN 12
#define NAME_COLUMNS         16
#define NAME_COLUMNS_NARROW  8
#define NARROW               80
#define ENTRY_BYTES          (WORKLOAD_COLUMNS_MAX * 4 + 8)

/* Left out in this order. */
static const int spared[] = {SEES, SPEED, BLOCKS, ERROR};
#define SPARED (sizeof spared / sizeof *spared)

typedef struct entry {
    char text[ENTRY_BYTES];
    size_t columns;
} entry;

typedef struct row {
    entry entries[COLUMN_COUNT];
    hg_ink ink; /* of the verdict */
} row;

static void set_name(entry *at, const char *name, size_t limit, bool unicode)
{
    at->columns = hg_escape_middle(at->text, sizeof at->text, name, limit, unicode);
}

/* For our own text, which is short and ASCII. */
static void set_plain(entry *at, const char *text)
{
    at->columns = (size_t)snprintf(at->text, sizeof at->text, "%s", text);
}

static void set_error(entry *at, const hg_cell *cell, bool unicode)
{
    hg_quantity error = hg_human_error(cell->bytes_per_op_error, cell->bytes_per_op);

    snprintf(at->text, sizeof at->text, "%s%s", unicode ? "\u00b1" : "+-", error.text);
    at->columns = strlen(error.text) + (unicode ? 1 : 2);
}

/* A cell that failed has no figures: its row shows dashes instead of zeros. */
static void set_figures(row *at, const hg_cell *cell, bool unicode)
{
    if (!hg_cell_is_judged(cell)) {
        for (int i = GROWTH; i < COLUMN_COUNT; i++)
            set_plain(&at->entries[i], i == ERROR ? "" : "-");
        return;
    }
    set_plain(&at->entries[GROWTH], hg_human_bytes(cell->bytes_per_op).text);
    set_error(&at->entries[ERROR], cell, unicode);
    set_plain(&at->entries[BLOCKS], hg_human_count(cell->blocks_per_op).text);
    /* Of rounds that the clock ended there is no speed. */
    set_plain(&at->entries[SPEED],
              cell->ops_per_second > 0 ? hg_human_count(cell->ops_per_second).text : "-");
    set_plain(&at->entries[SEES], hg_human_bytes(cell->min_detectable_bytes_per_op).text);
}

static size_t workload_columns(const hg_text *text)
{
    size_t room = hg_text_columns(text);
    size_t most = room > HG_TEXT_COLUMNS ? WORKLOAD_COLUMNS + room - HG_TEXT_COLUMNS : WORKLOAD_COLUMNS;

    return most < WORKLOAD_COLUMNS_MAX ? most : WORKLOAD_COLUMNS_MAX;
}

/* A name that the row above has is left out, so that groups stand out. */
static void set_row(const hg_text *text, row *at, const hg_cell *cell, const hg_cell *above)
{
    bool unicode = text->unicode;
    size_t names = hg_text_columns(text) < NARROW ? NAME_COLUMNS_NARROW : NAME_COLUMNS;

    bool same_workload = above && hg_same_text(above->workload, cell->workload);
    bool same_allocator = same_workload && hg_same_text(above->allocator, cell->allocator);

    set_name(&at->entries[WORKLOAD], same_workload ? "" : hg_view_name(cell->workload),
             workload_columns(text), unicode);
    set_name(&at->entries[ALLOCATOR], same_allocator ? "" : hg_view_name(cell->allocator), names, unicode);
    set_name(&at->entries[SUBJECT], hg_view_name(cell->subject), names, unicode);
    set_plain(&at->entries[VERDICT], hg_verdict_name(cell->verdict));
    const char *word = hg_cell_trouble(cell) ? hg_cell_trouble(cell)->word : "";
    set_plain(&at->entries[EXPECTED], cell->met                         ? "yes"
                                      : strcmp(word, "slower") == 0     ? "NO, slower"
                                      : strcmp(word, "bound") == 0      ? "NO, bound"
                                      : word[0]                         ? "NO, review"
                                      : cell->expect == HG_EXPECT_CLEAN ? "NO, clean"
                                      : cell->expect == HG_EXPECT_LEAK  ? "NO, leak"
                                      : names == NAME_COLUMNS           ? "NO, fragmentation"
                                                                        : "NO");
    set_figures(at, cell, unicode);
    at->ink = hg_text_verdict_ink(cell);
}

static const char *gap_of(const hg_text *text, int index)
{
    bool narrow = hg_text_columns(text) < NARROW;

    return narrow && columns[index].gap[0] ? " " : columns[index].gap;
}

static size_t total_of(const hg_text *text, const size_t widths[COLUMN_COUNT])
{
    size_t total = 0;

    for (int i = 0; i < COLUMN_COUNT; i++)
        total += widths[i] > 0 || i == ERROR ? widths[i] + strlen(gap_of(text, i)) : 0;
    return total;
}

static size_t spare_of(const hg_text *text, const size_t widths[COLUMN_COUNT])
{
    size_t least = hg_text_columns(text) < NARROW ? NAME_COLUMNS_NARROW : WORKLOAD_COLUMNS_MIN;

    return widths[WORKLOAD] > least ? widths[WORKLOAD] - least : 0;
}

/* A column that is left out has the width 0. */
static void measure(const hg_text *text, const row *rows, size_t count, size_t widths[COLUMN_COUNT])
{
    size_t most = hg_text_columns(text);

    for (int i = 0; i < COLUMN_COUNT; i++) {
        widths[i] = strlen(columns[i].title);
        for (size_t r = 0; r < count; r++) {
            size_t used = rows[r].entries[i].columns;
            widths[i] = used > widths[i] ? used : widths[i];
        }
    }
    for (size_t i = 0;
         i < SPARED && most < HG_TEXT_COLUMNS && total_of(text, widths) - spare_of(text, widths) > most; i++)
        widths[spared[i]] = 0;
    size_t total = total_of(text, widths);
    size_t excess = total > most ? total - most : 0;
    size_t spare = spare_of(text, widths);
    widths[WORKLOAD] -= excess < spare ? excess : spare;
}

/* Whether the table has a column; that of errors is empty where no cell was judged. */
static bool has_column(const size_t widths[COLUMN_COUNT], int index)
{
    return widths[index] > 0 || (index == ERROR && widths[BLOCKS] > 0);
}

static void write_entry(const hg_text *text, const entry *at, int index, size_t width, hg_ink ink)
{
    int padding = (int)(width > at->columns ? width - at->columns : 0);

    fprintf(text->out, "%s%*s%s%s%s", gap_of(text, index), columns[index].right ? padding : 0, "",
            ink == HG_INK_PLAIN ? "" : hg_text_ink(text, ink), at->text,
            ink == HG_INK_PLAIN ? "" : hg_text_ink(text, HG_INK_PLAIN));
    if (!columns[index].right && index + 1 < COLUMN_COUNT)
        fprintf(text->out, "%*s", padding, "");
}

static void write_titles(const hg_text *text, const size_t widths[COLUMN_COUNT])
{
    fputs(hg_text_ink(text, HG_INK_DIM), text->out);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (!has_column(widths, i))
            continue;
        entry title = {.columns = strlen(columns[i].title)};
        memcpy(title.text, columns[i].title, title.columns + 1);
        write_entry(text, &title, i, widths[i], HG_INK_PLAIN);
    }
    fprintf(text->out, "%s\n", hg_text_ink(text, HG_INK_PLAIN));
}

static void write_rows(const hg_text *text, const hg_view *view, row *rows, size_t widths[COLUMN_COUNT])
{
    measure(text, rows, view->count, widths);
    write_titles(text, widths);
    for (size_t r = 0; r < view->count; r++) {
        entry *name = &rows[r].entries[WORKLOAD];
        if (name->columns > widths[WORKLOAD])
            set_name(name, view->cells[r]->workload, widths[WORKLOAD], text->unicode);
        for (int i = 0; i < COLUMN_COUNT; i++) {
            if (!has_column(widths, i))
                continue;
            bool judged = i == VERDICT || (i == EXPECTED && !view->cells[r]->met);
            write_entry(text, &rows[r].entries[i], i, widths[i], judged ? rows[r].ink : HG_INK_PLAIN);
        }
        fputc('\n', text->out);
    }
}

bool hg_text_table(const hg_text *text, const hg_view *view)
{
    if (view->count == 0) {
        bool empty_shard = hg_run_exit_code(view->run) == 0;
        fputs(empty_shard ? "This shard has no cells: there is nothing to do.\n\n"
                          : "No cell was run: nothing was measured.\n\n",
              text->out);
        return true;
    }
    size_t widths[COLUMN_COUNT];
    row *rows = calloc(view->count, sizeof *rows);
    if (!rows)
        return false;
    for (size_t r = 0; r < view->count; r++)
        set_row(text, &rows[r], view->cells[r], r > 0 ? view->cells[r - 1] : NULL);
    write_rows(text, view, rows, widths);
    free(rows);
    fprintf(text->out, "\n%sgrowth/op: live memory that each op adds", hg_text_ink(text, HG_INK_DIM));
    if (has_column(widths, ERROR))
        fprintf(text->out, ", %s one standard error", text->unicode ? "\u00b1" : "+-");
    fprintf(text->out, ".%s%s\n\n",
            widths[SEES] > 0 ? "\nsees from: the smallest growth per op that the cell can detect." : "",
            hg_text_ink(text, HG_INK_PLAIN));
    return true;
}
