/* The same for the summary of a job: charts are lines of block characters. */
#include "audit/audit.h"

#include "base/humanise.h"
#include "markdown/page.h"
#include <math.h>

#define NAME_COLUMNS 48u
#define TEXT_COLUMNS 120u
#define END_BYTES    1000u /* kept back for the last lines */

enum { MOST_MARKS = 24 };

/* The latest runs as marks from low to high; a space where a run does not have the figure. */
static void write_marks(FILE *out, const hg_audit *audit, const hg_audit_cell *cell, hg_audit_figure figure)
{
    static const char *const marks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                        "\u2585", "\u2586", "\u2587", "\u2588"};
    size_t from = audit->run_count > MOST_MARKS ? audit->run_count - MOST_MARKS : 0;
    size_t at = from;
    double peak = 0;

    for (size_t i = 0; i < cell->count; i++)
        if (cell->points[i].run >= from)
            peak = fmax(peak, cell->points[i].figures[figure]);
    for (size_t i = 0; i < cell->count; i++) {
        double value = cell->points[i].figures[figure];
        if (cell->points[i].run < from || isnan(value))
            continue;
        for (; at < cell->points[i].run; at++)
            fputs("\u00a0", out);
        double share = peak > 0 && isfinite(peak) ? fmin(fmax(value / peak, 0), 1) : 0;
        fputs(marks[(int)(share * 7)], out);
        at++;
    }
}

static void write_figure(FILE *out, const hg_audit *audit, const hg_audit_cell *cell, hg_audit_figure figure)
{
    char from[48], to[48];
    const hg_audit_point *first = hg_audit_first(cell, figure), *last = hg_audit_last(audit, cell);

    if (!first) {
        fputs(" \u2013 |", out);
        return;
    }
    hg_audit_value(figure, first->figures[figure], from, sizeof from);
    hg_audit_value(figure, last ? last->figures[figure] : NAN, to, sizeof to);
    fputc(' ', out);
    write_marks(out, audit, cell, figure);
    fprintf(out, " %s \u2192 %s |", from, to);
}

/* True when the row was written. */
static bool write_cell(hg_page *page, const hg_audit *audit, const hg_audit_cell *cell)
{
    const hg_audit_point *last = hg_audit_last(audit, cell);
    FILE *out = hg_page_begin(page);

    if (!out)
        return false;
    fputs("| ", out);
    hg_page_code(out, cell->workload, NAME_COLUMNS, true);
    fputs(", ", out);
    hg_page_code(out, cell->subject, NAME_COLUMNS, true);
    fputs(", ", out);
    hg_page_code(out, cell->allocator, NAME_COLUMNS, true);
    fprintf(out, " | %s%s |",
            !last       ? "\u2013"
            : last->met ? "\u2705 "
                        : "\u274c ",
            last ? hg_verdict_name(last->verdict) : "");
    for (int figure = 0; figure < HG_AUDIT_FIGURES; figure++)
        write_figure(out, audit, cell, (hg_audit_figure)figure);
    fputc('\n', out);
    return hg_page_end(page);
}

static size_t write_cells(hg_page *page, const hg_audit *audit)
{
    size_t left_out = 0;

    fputs("\n### Each cell, run by run\n\n| cell | latest |", page->out);
    for (int figure = 0; figure < HG_AUDIT_FIGURES; figure++)
        fprintf(page->out, " %s |", hg_audit_title((hg_audit_figure)figure));
    fputs("\n|---|---|---|---|---|---|\n", page->out);
    for (size_t i = 0; i < audit->cell_count; i++)
        if (audit->cells[i].count > 0)
            left_out += !write_cell(page, audit, &audit->cells[i]);
    return left_out;
}

static bool write_leak(hg_page *page, const hg_audit *audit, const hg_audit_leak *leak)
{
    char age[96], state[96];
    FILE *out = hg_page_begin(page);

    if (!out)
        return false;
    hg_audit_age(audit, leak, age, sizeof age);
    hg_audit_state(audit, leak, state, sizeof state);
    fputs("| ", out);
    hg_page_code(out, leak->what, TEXT_COLUMNS, true);
    const char *const texts[] = {leak->why, leak->who, age, leak->until, state};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fputs(" | ", out);
        if (texts[i][0])
            hg_page_code(out, texts[i], TEXT_COLUMNS, true);
    }
    fprintf(out, " | %s |\n", leak->seen ? hg_human_bytes((double)leak->bytes).text : "\u2013");
    return hg_page_end(page);
}

static size_t write_leaks(hg_page *page, const hg_audit *audit)
{
    size_t left_out = 0;

    if (audit->leak_count == 0)
        return 0;
    fputs("\n### Deliberate leaks\n\n| what | why | who | age | until | state | keeps |\n"
          "|---|---|---|---|---|---|---|\n",
          page->out);
    for (size_t i = 0; i < audit->leak_count; i++)
        left_out += !write_leak(page, audit, &audit->leaks[i]);
    return left_out;
}

static bool write_holder(hg_page *page, const hg_audit *audit, const hg_audit_holder *holder)
{
    FILE *out = hg_page_begin(page);

    if (!out)
        return false;
    fputs("| ", out);
    hg_page_code(out, holder->name, NAME_COLUMNS, true);
    fputs(" | ", out);
    hg_page_code(out, holder->workload, NAME_COLUMNS, true);
    fprintf(out, " | %s | %s | %s", hg_human_things((uint64_t)holder->blocks, "block").text,
            hg_human_bytes((double)holder->bytes).text, holder->bound.known ? "" : "none");
    if (holder->bound.blocks > 0)
        fprintf(out, "%s blocks", hg_human_integer(holder->bound.blocks).text);
    if (holder->bound.bytes > 0)
        fprintf(out, " %s", hg_human_bytes((double)holder->bound.bytes).text);
    fprintf(out, "%s | %s%.10s |\n", holder->within_bound ? "" : " \u274c exceeded",
            holder->is_new ? "**new** " : "", audit->runs[holder->first].started);
    return hg_page_end(page);
}

static size_t write_holders(hg_page *page, const hg_audit *audit)
{
    size_t left_out = 0;

    if (audit->holder_count == 0)
        return 0;
    fputs(
        "\n### What holds memory\n\n| holder | workload | blocks of one call | holds | bound | first seen |\n"
        "|---|---|---|---|---|---|\n",
        page->out);
    for (size_t i = 0; i < audit->holder_count; i++)
        left_out += !write_holder(page, audit, &audit->holders[i]);
    return left_out;
}

static size_t write_needs(hg_page *page, const hg_audit *audit)
{
    size_t left_out = 0;

    if (audit->need_count == 0)
        return 0;
    fputs("\n### Memory at exit that needs a review\n\n", page->out);
    for (size_t i = 0; i < audit->need_count; i++) {
        FILE *out = hg_page_begin(page);
        if (!out)
            break;
        fputs("- ", out);
        hg_page_code(out, audit->needs[i].cell, NAME_COLUMNS, false);
        if (audit->needs[i].more > 0)
            fprintf(out, " and %s", hg_human_things(audit->needs[i].more, "more cell").text);
        fputs(": ", out);
        hg_page_code(out, audit->needs[i].line, 400, false);
        fputc('\n', out);
        left_out += !hg_page_end(page);
    }
    return left_out;
}

static size_t write_sites(hg_page *page, const hg_audit *audit)
{
    size_t left_out = 0;

    if (audit->site_count == 0)
        return 0;
    fputs("\n### Allocation sites that no run tried\n\n| where | calls | untried since |\n|---|---|---|\n",
          page->out);
    for (size_t i = 0; i < audit->site_count; i++) {
        const hg_audit_site *site = &audit->sites[i];
        const hg_frame frame = {
            .function = site->function, .file = site->file, .module = site->module, .line = site->line};
        FILE *out = hg_page_begin(page);
        if (!out)
            return left_out + audit->site_count - i;
        fputs("| ", out);
        hg_page_frame(out, &frame, true);
        fputs(" | ", out);
        hg_page_code(out, site->calls, NAME_COLUMNS, true);
        fprintf(out, " | %.10s |\n", audit->runs[site->first].started);
        left_out += !hg_page_end(page);
    }
    return left_out;
}

bool hg_audit_markdown(const hg_audit *audit, FILE *out)
{
    hg_page page = {.out = out, .left = HG_PAGE_BYTES - END_BYTES};
    const hg_audit_run *last = audit->run_count > 0 ? &audit->runs[audit->run_count - 1] : NULL;
    char summary[256];

    hg_audit_summary(audit, summary, sizeof summary);
    fputs("## heapgate audit of ", out);
    hg_page_code(out, last ? last->suite : "", NAME_COLUMNS, false);
    fprintf(out, ": %s\n\n%s, %.10s to %.10s.\n", summary[0] ? summary : "nothing asks for a person",
            hg_human_things(audit->run_count, "run").text, audit->run_count > 0 ? audit->runs[0].started : "",
            last ? last->started : "");
    size_t left_out = write_needs(&page, audit);
    left_out += write_leaks(&page, audit);
    left_out += write_cells(&page, audit);
    left_out += write_holders(&page, audit);
    left_out += write_sites(&page, audit);
    if (left_out > 0)
        fprintf(out, "\n%s did not fit; the page as HTML has more.\n",
                hg_human_things(left_out, "line").text);
    hg_audit_left_out(audit, summary, sizeof summary);
    if (summary[0])
        fprintf(out, "\nLeft out: %s.\n", summary);
    return !page.failed;
}
