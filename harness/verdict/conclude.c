#include "verdict/conclude.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *phase_name(uint32_t phase)
{
    static const char *const names[] = {
        "before it loaded",    "while loading",        "in heapgate_setup",      "in op",
        "in heapgate_quiesce", "in heapgate_teardown", "after heapgate_teardown"};
    return phase < sizeof names / sizeof *names ? names[phase] : "somewhere";
}

void hg_whereabouts(const hg_record *record, char *ret_text, size_t size)
{
    const hg_record_header *header = record->header;
    uint32_t phase = atomic_load(&header->phase);
    if (phase == HG_PHASE_ROUNDS && header->input[0])
        snprintf(ret_text, size, "in op %" PRIu64 ", input %.64s", header->op, header->input);
    else if (phase == HG_PHASE_QUIESCE)
        snprintf(ret_text, size, "in heapgate_quiesce after op %" PRIu64, header->op);
    else if (phase == HG_PHASE_ROUNDS)
        snprintf(ret_text, size, "in op %" PRIu64, header->op);
    else
        snprintf(ret_text, size, "%s", phase_name(phase));
}

/* The function of the workload, beside its ops, that is running; NULL: none. */
static const char *function_of(uint32_t phase)
{
    return phase == HG_PHASE_SETUP      ? "heapgate_setup"
           : phase == HG_PHASE_QUIESCE  ? "heapgate_quiesce"
           : phase == HG_PHASE_TEARDOWN ? "heapgate_teardown"
                                        : NULL;
}

/* At a limit of time. */
static void tell_time(const hg_ended *ended, const char *what, const char *where, char *ret_text, size_t size)
{
    const hg_record_header *header = ended->record->header;
    uint32_t phase = atomic_load(&header->phase);
    const char *function = function_of(phase);
    bool warms = phase == HG_PHASE_ROUNDS && header->op < ended->warmup_ops;
    const char *advice = function ? "find out what it waits for" : warms ? "less --warmup" : "fewer --ops";
    char limit[64], state[64] = "";
    if (ended->budget_seconds > 0)
        snprintf(limit, sizeof limit, "when the budget of %g s was used up", ended->budget_seconds);
    else
        snprintf(limit, sizeof limit, "at its time limit of %g s",
                 ended->process->deadline - ended->process->started);
    if (function)
        snprintf(state, sizeof state, ": %s did not end", function);
    else if (warms)
        snprintf(state, sizeof state, ", in its warm-up");
    int used = snprintf(ret_text, size, "%s was stopped %s %s%s", what, where, limit, state);
    ret_text += used;
    size -= (size_t)used;
    if (ended->budget_seconds > 0)
        snprintf(ret_text, size, "; give it a larger --budget or %s", advice);
    else if (ended->tool)
        snprintf(ret_text, size, "; %s%s", function ? "" : "give it ", advice);
    else if (function)
        snprintf(ret_text, size, "; give it a longer timeout (in a suite, under limits), or %s", advice);
    else
        snprintf(ret_text, size, "; give it %s, or in a suite a longer timeout under limits", advice);
}

/* At one of its limits. */
static void tell_stop(const hg_ended *ended, const char *where, char *ret_text, size_t size)
{
    const hg_process *process = ended->process;
    const char *what = ended->tool ? ended->tool : "the workload";
    const char *function = function_of(atomic_load(&ended->record->header->phase));
    if (ended->stalled_seconds > 0)
        snprintf(ret_text, size, "%s hung %s: %s did not end within %.0f s", what, where,
                 function ? function : "that op", ended->stalled_seconds);
    else if (process->ending == HG_ENDING_MEMORY_LIMIT)
        snprintf(ret_text, size, "%s was stopped %s at its memory limit of %" PRIu64 " MiB", what, where,
                 process->memory_limit_bytes >> 20);
    else
        tell_time(ended, what, where, ret_text, size);
}

/* By itself, without a tool. Empty where all is well. */
static void tell_exit(const hg_ended *ended, const char *where, char *ret_text, size_t size)
{
    const hg_record_header *header = ended->record->header;
    int code = ended->process->code;
    if (code == HG_RUNNER_STOPPED)
        snprintf(ret_text, size, "%s", header->message);
    else if (code == HG_RUNNER_USAGE && atomic_load(&header->phase) == HG_PHASE_CREATED)
        snprintf(ret_text, size,
                 "heapgate-runner cannot read what heapgate wrote: the two are of different builds; install "
                 "heapgate, its runner and its probe together");
    else if (code != HG_RUNNER_DONE)
        snprintf(ret_text, size, "the workload ended the process %s with exit code %d", where, code);
    else if (atomic_load(&header->phase) != HG_PHASE_DONE)
        snprintf(ret_text, size, "the workload ended the process %s", where);
}

/* The exit code may be the tool's own. */
static void tell_exit_under_tool(const hg_ended *ended, const char *where, char *ret_text, size_t size)
{
    const hg_record_header *header = ended->record->header;
    uint32_t phase = atomic_load(&header->phase);
    int code = ended->process->code;
    const char *said = ended->process->log + strspn(ended->process->log, "\n ");
    if (header->message[0])
        snprintf(ret_text, size, "under %s: %s", ended->tool, header->message);
    else if (code != 0 && phase == HG_PHASE_CREATED)
        snprintf(ret_text, size, "%s did not start the workload: exit code %d%s%.*s", ended->tool, code,
                 said[0] ? ", " : "", (int)strcspn(said, "\n"), said);
    else if (code != 0 || phase != HG_PHASE_DONE)
        snprintf(ret_text, size, "the workload ended the process under %s %s, with exit code %d", ended->tool,
                 where, code);
}

static const char *damage(hg_rounds_of rounds)
{
    return rounds == HG_ROUNDS_OF_PROGRAM ? "the program wrote over the harness's record of it"
                                          : "the workload wrote over the harness's record of it";
}

void hg_tell_ending(const hg_ended *ended, char *ret_text, size_t size)
{
    char where[128];
    const hg_process *process = ended->process;
    ret_text[0] = '\0';
    if (!hg_record_is_sound(ended->record)) {
        snprintf(ret_text, size, "%s%s%s", damage(HG_ROUNDS_OF_WORKLOAD), ended->tool ? ", under " : "",
                 ended->tool ? ended->tool : "");
        return;
    }
    hg_whereabouts(ended->record, where, sizeof where);
    uint64_t crash = atomic_load(&ended->record->header->crash);
    if (process->ending == HG_ENDING_SIGNAL && crash != 0)
        snprintf(ret_text, size,
                 "crashed %s, inside heapgate's probe at 0x%" PRIx64
                 ": signal %d (%s); please report it if the workload does not crash without heapgate",
                 where, crash - 1, process->code, strsignal(process->code));
    else if (process->ending == HG_ENDING_SIGNAL)
        snprintf(ret_text, size, "%s%s crashed %s: signal %d (%s)",
                 ended->tool ? ended->tool : "the workload", ended->tool ? ", or the workload under it," : "",
                 where, process->code, strsignal(process->code));
    else if (process->ending == HG_ENDING_EXIT)
        (ended->tool ? tell_exit_under_tool : tell_exit)(ended, where, ret_text, size);
    else
        tell_stop(ended, where, ret_text, size);
}

void hg_conclude_failed(hg_cell *cell, const char *reason)
{
    cell->verdict = HG_VERDICT_FAILED;
    cell->met = false;
    hg_cell_set(&cell->reason, reason);
}

void hg_conclude_damaged(hg_cell *cell, hg_rounds_of rounds)
{
    hg_conclude_failed(cell, damage(rounds));
}

void hg_conclude_out_of_memory(hg_cell *cell)
{
    hg_conclude_failed(cell, "out of memory while analysing");
}

bool hg_conclude_verification(const hg_record_header *header, hg_cell *cell)
{
    uint64_t verified = atomic_load(&header->verified);
    uint64_t mistaken = atomic_load(&header->mistaken);
    if ((header->mode & HG_MODE_VERIFY) == 0)
        return true;
    if (mistaken == 0)
        return hg_cell_say(&cell->reason, "%s; %" PRIu64 " recognised stacks walked again, all right",
                           cell->reason, verified);
    cell->verdict = HG_VERDICT_FAILED;
    cell->blind = true;
    return hg_cell_say(&cell->reason, "%" PRIu64 " of %" PRIu64 " stacks were recognised as another stack",
                       mistaken, verified);
}

/* What of the call paths could not be read. */
static bool tell_trouble(hg_symbols *symbols, hg_cell *cell)
{
    const char *trouble = hg_symbols_take_trouble(symbols);
    return !trouble || hg_cell_say(&cell->reason, "%s; %s", cell->reason, trouble);
}

bool hg_conclude_judged(const hg_judge_input *input, hg_symbols *symbols, hg_cell *cell,
                        hg_thinness *ret_thin)
{
    *ret_thin = HG_THIN_NOT;
    hg_symbols_take_trouble(symbols); /* of another cell */
    if (!hg_judge_cell(input, symbols, cell, ret_thin) ||
        !hg_conclude_verification(input->record->header, cell) || !tell_trouble(symbols, cell)) {
        hg_conclude_out_of_memory(cell);
        return false;
    }
    cell->met = hg_expect_is_met(cell->expect, cell->verdict);
    return true;
}
