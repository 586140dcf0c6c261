#include "base/humanise.h"
#include "diff/diff_report.h"
#include "markdown/page.h"
#include "view/view.h"

#define NAME_COLUMNS 48u
#define END_BYTES    1500u /* kept back for the last lines */

static const char *mark(hg_change change)
{
    static const char *const marks[HG_CHANGES] = {[HG_CHANGE_NEW] = "❌ new",
                                                  [HG_CHANGE_WORSE] = "❌ worse",
                                                  [HG_CHANGE_UNCLEAR] = "⚠️ unclear",
                                                  [HG_CHANGE_BETTER] = "✅ better",
                                                  [HG_CHANGE_FIXED] = "✅ fixed",
                                                  [HG_CHANGE_SAME] = "same"};

    return marks[change];
}

static void write_head(hg_page *page, const hg_diff *diff, const hg_diff_names *names)
{
    int code = hg_diff_exit_code(diff);
    FILE *out = hg_page_begin(page);

    if (out) {
        fprintf(out, "## %s heapgate diff, leaks: ", code == 0 ? "✅" : code == 3 ? "⚠️" : "❌");
        hg_diff_write_counts(diff, out);
        fputs("\n\nFrom A, ", out);
        hg_page_code(out, names->a, 80, false);
        fputs(", to B, ", out);
        hg_page_code(out, names->b, 80, false);
        fputs(".\n\n", out);
    }
    hg_page_end(page);
}

static void write_cell_name(FILE *out, const hg_cell_diff *cell)
{
    hg_page_code(out, cell->b->workload, NAME_COLUMNS, true);
    fputs(", ", out);
    if (!hg_same_text(cell->a->subject, cell->b->subject)) {
        hg_page_code(out, cell->a->subject, NAME_COLUMNS, true);
        fputs(" → ", out);
    }
    hg_page_code(out, cell->b->subject, NAME_COLUMNS, true);
    fputs(", ", out);
    hg_page_code(out, cell->b->allocator, NAME_COLUMNS, true);
}

static void write_place(FILE *out, const hg_site_diff *site)
{
    const hg_site *shown = site->b.site ? site->b.site : site->a.site;

    if (shown->frame_count == 0) {
        fputs("no call stack", out);
        return;
    }
    hg_page_frame(out, &shown->frames[0], true);
    if (site->renamed && site->a.site) {
        fputs(", probably renamed from ", out);
        hg_page_code(out, site->a.site->frames[site->renamed_frame].function, NAME_COLUMNS, true);
    }
}

static const char *rate_of(const hg_diff_side *side, hg_quantity *store)
{
    *store = hg_human_bytes(side->bytes_per_op);
    return side->site ? store->text : "–";
}

static void write_site_row(FILE *out, const hg_cell_diff *cell, const hg_site_diff *site)
{
    hg_quantity a, b;

    fprintf(out, "| %s | ", mark(site->change));
    write_cell_name(out, cell);
    fputs(" | ", out);
    write_place(out, site);
    fprintf(out, " | %s → %s |\n", rate_of(&site->a, &a), rate_of(&site->b, &b));
}

/* A cell whose change shows in no site: it failed, or grows in open files. */
static void write_cell_row(FILE *out, const hg_cell_diff *cell)
{
    fprintf(out, "| %s | ", mark(cell->change));
    write_cell_name(out, cell);
    fprintf(out, " | the whole cell | %s → %s |\n", hg_verdict_name(cell->a->verdict),
            hg_verdict_name(cell->b->verdict));
}

static bool is_told_by_site(const hg_cell_diff *cell)
{
    for (size_t i = 0; i < cell->site_count; i++)
        if (cell->sites[i].change != HG_CHANGE_SAME)
            return true;
    return cell->change == HG_CHANGE_SAME;
}

/* Writes the rows of one kind of change; returns how many did not fit. */
static size_t write_rows(hg_page *page, const hg_diff *diff, hg_change change)
{
    size_t left_out = 0;

    for (size_t i = 0; i < diff->cell_count; i++) {
        const hg_cell_diff *cell = &diff->cells[i];
        if (cell->change == change && !is_told_by_site(cell)) {
            FILE *out = hg_page_begin(page);
            if (out)
                write_cell_row(out, cell);
            left_out += !hg_page_end(page);
        }
        for (size_t k = 0; k < cell->site_count && !page->failed; k++) {
            const hg_site_diff *site = &cell->sites[k];
            if (site->change != change || (change == HG_CHANGE_SAME && !site->renamed))
                continue;
            FILE *out = hg_page_begin(page);
            if (out)
                write_site_row(out, cell, site);
            left_out += !hg_page_end(page);
        }
    }
    return left_out;
}

bool hg_diff_markdown(const hg_diff *diff, const hg_diff_names *names, FILE *out)
{
    hg_page page = {.out = out, .left = HG_PAGE_BYTES - END_BYTES};
    size_t left_out = 0;
    bool changed = false;

    write_head(&page, diff, names);
    for (size_t i = 0; i < diff->cell_count; i++)
        changed |= hg_diff_is_changed(&diff->cells[i]);
    if (changed) {
        FILE *head = hg_page_begin(&page);
        if (head)
            fputs("| | cell | call path | growth per op |\n|---|---|---|---|\n", head);
        hg_page_end(&page);
    }
    for (int change = 0; change < HG_CHANGES; change++)
        left_out += write_rows(&page, diff, (hg_change)change);
    page.left += END_BYTES;
    FILE *end = hg_page_begin(&page);
    if (end && left_out > 0)
        fprintf(end, "\n%s did not fit.\n", hg_human_things(left_out, "more row").text);
    if (end && diff->only_a_count + diff->only_b_count > 0)
        fprintf(end, "\nNot compared: %s only in A, %zu only in B.\n",
                hg_human_things(diff->only_a_count, "cell").text, diff->only_b_count);
    if (end && !changed)
        fprintf(end, "%s compared; nothing changed.\n", hg_human_things(diff->cell_count, "cell").text);
    hg_page_end(&page);
    return !page.failed;
}
