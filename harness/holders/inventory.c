#include "holders/inventory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are found, and told without a bound; counts and paths of one row that are looked at, the first
 * ones; and the bytes from which a holder is to have a bound. */
enum { MOST_FOUND = 4096, MOST_ROWS = 64, MOST_COUNTS = 1 << 15, MOST_PATHS = 256, LARGE_BYTES = 64 * 1024 };

/* Blocks along one path of a row. */
typedef struct path_sum {
    char *path, *example;
    int64_t blocks;
} path_sum;

/* Blocks of one kind: made by one call, whoever called its function. */
typedef struct kind_sum {
    const hg_frame *made_by; /* NULL: nobody knows */
    int64_t blocks;
} kind_sum;

typedef struct row {
    hg_retainer told;
    const hg_bound *bound;
    path_sum *paths;
    size_t path_count;
    kind_sum *kinds;
    size_t kind_count;
} row;

/* What the scan found of a site's blocks; old: see hg_scan_count. */
typedef struct found_bytes {
    int64_t all, old;
} found_bytes;

typedef struct inventory {
    const hg_attribution *input;
    const hg_namer *namer;
    hg_site *const *matched;
    found_bytes *of_site; /* by gathered site */
    row *rows;
    size_t count;
} inventory;

/* The one with the longest name; of the same name, the first. NULL: there is none. */
static const hg_bound *bound_of(const hg_attribution *input, const char *path)
{
    const hg_bound *found = NULL;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; input->bounds[k] && i < input->bounds[k]->count; i++) {
            const hg_bound *bound = &input->bounds[k]->bounds[i];
            if (hg_holder_is_below(path, bound->holder) &&
                (!found || strlen(bound->holder) > strlen(found->holder)))
                found = bound;
        }
    return found;
}

static bool is_row_of(const row *known, const hg_holder *holder, const hg_bound *bound)
{
    if (bound || known->bound)
        return known->bound == bound;
    return hg_holders_have_same_root(&known->told.holder, holder) &&
           (holder->name[0] || strcmp(known->told.holder.path, holder->path) == 0);
}

/*
 * Takes over what the holder has if there is no such row yet. ret_row is NULL where there are too many, as of
 * a module that has no names. False when memory ran out.
 */
static bool find_row(inventory *all, hg_holder *holder, row **ret_row)
{
    const hg_bound *bound = bound_of(all->input, holder->path);
    *ret_row = NULL;
    for (size_t i = 0; i < all->count && !*ret_row; i++)
        if (is_row_of(&all->rows[i], holder, bound))
            *ret_row = &all->rows[i];
    if (*ret_row || all->count == MOST_FOUND)
        return true;
    row *grown = realloc(all->rows, (all->count + 1) * sizeof *grown);
    if (!grown)
        return false;
    all->rows = grown;
    grown[all->count] = (row){.told = {.holder = *holder, .within_bound = true}, .bound = bound};
    grown[all->count].told.holder.blocks = grown[all->count].told.holder.bytes = 0;
    *holder = (hg_holder){0};
    *ret_row = &grown[all->count++];
    return true;
}

static bool replace(char **field, const char *text)
{
    char *copy = strdup(text);
    if (copy) {
        free(*field);
        *field = copy;
    }
    return copy != NULL;
}

/* Of paths that are alike, the longest one is told: a list, not its first block. */
static bool add_path(row *to, const char *path, const char *example, int64_t blocks)
{
    for (size_t i = 0; i < to->path_count; i++) {
        path_sum *known = &to->paths[i];
        if (!hg_paths_are_alike(known->path, path))
            continue;
        known->blocks += blocks;
        return strlen(path) <= strlen(known->path) || replace(&known->path, path);
    }
    if (to->path_count == MOST_PATHS)
        return true;
    path_sum *grown = realloc(to->paths, (to->path_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    to->paths = grown;
    grown[to->path_count] = (path_sum){strdup(path), strdup(example), blocks};
    to->path_count++;
    return grown[to->path_count - 1].path && grown[to->path_count - 1].example;
}

static bool is_same_maker(const hg_frame *a, const hg_frame *b)
{
    return a == b || (a && b && strcmp(a->function, b->function) == 0 && strcmp(a->file, b->file) == 0 &&
                      strcmp(a->module, b->module) == 0 && a->line == b->line &&
                      (a->line > 0 || a->offset == b->offset));
}

static bool add_kind(row *to, const hg_frame *made_by, int64_t blocks)
{
    for (size_t i = 0; i < to->kind_count; i++)
        if (is_same_maker(to->kinds[i].made_by, made_by)) {
            to->kinds[i].blocks += blocks;
            return true;
        }
    kind_sum *grown = realloc(to->kinds, (to->kind_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    to->kinds = grown;
    grown[to->kind_count++] = (kind_sum){made_by, blocks};
    return true;
}

static const hg_frame *maker_of(const inventory *all, uint32_t context)
{
    uint32_t number = all->namer->gathered->site_of[context];
    const hg_site *site = number > 0 ? &all->namer->gathered->sites[number - 1].site : NULL;
    return site && site->frame_count > 0 ? &site->frames[0] : NULL;
}

static bool is_mapping(const inventory *all, uint32_t context)
{
    return (atomic_load(&all->input->record->contexts[context].flags) & HG_CONTEXT_MAPPING) != 0;
}

/* What heapgate's own program holds is nobody's concern. */
static bool is_of_runner(const inventory *all, const hg_holder *holder)
{
    const char *runner = all->input->owners.runner;
    return runner && strcmp(holder->module, hg_sites_shorten(runner)) == 0;
}

/*
 * Growth of the blocks' site, by their share of what has stayed: a full table grows by nothing. Where nothing
 * is old, a block is made anew each time it grows: by their share of all.
 */
static double growth_of(const inventory *all, const hg_scan_count *count)
{
    uint32_t number = all->namer->gathered->site_of[count->context];
    const hg_site *site = number > 0 ? all->matched[number - 1] : NULL;
    if (!site)
        return 0;
    const found_bytes *found = &all->of_site[number - 1];
    double part = (double)(found->old > 0 ? count->old_bytes : count->bytes);
    return site->bytes_per_op * part / fmax((double)(found->old > 0 ? found->old : found->all), 1);
}

static bool add_count(inventory *all, uint32_t number)
{
    const hg_scan_count *count = &all->input->file->counts[number];
    hg_holder holder;
    char *example = NULL;
    bool done =
        hg_namer_name(all->namer, count->path, &holder) && hg_namer_example(all->namer, number, &example);
    if (done && !is_of_runner(all, &holder)) {
        char *path = strdup(holder.path);
        uint32_t threads = holder.threads;
        row *to = NULL;
        done = path && find_row(all, &holder, &to) &&
               (!to || (add_path(to, path, example, (int64_t)count->blocks) &&
                        add_kind(to, maker_of(all, count->context), (int64_t)count->blocks)));
        if (done && to) {
            to->told.holder.blocks += (int64_t)count->blocks;
            to->told.holder.bytes += (int64_t)count->bytes;
            to->told.growth_bytes_per_op += growth_of(all, count);
            to->told.holder.threads = threads > to->told.holder.threads ? threads : to->told.holder.threads;
        }
        free(path);
    }
    free(example);
    hg_holder_clear(&holder);
    return done;
}

/* Only what lies in one row as a whole is retained by it. */
static bool add_retained(inventory *all, const hg_scan_retained *retained)
{
    hg_holder first, last = {0};
    bool done = hg_namer_root(all->namer, &retained->first, &first) &&
                hg_namer_root(all->namer, &retained->last, &last);
    if (done && !is_of_runner(all, &first) && hg_holders_have_same_root(&first, &last)) {
        const hg_bound *bound = bound_of(all->input, last.path);
        row *to;
        done = find_row(all, &first, &to);
        if (done && to && to->bound == bound) {
            to->told.retained_blocks += (int64_t)retained->blocks;
            to->told.retained_bytes += (int64_t)retained->bytes;
        }
    }
    hg_holder_clear(&first);
    hg_holder_clear(&last);
    return done;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Not those of the system's libraries, unless they are what is measured; nor what a function uses. */
static bool needs_bound(const inventory *all, const hg_retainer *of)
{
    const hg_module_owners *owners = &all->input->owners;
    const char *module = of->holder.module;
    bool measured = (owners->library_path && owners->library_path[0] &&
                     strstr(module, hg_sites_shorten(owners->library_path)) == module) ||
                    (owners->plugin && strcmp(module, hg_sites_shorten(owners->plugin)) == 0);
    bool lasts = of->holder.kind != HG_HOLDER_STACK && of->holder.kind != HG_HOLDER_REGISTER;
    return lasts && (measured || !hg_module_is_system(module)) &&
           (of->growth_bytes_per_op > 0 || larger(of->holder.bytes, of->retained_bytes) > LARGE_BYTES);
}

/* The path with most blocks, and what the suite says of the row. */
static bool judge(const inventory *all, row *of)
{
    hg_retainer *told = &of->told;
    const path_sum *most = NULL;
    for (size_t i = 0; i < of->path_count; i++)
        if (!most || of->paths[i].blocks > most->blocks)
            most = &of->paths[i];
    for (size_t i = 0; i < of->kind_count; i++)
        told->alike_blocks = larger(told->alike_blocks, of->kinds[i].blocks);
    if (most && (!replace(&told->holder.path, most->path) || !replace(&told->holder.example, most->example)))
        return false;
    if (of->bound) {
        told->bound = *of->bound;
        told->bound.holder = strdup(of->bound->holder);
        bool blocks = told->bound.blocks == 0 || told->alike_blocks <= told->bound.blocks;
        bool bytes =
            told->bound.bytes == 0 || larger(told->holder.bytes, told->retained_bytes) <= told->bound.bytes;
        told->within_bound = blocks && bytes;
        return told->bound.holder != NULL;
    }
    told->undeclared = all->input->undeclared != HG_UNDECLARED_IGNORE && needs_bound(all, told);
    told->within_bound = !told->undeclared || all->input->undeclared == HG_UNDECLARED_WARN;
    return true;
}

/* Rows with a bound and without one that they need come first; then most bytes. */
static int compare_rows(const void *left, const void *right)
{
    const hg_retainer *a = &((const row *)left)->told;
    const hg_retainer *b = &((const row *)right)->told;
    bool a_first = a->bound.known || a->undeclared;
    bool b_first = b->bound.known || b->undeclared;
    if (a_first != b_first)
        return a_first ? -1 : 1;
    int64_t a_bytes = larger(a->holder.bytes, a->retained_bytes);
    int64_t b_bytes = larger(b->holder.bytes, b->retained_bytes);
    if (a_bytes != b_bytes)
        return a_bytes > b_bytes ? -1 : 1;
    return strcmp(a->holder.path, b->holder.path);
}

static bool hand_over(inventory *all, hg_cell *cell)
{
    for (size_t i = 0; i < all->count; i++)
        if (!judge(all, &all->rows[i]))
            return false;
    if (all->count == 0)
        return true;
    qsort(all->rows, all->count, sizeof *all->rows, compare_rows);
    cell->holders = calloc(all->count, sizeof *cell->holders);
    if (!cell->holders)
        return false;
    for (size_t i = 0; i < all->count; i++) {
        hg_retainer *told = &all->rows[i].told;
        if ((i >= MOST_ROWS || !all->input->whole) && !told->bound.known && !told->undeclared)
            continue;
        cell->holders[cell->holder_count++] = *told;
        *told = (hg_retainer){0};
    }
    return true;
}

static bool gather(inventory *all)
{
    const hg_scan_file *file = all->input->file;
    bool done = true;
    for (uint32_t i = 0; i < file->header->counts; i++) {
        uint32_t number = all->namer->gathered->site_of[file->counts[i].context];
        if (number == 0)
            continue;
        all->of_site[number - 1].all += (int64_t)file->counts[i].bytes;
        all->of_site[number - 1].old += (int64_t)file->counts[i].old_bytes;
    }
    for (uint32_t i = 0; i < file->header->counts && i < MOST_COUNTS && done; i++)
        if (file->counts[i].path < HG_SCAN_UNSCANNED && !is_mapping(all, file->counts[i].context))
            done = add_count(all, i);
    for (uint32_t i = 0; i < file->header->retained && done; i++)
        done = add_retained(all, &file->retained[i]);
    return done;
}

bool hg_inventory_take(const hg_attribution *input, const hg_namer *namer, hg_site *const *matched,
                       hg_cell *cell)
{
    inventory all = {.input = input, .namer = namer, .matched = matched};
    all.of_site = calloc(namer->gathered->count + 1, sizeof *all.of_site);
    bool done = all.of_site && gather(&all) && hand_over(&all, cell);
    for (size_t i = 0; i < all.count; i++) {
        hg_retainer_clear(&all.rows[i].told);
        for (size_t k = 0; k < all.rows[i].path_count; k++) {
            free(all.rows[i].paths[k].path);
            free(all.rows[i].paths[k].example);
        }
        free(all.rows[i].paths);
        free(all.rows[i].kinds);
    }
    free(all.rows);
    free(all.of_site);
    return done;
}
