#include "base/escape.h"
#include "base/humanise.h"
#include "terminal/text.h"
#include "view/torture_findings.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

enum { LOSSES_SHOWN = 4, OTHERS_SHOWN = 6 };

static hg_ink ink_of(hg_fault_outcome outcome)
{
    return outcome == HG_FAULT_OK ? HG_INK_GOOD : outcome == HG_FAULT_UNREACHED ? HG_INK_WARN : HG_INK_BAD;
}

/* "112 ok   3 leak   1 crash" */
static void write_counts(const hg_text *text, const hg_torture *torture, const hg_torture_pass *pass)
{
    const char *gap = "  ";
    for (size_t i = 0;; i++) {
        hg_fault_outcome outcome = hg_fault_outcomes[i];
        size_t count = hg_torture_count(torture, pass, outcome);
        if (count > 0 || outcome == HG_FAULT_OK) {
            fprintf(text->out, "%s%s%zu %s%s", gap, hg_text_ink(text, ink_of(outcome)), count,
                    hg_fault_outcome_name(outcome), hg_text_ink(text, HG_INK_PLAIN));
            gap = "   ";
        }
        if (outcome == HG_FAULT_OK)
            break;
    }
    fputc('\n', text->out);
}

static void write_pass(const hg_text *text, const hg_torture *torture, const hg_torture_pass *pass)
{
    fputs("  ", text->out);
    hg_text_name(text, pass->workload, 32);
    fputs("  ", text->out);
    hg_text_name(text, pass->subject, 16);
    fprintf(text->out, "  %s in %s and", hg_human_things((uint64_t)pass->points, "fault point").text,
            hg_human_things((uint64_t)pass->ops, "op").text);
    fprintf(
        text->out, " %s",
        hg_human_things((uint64_t)pass->allocations, hg_torture_is_of_memory(pass) ? "allocation" : "call")
            .text);
    if (!hg_torture_is_of_memory(pass)) {
        fputs(" of ", text->out);
        hg_text_name(text, pass->fail, 64);
    }
    fprintf(text->out, "; %s made, each followed by %s; %s\n",
            hg_human_things((uint64_t)pass->made, "fault").text,
            hg_human_things((uint64_t)pass->clean_ops, "clean op").text,
            hg_human_seconds(pass->duration_seconds).text);
    write_counts(text, torture, pass);
    if (pass->restarted)
        fputs("  other threads ran between the ops: each fault had a process of its own, which is slower\n",
              text->out);
    if (!pass->judges_result)
        fputs("  the workload exports no heapgate_result: what an op answers later is judged by its return "
              "value alone\n",
              text->out);
    if (pass->message[0]) {
        fprintf(text->out, "  %snot complete:%s ", hg_text_ink(text, HG_INK_BAD),
                hg_text_ink(text, HG_INK_PLAIN));
        hg_escape_write(text->out, pass->message, text->unicode);
        fputc('\n', text->out);
    }
    fputc('\n', text->out);
}

static void write_losses(const hg_text *text, const hg_fault *fault)
{
    size_t shown = fault->loss_count < LOSSES_SHOWN && !text->verbose ? fault->loss_count : LOSSES_SHOWN;

    if (text->verbose || shown > fault->loss_count)
        shown = fault->loss_count;
    for (size_t i = 0; i < shown; i++) {
        const hg_fault_loss *loss = &fault->losses[i];
        if (loss->descriptor)
            fprintf(text->out, "    left open: %s\n", hg_human_things((uint64_t)loss->blocks, "file").text);
        else
            fprintf(text->out, "    %s: %s, %s, allocated by\n", hg_fault_loss_word(loss),
                    hg_human_things((uint64_t)loss->blocks, "block").text,
                    hg_human_bytes((double)loss->bytes).text);
        hg_text_frames(text, loss->frames, loss->frame_count, 2);
    }
    if (shown < fault->loss_count)
        fprintf(text->out, "    and from %s\n",
                hg_human_things(fault->loss_count - shown, "more call path").text);
}

/* The other faults of a finding, by their ids. */
static void write_others(const hg_text *text, const hg_torture *torture, const hg_torture_findings *findings,
                         size_t finding)
{
    size_t shown = 0;
    size_t others = findings->items[finding].faults - 1;

    if (others == 0)
        return;
    fputs("    the same with", text->out);
    for (size_t i = 0; i < torture->fault_count && shown < OTHERS_SHOWN; i++) {
        const hg_fault *fault = &torture->faults[i];
        if (findings->of_fault[i] != finding || fault == findings->items[finding].fault)
            continue;
        fprintf(text->out, "%s fault ", shown++ > 0 ? "," : "");
        hg_escape_write(text->out, fault->id, text->unicode);
        fprintf(text->out, " (%s)", fault->mode);
    }
    if (shown < others)
        fprintf(text->out, ", and %zu more", others - shown);
    fputc('\n', text->out);
}

static void write_finding(const hg_text *text, const hg_torture *torture, const hg_torture_findings *findings,
                          size_t number)
{
    const hg_fault *fault = findings->items[number].fault;

    fprintf(text->out, "%s%s%s%s  ", hg_text_ink(text, fault->accepted ? HG_INK_WARN : HG_INK_BAD),
            hg_fault_outcome_name(fault->outcome), fault->accepted ? " (accepted)" : "",
            hg_text_ink(text, HG_INK_PLAIN));
    hg_text_name(text, fault->workload, 32);
    fputs(", ", text->out);
    hg_text_name(text, fault->subject, 16);
    fprintf(text->out, ", op %" PRId64 ": ", fault->op);
    hg_escape_write(text->out, fault->reason, text->unicode);
    fprintf(text->out, "\n    the %s that failed (", hg_fault_what(fault));
    hg_escape_write(text->out, fault->function, text->unicode);
    fprintf(text->out, "%s%s):\n", fault->function[0] ? ", " : "", hg_fault_how(fault));
    hg_text_frames(text, fault->path, fault->path_count, 2);
    if (hg_fault_ended_early(fault->outcome) && fault->frame_count > 0) {
        fprintf(text->out, "    where it %s:\n", fault->outcome == HG_FAULT_HANG ? "was" : "ended");
        hg_text_frames(text, fault->frames, fault->frame_count, 2);
    }
    write_losses(text, fault);
    write_others(text, torture, findings, number);
    hg_text_log(text, fault->log);
    fputs("    again: ", text->out);
    hg_escape_write(text->out, fault->reproduce, text->unicode);
    fputs("\n\n", text->out);
}

static void write_outcome(const hg_text *text, const hg_run *run, const hg_torture_findings *findings)
{
    const hg_torture *torture = &run->torture;
    int exit_code = hg_run_exit_code(run);
    hg_ink ink = exit_code == 0 ? HG_INK_GOOD : HG_INK_BAD;

    if (findings->count > 0)
        fprintf(text->out, "%s%s%s in %s", hg_text_ink(text, ink),
                hg_human_things(findings->count, "finding").text, hg_text_ink(text, HG_INK_PLAIN),
                hg_human_things(torture->fault_count, "fault").text);
    else
        fprintf(text->out, "%s%s:%s no findings in %s", hg_text_ink(text, ink), hg_run_outcome(run),
                hg_text_ink(text, HG_INK_PLAIN), hg_human_things(torture->fault_count, "fault").text);
    if (run->cell_count == 0 && exit_code != 0)
        fprintf(text->out, "; exit code %d", exit_code);
    else if (findings->count > 0 && exit_code == 0)
        fputs(", all accepted", text->out);
    fputs(run->cell_count == 0 ? "\n" : "\n\n", text->out);
}

bool hg_text_torture(const hg_text *text, const hg_run *run)
{
    const hg_torture *torture = &run->torture;
    hg_torture_findings findings;

    if (!torture->asked)
        return true;
    if (!hg_torture_findings_gather(torture, &findings))
        return false;
    for (size_t i = 0; i < torture->pass_count; i++)
        write_pass(text, torture, &torture->passes[i]);
    for (size_t i = 0; hg_fault_outcomes[i] != HG_FAULT_OK; i++)
        for (size_t k = 0; k < findings.count; k++)
            if (findings.items[k].fault->outcome == hg_fault_outcomes[i])
                write_finding(text, torture, &findings, k);
    write_outcome(text, run, &findings);
    hg_torture_findings_free(&findings);
    return true;
}
