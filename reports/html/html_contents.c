#include "base/escape.h"
#include "html/html.h"

#define WORKLOADS_NAMED 60

static void write_entry(FILE *out, const char *to, const char *title)
{
    fprintf(out, "<li><a href=\"#%s\">%s</a></li>\n", to, title);
}

static bool is_red(const hg_view *view, size_t start, size_t end)
{
    size_t i = start;

    while (i < end && view->cells[i]->met)
        i++;
    return i < end;
}

/* Red ones are first, and say so in words. */
static void write_workloads(FILE *out, const hg_view *view)
{
    size_t named = 0;

    for (size_t start = 0, end; start < view->count && start < HG_HTML_CELLS_MAX; start = end) {
        end = hg_view_workload_end(view, start);
        if (++named > WORKLOADS_NAMED)
            continue;
        bool red = is_red(view, start, end);
        fprintf(out, "<li><a href=\"#w%zu\"%s>", start, red ? " class=\"bad\"" : "");
        hg_escape_html(out, hg_view_name(view->cells[start]->workload), 40);
        fprintf(out, "</a>%s</li>\n", red ? ": not as expected" : "");
    }
    if (named > WORKLOADS_NAMED)
        fprintf(out, "<li>%zu more</li>\n", named - WORKLOADS_NAMED);
}

void hg_html_contents(FILE *out, const hg_view *view, size_t red)
{
    const hg_run *run = view->run;

    fputs("<nav aria-label=\"Contents\"><ul>\n", out);
    if (red > 0)
        write_entry(out, "unmet", "Not as expected");
    if (view->count > 0)
        write_entry(out, "growth", "Growth per op");
    if (hg_html_has_meaning(view))
        write_entry(out, "meaning", "Growth in production");
    if (hg_html_has_saved(view))
        write_entry(out, "saved", "Memory at the end");
    if (run->torture.asked)
        write_entry(out, "torture", "Calls that fail");
    if (run->tried.asked)
        write_entry(out, "tried", "Allocation sites");
    write_workloads(out, view);
    fputs("</ul></nav>\n", out);
}
