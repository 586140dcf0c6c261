#include "markdown/markdown_torture.h"

#include "base/humanise.h"
#include "view/torture_findings.h"

#include <inttypes.h>
#include <string.h>

#define NAME_COLUMNS   48u
#define REASON_COLUMNS 240u
#define LOG_LINES      6u
#define FRAMES_MAX     8u
#define LOSSES_MAX     2u
#define KEPT_BACK      8000u /* for what comes after */

/* "2 leak, 6 ok" */
static void write_outcomes(FILE *out, const hg_torture *torture, const hg_torture_pass *pass)
{
    const char *separator = "";

    for (size_t i = 0; i == 0 || hg_fault_outcomes[i - 1] != HG_FAULT_OK; i++) {
        size_t count = hg_torture_count(torture, pass, hg_fault_outcomes[i]);
        if (count == 0 && hg_fault_outcomes[i] != HG_FAULT_OK)
            continue;
        fprintf(out, "%s%zu %s", separator, count, hg_fault_outcome_name(hg_fault_outcomes[i]));
        separator = ", ";
    }
}

static void write_pass(FILE *out, const hg_torture *torture, const hg_torture_pass *pass)
{
    fputs("| ", out);
    hg_page_code(out, pass->workload, NAME_COLUMNS, true);
    fputs(" | ", out);
    hg_page_code(out, pass->subject, NAME_COLUMNS, true);
    fputs(" | ", out);
    hg_page_code(out, pass->fail[0] ? pass->fail : "memory", NAME_COLUMNS, true);
    fprintf(out, " | %" PRId64 " | %" PRId64 " | ", pass->points, pass->made);
    write_outcomes(out, torture, pass);
    if (pass->message[0]) {
        fputs("; **not complete**: ", out);
        hg_page_code(out, pass->message, REASON_COLUMNS, true);
    }
    fputs(" |\n", out);
}

static void write_frames(FILE *out, const hg_frame *frames, size_t count)
{
    for (size_t i = 0; i < count && i < FRAMES_MAX; i++) {
        fputs("  - ", out);
        hg_page_frame(out, &frames[i], false);
        fputc('\n', out);
    }
    if (count > FRAMES_MAX)
        fprintf(out, "  - %s\n", hg_human_things(count - FRAMES_MAX, "more frame").text);
}

static void write_losses(FILE *out, const hg_fault *fault)
{
    for (size_t i = 0; i < fault->loss_count && i < LOSSES_MAX; i++) {
        const hg_fault_loss *loss = &fault->losses[i];
        if (loss->descriptor)
            fprintf(out, "- Left open: %s\n", hg_human_things((uint64_t)loss->blocks, "file").text);
        else
            fprintf(out, "- What stays, %s: %s, %s, allocated by\n", hg_fault_loss_word(loss),
                    hg_human_things((uint64_t)loss->blocks, "block").text,
                    hg_human_bytes((double)loss->bytes).text);
        write_frames(out, loss->frames, loss->frame_count);
    }
}

/* Each line as code: it is whatever the program wrote. */
static void write_log(FILE *out, const char *log)
{
    if (log[0])
        fputs("- It wrote:\n", out);
    for (size_t i = 0; *log && i < LOG_LINES; i++) {
        char line[512];
        size_t length = strcspn(log, "\n");
        snprintf(line, sizeof line, "%.*s", length < 500 ? (int)length : 500, log);
        log += length + (log[length] == '\n');
        fputs("  - ", out);
        hg_page_code(out, line, REASON_COLUMNS, false);
        fputc('\n', out);
    }
}

static void write_finding(FILE *out, const hg_torture_finding *finding, bool open)
{
    const hg_fault *fault = finding->fault;

    fprintf(out, "\n<details%s><summary>", open ? " open" : "");
    hg_page_code_html(out, fault->workload, NAME_COLUMNS);
    fputs(", ", out);
    hg_page_code_html(out, fault->subject, NAME_COLUMNS);
    fprintf(out, ": <b>%s</b>%s</summary>\n\n", hg_fault_outcome_name(fault->outcome),
            fault->accepted ? ", accepted" : "");
    hg_page_code(out, fault->reason, REASON_COLUMNS, false);
    fprintf(out, "\n\n- The %s that failed", hg_fault_what(fault));
    if (fault->function[0]) {
        fputs(" (", out);
        hg_page_code(out, fault->function, NAME_COLUMNS, false);
        fputc(')', out);
    }
    fprintf(out, ", %s, in op %" PRId64 ":\n", hg_fault_how(fault), fault->op);
    write_frames(out, fault->path, fault->path_count);
    if (fault->frame_count > 0 && hg_fault_ended_early(fault->outcome)) {
        fprintf(out, "- Where it %s:\n", fault->outcome == HG_FAULT_HANG ? "was" : "ended");
        write_frames(out, fault->frames, fault->frame_count);
    }
    write_losses(out, fault);
    if (finding->faults > 1)
        fprintf(out, "- The same with %s.\n", hg_human_things(finding->faults - 1, "more fault").text);
    write_log(out, fault->log);
    fputs("\nAgain: ", out);
    hg_page_code(out, fault->reproduce, 1000, false);
    fputs("\n\n</details>\n", out);
}

static void write_passes(hg_page *page, const hg_torture *torture)
{
    FILE *out = hg_page_begin(page);

    if (out)
        fputs("\n**Calls that fail**\n\n| workload | subject | what fails | fault points | faults | outcomes "
              "|\n"
              "|---|---|---|---:|---:|---|\n",
              out);
    for (size_t i = 0; out && i < torture->pass_count; i++)
        write_pass(out, torture, &torture->passes[i]);
    hg_page_end(page);
}

bool hg_markdown_torture(hg_page *page, const hg_torture *torture, size_t *left_out)
{
    hg_torture_findings findings;
    bool open = true;

    if (!torture->asked)
        return true;
    if (!hg_torture_findings_gather(torture, &findings))
        return false;
    write_passes(page, torture);
    size_t kept_back = page->left > KEPT_BACK ? KEPT_BACK : page->left;
    page->left -= kept_back;
    for (size_t i = 0; hg_fault_outcomes[i] != HG_FAULT_OK; i++)
        for (size_t k = 0; k < findings.count && !page->failed; k++) {
            if (findings.items[k].fault->outcome != hg_fault_outcomes[i])
                continue;
            FILE *out = hg_page_begin(page);
            if (out)
                write_finding(out, &findings.items[k], open);
            *left_out += !hg_page_end(page);
            open = false;
        }
    page->left += kept_back;
    hg_torture_findings_free(&findings);
    return !page->failed;
}
