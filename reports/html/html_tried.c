#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include "view/tried_sites.h"

enum { ROWS_MAX = 500 };

static void write_module(FILE *out, const hg_tried *tried, const hg_tried_module *module)
{
    size_t reached = hg_tried_count(tried, module->path, HG_REACH_TRIED);
    size_t known = reached + hg_tried_count(tried, module->path, HG_REACH_UNTRIED);

    fputs("<li><code>", out);
    hg_html_name(out, module->path);
    fputs("</code>: ", out);
    if (module->message[0]) {
        fputs("<strong class=\"bad\">not known</strong>: ", out);
        hg_escape_html(out, module->message, 400);
    } else {
        fprintf(out, "%zu of %s tried", reached, hg_human_things(known, "site").text);
        fputs(known > 0 && !module->has_lines ? "; it has no source lines, so a site is a function" : "",
              out);
    }
    fputs("</li>\n", out);
}

static void write_site(FILE *out, const hg_tried_site *site)
{
    const hg_frame frame = {
        .function = site->function, .file = site->file, .module = site->module, .line = site->line};

    fprintf(out, "<tr><td>%s%s%s%s</td><td><code>", hg_tried_site_fails(site) ? "<strong class=\"bad\">" : "",
            site->changed ? "new, " : "", hg_reach_phrase(site->reach),
            hg_tried_site_fails(site) ? "</strong>" : "");
    hg_html_function(out, &frame, HG_HTML_NAME_LIMIT);
    fputs("</code> <span class=\"place\">", out);
    hg_html_place(out, &frame);
    fputs("</span></td><td><code>", out);
    hg_html_name(out, site->calls);
    fprintf(out, "</code></td><td>%s</td><td>%s</td><td>%s</td><td>", hg_human_tally(site->blocks).text,
            hg_tried_site_keeps(site) ? "never" : hg_human_tally(site->freed_blocks).text,
            hg_human_tally(site->faults).text);
    for (size_t i = 0; i < site->use_count; i++) {
        fputs(i > 0 ? ", " : "", out);
        hg_html_name(out, site->uses[i].workload);
    }
    fputs("</td><td>", out);
    for (size_t i = 0; i < site->free_count; i++) {
        const hg_frame free = {.function = site->frees[i].function,
                               .file = site->frees[i].file,
                               .module = site->module,
                               .line = site->frees[i].line};
        fputs(i > 0 ? ", <code>" : "<code>", out);
        hg_html_function(out, &free, HG_HTML_NAME_LIMIT);
        fputs("</code> <span class=\"place\">", out);
        if (free.file[0])
            hg_html_place(out, &free);
        fputs("</span>", out);
    }
    fputs("</td></tr>\n", out);
}

void hg_html_tried(FILE *out, const hg_tried *tried)
{
    char line[HG_TRIED_LINE];
    size_t rows = 0;

    if (!tried->asked)
        return;
    hg_tried_summary(tried, line);
    fputs("<section aria-labelledby=\"tried\">\n<h2 id=\"tried\">Allocation sites</h2>\n<p>", out);
    hg_escape_html(out, line, 0);
    fputs(".</p>\n", out);
    hg_tried_beside(tried, line);
    if (line[0]) {
        fputs("<p>", out);
        hg_escape_html(out, line, 0);
        fputs(".</p>\n", out);
    }
    fputs("<ul>\n", out);
    for (size_t i = 0; i < tried->module_count; i++)
        write_module(out, tried, &tried->modules[i]);
    fputs("</ul>\n", out);
    if (tried->message[0]) {
        fputs("<p><strong class=\"bad\">Not complete</strong>: ", out);
        hg_escape_html(out, tried->message, 400);
        fputs("</p>\n", out);
    }
    fputs("<details class=\"samples\"><summary>All sites</summary>\n<div class=\"scroll\">\n"
          "<table class=\"figures\">\n<thead><tr><th scope=\"col\">Tried</th><th scope=\"col\">Where</th>"
          "<th scope=\"col\">Calls</th><th scope=\"col\">Blocks</th><th scope=\"col\">Freed</th>"
          "<th scope=\"col\">Faults</th><th scope=\"col\">Workloads</th>"
          "<th scope=\"col\">Freed by</th></tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < tried->site_count; i++)
        if (rows++ < ROWS_MAX)
            write_site(out, &tried->sites[i]);
    fputs("</tbody>\n</table>\n</div>\n", out);
    if (rows > ROWS_MAX)
        fprintf(out, "<p class=\"note\">%s in run.json.</p>\n",
                hg_human_things(rows - ROWS_MAX, "more site").text);
    fputs("</details>\n</section>\n", out);
}
