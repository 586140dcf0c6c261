#include "exec/cells.h"

#include "analysis/growth.h"
#include "base/humanise.h"
#include "exec/budgets.h"
#include "exec/coverage.h"
#include "exec/idle.h"
#include "exec/notes.h"
#include "exec/target.h"
#include "model/path.h"
#include "symbols/perf_map.h"
#include "verdict/conclude.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Whole seconds where the rounds have them. */
static bool counts_seconds(const hg_session_plan *plan)
{
    return plan->round_ns % 1000000000 == 0;
}

static bool counts_mebibytes(const hg_session_plan *plan)
{
    return plan->round_bytes % (UINT64_C(1) << 20) == 0;
}

const char *hg_cells_unit(const hg_session_plan *plan)
{
    switch (plan->pace) {
    case HG_ROUND_END_TIME:
        return counts_seconds(plan) ? "second" : "ms";
    case HG_ROUND_END_VOLUME:
        return counts_mebibytes(plan) ? "MiB allocated" : "KiB allocated";
    case HG_ROUND_END_LINE:
        return "line";
    case HG_ROUND_END_MARK:
        return "mark";
    default:
        return "signal";
    }
}

uint64_t hg_cells_ops(const hg_session_plan *plan)
{
    switch (plan->pace) {
    case HG_ROUND_END_TIME:
        return (uint64_t)plan->round_ns / (counts_seconds(plan) ? 1000000000u : 1000000u);
    case HG_ROUND_END_VOLUME:
        return plan->round_bytes >> (counts_mebibytes(plan) ? 20 : 10);
    default:
        return 1;
    }
}

void hg_cells_ending(const hg_session *session, char *ret_text, size_t size)
{
    int status = session->status;
    if (session->lost)
        snprintf(ret_text, size,
                 "the program replaced itself, or closed the descriptor by which it is found");
    else if (session->detached)
        snprintf(ret_text, size, "detached; the program runs on");
    else if (session->is_attached)
        snprintf(ret_text, size, "process %d has ended%s", (int)session->program.process,
                 atomic_load(&session->program.record.header->exiting)
                     ? ""
                     : ", without a call of exit: it may have crashed or been killed");
    else if (WIFEXITED(status))
        snprintf(ret_text, size, "the program exited with status %d%s", WEXITSTATUS(status),
                 session->sent ? ", told to end" : "");
    else
        snprintf(ret_text, size, "the program was ended by signal %d (%s)%s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), session->sent == WTERMSIG(status) ? ", passed on to it" : "");
}

/* Measured rounds begin after so many. */
static uint32_t warmup_of(const hg_rounds *rounds, uint64_t asked)
{
    uint64_t warmup = asked ? (asked + rounds->length - 1) / rounds->length : (rounds->count + 4u) / 5u;
    uint64_t least = asked ? 1 : 2;
    warmup = warmup > least ? warmup : least;
    return (uint32_t)(warmup < UINT32_MAX ? warmup : UINT32_MAX);
}

/* Which option gives more rounds. */
static const char *advice_on(const hg_session_plan *plan)
{
    switch (plan->pace) {
    case HG_ROUND_END_TIME:
        return plan->round_ns > HG_SHORTEST_ROUND_NS ? "a shorter --round-every, or let it run longer"
                                                     : "more work, for at least a tenth of a second";
    case HG_ROUND_END_VOLUME:
        return "a smaller --round-bytes, or let it run longer";
    case HG_ROUND_END_LINE:
        return "a --round-line that matches more lines, or let it run longer";
    case HG_ROUND_END_SIGNAL:
        return "more signals with --round-signal";
    default:
        return "more calls of heapgate_mark, or --round-every";
    }
}

static bool conclude_too_few(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                             uint32_t warmup, hg_cell *cell)
{
    uint32_t rounds = watched->rounds.count - watched->has_end;
    cell->verdict = HG_VERDICT_INCONCLUSIVE;
    bool says_why = watched == &session->program && session->over &&
                    (session->left > 0 || !hg_note_ended_well(session, how));
    if (says_why)
        return hg_cell_set(&cell->reason, "too little was seen for a verdict");
    if (rounds == 0 && how->plan->pace == HG_ROUND_END_TIME && how->warmup_rounds <= 2)
        return hg_cell_say(&cell->reason, "it ended within its first round: give it %s",
                           advice_on(how->plan));
    if (how->plan->pace == HG_ROUND_END_LINE && watched->asked >= (uint64_t)2 * HG_MIN_ROUNDS &&
        watched->asked >= 2 * watched->rounds.length * rounds)
        return hg_cell_say(
            &cell->reason,
            "%u round%s too few: its %" PRIu64
            " lines came in bursts; let it flush each line, as under stdbuf -oL, or run longer",
            rounds, rounds == 1 ? " is" : "s are", watched->asked);
    return hg_cell_say(&cell->reason,
                       "%u round%s too few: %u of warm-up and at least %u more are needed; give it %s",
                       rounds, rounds == 1 ? " is" : "s are", warmup, HG_MIN_ROUNDS,
                       how->warmup_rounds > 2 ? "less --warmup, or more rounds" : advice_on(how->plan));
}

static void scale_samples(hg_record *made, uint64_t ops)
{
    for (uint32_t i = 0; i < made->epochs; i++)
        made->samples[i].ops *= (int64_t)ops;
}

/* What calls main, or a thread's function, is of no interest to a reader; some of it may have no name. */
static void trim_start(hg_site *site)
{
    static const char *const starts[] = {"_start",
                                         "__libc_start_main_impl",
                                         "__libc_start_main",
                                         "__libc_start_call_main",
                                         "run_main", /* the probe's, where the program is scanned */
                                         "start_thread",
                                         "clone",
                                         "clone3",
                                         "__clone3"};
    enum { MOST_STARTS = 4 };
    size_t from = site->frame_count > MOST_STARTS ? site->frame_count - MOST_STARTS : 1;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        for (size_t k = from; k < site->frame_count; k++)
            if (strcmp(site->frames[k].function, starts[i]) == 0)
                while (site->frame_count > k)
                    hg_frame_clear(&site->frames[--site->frame_count]);
}

/* The program itself has no name in the link map, and in a chroot no /proc where it could look one up. */
static void name_program(const hg_watched *watched, hg_record *made)
{
    uint32_t modules = atomic_load(&made->header->modules);
    size_t size = strlen(watched->program) + 1;
    for (uint32_t i = 1; i < modules && size <= sizeof made->modules[i].path; i++)
        if (made->modules[i].path[0] == '\0')
            memcpy(made->modules[i].path, watched->program, size);
}

/* Before the call paths are cut, which are to be found again. */
static bool hold(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                 const hg_record *made, hg_cell *cell)
{
    const hg_module_owners owners = {
        .plugin = watched->program, .probe = how->plan->probe, .is_program = true};
    const hg_scanned *scanned = watched == &session->program
                                    ? &session->scanned
                                    : &session->child_scanned[watched - session->children];
    return !how->hold || how->hold(scanned, made, &owners, cell);
}

/* What was counted of a process that had too few rounds. */
static bool tell_end(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                     hg_symbols *symbols, hg_cell *cell)
{
    hg_record made;
    if (watched->rounds.count == 0)
        return true;
    if (!hg_rounds_as_record(&watched->rounds, &watched->record, &made))
        return false;
    scale_samples(&made, hg_cells_ops(how->plan));
    name_program(watched, &made);
    const hg_module_owners owners = {
        .plugin = watched->program, .probe = how->plan->probe, .is_program = true};
    bool done = hg_judge_end(&made, &owners, symbols, cell) && hold(session, watched, how, &made, cell);
    for (size_t i = 0; i < cell->site_count; i++)
        trim_start(&cell->sites[i]);
    hg_rounds_release(&made);
    if (!done || cell->sample_count == 0)
        return done;
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    int64_t most = watched->most_live > last->live_bytes ? watched->most_live : last->live_bytes;
    return hg_cell_say(
        &cell->reason, "%s; %s in all, at most %s alive, and at %s %s in %s", cell->reason,
        hg_human_things((uint64_t)(watched->allocations - watched->controls), "allocation").text,
        hg_human_bytes((double)most).text, watched->has_end ? "the end" : "the last checkpoint",
        hg_human_bytes((double)last->live_bytes).text,
        hg_human_amount((double)last->live_blocks, "block").text);
}

/* Whether another process of the session did something that was measured. */
static bool has_company(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how)
{
    bool worked = false;
    for (uint32_t i = 0; i <= session->child_count; i++) {
        const hg_watched *other = i > 0 ? &session->children[i - 1] : &session->program;
        worked |=
            other != watched && hg_idle_has_worked(other, warmup_of(&other->rounds, how->warmup_rounds));
    }
    return worked;
}

/* Whether there were children that have no cell, as those that ended too early for a verdict. */
static bool has_other_children(const hg_session *session)
{
    uint32_t judged = 0;
    for (uint32_t i = 0; i < session->child_count; i++)
        judged += session->children[i].rounds.count >= hg_session_fewest_rounds();
    return session->brief_children + session->missed_children > 0 ||
           hg_note_children_started(session) > judged;
}

/* Who opened the largest file in memory that the program holds; "": nobody is known. */
typedef struct opener {
    char text[512];
} opener;

/* Judges the rounds after so many of warm-up. ret_input: by what. */
static bool judge_after(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                        uint32_t warmup, const hg_record *made, hg_symbols *symbols, hg_cell *cell,
                        hg_judge_input *ret_input)
{
    uint64_t ops = hg_cells_ops(how->plan);
    uint32_t measured = made->epochs - warmup;
    int64_t begin = made->samples[warmup - 1].ops;
    int64_t end = made->samples[made->epochs - 1].ops;
    uint64_t measured_ops = end > begin ? (uint64_t)(end - begin) : ops * measured;
    hg_idle idle = hg_idle_tell(watched, warmup, has_company(session, watched, how),
                                how->plan->pace != HG_ROUND_END_TIME,
                                watched == &session->program && has_other_children(session));
    hg_thinness thin;
    *ret_input = (hg_judge_input){
        .record = made,
        .owners = {.plugin = watched->program, .probe = how->plan->probe, .is_program = true},
        .warmup_rounds = warmup,
        .ops_per_round = (measured_ops + measured / 2) / measured,
        .max_bytes_per_op = how->max_bytes_per_op,
        .rounds = HG_ROUNDS_OF_PROGRAM,
        .unit = hg_cells_unit(how->plan),
        .when_idle = idle.text,
        .when_idle_found = idle.verdict,
    };
    cell->rounds = measured;
    cell->warmup_rounds = warmup;
    cell->ops = (int64_t)measured_ops;
    cell->warmup_ops = begin;
    return hg_conclude_judged(ret_input, symbols, cell, &thin);
}

/*
 * Whether the program had about as much alive before, and gave it back: what grows is a batch as well, which
 * comes to no more. Over all call paths, as a compiler may make a loop's first turn a path of its own.
 */
static bool is_next_batch(const hg_rounds *rounds, uint32_t from, uint32_t middle)
{
    uint32_t low = middle;
    int64_t end = rounds->alive[rounds->count - 1].block_bytes;
    int64_t peak = 0;
    for (uint32_t i = middle; i < rounds->count; i++)
        low = rounds->alive[i].block_bytes < rounds->alive[low].block_bytes ? i : low;
    for (uint32_t i = from; i < low; i++)
        peak = rounds->alive[i].block_bytes > peak ? rounds->alive[i].block_bytes : peak;
    int64_t begin = rounds->alive[low].block_bytes;
    return 2 * (peak - begin) > end - begin && peak - begin < 4 * (end - begin) && 4 * end < 5 * peak;
}

/* Whether a call path leaks, and each that does grew more slowly from that round to the warm-up's end. */
static bool leaks_of_late(const hg_cell *cell, uint32_t from)
{
    size_t leaks = hg_cell_leaks(cell);
    bool late = cell->verdict == HG_VERDICT_LEAK && leaks > 0;
    for (size_t i = 0; late && i < leaks; i++) {
        const hg_site *site = &cell->sites[i];
        const int64_t *total = site->total_bytes;
        const int64_t middle = cell->warmup_rounds - 1;
        double ops = (double)(cell->samples[middle].ops - cell->samples[from].ops);
        late = (double)(total[middle] - total[from]) < site->bytes_per_op * ops;
    }
    return late;
}

/* Whether the program allocated about as often before the measured rounds as in them. */
static bool allocates_as_before(const hg_cell *cell, uint32_t from)
{
    const double alike = 0.75;
    const hg_sample *begin = &cell->samples[from];
    const hg_sample *middle = &cell->samples[cell->warmup_rounds - 1];
    const hg_sample *end = &cell->samples[cell->sample_count - 1];
    double before = (double)(middle->allocations - begin->allocations) * (double)(end->ops - middle->ops);
    double since = (double)(end->allocations - middle->allocations) * (double)(middle->ops - begin->ops);
    return before > 0 && since > 0 && fmin(before, since) > alike * fmax(before, since);
}

/*
 * A leak may begin late: with the load of a server, or after a first error. So what is inconclusive is judged
 * again by the second half of its rounds, as a user would who asks for more warm-up. Only a leak counts
 * there, and only of call paths that did not grow as fast before, as what fills up does. Where the program
 * ended by itself, its last work may build something: then it must have allocated as often before.
 */
static bool judge_late(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                       const hg_record *made, hg_symbols *symbols, hg_cell *cell, hg_judge_input *input)
{
    enum { FEWEST = 8 }; /* rounds */
    const uint32_t warmup = input->warmup_rounds;
    const uint32_t half = made->epochs - made->epochs / 2;
    if (cell->verdict != HG_VERDICT_INCONCLUSIVE || how->warmup_rounds > 0 || made->epochs - half < FEWEST)
        return true;
    if (!judge_after(session, watched, how, half, made, symbols, cell, input))
        return false;
    if (leaks_of_late(cell, warmup - 1) && !is_next_batch(&watched->rounds, warmup - 1, half - 1) &&
        (!hg_note_ended_by_itself(session, watched) || allocates_as_before(cell, warmup - 1)))
        return hg_cell_say(&cell->reason, "%s, in the second half of the run", cell->reason);
    return judge_after(session, watched, how, warmup, made, symbols, cell, input);
}

static bool judge(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                  uint32_t warmup, hg_symbols *symbols, hg_cell *cell, opener *ret_opener)
{
    hg_record made;
    hg_judge_input input;
    if (!hg_rounds_as_record(&watched->rounds, &watched->record, &made))
        return false;
    scale_samples(&made, hg_cells_ops(how->plan));
    name_program(watched, &made);
    bool done = judge_after(session, watched, how, warmup, &made, symbols, cell, &input) &&
                judge_late(session, watched, how, &made, symbols, cell, &input) &&
                hold(session, watched, how, &made, cell);
    done = done && (!watched->held_file[0] || hg_judge_opener(&input, symbols, watched->held_context,
                                                              ret_opener->text, sizeof ret_opener->text));
    for (size_t i = 0; i < cell->site_count; i++)
        trim_start(&cell->sites[i]);
    /* A second of the clock is no work: how many go into one of processor time says nothing. */
    if (how->plan->pace == HG_ROUND_END_TIME)
        cell->ops_per_second = 0;
    hg_rounds_release(&made);
    if (done && watched->gave_back)
        done = hg_note_teardown(cell);
    return done && hg_note_evidence(session, how, watched, cell);
}

/* A program that never allocated anything itself is not known to the probe, either. */
static bool is_what_was_started(const hg_session *session, const hg_watched *watched,
                                const hg_cells_plan *how)
{
    struct stat started, ended;
    return watched == &session->program && stat(how->plan->target->path, &started) == 0 &&
           stat(watched->program, &ended) == 0 && started.st_dev == ended.st_dev &&
           started.st_ino == ended.st_ino;
}

/* Whether the process ended up in a program that the probe knows nothing of, though it knew one before. */
static bool became_another(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how)
{
    return !is_what_was_started(session, watched, how) && hg_watched_is_another(watched, watched->program);
}

static bool is_alone(const hg_session *session, const hg_watched *watched)
{
    return watched == &session->program && session->descendants.count == 0 && !session->waited &&
           atomic_load(&watched->record.header->forks) == 0;
}

static bool judge_watched(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                          hg_symbols *symbols, hg_cell *cell)
{
    uint32_t warmup = warmup_of(&watched->rounds, how->warmup_rounds);
    const hg_record_header *header = watched->record.header;
    if (watched->damaged || !hg_record_is_sound(&watched->record)) {
        hg_conclude_damaged(cell, HG_ROUNDS_OF_PROGRAM);
        return true;
    }
    if (header->message[0]) { /* the probe's own, and its last */
        hg_conclude_failed(cell, header->message);
        return true;
    }
    if (atomic_load(&header->owner) == 0) {
        hg_conclude_failed(
            cell,
            "the probe never began to count: the program ended before it ran, or may not look into /proc");
        return true;
    }
    opener held = {""};
    bool few = watched->rounds.count < warmup + (uint64_t)HG_MIN_ROUNDS;
    bool done = few ? conclude_too_few(session, watched, how, warmup, cell) &&
                          tell_end(session, watched, how, symbols, cell) &&
                          hg_conclude_verification(header, cell)
                    : judge(session, watched, how, warmup, symbols, cell, &held);
    done = done && hg_coverage_judge(watched, warmup, is_alone(session, watched), held.text, cell) &&
           hg_note_refusals(watched, cell);
    bool blind = cell->verdict == HG_VERDICT_INCONCLUSIVE && watched->own.what;
    bool nothing = few || blind || (cell->verdict == HG_VERDICT_FAILED && !cell->blind);
    if (done && nothing && became_another(session, watched, how)) {
        char why[PATH_MAX + 256];
        cell->verdict = HG_VERDICT_FAILED;
        if (hg_target_is_measurable(watched->program, why, sizeof why))
            snprintf(why, sizeof why, "it did not pass LD_PRELOAD on");
        done = hg_cell_say(&cell->reason, "the program became %s, in which the probe was never loaded: %s",
                           watched->program, why);
    }
    return done;
}

static bool conclude_cell(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                          hg_symbols *symbols, hg_cell *cell)
{
    if (!judge_watched(session, watched, how, symbols, cell) ||
        !hg_note_process(session, how, watched, cell) || !hg_note_children(session, how, watched, cell) ||
        !hg_budgets_note(watched, cell) || !hg_note_ending(session, how, watched, cell) ||
        !hg_note_own_crash(session, how, watched, symbols, cell))
        return false;
    cell->met = hg_expect_is_met(how->expect, cell->verdict);
    return true;
}

static bool label_cell(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                       hg_cell *cell)
{
    const hg_session_plan *plan = how->plan;
    bool is_program = watched == &session->program;
    size_t number = is_program ? 0 : (size_t)(watched - session->children) + 1;
    bool named = is_program
                     ? hg_cell_set(&cell->workload, hg_base_name(plan->arguments[0]))
                     : hg_cell_say(&cell->workload, "%s-child-%zu", hg_base_name(watched->program), number);
    cell->expect = how->expect;
    cell->max_bytes_per_op = how->max_bytes_per_op;
    cell->duration_seconds = session->seconds;
    return named && hg_cell_set(&cell->subject, "main") && hg_cell_set(&cell->allocator, how->allocator) &&
           hg_cell_set(&cell->unit, hg_cells_unit(plan)) && hg_cell_set(&cell->plugin, watched->program) &&
           hg_cell_set(&cell->reproduce, how->command);
}

static bool add_cell(const hg_session *session, const hg_watched *watched, const hg_cells_plan *how,
                     hg_symbols *symbols, hg_run *run)
{
    hg_perf_map *map = watched->perf_map >= 0 ? hg_perf_map_read(watched->perf_map) : NULL;
    hg_symbols_name_code(symbols, map);
    hg_cell *cell = hg_run_add_cell(run);
    bool done = cell && label_cell(session, watched, how, cell) &&
                conclude_cell(session, watched, how, symbols, cell);
    hg_symbols_name_code(symbols, NULL);
    hg_perf_map_free(map);
    return done;
}

static bool freeze_all(hg_session *session)
{
    bool frozen = hg_record_freeze(&session->program.record);
    for (uint32_t i = 0; frozen && i < session->child_count; i++)
        frozen = hg_record_freeze(&session->children[i].record);
    return frozen;
}

static bool is_same_path(const hg_site *a, const hg_site *b)
{
    bool same = a->frame_count == b->frame_count;
    for (size_t i = 0; same && i < a->frame_count; i++)
        same = strcmp(a->frames[i].function, b->frames[i].function) == 0 &&
               strcmp(a->frames[i].module, b->frames[i].module) == 0 &&
               a->frames[i].offset == b->frames[i].offset;
    return same;
}

/* Whether their blocks are lost, or kept by the same. */
static bool are_held_alike(const hg_held *a, const hg_held *b)
{
    return a->known == b->known && hg_held_keeper(a) == hg_held_keeper(b) &&
           strcmp(hg_held_by(a), hg_held_by(b)) == 0;
}

/* Whether every call path that leaks in one cell leaks in the other, too, and into the same. */
static bool leaks_alike(const hg_cell *cell, const hg_cell *other)
{
    size_t leaks = hg_cell_leaks(cell);
    bool alike = cell->verdict == HG_VERDICT_LEAK && other->verdict == HG_VERDICT_LEAK && leaks > 0 &&
                 leaks == hg_cell_leaks(other);
    for (size_t i = 0; alike && i < leaks; i++) {
        alike = false;
        for (size_t k = 0; k < leaks && !alike; k++)
            alike = is_same_path(&cell->sites[i], &other->sites[k]) &&
                    are_held_alike(&cell->sites[i].held, &other->sites[k].held);
    }
    return alike;
}

/* A leak of many children is shown once. */
static bool tell_once(hg_run *run, size_t first)
{
    for (size_t i = first + 1; i < run->cell_count; i++) {
        hg_cell *cell = &run->cells[i];
        size_t like = first;
        while (like < i && (run->cells[like].site_count == 0 || !leaks_alike(cell, &run->cells[like])))
            like++;
        if (like == i)
            continue;
        for (size_t k = 0; k < cell->site_count; k++)
            hg_site_clear(&cell->sites[k]);
        cell->site_count = 0;
        if (!hg_cell_say(&cell->reason, "%s; the call paths are those of %s", cell->reason,
                         run->cells[like].workload))
            return false;
    }
    return true;
}

bool hg_cells_add(hg_session *session, const hg_cells_plan *how, hg_run *run)
{
    hg_symbols *symbols = hg_symbols_new();
    size_t first = run->cell_count;
    bool done = symbols && freeze_all(session) && add_cell(session, &session->program, how, symbols, run);
    for (uint32_t i = 0; done && i < session->child_count; i++)
        if (session->children[i].rounds.count >= hg_session_fewest_rounds())
            done = add_cell(session, &session->children[i], how, symbols, run);
    hg_symbols_free(symbols);
    return done && tell_once(run, first);
}
