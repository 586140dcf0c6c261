#include "holders/attribute.h"

#include "holders/distances.h"
#include "holders/inventory.h"
#include "holders/path_names.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Holders that a site keeps. One with fewer blocks than this share of those held is taken together with the
 * one that is most like it. */
enum { MOST_HOLDERS = 16 };
#define LEAST_SHARE 0.1
#define AND_SO_ON   "\u2192\u2026"

/* The cell's site for a gathered one; NULL where it has none. Of several, the one of the same lines. */
static hg_site *match_site(const hg_site *gathered, hg_cell *cell, size_t *ret_count)
{
    hg_site *found = NULL;
    *ret_count = 0;
    for (size_t i = 0; cell->sites && i < cell->site_count; i++) {
        if (!hg_sites_are_same(gathered, &cell->sites[i]))
            continue;
        if (!found || hg_sites_have_same_places(gathered, &cell->sites[i]))
            found = &cell->sites[i];
        ++*ret_count;
    }
    return *ret_count < 2 || hg_sites_have_same_places(gathered, found) ? found : NULL;
}

/* Where the cell has several sites of the same functions, their lines tell them apart. False when memory ran
 * out. */
static bool part_sites(const hg_attribution *input, hg_symbols *symbols, hg_cell *cell, hg_gathered *gathered)
{
    hg_gathered parts = {0};
    size_t count = gathered->count;
    bool *wanted = calloc(count + 1, sizeof *wanted);
    bool any = false;
    for (size_t i = 0; wanted && i < count; i++) {
        size_t matches;
        match_site(&gathered->sites[i].site, cell, &matches);
        wanted[i] = matches > 1;
        any |= wanted[i];
    }
    bool done =
        wanted && (!any || hg_sites_part(input->record, &input->owners, symbols, gathered, wanted, &parts));
    for (uint32_t i = 0; i < count && done && any; i++)
        if (wanted[i])
            done = hg_sites_replace(gathered, i, &parts);
    hg_gathered_free(&parts);
    free(wanted);
    return done;
}

/* The cell's site for each gathered one, NULL where it has none. NULL when memory ran out. */
static hg_site **match_sites(const hg_gathered *gathered, hg_cell *cell)
{
    size_t matches;
    hg_site **matched = calloc(gathered->count + 1, sizeof(hg_site *));
    for (size_t i = 0; matched && i < gathered->count; i++)
        matched[i] = match_site(&gathered->sites[i].site, cell, &matches);
    return matched;
}

/* Takes the holder over; not if memory runs out, and it is false then. */
static bool add_holder(hg_held *held, hg_holder *holder)
{
    for (size_t i = 0; i < held->holder_count; i++) {
        hg_holder *known = &held->holders[i];
        if (!hg_holders_have_same_root(known, holder) || !hg_paths_are_alike(known->path, holder->path))
            continue;
        known->blocks += holder->blocks;
        known->bytes += holder->bytes;
        known->threads = holder->threads > known->threads ? holder->threads : known->threads;
        if (strlen(holder->path) > strlen(known->path)) {
            char *longer = holder->path;
            holder->path = known->path;
            known->path = longer;
        }
        hg_holder_clear(holder);
        return true;
    }
    hg_holder *grown = realloc(held->holders, (held->holder_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    held->holders = grown;
    grown[held->holder_count++] = *holder;
    return true;
}

static bool add_held(const hg_namer *namer, uint32_t number, hg_held *held)
{
    const hg_scan_count *count = &namer->file->counts[number];
    hg_holder holder;
    bool done =
        hg_namer_name(namer, count->path, &holder) && hg_namer_example(namer, number, &holder.example);
    holder.blocks = (int64_t)count->blocks;
    holder.bytes = (int64_t)count->bytes;
    done = done && add_holder(held, &holder);
    if (!done)
        hg_holder_clear(&holder);
    return done;
}

static bool add_count(const hg_namer *namer, uint32_t number, hg_held *held)
{
    int64_t blocks = (int64_t)namer->file->counts[number].blocks;
    held->known = 1;
    switch (namer->file->counts[number].path) {
    case HG_SCAN_LOST:
        held->lost_blocks += blocks;
        return true;
    case HG_SCAN_LOST_INSIDE:
        held->indirectly_lost_blocks += blocks;
        return true;
    case HG_SCAN_UNSCANNED: /* it is among those that are left, in note_unscanned */
        return true;
    default:
        held->held_blocks += blocks;
        return add_held(namer, number, held);
    }
}

/* Most blocks first. */
static int compare_holders(const void *left, const void *right)
{
    const hg_holder *a = left;
    const hg_holder *b = right;
    if (a->blocks != b->blocks)
        return a->blocks > b->blocks ? -1 : 1;
    return strcmp(a->path, b->path);
}

/* The number of bytes that both paths have in common, in whole steps; 0 if they begin at different places. */
static size_t common_steps(const char *a, const char *b)
{
    size_t common = 0;
    for (size_t i = 0;; i++) {
        bool a_ends = a[i] == '\0' || strncmp(a + i, "\u2192", strlen("\u2192")) == 0;
        bool b_ends = b[i] == '\0' || strncmp(b + i, "\u2192", strlen("\u2192")) == 0;
        if (a_ends && b_ends)
            common = i;
        if (a[i] != b[i] || a[i] == '\0')
            return common;
    }
}

/* Whether several were taken together in it. */
static bool is_joined(const hg_holder *holder)
{
    size_t length = strlen(holder->path);
    size_t end = strlen(AND_SO_ON);
    return length >= end && strcmp(holder->path + length - end, AND_SO_ON) == 0;
}

/*
 * Of the holders from `first` to the last but one, and of those that were joined, the one that has most in
 * common with the last. NULL for none.
 */
static hg_holder *most_like_last(const hg_held *held, size_t first, size_t *ret_common)
{
    size_t end = held->holder_count - 1;
    const hg_holder *last = &held->holders[end];
    hg_holder *found = NULL;
    *ret_common = 0;
    for (size_t i = 0; i < end; i++) {
        hg_holder *other = &held->holders[i];
        if ((i < first && !is_joined(other)) || !hg_holders_have_same_root(other, last) ||
            last->name[0] == '\0')
            continue;
        size_t common = common_steps(other->path, last->path);
        if (!found || common > *ret_common) {
            *ret_common = common;
            found = other;
        }
    }
    return found;
}

static void sort(hg_held *held)
{
    if (held->holder_count > 0)
        qsort(held->holders, held->holder_count, sizeof *held->holders, compare_holders);
}

/* Takes the last holder together with another one. False when memory ran out. */
static bool join_last(hg_held *held, hg_holder *like, size_t common)
{
    hg_holder *last = &held->holders[held->holder_count - 1];
    char *path = NULL;
    const char *begin = common > 0 ? like->path : like->name;
    int length = (int)(common > 0 ? common : strlen(begin));
    if (like->path[common] != '\0' && asprintf(&path, "%.*s" AND_SO_ON, length, begin) < 0)
        return false;
    if (path) {
        free(like->path);
        like->path = path;
    }
    like->blocks += last->blocks;
    like->bytes += last->bytes;
    hg_holder_clear(last);
    held->holder_count--;
    return true;
}

/* The number of holders that have a share of their own. */
static size_t count_large(const hg_held *held)
{
    size_t count = 0;
    while (count < held->holder_count &&
           (double)held->holders[count].blocks >= LEAST_SHARE * (double)held->held_blocks)
        count++;
    return count;
}

/* Those that hold few blocks are taken together where they are alike. False when memory ran out. */
static bool rank(hg_held *held)
{
    size_t common;
    sort(held);
    hg_distances_join(held);
    sort(held);
    while (held->holder_count > count_large(held)) {
        hg_holder *like = most_like_last(held, count_large(held), &common);
        if (!like)
            break;
        if (!join_last(held, like, common))
            return false;
        sort(held);
    }
    while (held->holder_count > MOST_HOLDERS)
        hg_holder_clear(&held->holders[--held->holder_count]);
    return true;
}

/* Alive at the last checkpoint, as counted. */
static int64_t live_blocks(const hg_gathered *gathered, size_t site)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < gathered->epochs; i++)
        sum += gathered->sites[site].blocks[(size_t)(gathered->epochs - 1) * gathered->epochs + i];
    return sum;
}

/* What was counted and not found: blocks that were written over, for one. */
static void note_unscanned(const hg_gathered *gathered, hg_site **matched, hg_cell *cell)
{
    for (size_t i = 0; i < gathered->count; i++)
        if (matched[i])
            matched[i]->held.unscanned_blocks += live_blocks(gathered, i);
    for (size_t i = 0; i < cell->site_count; i++) {
        hg_held *held = &cell->sites[i].held;
        int64_t found = held->held_blocks + held->lost_blocks + held->indirectly_lost_blocks;
        held->unscanned_blocks = held->unscanned_blocks > found ? held->unscanned_blocks - found : 0;
        held->known |= held->unscanned_blocks > 0;
    }
}

/* What one site's blocks come to, those that are held and those that are lost. */
typedef struct site_sum {
    double blocks, bytes, heap_bytes;
} site_sum;

/* What each byte of the site's growth takes of the heap; of growth by empty blocks, each block. */
static double heap_growth(const hg_site *site, const site_sum *sum)
{
    if (sum->bytes > 0)
        return site->bytes_per_op * (sum->heap_bytes / sum->bytes);
    return sum->blocks > 0 ? site->blocks_per_op * (sum->heap_bytes / sum->blocks) : 0;
}

/* What growth takes of the heap. A site that the scan did not find takes as much for each byte as the
 * others. */
static bool weigh(const hg_attribution *input, const hg_gathered *gathered, hg_site *const *matched,
                  hg_cell *cell)
{
    site_sum *sums = calloc(cell->site_count + 1, sizeof *sums);
    double known = 0, heap = 0;
    for (uint32_t i = 0; sums && i < input->file->header->counts; i++) {
        const hg_scan_count *count = &input->file->counts[i];
        uint32_t number = gathered->site_of[count->context];
        if (number == 0 || !matched[number - 1])
            continue;
        site_sum *sum = &sums[matched[number - 1] - cell->sites];
        sum->blocks += (double)count->blocks;
        sum->bytes += (double)count->bytes;
        sum->heap_bytes += (double)count->heap_bytes;
    }
    for (size_t i = 0; sums && i < cell->site_count; i++) {
        hg_site *site = &cell->sites[i];
        site->heap_bytes_per_op = fmax(heap_growth(site, &sums[i]), 0);
        known += site->heap_bytes_per_op > 0 ? site->bytes_per_op : 0;
        heap += site->heap_bytes_per_op;
    }
    cell->heap_bytes_per_op = known > 0 ? fmax(cell->bytes_per_op, 0) * (heap / known) : heap;
    free(sums);
    return sums != NULL;
}

static bool attribute(const hg_attribution *input, const hg_gathered *gathered, hg_symbols *symbols,
                      hg_site **matched, hg_cell *cell)
{
    hg_namer namer;
    bool done = hg_namer_start(input->record, input->file, gathered, symbols, &namer);
    for (uint32_t i = 0; i < input->file->header->counts && done; i++) {
        uint32_t number = gathered->site_of[input->file->counts[i].context];
        if (number > 0 && matched[number - 1])
            done = add_count(&namer, i, &matched[number - 1]->held);
    }
    if (!input->elsewhen)
        note_unscanned(gathered, matched, cell);
    done = done && weigh(input, gathered, matched, cell);
    for (size_t i = 0; i < cell->site_count; i++)
        done = rank(&cell->sites[i].held) && done;
    if (done && input->inventory)
        done = hg_inventory_take(input, &namer, matched, cell);
    hg_namer_free(&namer);
    return done;
}

bool hg_holders_attribute(const hg_attribution *input, hg_symbols *symbols, hg_cell *cell)
{
    hg_gathered gathered = {0};
    hg_site **matched = NULL;
    bool done = hg_sites_gather(input->record, HG_HOLDING_MEMORY, 0, &input->owners, symbols, &gathered) &&
                part_sites(input, symbols, cell, &gathered);
    if (done) {
        matched = match_sites(&gathered, cell);
        done = matched && attribute(input, &gathered, symbols, matched, cell);
    }
    free(matched);
    hg_gathered_free(&gathered);
    return done;
}
