#include "base/escape.h"
#include "terminal/text.h"
#include "view/held.h"
#include "view/kept.h"
#include "view/view.h"
#include "view/writers.h"

static void write_names(const hg_text *text, const hg_cell *cell)
{
    hg_text_name(text, cell->workload, 32);
    fputs(", ", text->out);
    hg_text_name(text, cell->subject, 24);
    fputs(" (", text->out);
    hg_text_name(text, cell->allocator, 16);
    fputs(")\n", text->out);
}

static void write_cell(const hg_text *text, const hg_cell *cell, bool all)
{
    char line[HG_HELD_LINE];
    char shown[4 * HG_HELD_LINE];
    bool untold = cell->holders_missing && cell->holders_missing[0] && !hg_cell_grows(cell);

    if (!hg_retainer_line(cell, all, 0, line) && !untold)
        return;
    fputs("What holds the memory of ", text->out);
    write_names(text, cell);
    for (size_t i = 0; hg_retainer_line(cell, all, i, line); i++)
        hg_text_parts(text, line, hg_text_columns(text) - 6);
    if (untold) {
        hg_escape_fit(shown, sizeof shown, cell->holders_missing, HG_HELD_LINE, text->unicode);
        fprintf(text->out, "    is not known: %s\n", shown);
    }
    fputc('\n', text->out);
}

void hg_text_holders(const hg_text *text, const hg_view *view, bool all)
{
    for (size_t i = 0; i < view->count; i++)
        write_cell(text, view->cells[i], all);
}

void hg_text_kept(const hg_text *text, const hg_view *view)
{
    char line[HG_KEPT_LINE];
    bool any = false;

    for (size_t i = 0; i < view->count; i++)
        for (size_t k = 0; hg_kept_line(view->cells[i], k, line); k++, any = true) {
            if (!any)
                fputs("Memory at exit that needs a review\n", text->out);
            if (k == 0) {
                fputs("  ", text->out);
                write_names(text, view->cells[i]);
            }
            hg_text_parts(text, line, hg_text_columns(text) - 6);
        }
    if (any)
        fputc('\n', text->out);
}

bool hg_report_holders(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_report_options plain = {0};
    hg_view view;
    size_t told = 0;

    if (!options)
        options = &plain;
    const hg_text text = {out, options->colour, options->verbose, options->unicode, options->columns};
    if (!hg_view_init(&view, run))
        return false;
    for (size_t i = 0; i < view.count; i++)
        told += view.cells[i]->holder_count > 0;
    hg_text_holders(&text, &view, true);
    if (told == 0)
        fputs("The run has no inventory of holders; run with --holders always.\n", out);
    hg_view_clear(&view);
    return true;
}
