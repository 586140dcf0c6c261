/*
 * Goal: growth that slows down by the clock is told from a program that slows down, and a pool that has
 * filled up from a leak, and a program that builds something until its end too.
 */
#include "exec/notes.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20, WARMUP = 4, BLOCK = 100 };

/* A program whose rounds are of the clock, in which one call path grows. */
typedef struct grower {
    int rounds;
    hg_sample samples[2 * ROUNDS];
    int64_t total[2 * ROUNDS], left[2 * ROUNDS];
    hg_site site;
    char reason[512]; /* after judge */
} grower;

/* A round in which so many calls allocate, and so many blocks stay. */
static void add_round(grower *of, int64_t calls, int64_t blocks)
{
    const hg_sample *before = &of->samples[of->rounds];
    of->rounds++;
    of->left[of->rounds] = blocks;
    of->total[of->rounds] = of->total[of->rounds - 1] + blocks * BLOCK;
    of->samples[of->rounds] = (hg_sample){.allocations = before->allocations + calls,
                                          .live_bytes = of->total[of->rounds],
                                          .live_blocks = before->live_blocks + blocks,
                                          .ops = of->rounds,
                                          .wall_ns = 1000000000};
}

static hg_verdict judge(grower *of, hg_class found, hg_verdict verdict)
{
    static hg_session session;
    static hg_watched watched;
    const hg_session_plan plan = {.pace = HG_ROUND_END_TIME};
    const hg_cells_plan how = {.plan = &plan, .paced = true};
    size_t count = (size_t)of->rounds + 1;
    of->site.growth_class = found;
    of->site.survivor_blocks = of->left;
    of->site.total_bytes = of->total;
    of->site.epoch_count = count;
    of->site.live_bytes = of->samples[of->rounds].live_bytes;
    of->site.live_blocks = of->samples[of->rounds].live_blocks;
    hg_cell cell = {.verdict = verdict,
                    .ops = of->rounds,
                    .bytes_per_op = verdict == HG_VERDICT_LEAK ? 10 * BLOCK : 0,
                    .blocks_per_op = verdict == HG_VERDICT_LEAK ? of->site.blocks_per_op : 0,
                    .warmup_rounds = WARMUP,
                    .samples = of->samples,
                    .sample_count = count,
                    .sites = &of->site,
                    .site_count = 1};
    cr_assert(hg_cell_set(&cell.reason, "as was judged"));
    cr_assert(hg_note_evidence(&session, &how, &watched, &cell));
    snprintf(of->reason, sizeof of->reason, "%s", cell.reason);
    free(cell.reason);
    return cell.verdict;
}

/* Fewer and fewer blocks come in each round and stay; of so many calls for each, or as many as before. */
static hg_verdict judge_slower(bool fewer_calls, int64_t calls, bool *ret_told)
{
    grower slower = {0};
    for (int i = 1; i < ROUNDS; i++) {
        int64_t came = 2 * ROUNDS - 2 * i;
        add_round(&slower, calls * (fewer_calls ? came : ROUNDS), came);
    }
    hg_verdict verdict = judge(&slower, HG_CLASS_FILLING, HG_VERDICT_INCONCLUSIVE);
    *ret_told = strstr(slower.reason, "itself became slower") || strstr(slower.reason, "at one pace");
    return verdict;
}

/* A block stays of so many calls; in some rounds there are none, or the calls go on without blocks. */
static hg_verdict judge_pauses(bool with_blocks)
{
    grower pauses = {0};
    for (int i = 1; i < ROUNDS; i++) {
        int64_t calls = i > 8 && i < 13 ? 0 : 30 + 7 * i % 20;
        add_round(&pauses, calls, with_blocks || i <= 8 ? calls : 0);
    }
    return judge(&pauses, HG_CLASS_ONE_TIME, HG_VERDICT_INCONCLUSIVE);
}

Test(exec_notes, a_leak_of_a_program_that_pauses_is_one)
{
    cr_assert(eq(int, judge_pauses(true), HG_VERDICT_LEAK));
    cr_assert(eq(int, judge_pauses(false), HG_VERDICT_INCONCLUSIVE), "it ended while the program went on");
}

Test(exec_notes, a_program_that_slows_down_is_told_from_growth_that_does)
{
    bool told;
    cr_assert(eq(int, judge_slower(true, 1, &told), HG_VERDICT_INCONCLUSIVE), "a cache could be all of it");
    cr_assert(told);
    cr_assert(eq(int, judge_slower(true, 10, &told), HG_VERDICT_LEAK), "its other work became slower, too");
    cr_assert(told);
    cr_assert(eq(int, judge_slower(false, 10, &told), HG_VERDICT_INCONCLUSIVE));
    cr_assert(not(told));
}

/* Blocks are left of each `pause`th round, but for the last rounds; or their number stands still. */
static hg_verdict judge_still(int still_rounds, int pause, int64_t calls_when_still, bool by_size,
                              hg_class found)
{
    grower still = {.site = {.blocks_per_op = by_size ? 0 : 10}};
    for (int i = 1; i < ROUNDS; i++) {
        bool is_still = i >= ROUNDS - still_rounds;
        add_round(&still, is_still ? calls_when_still : 100, is_still || i % pause != 0 ? 0 : 10 * pause);
    }
    hg_verdict verdict = judge(&still, found, HG_VERDICT_LEAK);
    bool is_told = strstr(still.reason, "; in the last rounds it stood still") != NULL;
    cr_assert(eq(int, is_told, verdict == HG_VERDICT_INCONCLUSIVE), "%s", still.reason);
    return verdict;
}

Test(exec_notes, what_stood_still_at_the_end_while_the_program_went_on_has_filled_up)
{
    cr_assert(eq(int, judge_still(6, 1, 100, false, HG_CLASS_LEAK), HG_VERDICT_INCONCLUSIVE));
    cr_assert(eq(int, judge_still(0, 1, 100, false, HG_CLASS_LEAK), HG_VERDICT_LEAK));
    cr_assert(eq(int, judge_still(6, 1, 0, false, HG_CLASS_LEAK), HG_VERDICT_LEAK),
              "the program stood still, too");
    cr_assert(eq(int, judge_still(2, 3, 100, false, HG_CLASS_LEAK), HG_VERDICT_LEAK), "it leaks in bursts");
    cr_assert(eq(int, judge_still(6, 1, 0, true, HG_CLASS_LEAK), HG_VERDICT_INCONCLUSIVE),
              "a container between two steps");
    cr_assert(eq(int, judge_still(1, 1, 0, true, HG_CLASS_LEAK), HG_VERDICT_LEAK),
              "one that has just doubled");
    cr_assert(eq(int, judge_still(3, 1, 0, false, HG_CLASS_ONE_TIME), HG_VERDICT_INCONCLUSIVE), "a start");
    cr_assert(eq(int, judge_still(0, 1, 100, false, HG_CLASS_ONE_TIME), HG_VERDICT_LEAK), "spread");
}

/* A queue of which each round leaves so many blocks, with a wave on top. In the second half its growth is a
 * share of that of the first. */
static hg_verdict judge_backlog(int64_t left, double second_half, int64_t wave, hg_class found)
{
    enum { LONG = 32 };
    grower queue = {0};
    int64_t before = 0;
    for (int i = 1; i < LONG; i++) {
        int64_t now = i % 4 < 2 ? wave : 0;
        add_round(&queue, 1000, (int64_t)((double)left * (i < LONG / 2 ? 1 : second_half)) + now - before);
        before = now;
    }
    return judge(&queue, found, HG_VERDICT_INCONCLUSIVE);
}

Test(exec_notes, a_queue_that_is_served_too_slowly_is_a_leak)
{
    cr_assert(eq(int, judge_backlog(1000, 1, 0, HG_CLASS_BOUNDED), HG_VERDICT_LEAK));
    cr_assert(eq(int, judge_backlog(1000, 1, 500, HG_CLASS_BOUNDED), HG_VERDICT_LEAK));
    cr_assert(eq(int, judge_backlog(1000, 0.4, 0, HG_CLASS_BOUNDED), HG_VERDICT_INCONCLUSIVE),
              "it slows down");
    cr_assert(eq(int, judge_backlog(10, 1, 5000, HG_CLASS_BOUNDED), HG_VERDICT_INCONCLUSIVE), "it swings");
    cr_assert(eq(int, judge_backlog(1000, 1, 0, HG_CLASS_FILLING), HG_VERDICT_INCONCLUSIVE));
}

/* A path of a collector's module grows, or one of another; in one round live memory falls, or in none. */
static hg_verdict judge_collected(const char *module, bool falls)
{
    static hg_session session;
    hg_record_header header = {0};
    const hg_session_plan plan = {.pace = HG_ROUND_END_TIME};
    const hg_cells_plan how = {.plan = &plan};
    hg_sample samples[ROUNDS] = {0};
    hg_frame frame = {.module = (char *)module, .function = "allocate"};
    hg_site site = {.growth_class = HG_CLASS_LEAK,
                    .frames = &frame,
                    .frame_count = 1,
                    .bytes_per_op = BLOCK,
                    .blocks_per_op = 1};
    hg_cell cell = {.verdict = HG_VERDICT_LEAK,
                    .ops = ROUNDS,
                    .bytes_per_op = BLOCK,
                    .blocks_per_op = 1,
                    .warmup_rounds = WARMUP,
                    .samples = samples,
                    .sample_count = ROUNDS,
                    .sites = &site,
                    .site_count = 1};
    session = (hg_session){0};
    session.program.record.header = &header;
    session.program.own =
        (hg_own_memory){.what = "a heap", .collecting_module = "libjvm", .collects = "gc()"};
    for (int i = 1; i < ROUNDS; i++)
        samples[i] = (hg_sample){.live_bytes = i * BLOCK * 10 - (falls && i == 12 ? 15 * BLOCK : 0),
                                 .allocations = 10 * i,
                                 .ops = i,
                                 .wall_ns = 1000000000};
    cr_assert(hg_cell_set(&cell.reason, "1 call path grows every round"));
    cr_assert(hg_note_evidence(&session, &how, &session.program, &cell));
    free(cell.reason);
    return cell.verdict;
}

Test(exec_notes, what_a_collector_frees_is_no_leak_before_it_has_run)
{
    cr_assert(eq(int, judge_collected("/usr/lib/libjvm.so", false), HG_VERDICT_INCONCLUSIVE));
    cr_assert(eq(int, judge_collected("/usr/lib/libjvm.so", true), HG_VERDICT_LEAK), "it has run");
    cr_assert(eq(int, judge_collected("/home/libmine.so", false), HG_VERDICT_LEAK),
              "it is not the collector's");
}

/*
 * Of a program that ended by itself, with nobody having said what a round is. alike: the call paths lose as
 * many blocks as each other, as the parts of one object.
 */
static hg_verdict judge_paths(bool alike, size_t paths, double of_growth, uint32_t children,
                              const char *own_heap)
{
    enum { MOST_PATHS = 10, PER_OP = 1000 };
    static hg_session session;
    const hg_session_plan plan = {.pace = HG_ROUND_END_TIME};
    const hg_cells_plan how = {.plan = &plan};
    hg_record_header header = {.forks = children};
    hg_sample samples[ROUNDS] = {0};
    int64_t left[ROUNDS] = {0};
    hg_site sites[MOST_PATHS];
    session = (hg_session){.over = true};
    session.program.record.header = &header;
    session.program.own.what = own_heap;
    hg_cell cell = {.verdict = HG_VERDICT_LEAK,
                    .warmup_rounds = WARMUP,
                    .samples = samples,
                    .sample_count = ROUNDS,
                    .ops = ROUNDS - WARMUP,
                    .sites = sites,
                    .site_count = paths};
    for (size_t i = 0; i < paths; i++)
        sites[i] = (hg_site){.growth_class = HG_CLASS_LEAK,
                             .bytes_per_op = (double)PER_OP / (double)paths,
                             .blocks_per_op = alike ? 10 : 10 + (double)i,
                             .mapped = own_heap != NULL,
                             .survivor_blocks = left};
    for (int i = 1; i < ROUNDS; i++) {
        samples[i].wall_ns = 1000000000;
        samples[i].allocations = samples[i - 1].allocations + PER_OP;
        samples[i].live_bytes = samples[i - 1].live_bytes + (int64_t)(PER_OP / of_growth);
        left[i] = PER_OP / (int64_t)paths;
    }
    cr_assert(hg_cell_set(&cell.reason, "call paths grow every round"));
    cr_assert(hg_note_evidence(&session, &how, &session.program, &cell));
    bool is_told = strstr(cell.reason, "; it grew until the program ended by itself") != NULL ||
                   strstr(cell.reason, "; the heap of a test takes its pages there") != NULL;
    cr_assert(eq(int, is_told, cell.verdict == HG_VERDICT_INCONCLUSIVE), "%s", cell.reason);
    free(cell.reason);
    return cell.verdict;
}

static hg_verdict judge_to_its_end(size_t paths, double of_growth, uint32_t children, const char *own_heap)
{
    return judge_paths(false, paths, of_growth, children, own_heap);
}

Test(exec_notes, many_call_paths_that_lose_as_many_blocks_as_each_other_are_one_leak)
{
    cr_assert(eq(int, judge_paths(true, 10, 1, 0, NULL), HG_VERDICT_LEAK));
}

Test(exec_notes, a_leak_that_has_ended_while_the_program_went_on_is_none)
{
    grower plateau = {.site = {.blocks_per_op = 20}};
    for (int i = 0; i < ROUNDS; i++)
        add_round(&plateau, 100, i < ROUNDS - 2 ? 20 : 0);
    cr_assert(eq(int, judge(&plateau, HG_CLASS_LEAK, HG_VERDICT_LEAK), HG_VERDICT_INCONCLUSIVE));
    cr_assert(ne(ptr, strstr(plateau.reason, "nothing was added"), NULL), "%s", plateau.reason);
    grower idle = {.site = {.blocks_per_op = 20}};
    for (int i = 0; i < ROUNDS; i++)
        add_round(&idle, i < ROUNDS - 2 ? 100 : 1, i < ROUNDS - 2 ? 20 : 0);
    cr_assert(eq(int, judge(&idle, HG_CLASS_LEAK, HG_VERDICT_LEAK), HG_VERDICT_LEAK), "%s", idle.reason);
}

Test(exec_notes, a_program_that_grew_to_its_end_as_compilers_and_make_do_is_no_leak)
{
    cr_assert(eq(int, judge_to_its_end(1, 1, 0, NULL), HG_VERDICT_LEAK));
    cr_assert(eq(int, judge_to_its_end(3, 1, 0, NULL), HG_VERDICT_LEAK));
    cr_assert(eq(int, judge_to_its_end(10, 1, 0, NULL), HG_VERDICT_INCONCLUSIVE), "by many call paths");
    cr_assert(eq(int, judge_to_its_end(1, 0.25, 0, NULL), HG_VERDICT_INCONCLUSIVE), "mostly by others");
    cr_assert(eq(int, judge_to_its_end(3, 1, 50, NULL), HG_VERDICT_INCONCLUSIVE), "its children work");
    cr_assert(eq(int, judge_to_its_end(1, 1, 50, NULL), HG_VERDICT_LEAK), "all of it at one place");
    cr_assert(eq(int, judge_to_its_end(1, 1, 500, NULL), HG_VERDICT_INCONCLUSIVE), "a note of each child");
    cr_assert(eq(int, judge_to_its_end(1, 1, 0, "the heap of a test"), HG_VERDICT_INCONCLUSIVE));
}
