/*
 * The speeds in a comment: folded, one row per timed cell.
 */
#include "markdown/markdown_speed.h"

#include "base/humanise.h"

#define NAME_COLUMNS 32u

static void write_spread(FILE *out, hg_spread what, hg_quantity (*human)(double), double unit)
{
    if (what.median <= 0) {
        fputs(" – |", out);
        return;
    }
    fprintf(out, " %s (%s to ", human(what.median * unit).text, human(what.low * unit).text);
    fprintf(out, "%s) |", human(what.high * unit).text);
}

static void write_row(FILE *out, const hg_cell *cell)
{
    const hg_speed *speed = &cell->speed;

    fputs("| ", out);
    hg_page_code(out, hg_view_name(cell->workload), NAME_COLUMNS, true);
    fputs(" | ", out);
    hg_page_code(out, hg_view_name(cell->subject), NAME_COLUMNS, true);
    fputs(" | ", out);
    hg_page_code(out, hg_view_name(cell->allocator), NAME_COLUMNS, true);
    fputs(" |", out);
    write_spread(out, speed->ops_per_second, hg_human_count, 1);
    if (speed->against.median > 0)
        fprintf(out, " %s%.2f (%.2f to %.2f) |", cell->too_slow ? "❌ " : "", speed->against.median,
                speed->against.low, speed->against.high);
    else
        fputs(" |", out);
    write_spread(out, speed->p50_ns, hg_human_brief, 1e-9);
    write_spread(out, speed->p99_ns, hg_human_brief, 1e-9);
    fputc('\n', out);
}

void hg_markdown_speed(hg_page *page, const hg_view *view)
{
    bool begun = false;

    for (size_t i = 0; i < view->count && !page->failed; i++) {
        if (!hg_cell_is_timed(view->cells[i]))
            continue;
        FILE *out = hg_page_begin(page);
        if (out && !begun)
            fputs("\n<details><summary>Speed without the probe: median (quartiles)</summary>\n\n"
                  "| workload | subject | allocator | ops/s | times as fast as " HG_REFERENCE
                  " | p50 | p99 |\n|---|---|---|---:|---:|---:|---:|\n",
                  out);
        if (out)
            write_row(out, view->cells[i]);
        if (!hg_page_end(page))
            break; /* the full report has the rest */
        begun = true;
    }
    if (begun)
        fputs("\n</details>\n", page->out);
}
