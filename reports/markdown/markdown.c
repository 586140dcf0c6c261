/*
 * A comment for a pull request: the outcome, one row per workload with a column per subject, and folded
 * details. It is never larger than HG_PAGE_BYTES: rows and details that do not fit are counted instead.
 */
#include "base/humanise.h"
#include "markdown/markdown_speed.h"
#include "markdown/markdown_torture.h"
#include "markdown/markdown_tried.h"
#include "markdown/page.h"
#include "terminal/details.h"
#include "view/cross_check.h"
#include "view/held.h"
#include "view/kept.h"
#include "view/view.h"
#include "view/writers.h"

#include <math.h>
#include <stdlib.h>

#define SUBJECTS_MAX   4u /* columns */
#define NAME_COLUMNS   48u
#define REASON_COLUMNS 240u
#define SITES_MAX      8u    /* in one cell's details */
#define DETAILS_BYTES  6000u /* of one cell */
#define TABLE_BYTES    30000u
#define END_BYTES      1500u /* kept back for the last lines */

/* The more attention a cell needs, the higher. */
static int gravity(const hg_cell *cell)
{
    if (cell->verdict == HG_VERDICT_FAILED)
        return 4;
    if (cell->verdict == HG_VERDICT_INCONCLUSIVE)
        return 2;
    return cell->met ? 0 : 3;
}

static const char *mark(int gravity_of_cells)
{
    return gravity_of_cells == 0 ? "✅" : gravity_of_cells == 2 ? "⚠️" : "❌";
}

/* The cell that stands for one workload and subject: the gravest, then the fastest growing. */
static const hg_cell *telling(const hg_view *view, size_t start, size_t end, const char *subject)
{
    const hg_cell *best = NULL;

    for (size_t i = start; i < end; i++) {
        const hg_cell *cell = view->cells[i];
        if (!hg_same_text(cell->subject, subject))
            continue;
        if (!best || gravity(cell) > gravity(best) ||
            (gravity(cell) == gravity(best) && cell->bytes_per_op > best->bytes_per_op))
            best = cell;
    }
    return best;
}

static bool is_measured(const hg_cell *cell)
{
    return cell && hg_cell_is_judged(cell) && isfinite(cell->bytes_per_op);
}

static void write_cell(FILE *out, const hg_cell *cell, bool name_allocator)
{
    if (!cell) {
        fputs(" – |", out);
        return;
    }
    if (is_measured(cell)) {
        fprintf(out, " %s, %s per ", hg_verdict_name(cell->verdict), hg_human_bytes(cell->bytes_per_op).text);
        hg_page_code(out, hg_cell_unit(cell), 24, true);
    } else {
        fprintf(out, " %s", hg_verdict_name(cell->verdict));
    }
    if (!cell->met) {
        fputs(", not as expected", out);
        if (name_allocator) {
            fputs(" on ", out);
            hg_page_code(out, cell->allocator, 24, true);
        }
    }
    fputs(" |", out);
}

/* "-100 %": how the growth changes from the first subject to the last. */
static void write_change(FILE *out, const hg_cell *first, const hg_cell *last)
{
    if (is_measured(first) && is_measured(last) && first->bytes_per_op > 0) {
        double percent = hg_percent_change(first->bytes_per_op, last->bytes_per_op);
        if (fabs(percent) < 1e6) {
            /* -100 only where nothing is left */
            double shown = percent > -100 && percent < -99 ? -99 : percent;
            fprintf(out, " %+.0f %% |", shown == 0 ? 0.0 : shown);
            return;
        }
    }
    fputs(" |", out);
}

static void write_row(FILE *out, const hg_view *view, size_t start, size_t end, size_t subjects)
{
    int worst = 0;

    for (size_t i = start; i < end; i++)
        worst = gravity(view->cells[i]) > worst ? gravity(view->cells[i]) : worst;
    fprintf(out, "| %s | ", mark(worst));
    hg_page_code(out, view->cells[start]->workload, NAME_COLUMNS, true);
    fputs(" |", out);
    for (size_t i = 0; i < subjects; i++)
        write_cell(out, telling(view, start, end, view->subjects[i]), view->allocator_count > 1);
    if (subjects > 1)
        write_change(out, telling(view, start, end, view->subjects[0]),
                     telling(view, start, end, view->subjects[subjects - 1]));
    fputc('\n', out);
}

static void write_table_head(FILE *out, const hg_view *view, size_t subjects)
{
    fputs("| | workload |", out);
    for (size_t i = 0; i < subjects; i++) {
        fputs(i > 0 ? " → " : " ", out);
        hg_page_code(out, view->subjects[i], NAME_COLUMNS, true);
        fputs(" |", out);
    }
    fputs(subjects > 1 ? " change |\n|---|---|" : "\n|---|---|", out);
    for (size_t i = 0; i < subjects; i++)
        fputs("---|", out);
    fputs(subjects > 1 ? "---:|\n" : "\n", out);
}

static void write_table(hg_page *page, const hg_view *view)
{
    size_t subjects = view->subject_count < SUBJECTS_MAX ? view->subject_count : SUBJECTS_MAX;
    size_t kept_back = page->left - TABLE_BYTES;
    size_t left_out = 0;
    FILE *out = hg_page_begin(page);

    if (out)
        write_table_head(out, view, subjects);
    hg_page_end(page);
    page->left -= kept_back;
    for (size_t start = 0; start < view->count && !page->failed;) {
        size_t end = hg_view_workload_end(view, start);
        out = hg_page_begin(page);
        if (out)
            write_row(out, view, start, end, subjects);
        left_out += !hg_page_end(page);
        start = end;
    }
    page->left += kept_back;
    out = hg_page_begin(page);
    if (out && left_out > 0)
        fprintf(out, "\nThe full report has %s.\n", hg_human_things(left_out, "more workload").text);
    if (out && subjects < view->subject_count)
        fprintf(out, "\nThe full report has %s.\n",
                hg_human_things(view->subject_count - subjects, "more subject").text);
    hg_page_end(page);
}

static void write_meaning(FILE *out, const hg_run *run, int code)
{
    fputs(": ", out);
    if (run->unfinished[0])
        hg_page_code(out, run->unfinished, 240, false);
    else
        fputs(hg_run_meaning(run), out);
    fprintf(out, " (exit code %d)", code);
}

static void write_head(hg_page *page, const hg_run *run)
{
    hg_quantity cells = hg_human_things(run->cell_count, "cell");
    size_t met = hg_run_count_met(run);
    size_t unmet = run->cell_count - met;
    int code = hg_run_exit_code(run);
    FILE *out = hg_page_begin(page);

    if (!out)
        return;
    fprintf(out, "## %s heapgate: %s\n\n", mark(code == 0 ? 0 : code == 3 ? 2 : 4), hg_run_outcome(run));
    if (run->cell_count == 0 && run->torture.asked)
        fprintf(out, "%s in ", hg_human_things(run->torture.fault_count, "fault").text);
    else if (run->cell_count == 0 && run->tried.asked)
        fputs("Which allocation sites were tried by ", out);
    else if (run->cell_count == 0)
        fputs(code == 0 ? "This shard has no cells of " : "The run has no cells of ", out);
    else if (unmet == 0)
        fprintf(out, "%zu of %s %s as expected in ", met, cells.text, met == 1 ? "is" : "are");
    else
        fprintf(out, "**%zu of %s %s not as expected** in ", unmet, cells.text, unmet == 1 ? "is" : "are");
    hg_page_code(out, run->suite, NAME_COLUMNS, false);
    if (code != 0)
        write_meaning(out, run, code);
    fprintf(out, ". The run took %s.\n\n", hg_human_seconds(run->duration_seconds).text);
    hg_page_end(page);
}

static void write_names(FILE *out, const hg_cell *cell, bool with_allocator)
{
    hg_page_code(out, cell->workload, NAME_COLUMNS, false);
    fputs(", ", out);
    hg_page_code(out, cell->subject, NAME_COLUMNS, false);
    if (!with_allocator)
        return;
    fputs(", ", out);
    hg_page_code(out, cell->allocator, NAME_COLUMNS, false);
}

/* The line under which a cell is folded: its names, its verdict, and how many other cells share them. */
static void write_summary(FILE *out, const hg_view *view, size_t index, bool open)
{
    const hg_cell *cell = view->cells[index];
    size_t others = hg_view_count_same_story(view, index);

    fprintf(out, "\n<details%s><summary>", open ? " open" : "");
    hg_page_code_html(out, cell->workload, NAME_COLUMNS);
    fputs(", ", out);
    hg_page_code_html(out, cell->subject, NAME_COLUMNS);
    fputs(", ", out);
    hg_page_code_html(out, cell->allocator, NAME_COLUMNS);
    if (others > 0)
        fprintf(out, " and %s", hg_human_things(others, "more allocator").text);
    if (hg_cell_trouble(cell))
        fprintf(out, ": %s, but <b>%s</b></summary>\n\n", hg_verdict_name(cell->verdict),
                hg_cell_trouble(cell)->phrase);
    else
        fprintf(out, ": <b>%s</b>, expected %s</summary>\n\n", hg_verdict_name(cell->verdict),
                hg_expect_name(cell->expect));
}

static void write_cross_check(FILE *out, const hg_cell *cell)
{
    char line[HG_CROSS_CHECK_LINE];

    hg_cross_check_line(cell, line);
    if (!line[0])
        return;
    hg_page_code(out, line, HG_CROSS_CHECK_LINE, false);
    fputs("\n\n", out);
}

static void write_cross_checks(hg_page *page, const hg_run *run)
{
    char line[HG_CROSS_CHECK_LINE];
    FILE *out = hg_page_begin(page);

    hg_cross_check_summary(run, line);
    if (out && line[0])
        fprintf(out, "\n%s.\n", line);
    hg_page_end(page);
}

/* The cells that are not as expected. False when memory ran out. */
static bool write_troubles(hg_page *page, const hg_view *view, size_t *left_out)
{
    bool open = true;

    for (size_t i = 0; i < view->count; i++) {
        if (view->cells[i]->met || hg_view_is_told(view, i))
            continue;
        char *details = hg_details_text(view->cells[i], SITES_MAX);
        FILE *out = details ? hg_page_begin(page) : NULL;
        if (out) {
            write_summary(out, view, i, open);
            write_cross_check(out, view->cells[i]);
            hg_page_block(out, details, DETAILS_BYTES);
            fputs("\n</details>\n", out);
            *left_out += !hg_page_end(page);
        }
        free(details);
        if (!out)
            return false;
        open = false;
    }
    return true;
}

static void write_known_leak(FILE *out, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_site *site = hg_cell_culprit(cell);

    fputs("- ", out);
    write_names(out, cell, hg_view_count_same_story(view, index) + 1 < view->allocator_count);
    fprintf(out, ": %s per ", hg_human_bytes(cell->bytes_per_op).text);
    hg_page_code(out, hg_cell_unit(cell), 24, false);
    if (site && site->frame_count > 0) {
        fputs(", most from ", out);
        hg_page_frame(out, &site->frames[0], false);
    }
    fputc('\n', out);
}

/* One line for each workload and subject that leaks as expected. */
static void write_known_leaks(hg_page *page, const hg_view *view, size_t *left_out)
{
    bool any = false;

    for (size_t i = 0; i < view->count && !page->failed; i++) {
        const hg_cell *cell = view->cells[i];
        if (!cell->met || cell->verdict != HG_VERDICT_LEAK || hg_view_is_told(view, i))
            continue;
        FILE *out = hg_page_begin(page);
        if (out && !any)
            fputs("\n<details><summary>Expected leaks</summary>\n\n", out);
        if (out)
            write_known_leak(out, view, i);
        bool written = hg_page_end(page);
        any |= written;
        *left_out += !written;
    }
    if (any)
        fputs("\n</details>\n", page->out);
}

/* One line for each cell whose fragmentation is not a failure. */
static void write_fragmented(hg_page *page, const hg_view *view, size_t *left_out)
{
    for (size_t i = 0; i < view->count && !page->failed; i++) {
        const hg_cell *cell = view->cells[i];
        if (!cell->met || cell->verdict != HG_VERDICT_FRAGMENTATION)
            continue;
        FILE *out = hg_page_begin(page);
        if (out) {
            fputs("\n**Fragmentation**: ", out);
            write_names(out, cell, true);
            fputs(": ", out);
            hg_page_code(out, cell->reason, REASON_COLUMNS, false);
            fputc('\n', out);
        }
        *left_out += !hg_page_end(page);
    }
}

static void write_end(hg_page *page, const hg_run *run, size_t left_out, size_t faults_left_out)
{
    FILE *out = hg_page_begin(page);

    if (out && left_out > 0)
        fprintf(out, "\nThe full report has the details of %s.\n",
                hg_human_things(left_out, "more cell").text);
    if (out && faults_left_out > 0)
        fprintf(out, "\nThe full report has the details of %s.\n",
                hg_human_things(faults_left_out, "more finding").text);
    if (out) {
        fputs("\n<sub>heapgate ", out);
        hg_page_code_html(out, run->version, 20);
        fputs(", ", out);
        hg_page_code_html(out, run->machine, 80);
        fputs("; growth is the live memory that each op adds.</sub>\n", out);
    }
    hg_page_end(page);
}

/* The largest holders of each cell that has an inventory. */
static void write_holders(hg_page *page, const hg_view *view, size_t *left_out)
{
    bool any = false;

    for (size_t i = 0; i < view->count && !page->failed; i++) {
        char line[HG_HELD_LINE];
        FILE *out = hg_retainer_line(view->cells[i], false, 0, line) ? hg_page_begin(page) : NULL;
        if (!out)
            continue;
        if (!any)
            fputs("\n<details><summary>What holds the memory</summary>\n\n", out);
        fputs("- ", out);
        write_names(out, view->cells[i], view->allocator_count > 1);
        fputc('\n', out);
        for (size_t k = 0; hg_retainer_line(view->cells[i], false, k, line); k++) {
            fputs("  - ", out);
            hg_page_code(out, line, HG_HELD_LINE, false);
            fputc('\n', out);
        }
        bool written = hg_page_end(page);
        any |= written;
        *left_out += !written;
    }
    if (any)
        fputs("\n</details>\n", page->out);
}

/* What is alive at exit and needs a review, of each cell. */
static void write_kept(hg_page *page, const hg_view *view, size_t *left_out)
{
    char line[HG_KEPT_LINE];
    bool any = false;

    for (size_t i = 0; i < view->count && !page->failed; i++) {
        FILE *out = hg_kept_line(view->cells[i], 0, line) ? hg_page_begin(page) : NULL;
        if (!out)
            continue;
        if (!any)
            fputs("\n<details><summary>Memory at exit that needs a review</summary>\n\n", out);
        fputs("- ", out);
        write_names(out, view->cells[i], view->allocator_count > 1);
        fputc('\n', out);
        for (size_t k = 0; hg_kept_line(view->cells[i], k, line); k++) {
            fputs("  - ", out);
            hg_page_code(out, line, HG_KEPT_LINE, false);
            fputc('\n', out);
        }
        bool written = hg_page_end(page);
        any |= written;
        *left_out += !written;
    }
    if (any)
        fputs("\n</details>\n", page->out);
}

bool hg_report_markdown(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_page page = {.out = out, .left = HG_PAGE_BYTES - END_BYTES};
    hg_view view;
    size_t left_out = 0;

    (void)options;
    if (!hg_view_init(&view, run))
        return false;
    write_head(&page, run);
    if (view.count > 0)
        write_table(&page, &view);
    write_cross_checks(&page, run);
    if (write_troubles(&page, &view, &left_out)) {
        write_known_leaks(&page, &view, &left_out);
        write_fragmented(&page, &view, &left_out);
    } else {
        page.failed = true;
    }
    size_t faults_left_out = 0;
    page.failed |= !hg_markdown_torture(&page, &run->torture, &faults_left_out);
    hg_markdown_tried(&page, &run->tried);
    write_holders(&page, &view, &left_out);
    write_kept(&page, &view, &left_out);
    hg_markdown_speed(&page, &view);
    page.left += END_BYTES;
    write_end(&page, run, left_out, faults_left_out);
    hg_view_clear(&view);
    return !page.failed;
}
