#include "markdown/markdown_tried.h"

#include "base/humanise.h"
#include "view/tried_sites.h"

enum { NAME_COLUMNS = 48, ROWS_MAX = 50 };

static void write_module(FILE *out, const hg_tried *tried, const hg_tried_module *module)
{
    size_t reached = hg_tried_count(tried, module->path, HG_REACH_TRIED);
    size_t known = reached + hg_tried_count(tried, module->path, HG_REACH_UNTRIED);

    fputs("- ", out);
    hg_page_code(out, module->path, (size_t)2 * NAME_COLUMNS, false);
    if (module->message[0]) {
        fputs(": **not known**: ", out);
        hg_page_code(out, module->message, (size_t)2 * NAME_COLUMNS, false);
        fputc('\n', out);
        return;
    }
    fprintf(out, ": %zu of %s tried%s\n", reached, hg_human_things(known, "allocation site").text,
            known > 0 && !module->has_lines ? "; it has no source lines, so a site is a function" : "");
}

static void write_site(FILE *out, const hg_tried_site *site)
{
    const hg_frame frame = {
        .function = site->function, .file = site->file, .module = site->module, .line = site->line};

    fprintf(out, "| %s%s%s%s | ",
            hg_tried_site_fails(site) ? "**new**, "
            : site->changed           ? "new, "
                                      : "",
            hg_reach_phrase(site->reach), site->faults > 0 ? ", made to fail" : "",
            hg_tried_site_keeps(site) ? ", never freed" : "");
    hg_page_frame(out, &frame, true);
    fputs(" | ", out);
    hg_page_code(out, site->calls, NAME_COLUMNS, true);
    fputs(" |\n", out);
}

void hg_markdown_tried(hg_page *page, const hg_tried *tried)
{
    char line[HG_TRIED_LINE];
    size_t left_out = 0, rows = 0;
    FILE *out = tried->asked ? hg_page_begin(page) : NULL;

    if (!out)
        return;
    hg_tried_summary(tried, line);
    fprintf(out, "\n**Allocation sites**: %s\n\n", line);
    hg_tried_beside(tried, line);
    if (line[0])
        fprintf(out, "%s\n\n", line);
    for (size_t i = 0; i < tried->module_count && i < ROWS_MAX; i++)
        write_module(out, tried, &tried->modules[i]);
    if (tried->message[0]) {
        fputs("- **not complete**: ", out);
        hg_page_code(out, tried->message, (size_t)4 * NAME_COLUMNS, false);
        fputc('\n', out);
    }
    hg_page_end(page);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < tried->site_count && !page->failed; i++) {
            const hg_tried_site *site = &tried->sites[i];
            if (hg_tried_site_fails(site) != (pass == 0) || !hg_tried_is_notable(site))
                continue;
            out = rows < ROWS_MAX ? hg_page_begin(page) : NULL;
            if (out && rows == 0)
                fputs("\n| | where | calls |\n|---|---|---|\n", out);
            if (out)
                write_site(out, site);
            bool written = out && hg_page_end(page);
            rows += written;
            left_out += !written;
        }
    out = left_out > 0 ? hg_page_begin(page) : NULL;
    if (out)
        fprintf(out, "\nThe full report has %s.\n", hg_human_things(left_out, "more site").text);
    if (out)
        hg_page_end(page);
}
