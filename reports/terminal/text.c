#include "terminal/text.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "view/cross_check.h"
#include "view/view.h"
#include "view/writers.h"

#define MACHINE_FROM   100 /* columns */
#define SUBJECTS_NAMED 6   /* on the last line; the table has them all */

const char *hg_text_ink(const hg_text *text, hg_ink ink)
{
    static const char *const codes[] = {"\x1b[0m",  "\x1b[2m",  "\x1b[1m",
                                        "\x1b[32m", "\x1b[33m", "\x1b[1;31m"};

    return text->colour ? codes[ink] : "";
}

size_t hg_text_columns(const hg_text *text)
{
    size_t columns = text->columns > 0 ? text->columns : HG_TEXT_COLUMNS;

    return columns < HG_TEXT_COLUMNS_MIN   ? HG_TEXT_COLUMNS_MIN
           : columns > HG_TEXT_COLUMNS_MAX ? HG_TEXT_COLUMNS_MAX
                                           : columns;
}

hg_ink hg_text_verdict_ink(const hg_cell *cell)
{
    if (cell->met)
        return cell->verdict == HG_VERDICT_LEAK ? HG_INK_PLAIN : HG_INK_GOOD;
    return cell->verdict == HG_VERDICT_INCONCLUSIVE ? HG_INK_WARN : HG_INK_BAD;
}

static void write_head(const hg_text *text, const hg_run *run)
{
    char version[40];
    char suite[48];
    char machine[64];

    hg_escape_fit(version, sizeof version, run->version, 20, text->unicode);
    hg_escape_middle(suite, sizeof suite, run->suite, 32, text->unicode);
    hg_escape_fit(machine, sizeof machine, hg_text_columns(text) < MACHINE_FROM ? "" : run->machine, 44,
                  text->unicode);
    fprintf(
        text->out, "%sheapgate %s%s   %s   %s in %s   %s%s%s\n\n", hg_text_ink(text, HG_INK_BOLD), version,
        hg_text_ink(text, HG_INK_PLAIN), suite,
        run->torture.asked && run->cell_count == 0 ? hg_human_things(run->torture.fault_count, "fault").text
        : run->tried.asked && run->cell_count == 0 ? hg_human_things(run->tried.module_count, "module").text
                                                   : hg_human_things(run->cell_count, "cell").text,
        hg_human_seconds(run->duration_seconds).text, hg_text_ink(text, HG_INK_DIM), machine,
        hg_text_ink(text, HG_INK_PLAIN));
}

/* "before leaks, after is clean". A subject whose cells differ is described by the table alone. */
static void write_subjects(const hg_text *text, const hg_view *view)
{
    const char *separator = "; ";
    size_t shown = view->subject_count < SUBJECTS_NAMED ? view->subject_count : SUBJECTS_NAMED;

    for (size_t i = 0; i < shown; i++) {
        for (int verdict = HG_VERDICT_CLEAN; verdict <= HG_VERDICT_FAILED; verdict++) {
            if (!hg_view_subject_is(view, view->subjects[i], (hg_verdict)verdict))
                continue;
            fputs(separator, text->out);
            hg_text_name(text, view->subjects[i], 16);
            fprintf(text->out, " %s", hg_verdict_phrase((hg_verdict)verdict));
            separator = ", ";
        }
    }
}

static void write_cross_check(const hg_text *text, const hg_run *run)
{
    char line[HG_CROSS_CHECK_LINE];

    hg_cross_check_summary(run, line);
    if (line[0])
        fprintf(text->out, "%s\n\n", line);
}

static void write_outcome(const hg_text *text, const hg_view *view)
{
    const hg_run *run = view->run;
    int exit_code = hg_run_exit_code(run);
    hg_ink ink = exit_code == 0 ? HG_INK_GOOD : exit_code == 3 ? HG_INK_WARN : HG_INK_BAD;

    fprintf(text->out, "%s%s:%s %zu of %s as expected", hg_text_ink(text, ink), hg_run_outcome(run),
            hg_text_ink(text, HG_INK_PLAIN), hg_run_count_met(run),
            hg_human_things(run->cell_count, "cell").text);
    if (exit_code == 0) {
        write_subjects(text, view);
    } else {
        /* An interrupted command has an exit code of its own. */
        if (run->unfinished[0])
            fputs("; ", text->out);
        else
            fprintf(text->out, "; exit code %d: ", exit_code);
        hg_escape_write(text->out, hg_run_meaning(run), text->unicode);
    }
    fputc('\n', text->out);
}

bool hg_report_text(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_report_options plain = {0};
    hg_view view;

    if (!options)
        options = &plain;
    hg_text text = {out, options->colour, options->verbose, options->unicode, options->columns};
    if (!hg_view_init(&view, run))
        return false;
    write_head(&text, run);
    bool ok = hg_text_torture(&text, run);
    hg_text_tried(&text, run);
    if ((run->torture.asked || run->tried.asked) && run->cell_count == 0) {
        hg_view_clear(&view);
        return ok;
    }
    ok = ok && hg_text_table(&text, &view) && hg_text_speed(&text, &view);
    if (ok) {
        hg_text_findings(&text, &view);
        hg_text_holders(&text, &view, options->verbose);
        hg_text_kept(&text, &view);
        write_cross_check(&text, run);
        write_outcome(&text, &view);
    }
    hg_view_clear(&view);
    return ok;
}
