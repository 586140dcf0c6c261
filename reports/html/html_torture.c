/* The faults of heapgate torture: how many had each outcome, each finding once, and a table of all. */
#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"

#include <inttypes.h>
#include <string.h>

#define FINDINGS_MAX 100 /* in full; all have a row in the table, up to ROWS_MAX */
#define LOSSES_MAX   4
#define FRAMES_MAX   24
#define ROWS_MAX     400

static void write_names(FILE *out, const char *workload, const char *subject, const char *between)
{
    hg_html_name(out, hg_view_name(workload));
    fputs(between, out);
    hg_html_name(out, hg_view_name(subject));
}

static void write_outcome(FILE *out, const hg_fault *fault)
{
    bool bad = hg_fault_is_finding(fault->outcome) && !fault->accepted;

    fprintf(out, "%s%s%s%s", bad ? "<strong class=\"bad\">" : "", hg_fault_outcome_name(fault->outcome),
            bad ? "</strong>" : "", fault->accepted ? " (accepted)" : "");
}

static bool any_has(const hg_torture *torture, hg_fault_outcome outcome)
{
    for (size_t i = 0; i < torture->fault_count; i++)
        if (torture->faults[i].outcome == outcome)
            return true;
    return outcome == HG_FAULT_OK;
}

static void write_pass(FILE *out, const hg_torture *torture, const hg_torture_pass *pass)
{
    fputs("<tr class=\"first\"><th scope=\"row\">", out);
    write_names(out, pass->workload, pass->subject, "</th><td>");
    fputs("</td><td>", out);
    hg_html_name(out, pass->fail[0] ? pass->fail : "memory");
    fprintf(out, "</td><td class=\"n\">%" PRId64 "</td><td class=\"n\">%" PRId64 "</td>", pass->points,
            pass->made);
    for (size_t i = 0; i == 0 || hg_fault_outcomes[i - 1] != HG_FAULT_OK; i++) {
        hg_fault_outcome outcome = hg_fault_outcomes[i];
        size_t count = hg_torture_count(torture, pass, outcome);
        if (any_has(torture, outcome))
            fprintf(out, "<td class=\"n%s\">%zu</td>",
                    count > 0 && hg_fault_is_finding(outcome) ? " bad" : "", count);
    }
    fputs("</tr>\n", out);
}

/* What a figure of the table does not say. */
static void write_pass_note(FILE *out, const hg_torture_pass *pass)
{
    fputs("<li>", out);
    write_names(out, pass->workload, pass->subject, ", ");
    fprintf(out, ": %s of the paths in ", hg_human_things((uint64_t)pass->allocations, "call").text);
    fprintf(out, "%s; ", hg_human_things((uint64_t)pass->ops, "op").text);
    fprintf(out, "each fault was followed by %s; ",
            hg_human_things((uint64_t)pass->clean_ops, "clean op").text);
    fputs(hg_human_seconds(pass->duration_seconds).text, out);
    if (pass->message[0]) {
        fputs(". <strong class=\"bad\">Not complete</strong>: ", out);
        hg_escape_html(out, pass->message, HG_HTML_TEXT_LIMIT);
    }
    fputs("</li>\n", out);
}

static void write_passes(FILE *out, const hg_torture *torture)
{
    fputs(
        "<div class=\"scroll\" role=\"region\" aria-labelledby=\"torture\" tabindex=\"0\">\n"
        "<table class=\"summary\">\n<thead><tr><th scope=\"col\">Workload</th><th scope=\"col\">Subject</th>"
        "<th scope=\"col\">What fails</th><th scope=\"col\" class=\"n\">Fault points</th>"
        "<th scope=\"col\" class=\"n\">Faults</th>",
        out);
    for (size_t i = 0; i == 0 || hg_fault_outcomes[i - 1] != HG_FAULT_OK; i++)
        if (any_has(torture, hg_fault_outcomes[i]))
            fprintf(out, "<th scope=\"col\" class=\"n\">%s</th>",
                    hg_fault_outcome_name(hg_fault_outcomes[i]));
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < torture->pass_count; i++)
        write_pass(out, torture, &torture->passes[i]);
    fputs("</tbody>\n</table>\n</div>\n<ul class=\"note\">\n", out);
    for (size_t i = 0; i < torture->pass_count; i++)
        write_pass_note(out, &torture->passes[i]);
    fputs("</ul>\n", out);
}

static void write_stack(FILE *out, const hg_frame *frames, size_t count)
{
    hg_html_frames(out, frames, count, FRAMES_MAX, "stack");
}

static void write_losses(FILE *out, const hg_fault *fault)
{
    size_t shown = fault->loss_count < LOSSES_MAX ? fault->loss_count : LOSSES_MAX;

    for (size_t i = 0; i < shown; i++) {
        const hg_fault_loss *loss = &fault->losses[i];
        fputs("<h5>", out);
        if (loss->descriptor)
            fprintf(out, "Left open: %s</h5>\n", hg_human_things((uint64_t)loss->blocks, "file").text);
        else
            fprintf(out, "What stays, %s: %s, %s, allocated by</h5>\n", hg_fault_loss_word(loss),
                    hg_human_things((uint64_t)loss->blocks, "block").text,
                    hg_human_bytes((double)loss->bytes).text);
        write_stack(out, loss->frames, loss->frame_count);
    }
    if (shown < fault->loss_count)
        fprintf(out, "<p class=\"note\">%s in run.json.</p>\n",
                hg_human_things(fault->loss_count - shown, "more loss").text);
}

static void write_finding(FILE *out, const hg_torture_finding *finding, bool open)
{
    const hg_fault *fault = finding->fault;

    fprintf(out, "<details class=\"site\"%s><summary>", open ? " open" : "");
    write_outcome(out, fault);
    fputs(" <b>", out);
    write_names(out, fault->workload, fault->subject, ", ");
    fputs("</b> ", out);
    hg_escape_html(out, fault->reason, HG_HTML_TEXT_LIMIT);
    fprintf(out, "</summary>\n<h5>The %s that failed", hg_fault_what(fault));
    if (fault->function[0]) {
        fputs(": <code>", out);
        hg_html_name(out, fault->function);
        fputs("</code>", out);
    }
    fprintf(out, ", %s, in op %" PRId64 "</h5>\n", hg_fault_how(fault), fault->op);
    write_stack(out, fault->path, fault->path_count);
    if (fault->frame_count > 0 && hg_fault_ended_early(fault->outcome)) {
        fprintf(out, "<h5>Where it %s</h5>\n", fault->outcome == HG_FAULT_HANG ? "was" : "ended");
        write_stack(out, fault->frames, fault->frame_count);
    }
    write_losses(out, fault);
    if (finding->faults > 1)
        fprintf(out, "<p>The same with %s.</p>\n", hg_human_things(finding->faults - 1, "more fault").text);
    hg_html_block(out, "The last lines that it wrote", fault->log);
    hg_html_block(out, "Again", fault->reproduce);
    fputs("</details>\n", out);
}

static void write_findings(FILE *out, const hg_torture_findings *findings)
{
    size_t shown = 0;

    if (findings->count == 0)
        return;
    fputs("<h4>Findings, the gravest first</h4>\n", out);
    for (size_t i = 0; hg_fault_outcomes[i] != HG_FAULT_OK; i++)
        for (size_t k = 0; k < findings->count; k++)
            if (findings->items[k].fault->outcome == hg_fault_outcomes[i] && shown++ < FINDINGS_MAX)
                write_finding(out, &findings->items[k], shown == 1);
    if (shown > FINDINGS_MAX)
        fprintf(out, "<p class=\"note\">%s in run.json.</p>\n",
                hg_human_things(shown - FINDINGS_MAX, "more finding").text);
}

static void write_row(FILE *out, const hg_fault *fault)
{
    fputs("<tr><td>", out);
    write_outcome(out, fault);
    fputs("</td><td>", out);
    write_names(out, fault->workload, fault->subject, "</td><td>");
    fputs("</td><td><code>", out);
    hg_html_name(out, fault->id);
    fputs("</code></td><td>", out);
    hg_html_name(out, fault->mode);
    fputs("</td><td>", out);
    hg_html_name(out, fault->function);
    fputs("</td><td><code>", out);
    if (fault->path_count > 0) {
        hg_html_function(out, &fault->path[0], HG_HTML_NAME_LIMIT);
        fputs("</code> <span class=\"place\">", out);
        hg_html_place(out, &fault->path[0]);
        fputs("</span></td></tr>\n", out);
    } else {
        fputs("</code></td></tr>\n", out);
    }
}

static void write_rows(FILE *out, const hg_torture *torture)
{
    size_t rows = 0;

    fprintf(
        out,
        "<details class=\"samples\"><summary>%s, by outcome</summary>\n<div class=\"scroll\">\n"
        "<table class=\"figures\">\n<thead><tr><th scope=\"col\">Outcome</th><th scope=\"col\">Workload</th>"
        "<th scope=\"col\">Subject</th><th scope=\"col\">Fault</th><th scope=\"col\">Mode</th>"
        "<th scope=\"col\">What failed</th><th scope=\"col\">Where</th></tr></thead>\n<tbody>\n",
        hg_human_things(torture->fault_count, "fault").text);
    for (size_t i = 0; i == 0 || hg_fault_outcomes[i - 1] != HG_FAULT_OK; i++)
        for (size_t k = 0; k < torture->fault_count; k++)
            if (torture->faults[k].outcome == hg_fault_outcomes[i] && rows++ < ROWS_MAX)
                write_row(out, &torture->faults[k]);
    fputs("</tbody>\n</table>\n</div>\n", out);
    if (rows > ROWS_MAX)
        fprintf(out, "<p class=\"note\">%s in run.json.</p>\n",
                hg_human_things(rows - ROWS_MAX, "more fault").text);
    fputs("</details>\n", out);
}

void hg_html_torture(FILE *out, const hg_torture *torture, const hg_torture_findings *findings)
{
    if (!torture->asked)
        return;
    fputs("<section aria-labelledby=\"torture\">\n<h2 id=\"torture\">Calls that fail</h2>\n", out);
    write_passes(out, torture);
    write_findings(out, findings);
    write_rows(out, torture);
    fputs("</section>\n", out);
}
