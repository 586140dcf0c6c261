#include "exec/notes.h"

#include "analysis/growth.h"
#include "base/humanise.h"
#include "exec/backlog.h"
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

enum { FEW_BLOCKS = 256, FEW_SECONDS = 1, FEWEST_FILES = 3 }; /* a cache of 128 is usual */

/* A program that was told to end may say what it likes; one that crashes meanwhile may not. */
bool hg_note_ended_well(const hg_session *session, const hg_cells_plan *how)
{
    int status = session->status;
    if (session->is_attached)
        return true;
    if (WIFEXITED(status))
        return session->sent != 0 || WEXITSTATUS(status) == how->exit_status;
    return session->sent != 0 && (WTERMSIG(status) == session->sent || WTERMSIG(status) == SIGKILL);
}

bool hg_note_ending(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                    hg_cell *cell)
{
    char ending[160];
    if (watched != &session->program)
        return true;
    if (!session->over)
        return hg_cell_say(&cell->reason, "%s; the program was still running", cell->reason);
    hg_cells_ending(session, ending, sizeof ending);
    bool may_build = cell->verdict == HG_VERDICT_LEAK && hg_note_ended_by_itself(session, watched) &&
                     how->plan->pace == HG_ROUND_END_TIME;
    if (hg_note_ended_well(session, how))
        return hg_cell_say(
            &cell->reason, "%s; %s%s", cell->reason, ending,
            may_build ? "; a program that builds something until it ends, and frees none of it, grows alike"
                      : "");
    cell->verdict = HG_VERDICT_FAILED;
    bool is_forbidden = WIFSIGNALED(session->status) && watched->sandboxed &&
                        (WTERMSIG(session->status) == SIGKILL || WTERMSIG(session->status) == SIGSYS);
    if (is_forbidden &&
        !hg_cell_say(&cell->reason,
                     "%s; it had given up system calls (seccomp): under heapgate it may need mmap, munmap or "
                     "brk where it needs none without, so let it permit these or take memory before",
                     cell->reason))
        return false;
    uint32_t rounds = watched->rounds.count - watched->has_end;
    char hint[64] = "";
    if (WIFEXITED(session->status))
        snprintf(hint, sizeof hint, "; if it is to end so, give --exit-status %d",
                 WEXITSTATUS(session->status));
    return hg_cell_say(&cell->reason, "%s after %s; until then: %s%s", ending,
                       hg_human_things(rounds, "round").text, cell->reason, hint);
}

bool hg_note_own_crash(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                       hg_symbols *symbols, hg_cell *cell)
{
    size_t count;
    uint64_t crash = atomic_load(&watched->record.header->crash);
    /* A copy of the program that shares its memory (vfork) may have crashed, and the program not. */
    if (crash == 0 || (watched == &session->program && !WIFSIGNALED(session->status)))
        return true;
    const hg_module_id probe = {.path = how->plan->probe};
    const hg_symbol *found = hg_symbols_find(symbols, &probe, crash, &count);
    cell->verdict = HG_VERDICT_FAILED;
    return found &&
           hg_cell_say(&cell->reason,
                       "crashed inside heapgate's probe, in %s (at 0x%" PRIx64
                       " of it): please report it if the program does not crash without heapgate; %s",
                       found[0].function[0] ? found[0].function : "a function without a name", crash - 1,
                       cell->reason);
}

uint32_t hg_note_children_started(const hg_session *session)
{
    uint32_t forks = atomic_load(&session->program.record.header->forks);
    return forks > session->descendants.count ? forks : session->descendants.count;
}

bool hg_note_process(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                     hg_cell *cell)
{
    if (watched != &session->program)
        return hg_cell_say(&cell->reason, "%s; process %d%s%s%s", cell->reason, (int)watched->process,
                           watched->title[0] ? " (" : "", watched->title, watched->title[0] ? ")" : "");
    if (session->left == 0)
        return true;
    /* A child that was watched has a cell of its own. */
    const char *measured = how->plan->children ? "measured no further" : "not measured";
    if (cell->verdict == HG_VERDICT_CLEAN)
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
    if (session->left == 1)
        return hg_cell_say(
            &cell->reason,
            "%s; the program went into the background and lives on as process %d, which is %s: start it in "
            "the foreground, for which daemons have an option",
            cell->reason, (int)session->left_one, measured);
    return hg_cell_say(&cell->reason,
                       "%s; %u processes of the program live on, one of them %d, and are %s: start it in the "
                       "foreground",
                       cell->reason, session->left, (int)session->left_one, measured);
}

bool hg_note_children(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                      hg_cell *cell)
{
    const hg_descendants *seen = &session->descendants;
    uint32_t started = hg_note_children_started(session);
    const char *be = started == 1 ? "was" : "were";
    const char *advice = session->is_attached ? "attach to them too" : "use --children";
    if (watched != &session->program)
        return true;
    if (how->plan->children && seen->unprobed > 0) {
        if (cell->verdict == HG_VERDICT_CLEAN)
            cell->verdict = HG_VERDICT_INCONCLUSIVE;
        return hg_cell_say(&cell->reason,
                           "%s; %u child process%s (%s) ran without the probe and %s not measured: a static "
                           "or setuid program "
                           "cannot be; --ignore-child %s accepts it",
                           cell->reason, seen->unprobed, seen->unprobed == 1 ? "" : "es", seen->unprobed_name,
                           seen->unprobed == 1 ? "was" : "were", seen->unprobed_name);
    }
    if (how->plan->children || session->left > 0 || (started == 0 && !session->waited))
        return true;
    if (started == 0)
        return hg_cell_say(&cell->reason, "%s; its child processes were not measured; use --children",
                           cell->reason);
    return hg_cell_say(&cell->reason, "%s; %u child process%s %s not measured; %s", cell->reason, started,
                       started == 1 ? "" : "es", be, advice);
}

bool hg_note_teardown(hg_cell *cell)
{
    bool leaks = cell->verdict == HG_VERDICT_LEAK;
    if (leaks)
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
    cell->met = hg_expect_is_met(cell->expect, cell->verdict);
    return hg_cell_say(&cell->reason,
                       leaks ? "%s, up to the peak of live memory, which it freed before it ended; a program "
                               "that serves on and on would leak at this rate"
                             : "%s; judged up to the peak of live memory, which it freed before it ended",
                       cell->reason);
}

/* How many more files or threads there are than at the first measured checkpoint; 0 unless they leak. */
static int64_t count_leaked(const hg_cell *cell, bool files)
{
    int64_t values[HG_MAX_EPOCHS];
    int64_t ops[HG_MAX_EPOCHS];
    uint32_t warmup = (uint32_t)cell->warmup_rounds;
    uint32_t count = (uint32_t)cell->sample_count;
    if (count <= warmup || count > HG_MAX_EPOCHS)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        values[i] = files ? cell->samples[i].open_files : cell->samples[i].threads;
        ops[i] = cell->samples[i].ops;
    }
    bool leaks = hg_growth_of_series(values, ops, count, warmup).growth_class == HG_CLASS_LEAK;
    return leaks ? values[count - 1] - values[warmup] : 0;
}

/* Whether neither call paths grow nor so many files or threads as no program keeps ready. */
static bool is_spread(const hg_cell *cell)
{
    enum { MANY = 64 };
    return cell->verdict == HG_VERDICT_LEAK && hg_cell_leaks(cell) == 0 && count_leaked(cell, true) < MANY &&
           count_leaked(cell, false) < MANY;
}

static bool is_of_paths(const hg_cell *cell)
{
    return cell->verdict == HG_VERDICT_LEAK && hg_cell_leaks(cell) > 0 && count_leaked(cell, true) == 0 &&
           count_leaked(cell, false) == 0;
}

/* Whether live memory moved by less than a quarter of what the leak would have added from there on. */
static bool stood_still_from(const hg_cell *cell, const hg_sample *from)
{
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    int64_t least = from->live_bytes;
    int64_t most = least;
    for (const hg_sample *now = from; now <= last; now++) {
        least = now->live_bytes < least ? now->live_bytes : least;
        most = now->live_bytes > most ? now->live_bytes : most;
    }
    double expected = cell->bytes_per_op * (double)(last->ops - from->ops);
    return expected > 0 && (double)(most - least) < expected / 4;
}

/*
 * Whether what leaks has come to an end: in the last two rounds hardly a block stayed where dozens would
 * have, of one in so many that are followed, though the program allocated at least half as often as before.
 */
static bool has_ended_leaking(const hg_cell *cell, uint32_t one_in)
{
    enum { ROUNDS = 2, LEAST = 6, DOZENS = 24 };
    const double hardly = 0.02;
    const hg_sample *first = &cell->samples[cell->warmup_rounds];
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    if (last - first < LEAST)
        return false;
    double part = (double)(last->ops - last[-ROUNDS].ops) / (double)(last->ops - first->ops);
    double stayed = 0;
    for (size_t i = 0; i < hg_cell_leaks(cell); i++) {
        const hg_site *site = &cell->sites[i];
        for (size_t k = site->epoch_count - ROUNDS; k < site->epoch_count; k++)
            stayed += (double)site->survivor_blocks[k];
    }
    double expected = cell->blocks_per_op * (double)(last->ops - last[-ROUNDS].ops);
    return expected >= (double)DOZENS * one_in && stayed <= hardly * expected &&
           2 * (double)(last->allocations - last[-ROUNDS].allocations) >=
               part * (double)(last->allocations - first->allocations);
}

/*
 * Live memory that stood still, at least in the last third of the measured rounds, though a call path grew;
 * or a leak that has ended. NULL where it is neither.
 */
static const char *doubt_when_still(const hg_cell *cell, uint32_t one_in)
{
    enum { PART = 3, ROUNDS = 3, SPREAD_PART = 6, SPREAD_ROUNDS = 2 };
    const double went_on = 0.1; /* of all allocations, at least */
    const hg_sample *first = &cell->samples[cell->warmup_rounds];
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    bool spread = is_spread(cell);
    const hg_sample *from = last - (last - first) / (spread ? SPREAD_PART : PART);
    if (!spread && has_ended_leaking(cell, one_in))
        return "in the last rounds nothing was added, though the program went on to allocate: let it run "
               "longer";
    if (last - from < (spread ? SPREAD_ROUNDS : ROUNDS) || !stood_still_from(cell, from))
        return NULL;
    if (spread)
        return "in the last rounds it stood still, as after the start of a program: let it run longer";
    if (cell->sites[0].blocks_per_op * (double)cell->ops < 1)
        return "in the last rounds it stood still, as a container does until it doubles again, or is large "
               "enough: "
               "let it run longer";
    if ((double)(last->allocations - from->allocations) <
        went_on * (double)(last->allocations - first->allocations))
        return NULL;
    return "in the last rounds it stood still, though the program went on to allocate, as what fills up "
           "does: let it "
           "run longer";
}

bool hg_note_ended_by_itself(const hg_session *session, const hg_watched *watched)
{
    bool is_child = watched == &session->program && !session->is_attached;
    bool exited = is_child ? WIFEXITED(session->status) : atomic_load(&watched->record.header->exiting) != 0;
    return session->over && session->sent == 0 && exited;
}

/* What the call paths leak that lose about as many blocks as this one: the parts of one object. */
static double leaked_with(const hg_cell *cell, const hg_site *site)
{
    const double alike = 0.02;
    double sum = 0;
    for (size_t i = 0; i < hg_cell_leaks(cell); i++) {
        double more = fabs(cell->sites[i].blocks_per_op - site->blocks_per_op);
        if (more <= alike * site->blocks_per_op || more * (double)cell->ops < 2)
            sum += cell->sites[i].bytes_per_op;
    }
    return sum;
}

/*
 * Whether a program grew as one that builds something, as compilers and make do: by many call paths, or
 * kinds of objects, of which none has most of the growth, or mostly by others than those that grow steadily,
 * or it had others do the work. In that case, nearly all growth at one place is a leak, if it is more than
 * a note of each child, as a shell keeps it.
 */
static bool builds(const hg_session *session, const hg_watched *watched, const hg_cell *cell)
{
    enum { MANY_PATHS = 8, MANY_CHILDREN = 16, NOTE_BYTES = 128 };
    const double nearly_all = 0.8;
    double leaked = 0;
    double most = 0;
    size_t paths = hg_cell_leaks(cell);
    for (size_t i = 0; i < paths; i++) {
        leaked += cell->sites[i].bytes_per_op;
        most = fmax(most, leaked_with(cell, &cell->sites[i]));
    }
    double grown = (double)(cell->samples[cell->sample_count - 1].live_bytes -
                            cell->samples[cell->warmup_rounds - 1].live_bytes);
    uint32_t children = watched == &session->program ? hg_note_children_started(session) : 0;
    leaked *= (double)cell->ops;
    most *= (double)cell->ops;
    return 2 * leaked < grown || (paths >= MANY_PATHS && 2 * most < leaked) ||
           (children >= MANY_CHILDREN &&
            (most < nearly_all * leaked || leaked < (double)NOTE_BYTES * children));
}

/* Whether all that grew steadily is pages that a heap takes which heapgate does not look into. */
static bool is_own_heap(const hg_watched *watched, const hg_cell *cell)
{
    bool all = watched->own.what && is_of_paths(cell);
    for (size_t i = 0; all && i < hg_cell_leaks(cell); i++)
        all = cell->sites[i].mapped;
    return all;
}

/* Live memory fell by more than a little in some round: a collector ran. */
static bool has_collected(const hg_cell *cell)
{
    const double little = 0.01; /* of what was alive */
    for (size_t i = (size_t)cell->warmup_rounds + 1; i < cell->sample_count; i++) {
        int64_t before = cell->samples[i - 1].live_bytes;
        if ((double)(before - cell->samples[i].live_bytes) > little * (double)before)
            return true;
    }
    return false;
}

/* Whether all that grew steadily belongs to objects which a collector frees that has not run yet. */
static bool is_uncollected(const hg_watched *watched, const hg_cell *cell)
{
    bool all = watched->own.collects && is_of_paths(cell) && !has_collected(cell);
    for (size_t i = 0; all && i < hg_cell_leaks(cell); i++) {
        const hg_site *site = &cell->sites[i];
        const hg_frame *frame = site->inner_count > 0   ? &site->inner[0]
                                : site->frame_count > 0 ? &site->frames[0]
                                                        : NULL;
        all = frame && hg_own_memory_is_collected(&watched->own, frame->module, frame->function);
    }
    return all;
}

/* Blocks from before heapgate was attached that were freed in measured rounds. */
static uint64_t count_strangers(const hg_session *session, const hg_watched *watched, const hg_cell *cell)
{
    const hg_rounds *rounds = &watched->rounds;
    if (!session->is_attached || cell->warmup_rounds == 0 || (uint64_t)cell->warmup_rounds >= rounds->count)
        return 0;
    return rounds->alive[rounds->count - 1].strangers - rounds->alive[cell->warmup_rounds - 1].strangers;
}

/* What makes a leak doubtful, for which it is none; "" where nothing does. */
static void find_doubt(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                       double seconds, const hg_cell *cell, char *ret_text, size_t size)
{
    ret_text[0] = '\0';
    if (cell->verdict != HG_VERDICT_LEAK)
        return;
    uint64_t before = count_strangers(session, watched, cell);
    bool by_clock = how->plan->pace == HG_ROUND_END_TIME;
    uint32_t one_in = watched->budget.most_one_in > 1 ? watched->budget.most_one_in : 1;
    const char *still =
        by_clock && (is_of_paths(cell) || is_spread(cell)) ? doubt_when_still(cell, one_in) : NULL;
    if ((double)before > cell->blocks_per_op * (double)cell->ops / 2)
        snprintf(
            ret_text, size,
            "%s from before heapgate was attached %s freed meanwhile, and what grows may have come in their "
            "place: watch it for longer",
            hg_human_amount((double)before, "block").text, before == 1 ? "was" : "were");
    else if (is_spread(cell) && watched->own.settles)
        snprintf(ret_text, size,
                 "%s grows alike until it is as large as the program needs: let it run longer",
                 watched->own.what);
    else if (still)
        snprintf(ret_text, size, "%s", still);
    else if (how->paced)
        return;
    else if (is_uncollected(watched, cell))
        snprintf(
            ret_text, size,
            "it is of objects that a collector frees, which did not run: let it run for several collections, "
            "or collect where a round ends (%s)",
            watched->own.collects);
    else if (seconds < FEW_SECONDS)
        snprintf(
            ret_text, size,
            "%s is too short to tell a leak from what a program builds up once: let it run longer, or ask "
            "for short rounds (--round-every)",
            hg_human_seconds(seconds).text);
    else if (is_own_heap(watched, cell))
        snprintf(
            ret_text, size,
            "%s takes its pages there, and grows alike until it is as large as the program needs: let it "
            "run longer, and say what a round is (--round-line, --round-every)",
            watched->own.what);
    else if (hg_note_ended_by_itself(session, watched) &&
             (is_spread(cell) || (is_of_paths(cell) && builds(session, watched, cell))))
        snprintf(ret_text, size,
                 "it grew until the program ended by itself: a server would leak at this rate, but a program "
                 "that builds something until its end grows alike; let it repeat its work, and say what a "
                 "round is (--round-line, --round-every)");
}

/*
 * By the clock, what a program takes less and less of may be its time: where its allocations become fewer in
 * like measure, growth does not slow down at all. Or a cache that fills is all that allocates.
 */
static bool note_slower(const hg_cells_plan *how, hg_cell *cell)
{
    bool fills = cell->site_count > 0 && cell->sites[0].growth_class == HG_CLASS_FILLING;
    if (cell->verdict != HG_VERDICT_INCONCLUSIVE || how->plan->pace != HG_ROUND_END_TIME || !fills ||
        !hg_backlog_slows_down(cell))
        return true;
    return hg_cell_say(
        &cell->reason,
        "%s; the program itself became slower: for each allocation it grows as much as before, "
        "so choose rounds that count its work (--round-bytes, --round-line)",
        cell->reason);
}

bool hg_note_evidence(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                      hg_cell *cell)
{
    char doubt[256];
    double seconds = 0;
    for (size_t i = (size_t)cell->warmup_rounds; i < cell->sample_count; i++)
        seconds += (double)cell->samples[i].wall_ns / 1e9;
    if (cell->verdict == HG_VERDICT_CLEAN || cell->sample_count <= (size_t)cell->warmup_rounds)
        return true;
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    bool more_files = last->open_files >= cell->samples[cell->warmup_rounds].open_files + FEWEST_FILES;
    bool done = hg_backlog_doubt_ramp(cell) && hg_backlog_note(how, watched, cell) && note_slower(how, cell);
    if (more_files && watched->newest_file[0])
        done = done && hg_cell_say(&cell->reason, "%s; the newest open file is %s", cell->reason,
                                   watched->newest_file);
    double blocks = cell->blocks_per_op * (double)cell->ops;
    find_doubt(session, how, watched, seconds, cell, doubt, sizeof doubt);
    if (doubt[0]) {
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        return done && hg_cell_say(&cell->reason, "%s; %s", cell->reason, doubt);
    }
    if (cell->verdict == HG_VERDICT_LEAK && blocks > 0 && (blocks < FEW_BLOCKS || seconds < FEW_SECONDS))
        done =
            done && hg_cell_say(&cell->reason,
                                "%s; this rests on %s in %s only: let it run longer to be sure", cell->reason,
                                hg_human_amount(round(blocks), "block").text, hg_human_seconds(seconds).text);
    return done;
}

/* What the probe has mapped in the process, in bytes: its shards, and about as much as it begins with. */
static uint64_t addresses_of_probe(const hg_record *record)
{
    uint64_t sum = UINT64_C(60) << 20;
    for (uint32_t i = 0; i < HG_SHARD_CLASSES; i++)
        sum += (hg_record_shards(record, i) - (i > 0)) * record->shard_bytes[i];
    return sum;
}

bool hg_note_refusals(const hg_watched *watched, hg_cell *cell)
{
    uint64_t failed = atomic_load(&watched->record.header->failed);
    hg_quantity allocations = hg_human_things(failed, "allocation");
    if (failed == 0)
        return true;
    if (watched->most_addresses == 0)
        return hg_cell_say(&cell->reason, "%s; %s failed", cell->reason, allocations.text);
    return hg_cell_say(&cell->reason,
                       "%s; %s failed; the process may use %llu MiB of address space (RLIMIT_AS), "
                       "of which heapgate takes about %llu MiB: raise the limit (ulimit -v) by as much",
                       cell->reason, allocations.text, (unsigned long long)watched->most_addresses >> 20,
                       (unsigned long long)addresses_of_probe(&watched->record) >> 20);
}
