/*
 * What the measured growth means in production: at the rate that the suite declares or, if it declares none,
 * at example rates. A time says when the growth alone fills a limit, without the rest of the memory. All
 * figures are measured; none is estimated.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"

#include <math.h>

#define ROWS_MAX 60

static const struct {
    double bytes;
    const char *name;
} limits[] = {{512.0 * (1 << 20), "512 MiB"}, {1.0 * (1 << 30), "1 GiB"}, {4.0 * (1 << 30), "4 GiB"}};

static const struct {
    double per_second;
    const char *name;
} rates[] = {{1, "1 op/s"}, {100, "100 op/s"}, {10000, "10 000 op/s"}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct row {
    size_t start, end; /* cells that share it */
    size_t cell;       /* the one that it shows */
} row;

typedef void (*row_writer)(FILE *out, const hg_view *view, const row *at);

/* Of a program that was watched by the clock, growth has its rate already. */
static bool is_by_clock(const hg_cell *cell)
{
    return hg_same_text(cell->unit, "ms") || hg_same_text(cell->unit, "second");
}

/*
 * Counts the rows, and writes the first ROWS_MAX of them unless write is NULL. A row is a growing cell with a
 * declared rate, or one without. If allocators agree, the first stands for all.
 */
static size_t visit_rows(FILE *out, const hg_view *view, bool declared, row_writer write)
{
    size_t rows = 0;

    for (size_t start = 0; start < view->count;) {
        size_t end = hg_html_row_end(view, start);
        for (size_t i = start; i < end; i++) {
            const hg_cell *cell = view->cells[i];
            size_t first = hg_html_find(view, start, i, cell->subject);
            bool told = first < i && !hg_same_text(view->cells[first]->allocator, cell->allocator);
            if (told || !hg_cell_grows(cell) || (cell->rate_per_hour > 0) != declared || is_by_clock(cell))
                continue;
            if (++rows <= ROWS_MAX && write)
                write(out, view, &(row){start, end, i});
        }
        start = end;
    }
    return rows;
}

/* True when all allocators agree: then a subject has one row, which needs no names of allocators. */
static bool is_whole_workload(const hg_view *view, const row *at)
{
    bool first = at->start == 0 ||
                 !hg_same_text(view->cells[at->start - 1]->workload, view->cells[at->start]->workload);

    return first && at->end == hg_view_workload_end(view, at->start);
}

static void write_names(FILE *out, const hg_view *view, const row *at)
{
    const hg_cell *cell = view->cells[at->cell];

    fputs("<tr><th scope=\"row\">", out);
    hg_escape_html(out, hg_view_name(cell->workload), 60);
    fputs("</th><td>", out);
    hg_escape_html(out, hg_view_name(cell->subject), 32);
    if (!is_whole_workload(view, at)) {
        fputs(" <span class=\"alias\">", out);
        hg_html_allocators(out, view, at->start, at->end);
        fputs("</span>", out);
    }
    fputs("</td>", out);
}

static void write_other(FILE *out, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_cell *other = hg_html_other(view, index);

    if (!other) {
        fputs("<td class=\"n\">&ndash;</td><td class=\"n\">&ndash;</td>", out);
        return;
    }
    double daily = fmax(other->bytes_per_op, 0) * cell->rate_per_hour * 24;
    fprintf(out, "<td class=\"n\">%s</td><td class=\"n\">", hg_human_bytes(daily).text);
    hg_html_percent(out, cell->bytes_per_op, other->bytes_per_op);
    fputs("</td>", out);
}

static void write_declared_row(FILE *out, const hg_view *view, const row *at)
{
    const hg_cell *cell = view->cells[at->cell];
    double hourly = cell->bytes_per_op * cell->rate_per_hour;

    write_names(out, view, at);
    fprintf(out, "<td class=\"n\">%s</td><td class=\"n\">%s</td>", hg_human_rate(cell->rate_per_hour).text,
            hg_human_bytes(hourly).text);
    fprintf(out, "<td class=\"n strong\">%s <span class=\"alias\">%s</span></td>",
            hg_human_bytes(hourly * 24).text, hg_human_megabytes(hourly * 24).text);
    if (view->subject_count == 2)
        write_other(out, view, at->cell);
    for (size_t i = 0; i < COUNT(limits); i++)
        fprintf(out, "<td class=\"n\">%s</td>", hg_human_span(limits[i].bytes / hourly * 3600).text);
    fputs("</tr>\n", out);
}

static void write_rows(FILE *out, const hg_view *view, bool declared, row_writer write)
{
    size_t rows = visit_rows(out, view, declared, write);

    fputs("</tbody></table></div>\n", out);
    if (rows > ROWS_MAX)
        fprintf(out, "<p class=\"note\">%s in run.json.</p>\n",
                hg_human_things(rows - ROWS_MAX, "more cell").text);
}

static void write_declared(FILE *out, const hg_view *view)
{
    fputs("<p>At the production rates that the suite declares:</p>\n<div class=\"scroll\" "
          "role=\"region\" aria-label=\"Growth at the declared rates\" tabindex=\"0\">\n<table "
          "class=\"projection\"><thead><tr><th "
          "scope=\"col\">Workload</th><th scope=\"col\">Subject</th><th scope=\"col\" class=\"n\">Ops per "
          "hour</th><th scope=\"col\" class=\"n\">Growth per hour</th><th scope=\"col\" class=\"n\">Per "
          "day</th>",
          out);
    if (view->subject_count == 2) {
        fputs("<th scope=\"col\" class=\"n\">", out);
        hg_escape_html(out, hg_view_name(view->subjects[1]), 24);
        fputs(", per day</th><th scope=\"col\" class=\"n\">Change</th>", out);
    }
    for (size_t i = 0; i < COUNT(limits); i++)
        fprintf(out, "<th scope=\"col\" class=\"n\">Fills %s in</th>", limits[i].name);
    fputs("</tr></thead>\n<tbody>\n", out);
    write_rows(out, view, true, write_declared_row);
}

static void write_if_row(FILE *out, const hg_view *view, const row *at)
{
    double bytes_per_op = view->cells[at->cell]->bytes_per_op;

    write_names(out, view, at);
    for (size_t i = 0; i < COUNT(rates); i++)
        fprintf(out, "<td class=\"n\">%s per day; 1 GiB in %s</td>",
                hg_human_bytes(bytes_per_op * rates[i].per_second * 86400).text,
                hg_human_span((1 << 30) / (bytes_per_op * rates[i].per_second)).text);
    fputs("</tr>\n", out);
}

static void write_if(FILE *out, const hg_view *view)
{
    fputs("<p>The suite declares no production rate (<code>rate_per_hour</code>). At example rates:</p>"
          "\n<div class=\"scroll\" role=\"region\" aria-label=\"Growth at example rates\" "
          "tabindex=\"0\">\n<table class=\"projection\"><thead><tr><th scope=\"col\">Workload</th><th "
          "scope=\"col\">Subject</th>",
          out);
    for (size_t i = 0; i < COUNT(rates); i++)
        fprintf(out, "<th scope=\"col\" class=\"n\">%s</th>", rates[i].name);
    fputs("</tr></thead>\n<tbody>\n", out);
    write_rows(out, view, false, write_if_row);
}

/* A clean cell may still leak less than it can detect: says so for the coarsest of them. */
static void write_clean(FILE *out, const hg_view *view)
{
    double most = 0;
    size_t clean = 0;

    for (size_t i = 0; i < view->count; i++) {
        const hg_cell *cell = view->cells[i];
        if (cell->verdict != HG_VERDICT_CLEAN || cell->rate_per_hour <= 0)
            continue;
        clean++;
        most = fmax(most, cell->min_detectable_bytes_per_op * cell->rate_per_hour * 24);
    }
    if (clean > 0 && most > 0)
        fprintf(out,
                "<p class=\"note\">%s: at the declared rates, a leak too small to be detected there gains at "
                "most %s per day.</p>\n",
                hg_human_things(clean, "clean cell").text, hg_human_bytes(most).text);
}

bool hg_html_has_meaning(const hg_view *view)
{
    bool clean_rates = false;

    for (size_t i = 0; i < view->count; i++) {
        const hg_cell *cell = view->cells[i];
        clean_rates = clean_rates || (cell->verdict == HG_VERDICT_CLEAN && cell->rate_per_hour > 0 &&
                                      cell->min_detectable_bytes_per_op > 0);
    }
    return clean_rates || visit_rows(NULL, view, true, NULL) > 0 || visit_rows(NULL, view, false, NULL) > 0;
}

void hg_html_meaning(FILE *out, const hg_view *view)
{
    size_t declared = visit_rows(NULL, view, true, NULL);
    size_t undeclared = visit_rows(NULL, view, false, NULL);

    if (!hg_html_has_meaning(view))
        return;
    fputs("<section aria-labelledby=\"meaning\">\n<h2 id=\"meaning\">Growth in production</h2>\n", out);
    if (declared > 0)
        write_declared(out, view);
    if (undeclared > 0)
        write_if(out, view);
    write_clean(out, view);
    fputs("</section>\n", out);
}
