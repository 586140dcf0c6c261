#include "verdict/judge.h"

#include "analysis/fragmentation.h"
#include "analysis/lifetimes.h"
#include "record/checkpoint.h"
#include "verdict/at_exit.h"
#include "verdict/block_sizes.h"
#include "verdict/followed.h"
#include "verdict/growths.h"
#include "verdict/levels.h"
#include "verdict/rise.h"
#include "verdict/sentences.h"
#include "verdict/steps.h"
#include "verdict/uncounted.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One site with its growth, while they are ranked. */
typedef struct ranked_site {
    hg_gathered_site *gathered;
    hg_growth growth;
} ranked_site;

hg_module_owners hg_module_owners_of(const hg_cell_plan *plan)
{
    return (hg_module_owners){.library_path = plan->library_path,
                              .plugin = plan->plugin,
                              .runner = plan->runner,
                              .probe = plan->probe};
}

static int64_t *ops_of(const hg_record *record)
{
    uint32_t epochs = record->epochs;
    int64_t *ops = calloc(epochs, sizeof *ops);
    for (uint32_t i = 0; ops && i < epochs; i++)
        ops[i] = record->samples[i].ops;
    return ops;
}

/* What the sites have in common that each is judged by. */
static hg_surroundings surroundings_of(const hg_judge_input *input, const int64_t *ops,
                                       const hg_gathered *gathered)
{
    hg_surroundings surroundings = {0};
    for (size_t i = 0; i < gathered->count; i++) {
        hg_history history =
            hg_growths_history(input, ops, gathered->sites[i].blocks, gathered->sites[i].bytes);
        uint32_t death_age = hg_growth_death_age(&history);
        surroundings.sites += death_age > 0;
        surroundings.death_age = death_age > surroundings.death_age ? death_age : surroundings.death_age;
    }
    return surroundings;
}

/*
 * All sites together at which nothing settled dies: a leak spread thinly over them shows in their sum. Where
 * a cache is in the cell, what its rare sites hold is young; see hg_surroundings. False when memory ran out.
 */
static bool judge_quiet_sites(const hg_judge_input *input, const int64_t *ops, const hg_gathered *gathered,
                              const hg_surroundings *surroundings, hg_growth *ret_growth)
{
    size_t cells = (size_t)gathered->epochs * gathered->epochs;
    int64_t *blocks = calloc(cells, sizeof *blocks);
    int64_t *bytes = calloc(cells, sizeof *bytes);
    bool done = blocks && bytes;
    for (size_t i = 0; done && i < gathered->count; i++) {
        const hg_gathered_site *site = &gathered->sites[i];
        hg_history history = hg_growths_history(input, ops, site->blocks, site->bytes);
        if (hg_growth_death_age(&history) > 0)
            continue;
        for (size_t k = 0; k < cells; k++) {
            blocks[k] = hg_count_sum(blocks[k], site->blocks[k]);
            bytes[k] = hg_count_sum(bytes[k], site->bytes[k]);
        }
    }
    if (done) {
        hg_history history = hg_growths_history(input, ops, blocks, bytes);
        *ret_growth = hg_growth_of_quiet(&history, surroundings);
    }
    free(blocks);
    free(bytes);
    return done;
}

static int64_t row_sum(const int64_t *live, uint32_t epochs, uint32_t checkpoint)
{
    int64_t sum = 0;
    for (uint32_t epoch = 0; epoch <= checkpoint; epoch++)
        sum += live[(size_t)checkpoint * epochs + epoch];
    return sum;
}

static bool grows(const ranked_site *site)
{
    return site->growth.growth_class == HG_CLASS_LEAK || site->growth.unclear;
}

/* Leaks first, then what else grows, fastest first; then the largest. */
static int compare_sites(const void *left, const void *right)
{
    const ranked_site *a = left;
    const ranked_site *b = right;
    bool a_leaks = a->growth.growth_class == HG_CLASS_LEAK;
    bool b_leaks = b->growth.growth_class == HG_CLASS_LEAK;
    if (a_leaks != b_leaks)
        return a_leaks ? -1 : 1;
    if (grows(a) != grows(b))
        return grows(a) ? -1 : 1;
    if (grows(a) && a->growth.bytes_per_round != b->growth.bytes_per_round)
        return a->growth.bytes_per_round > b->growth.bytes_per_round ? -1 : 1;
    const hg_site *x = &a->gathered->site;
    const hg_site *y = &b->gathered->site;
    return x->live_bytes > y->live_bytes ? -1 : x->live_bytes < y->live_bytes;
}

static bool fill_site(const hg_judge_input *input, const hg_growth *growth, const hg_gathered_site *gathered,
                      hg_site *site)
{
    uint32_t epochs = input->record->epochs;
    double ops = (double)input->ops_per_round;
    site->growth_class = growth->growth_class;
    site->bytes_per_op = growth->bytes_per_round / ops;
    site->bytes_per_op_error = growth->bytes_per_round_error / ops;
    site->blocks_per_op = growth->blocks_per_round / ops;
    site->survivor_blocks = calloc(epochs, sizeof(int64_t));
    site->survivor_bytes = calloc(epochs, sizeof(int64_t));
    site->total_bytes = calloc(epochs, sizeof(int64_t));
    if (!site->survivor_blocks || !site->survivor_bytes || !site->total_bytes)
        return false;
    site->epoch_count = epochs;
    const size_t last = (size_t)(epochs - 1) * epochs;
    for (uint32_t epoch = 0; epoch < epochs; epoch++) {
        site->survivor_blocks[epoch] = gathered->blocks[last + epoch];
        site->survivor_bytes[epoch] = gathered->bytes[last + epoch];
        site->total_bytes[epoch] = row_sum(gathered->bytes, epochs, epoch);
    }
    return true;
}

/* Ranks the sites and moves the first ones into the cell. */
static bool fill_sites(const hg_judge_input *input, hg_gathered *gathered, const hg_growth *growths,
                       hg_cell *cell)
{
    uint32_t epochs = gathered->epochs;
    ranked_site *ranked = calloc(gathered->count + 1, sizeof *ranked);
    cell->sites = calloc(HG_MOST_SITES, sizeof *cell->sites);
    if (!ranked || !cell->sites) {
        free(ranked);
        return false;
    }
    for (size_t i = 0; i < gathered->count; i++) {
        hg_gathered_site *site = &gathered->sites[i];
        site->site.live_blocks = row_sum(site->blocks, epochs, epochs - 1);
        site->site.live_bytes = row_sum(site->bytes, epochs, epochs - 1);
        ranked[i] = (ranked_site){site, growths[i]};
    }
    qsort(ranked, gathered->count, sizeof *ranked, compare_sites);
    bool done = true;
    for (size_t i = 0; i < gathered->count && i < HG_MOST_SITES && done; i++) {
        hg_site *target = &cell->sites[cell->site_count++];
        *target = ranked[i].gathered->site;
        ranked[i].gathered->site = (hg_site){0};
        done = fill_site(input, &ranked[i].growth, ranked[i].gathered, target);
    }
    free(ranked);
    return done;
}

static void clear_measured(hg_cell *cell)
{
    for (size_t i = 0; i < cell->site_count; i++)
        hg_site_clear(&cell->sites[i]);
    free(cell->sites);
    free(cell->samples);
    cell->sites = NULL;
    cell->samples = NULL;
    cell->site_count = cell->sample_count = 0;
    cell->kept = (hg_kept){0};
}

static hg_sample sample_at(const hg_record *record, uint32_t round, hg_record_live live)
{
    const hg_record_sample *seen = &record->samples[round];
    return (hg_sample){
        .round = round,
        .ops = seen->ops,
        .live_bytes = live.bytes,
        .live_blocks = live.blocks,
        .allocations = seen->allocations,
        .resident_bytes = seen->resident_bytes,
        .allocated_bytes = seen->allocated_bytes,
        .mapped_bytes = seen->mapped_bytes,
        .open_files = seen->open_files,
        .threads = seen->threads,
        .wall_ns = seen->wall_ns,
        .cpu_ns = seen->cpu_ns,
        .mappings = seen->mappings,
    };
}

static bool fill_samples(const hg_record *record, const hg_gathered *gathered, uint32_t checkpoints,
                         hg_cell *cell)
{
    uint32_t epochs = record->epochs;
    cell->samples = calloc(checkpoints + 1, sizeof *cell->samples);
    if (!cell->samples)
        return false;
    cell->sample_count = checkpoints;
    for (uint32_t i = 0; i < checkpoints; i++) {
        hg_record_live live = {.bytes = row_sum(gathered->whole_bytes, epochs, i),
                               .blocks = row_sum(gathered->whole_blocks, epochs, i)};
        cell->samples[i] = sample_at(record, i, live);
    }
    return true;
}

bool hg_judge_end(const hg_record *record, const hg_module_owners *owners, hg_symbols *symbols, hg_cell *cell)
{
    hg_gathered gathered = {0};
    const hg_judge_input input = {.record = record, .ops_per_round = 1};
    uint32_t last = record->header->epochs - 1;
    clear_measured(cell);
    bool done = hg_sites_gather(record, HG_HOLDING_MEMORY, last, owners, symbols, &gathered);
    hg_growth *growths = done ? calloc(gathered.count + 1, sizeof *growths) : NULL;
    for (size_t i = 0; growths && i < gathered.count; i++)
        growths[i].growth_class = HG_CLASS_ONE_TIME;
    if (done) {
        hg_followed_weigh(record, &gathered);
        hg_followed_scale_counts(record, &gathered);
    }
    done = growths && fill_samples(record, &gathered, record->header->epochs, cell) &&
           fill_sites(&input, &gathered, growths, cell);
    hg_gathered_free(&gathered);
    free(growths);
    cell->contexts = atomic_load(&record->header->contexts) - 1;
    return done;
}

void hg_judge_remains(const hg_record *record, const hg_module_owners *owners, hg_symbols *symbols,
                      hg_cell *cell)
{
    hg_gathered gathered = {0};
    clear_measured(cell);
    if (hg_sites_gather(record, HG_HOLDING_MEMORY, 0, owners, symbols, &gathered))
        fill_samples(record, &gathered, atomic_load(&record->header->checkpoints), cell);
    hg_gathered_free(&gathered);
    cell->contexts = atomic_load(&record->header->contexts) - 1;
    cell->unwinds = atomic_load(&record->header->unwinds);
}

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* Ops per second of processor time: the median over the measured rounds. */
static double median_speed(const hg_judge_input *input)
{
    const hg_record *record = input->record;
    double speeds[HG_MAX_EPOCHS];
    size_t count = 0;
    for (uint32_t i = input->warmup_rounds; i < record->epochs; i++) {
        int64_t ops = record->samples[i].ops - (i > 0 ? record->samples[i - 1].ops : 0);
        if (record->samples[i].cpu_ns > 0)
            speeds[count++] = (double)ops * 1e9 / (double)record->samples[i].cpu_ns;
    }
    if (count == 0)
        return 0;
    qsort(speeds, count, sizeof *speeds, compare_numbers);
    return count % 2 ? speeds[count / 2] : (speeds[count / 2 - 1] + speeds[count / 2]) / 2;
}

static hg_growth growth_of_samples(const hg_judge_input *input, const int64_t *ops, bool files)
{
    const hg_record *record = input->record;
    int64_t values[HG_MAX_EPOCHS];
    for (uint32_t i = 0; i < record->epochs; i++)
        values[i] = files ? record->samples[i].open_files : record->samples[i].threads;
    if (input->rounds != HG_ROUNDS_OF_PROGRAM)
        return hg_growth_of_level(values, ops, record->epochs, input->warmup_rounds);
    hg_growth growth = hg_growth_of_series(values, ops, record->epochs, input->warmup_rounds);
    /* Of a program, that may start what it needs at any time, a step or two are no growth. */
    uint32_t steps = hg_count_steps(values, record->epochs, input->warmup_rounds);
    if (steps < HG_FEWEST_STEPS) {
        growth.growth_class = HG_CLASS_BOUNDED;
        growth.unclear = false;
    }
    return growth;
}

/* What the measured rounds allocated beside the control. */
static int64_t measured_allocations(const hg_record_sample *begin, const hg_record_sample *end)
{
    return end->allocations - begin->allocations - (end->control_blocks - begin->control_blocks);
}

/* The largest mean size of a site's blocks that came in these rounds and were alive at a checkpoint. */
static double largest_alive(const hg_gathered *gathered, uint32_t from)
{
    double largest = 0;
    for (size_t i = 0; i < gathered->count; i++) {
        const hg_gathered_site *site = &gathered->sites[i];
        double blocks = 0;
        double bytes = 0;
        for (uint32_t t = from; t < gathered->epochs; t++) {
            for (uint32_t epoch = from; epoch <= t; epoch++) {
                blocks += (double)site->blocks[(size_t)t * gathered->epochs + epoch];
                bytes += (double)site->bytes[(size_t)t * gathered->epochs + epoch];
            }
        }
        largest = blocks > 0 ? fmax(largest, bytes / blocks) : largest;
    }
    return largest;
}

static void fill_counts(const hg_judge_input *input, const hg_history *whole, hg_evidence *evidence)
{
    const hg_record_sample *samples = input->record->samples;
    for (uint32_t i = whole->warmup; i < whole->epochs; i++) {
        int64_t live = row_sum(whole->bytes, whole->epochs, i);
        evidence->most_live = live > evidence->most_live ? live : evidence->most_live;
        evidence->at_limit |= samples[i].at_limit;
        evidence->uncounted |=
            input->rounds != HG_ROUNDS_OF_PROGRAM && (samples[i].open_files < 0 || samples[i].threads < 0);
    }
}

static bool fill_evidence(const hg_judge_input *input, const hg_gathered *gathered,
                          const hg_surroundings *surroundings, hg_growth *growths, const int64_t *ops,
                          hg_evidence *ret_evidence)
{
    const hg_surroundings alone = {.sites = 1};
    const hg_record_header *header = input->record->header;
    hg_history whole = hg_growths_history(input, ops, gathered->whole_blocks, gathered->whole_bytes);
    /* The control's ops are its blocks: rounds of any length have their share of them. */
    int64_t controls[HG_MAX_EPOCHS];
    for (uint32_t i = 0; i < input->record->epochs; i++)
        controls[i] = input->record->samples[i].control_blocks;
    hg_history control =
        hg_growths_history(input, controls, gathered->control_blocks, gathered->control_bytes);
    uint32_t measured = input->record->epochs - input->warmup_rounds;
    const hg_record_sample *begin = &input->record->samples[input->warmup_rounds - 1];
    const hg_record_sample *end = &input->record->samples[input->record->epochs - 1];
    *ret_evidence = (hg_evidence){
        .sites = growths,
        .site_count = gathered->count,
        .whole = hg_growth_of(&whole, &alone),
        .control = hg_growth_of(&control, &alone),
        .control_injected = (double)(end->control_bytes - begin->control_bytes) / measured,
        .files = growth_of_samples(input, ops, true),
        .threads = growth_of_samples(input, ops, false),
        .allocations = measured_allocations(begin, end),
        .largest_block = hg_largest_block(input->record, input->warmup_rounds),
        .largest_alive = input->record->unpack ? largest_alive(gathered, input->warmup_rounds) : 0,
        .death_age = surroundings->death_age,
        .unrecorded = atomic_load(&header->unrecorded),
        .ops_per_round = input->ops_per_round,
        .rounds = measured,
        .max_bytes_per_op = input->max_bytes_per_op,
    };
    hg_levels_fill(input, &whole, ret_evidence);
    fill_counts(input, &whole, ret_evidence);
    hg_judge_unseen(input, gathered, ops, ret_evidence);
    /* Where nothing was allocated, what was may be a pool, and hide a leak until it is used up. */
    if (ret_evidence->allocations == 0)
        ret_evidence->largest_alive = (double)ret_evidence->most_live;
    bool done = judge_quiet_sites(input, ops, gathered, surroundings, &ret_evidence->quiet);
    hg_followed_scale_rates(input, ops, gathered, growths, ret_evidence);
    return done;
}

/*
 * Of a program: a clean verdict that a leak of all that was ever alive could hide under says nothing. The
 * largest blocks alone, of which a few must be lost to be noticed, are no reason; nor is it one where what is
 * alive falls as low again and again, to less than one such block.
 */
static void doubt_vacuous(const hg_judge_input *input, hg_evidence *evidence, hg_judgement *judgement)
{
    const double blocks = 8;
    double run = judgement->min_detectable_bytes_per_op * (double)evidence->ops_per_round * evidence->rounds;
    bool falls_as_low = evidence->level.rising_ops > 0 &&
                        evidence->level.swing_bytes <= fmax(evidence->largest_block, evidence->largest_alive);
    if (judgement->cause != HG_CAUSE_NO_GROWTH || run <= (double)evidence->most_live ||
        run <= HG_LITTLE_MEMORY * fmax(evidence->stands_for, 1) || run <= blocks * evidence->largest_block ||
        falls_as_low || hg_followed_would_show(input, evidence))
        return;
    evidence->level.hidden_per_op = judgement->min_detectable_bytes_per_op;
    judgement->verdict = HG_VERDICT_INCONCLUSIVE;
    judgement->cause = HG_CAUSE_TOO_COARSE;
    judgement->advice = HG_ADVICE_MORE_OPS;
}

static bool fill_verdict(const hg_judge_input *input, hg_symbols *symbols, hg_gathered *gathered,
                         hg_growth **ret_growths, const int64_t *ops, hg_cell *cell,
                         hg_evidence *ret_evidence, hg_thinness *ret_thin)
{
    hg_surroundings surroundings = surroundings_of(input, ops, gathered);
    bool done = hg_growths_of_sites(input, ops, symbols, &surroundings, gathered, ret_growths);
    hg_growth *growths = *ret_growths;
    if (!done || !fill_evidence(input, gathered, &surroundings, growths, ops, ret_evidence))
        return false;
    hg_followed_scale_counts(input->record, gathered);
    hg_judgement judgement = hg_judge(ret_evidence);
    if (input->rounds == HG_ROUNDS_OF_PROGRAM)
        doubt_vacuous(input, ret_evidence, &judgement);
    if (judgement.cause == HG_CAUSE_LEVEL_RISES)
        hg_rise_attribute(input, ops, gathered, &judgement, growths);
    double per_round = (double)input->ops_per_round;
    cell->verdict = judgement.verdict;
    cell->blind = judgement.blind;
    cell->bytes_per_op = judgement.bytes_per_op;
    cell->bytes_per_op_error = judgement.bytes_per_op_error;
    cell->blocks_per_op = judgement.blocks_per_op;
    cell->min_detectable_bytes_per_op = judgement.min_detectable_bytes_per_op;
    cell->control_injected_bytes_per_op = ret_evidence->control_injected / per_round;
    cell->control_recovered_bytes_per_op = judgement.control_recovered_bytes_per_op;
    bool idle = judgement.cause == HG_CAUSE_NOTHING_ALLOCATED && input->when_idle;
    if (idle)
        cell->verdict = input->when_idle_found;
    char *reason =
        idle ? strdup(input->when_idle) : hg_sentence(ret_evidence, &judgement, input->rounds, input->unit);
    if (!reason)
        return false;
    free(cell->reason);
    cell->reason = reason;
    *ret_thin = cell->verdict == HG_VERDICT_INCONCLUSIVE ? judgement.thin : HG_THIN_NOT;
    return true;
}

static bool is_same_function(const hg_frame *a, const hg_frame *b)
{
    bool same_source = a->file[0] != '\0' && strcmp(a->file, b->file) == 0;
    return strcmp(a->function, b->function) == 0 && (same_source || strcmp(a->module, b->module) == 0);
}

/*
 * The innermost frame that all leaking sites of the cell share, the outermost one apart (that is the
 * workload's own entry): where a leak that shows in many places comes together. NULL when there is none.
 */
static const hg_frame *find_junction(const hg_cell *cell, bool *ret_same_line)
{
    size_t leaks = hg_cell_leaks(cell);
    if (leaks < 2)
        return NULL;
    const hg_site *first = &cell->sites[0];
    size_t shared = first->frame_count;
    for (size_t i = 1; i < leaks; i++) {
        const hg_site *other = &cell->sites[i];
        size_t same = 0;
        while (same < shared && same < other->frame_count &&
               is_same_function(&first->frames[first->frame_count - 1 - same],
                                &other->frames[other->frame_count - 1 - same]))
            same++;
        shared = same;
    }
    if (shared < 2)
        return NULL;
    const hg_frame *junction = &first->frames[first->frame_count - shared];
    *ret_same_line = true;
    for (size_t i = 1; i < leaks; i++) {
        const hg_site *other = &cell->sites[i];
        *ret_same_line &= other->frames[other->frame_count - shared].line == junction->line;
    }
    return junction;
}

/* Adds to the reason where the leaking call paths come together. Without memory the reason stays as it is. */
static void name_junction(hg_cell *cell)
{
    bool same_line;
    const hg_frame *junction = find_junction(cell, &same_line);
    if (!junction || junction->function[0] == '\0')
        return;
    hg_cell_say(&cell->reason, "%s, all through %s", cell->reason, junction->function);
    if (same_line && junction->file[0] && junction->line > 0)
        hg_cell_say(&cell->reason, "%s (%s:%d)", cell->reason, junction->file, junction->line);
}

/* Live memory stands still; whether what the allocator holds does, too, only its own figures tell. */
static bool note_fragmentation(hg_cell *cell)
{
    const double mib = 1 << 20;
    hg_fragmentation found = hg_fragmentation_of(cell);
    if (cell->verdict != HG_VERDICT_CLEAN)
        return true;
    if (cell->expect == HG_EXPECT_FRAGMENTATION && !hg_fragmentation_can_be_told(cell))
        return hg_cell_say(
            &cell->reason,
            "%s; fragmentation cannot be told: %s did not give its figures at every checkpoint", cell->reason,
            cell->allocator);
    if (!found.grows)
        return true;
    cell->verdict = HG_VERDICT_FRAGMENTATION;
    return hg_cell_say(
        &cell->reason,
        "live memory stands still, but what the allocator holds for it grows by %.1f bytes per op: "
        "%.1f MiB after warm-up, %.1f MiB at the end",
        found.bytes_per_op, (double)found.begin_bytes / mib, (double)found.end_bytes / mib);
}

/*
 * Blocks that were freed past the probe count as freed when their place is used again. What grows where that
 * has happened may be other such blocks.
 */
static bool note_past_frees(const hg_record *record, const hg_gathered *gathered, const hg_evidence *evidence,
                            hg_cell *cell)
{
    unsigned long long blocks = atomic_load(&record->header->past_frees);
    bool certain =
        evidence->files.growth_class == HG_CLASS_LEAK || evidence->threads.growth_class == HG_CLASS_LEAK;
    for (size_t i = 0; i < gathered->count; i++)
        certain |= evidence->sites[i].growth_class == HG_CLASS_LEAK && !gathered->sites[i].past;
    if (blocks == 0)
        return true;
    bool doubtful = cell->verdict == HG_VERDICT_LEAK && !certain;
    if (doubtful)
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
    return hg_cell_say(&cell->reason,
                       "%s; %llu block%s freed past heapgate, as by __libc_free or a library that is loaded "
                       "with RTLD_DEEPBIND%s",
                       cell->reason, blocks, blocks == 1 ? " was" : "s were",
                       doubtful ? ", and what grows may have been, too" : "");
}

/* Of the sites of descriptors, the one that grows most; NULL where none does. */
static const hg_site *find_opener(const hg_judge_input *input, const int64_t *ops,
                                  const hg_gathered *descriptors)
{
    const hg_surroundings alone = {.sites = 1};
    const hg_site *opener = NULL;
    double most = 0;
    for (size_t i = 0; i < descriptors->count; i++) {
        const hg_gathered_site *site = &descriptors->sites[i];
        hg_history history = hg_growths_history(input, ops, site->blocks, site->bytes);
        hg_growth growth = hg_growth_of(&history, &alone);
        if (growth.blocks_per_round > most && site->site.frame_count > 0) {
            most = growth.blocks_per_round;
            opener = &site->site;
        }
    }
    return opener;
}

/* "open_request (src/a.c:12)", or the module where no file is known. */
static void tell_frame(const hg_frame *frame, char *ret_text, size_t size)
{
    char line[16] = "";
    if (frame->file[0] && frame->line > 0)
        snprintf(line, sizeof line, ":%d", frame->line);
    snprintf(ret_text, size, "%s (%s%s)", frame->function[0] ? frame->function : "??",
             frame->file[0] ? frame->file : frame->module, line);
}

/* Says who opened the files that grow. False when memory ran out. */
static bool name_opener(const hg_judge_input *input, const int64_t *ops, hg_symbols *symbols, hg_cell *cell)
{
    char text[512];
    hg_gathered descriptors = {0};
    bool done = hg_sites_gather(input->record, HG_HOLDING_DESCRIPTORS, input->warmup_rounds, &input->owners,
                                symbols, &descriptors);
    const hg_site *opener = done ? find_opener(input, ops, &descriptors) : NULL;
    if (opener) {
        tell_frame(&opener->frames[0], text, sizeof text);
        done = hg_cell_say(&cell->reason, "%s; files stay open that were opened by %s", cell->reason, text);
    }
    hg_gathered_free(&descriptors);
    return done;
}

bool hg_judge_opener(const hg_judge_input *input, hg_symbols *symbols, uint32_t context, char *ret_text,
                     size_t size)
{
    hg_gathered descriptors = {0};
    bool done = hg_sites_gather(input->record, HG_HOLDING_DESCRIPTORS, input->warmup_rounds, &input->owners,
                                symbols, &descriptors);
    bool known = done && context != HG_CONTEXT_NONE && context < hg_record_contexts(input->record);
    uint32_t number = known ? descriptors.site_of[context] : 0;
    if (number > 0 && descriptors.sites[number - 1].site.frame_count > 0)
        tell_frame(&descriptors.sites[number - 1].site.frames[0], ret_text, size);
    hg_gathered_free(&descriptors);
    return done;
}

bool hg_judge_cell(const hg_judge_input *input, hg_symbols *symbols, hg_cell *cell, hg_thinness *ret_thin)
{
    const hg_record *record = input->record;
    hg_gathered gathered = {0};
    hg_growth *growths = NULL;
    hg_evidence evidence = {0};
    int64_t *ops = ops_of(record);
    clear_measured(cell);
    bool done = ops && hg_sites_gather(record, HG_HOLDING_MEMORY, input->warmup_rounds, &input->owners,
                                       symbols, &gathered);
    if (done) {
        hg_followed_weigh(record, &gathered);
        hg_kept_count(record, &gathered, &cell->kept);
    }
    cell->ops_per_second = median_speed(input);
    cell->contexts = atomic_load(&record->header->contexts) - 1;
    cell->unwinds = atomic_load(&record->header->unwinds);
    if (record->header->allocator[0])
        done = done && hg_cell_set(&cell->allocator, record->header->allocator);
    done = done && fill_verdict(input, symbols, &gathered, &growths, ops, cell, &evidence, ret_thin) &&
           fill_samples(record, &gathered, record->epochs, cell) && note_fragmentation(cell) &&
           note_past_frees(record, &gathered, &evidence, cell) && fill_sites(input, &gathered, growths, cell);
    if (done && cell->verdict == HG_VERDICT_LEAK)
        name_junction(cell);
    if (done && (evidence.files.growth_class == HG_CLASS_LEAK || evidence.files.unclear))
        done = name_opener(input, ops, symbols, cell);
    hg_gathered_free(&gathered);
    free(growths);
    free(ops);
    return done;
}
