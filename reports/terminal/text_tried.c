#include "base/escape.h"
#include "base/humanise.h"
#include "terminal/text.h"
#include "view/tried_sites.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN = 40, NAME = 40 };

static void write_module(const hg_text *text, const hg_tried *tried, const hg_tried_module *module)
{
    size_t reached = hg_tried_count(tried, module->path, HG_REACH_TRIED);
    size_t unknown = hg_tried_count(tried, module->path, HG_REACH_UNCLEAR);
    size_t errors = hg_tried_count(tried, module->path, HG_REACH_FAILURE);
    size_t all = reached + errors + unknown + hg_tried_count(tried, module->path, HG_REACH_UNTRIED);

    fputs("  ", text->out);
    hg_escape_write(text->out, module->path, text->unicode);
    if (module->message[0]) {
        fprintf(text->out, ": %snot known:%s ", hg_text_ink(text, HG_INK_BAD),
                hg_text_ink(text, HG_INK_PLAIN));
        hg_escape_write(text->out, module->message, text->unicode);
        fputc('\n', text->out);
        return;
    }
    fprintf(text->out, ": %zu of %s tried", reached, hg_human_things(all, "allocation site").text);
    if (errors > 0)
        fprintf(text->out, ", %zu only when an allocation fails", errors);
    if (unknown > 0)
        fprintf(text->out, "; of %zu it is not known", unknown);
    fputs(all > 0 && !module->has_lines ? "; it has no source lines, so a site is a function\n" : "\n",
          text->out);
}

static void write_place(const hg_text *text, const hg_tried_site *site)
{
    if (!site->file[0]) {
        fputs("  in ", text->out);
        hg_escape_write(text->out, site->module, text->unicode);
        return;
    }
    fputs("  ", text->out);
    hg_escape_write(text->out, site->file, text->unicode);
    fprintf(text->out, ":%d", site->line);
}

/* By whom its blocks are freed. */
static void write_frees(const hg_text *text, const hg_tried_site *site)
{
    for (size_t i = 0; i < site->free_count; i++) {
        fputs(i == 0 ? "    freed by " : ", ", text->out);
        hg_text_name(text, site->frees[i].function, NAME);
        if (site->frees[i].file[0]) {
            fputc(' ', text->out);
            hg_escape_write(text->out, site->frees[i].file, text->unicode);
            fprintf(text->out, ":%d", site->frees[i].line);
        }
    }
    if (site->free_count > 0)
        fputc('\n', text->out);
}

static void write_site(const hg_text *text, const hg_tried_site *site)
{
    hg_ink ink = hg_tried_site_fails(site)       ? HG_INK_BAD
                 : site->reach == HG_REACH_TRIED ? HG_INK_GOOD
                                                 : HG_INK_WARN;

    fprintf(text->out, "  %s%s%s%s  ", hg_text_ink(text, ink), site->changed ? "new, " : "",
            hg_reach_phrase(site->reach), hg_text_ink(text, HG_INK_PLAIN));
    hg_text_name(text, site->function[0] ? site->function : "?", NAME);
    write_place(text, site);
    fputs("  ", text->out);
    hg_text_name(text, site->calls, NAME);
    if (site->blocks > 0) {
        fprintf(text->out, "  %s, %s freed", hg_human_things((uint64_t)site->blocks, "block").text,
                hg_tried_site_keeps(site) ? "never" : hg_human_tally(site->freed_blocks).text);
        for (size_t i = 0; i < site->use_count; i++) {
            fputs(i == 0 ? ", by " : ", ", text->out);
            hg_text_name(text, site->uses[i].workload, NAME);
        }
    }
    if (site->after_faults > 0)
        fprintf(text->out, "  after %s", hg_human_things((uint64_t)site->after_faults, "fault").text);
    if (site->faults > 0)
        fprintf(text->out, "  made to fail by %s", hg_human_things((uint64_t)site->faults, "fault").text);
    fputc('\n', text->out);
    if (text->verbose)
        write_frees(text, site);
}

/* The share, and what is missing of what was asked for. */
static void write_end(const hg_text *text, const hg_tried *tried)
{
    size_t failing = hg_tried_failing(tried);
    bool bad = failing > 0 || hg_tried_too_few(tried) || hg_tried_has_no_share(tried);
    char line[HG_TRIED_LINE];

    hg_tried_summary(tried, line);
    fprintf(text->out, "%s%s%s", hg_text_ink(text, bad ? HG_INK_BAD : HG_INK_GOOD), line,
            hg_text_ink(text, HG_INK_PLAIN));
    fputc('\n', text->out);
    hg_tried_beside(tried, line);
    if (line[0])
        fprintf(text->out, "%s\n", line);
    fputc('\n', text->out);
}

void hg_text_tried(const hg_text *text, const hg_run *run)
{
    const hg_tried *tried = &run->tried;
    size_t shown = 0, left_out = 0;

    if (!tried->asked)
        return;
    fprintf(text->out, "%sAllocation sites%s\n", hg_text_ink(text, HG_INK_BOLD),
            hg_text_ink(text, HG_INK_PLAIN));
    for (size_t i = 0; i < tried->module_count; i++)
        write_module(text, tried, &tried->modules[i]);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < tried->site_count; i++) {
            const hg_tried_site *site = &tried->sites[i];
            if (hg_tried_site_fails(site) != (pass == 0) || (!hg_tried_is_notable(site) && !text->verbose))
                continue;
            if (shown < SHOWN || text->verbose)
                write_site(text, site);
            else
                left_out++;
            shown++;
        }
    if (left_out > 0)
        fprintf(text->out, "  and %s; --verbose shows all\n", hg_human_things(left_out, "more").text);
    if (tried->message[0]) {
        fprintf(text->out, "  %snot complete:%s ", hg_text_ink(text, HG_INK_BAD),
                hg_text_ink(text, HG_INK_PLAIN));
        hg_escape_write(text->out, tried->message, text->unicode);
        fputc('\n', text->out);
    }
    write_end(text, tried);
}
