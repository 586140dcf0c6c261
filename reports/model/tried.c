/* The part of the run model that says which allocation sites were tried. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

const char *hg_reach_name(hg_reach reach)
{
    static const char *const names[] = {"tried", "untried", "failure", "unclear", "seen"};
    return (unsigned)reach < sizeof names / sizeof *names ? names[reach] : "unknown";
}

/* Room for twice as many whenever there is none left, zeroed; of a list that only grows. */
static void *add_item(void **items, size_t *count, size_t size)
{
    if ((*count & (*count - 1)) == 0) {
        void *grown = realloc(*items, (*count ? 2 * *count : 1) * size);
        if (!grown)
            return NULL;
        *items = grown;
    }
    void *added = (char *)*items + (*count)++ * size;
    return memset(added, 0, size);
}

hg_tried_module *hg_tried_add_module(hg_tried *tried, const char *path)
{
    hg_tried_module *added = add_item((void **)&tried->modules, &tried->module_count, sizeof *tried->modules);
    if (!added)
        return NULL;
    tried->asked = 1;
    added->path = strdup(path);
    added->message = strdup("");
    return added->path && added->message ? added : NULL;
}

hg_tried_site *hg_tried_add(hg_tried *tried, const hg_tried_site *like)
{
    hg_tried_site *added = add_item((void **)&tried->sites, &tried->site_count, sizeof *tried->sites);
    if (!added)
        return NULL;
    *added = (hg_tried_site){.module = strdup(like->module),
                             .function = strdup(like->function),
                             .file = strdup(like->file),
                             .line = like->line,
                             .calls = strdup(like->calls),
                             .reach = like->reach,
                             .sometimes = like->sometimes};
    return added->module && added->function && added->file && added->calls ? added : NULL;
}

hg_tried_use *hg_tried_add_use(hg_tried_site *place, const char *workload, const char *subject)
{
    hg_tried_use *added = add_item((void **)&place->uses, &place->use_count, sizeof *place->uses);
    if (!added)
        return NULL;
    added->workload = strdup(workload);
    added->subject = strdup(subject);
    return added->workload && added->subject ? added : NULL;
}

bool hg_tried_add_free(hg_tried_site *place, const char *function, const char *file, int line)
{
    for (size_t i = 0; i < place->free_count; i++)
        if (place->frees[i].line == line && strcmp(place->frees[i].file, file) == 0 &&
            strcmp(place->frees[i].function, function) == 0)
            return true;
    if (place->free_count == HG_TRIED_MOST_FREES)
        return true;
    hg_tried_free *added = add_item((void **)&place->frees, &place->free_count, sizeof *place->frees);
    if (!added)
        return false;
    *added = (hg_tried_free){.function = strdup(function), .file = strdup(file), .line = line};
    return added->function && added->file;
}

bool hg_tried_site_keeps(const hg_tried_site *place)
{
    return place->blocks > 0 && place->freed_blocks == 0;
}

static void clear_site(hg_tried_site *place)
{
    for (size_t i = 0; i < place->free_count; i++) {
        free(place->frees[i].function);
        free(place->frees[i].file);
    }
    free(place->frees);
    for (size_t i = 0; i < place->use_count; i++) {
        free(place->uses[i].workload);
        free(place->uses[i].subject);
    }
    free(place->uses);
    free(place->module);
    free(place->function);
    free(place->file);
    free(place->calls);
}

void hg_tried_remove(hg_tried *tried, size_t site)
{
    clear_site(&tried->sites[site]);
    tried->site_count--;
    memmove(&tried->sites[site], &tried->sites[site + 1], (tried->site_count - site) * sizeof *tried->sites);
}

static void clear_module(hg_tried_module *module)
{
    free(module->path);
    free(module->message);
}

void hg_tried_clear(hg_tried *tried)
{
    for (size_t i = 0; i < tried->module_count; i++)
        clear_module(&tried->modules[i]);
    for (size_t i = 0; i < tried->site_count; i++)
        clear_site(&tried->sites[i]);
    free(tried->modules);
    free(tried->sites);
    free(tried->since);
    free(tried->message);
    *tried = (hg_tried){0};
}

static hg_tried_site *find_same(hg_tried *tried, size_t count, const hg_tried_site *place)
{
    for (size_t i = 0; i < count; i++)
        if (tried->sites[i].line == place->line && strcmp(tried->sites[i].calls, place->calls) == 0 &&
            strcmp(tried->sites[i].file, place->file) == 0 &&
            strcmp(tried->sites[i].function, place->function) == 0 &&
            strcmp(tried->sites[i].module, place->module) == 0)
            return &tried->sites[i];
    return NULL;
}

static bool join_site(hg_tried_site *into, const hg_tried_site *from)
{
    static const int rank[] = {[HG_REACH_UNTRIED] = 0,
                               [HG_REACH_UNCLEAR] = 1,
                               [HG_REACH_FAILURE] = 2,
                               [HG_REACH_SEEN] = 3,
                               [HG_REACH_TRIED] = 4};
    if (rank[from->reach] > rank[into->reach])
        into->reach = from->reach;
    into->changed |= from->changed;
    into->sometimes &= from->sometimes;
    into->blocks += from->blocks;
    into->freed_blocks += from->freed_blocks;
    into->faults += from->faults;
    into->after_faults += from->after_faults;
    for (size_t i = 0; i < from->use_count; i++) {
        hg_tried_use *use = hg_tried_add_use(into, from->uses[i].workload, from->uses[i].subject);
        if (!use)
            return false;
        use->blocks = from->uses[i].blocks;
    }
    for (size_t i = 0; i < from->free_count; i++)
        if (!hg_tried_add_free(into, from->frees[i].function, from->frees[i].file, from->frees[i].line))
            return false;
    return true;
}

static bool join_sites(hg_tried *into, const hg_tried *from)
{
    size_t before = into->site_count;
    for (size_t i = 0; i < from->site_count; i++) {
        hg_tried_site *same = find_same(into, before, &from->sites[i]);
        hg_tried_site *place = same ? same : hg_tried_add(into, &from->sites[i]);
        if (!place || !join_site(place, &from->sites[i]))
            return false;
    }
    return true;
}

static bool join_modules(hg_tried *into, const hg_tried *from)
{
    size_t before = into->module_count;
    for (size_t i = 0; i < from->module_count; i++) {
        size_t same = 0;
        while (same < before && strcmp(into->modules[same].path, from->modules[i].path) != 0)
            same++;
        if (same < before)
            continue;
        hg_tried_module *added = hg_tried_add_module(into, from->modules[i].path);
        char *message = added ? strdup(from->modules[i].message) : NULL;
        if (!message)
            return false;
        free(added->message);
        added->message = message;
        added->has_lines = from->modules[i].has_lines;
    }
    return true;
}

bool hg_tried_join(hg_tried *into, hg_tried *from)
{
    if (!from->asked)
        return true;
    if (!into->asked) {
        hg_tried_clear(into);
        *into = *from;
        *from = (hg_tried){0};
        return true;
    }
    if (!join_sites(into, from) || !join_modules(into, from))
        return false;
    if (!into->message || !into->message[0]) {
        free(into->message);
        into->message = from->message;
        from->message = NULL;
    }
    into->tortured |= from->tortured;
    if (from->min_percent > into->min_percent)
        into->min_percent = from->min_percent;
    hg_tried_clear(from);
    return true;
}

size_t hg_tried_count(const hg_tried *tried, const char *module, hg_reach reach)
{
    size_t count = 0;
    for (size_t i = 0; i < tried->site_count; i++)
        count += tried->sites[i].reach == reach && (!module || strcmp(tried->sites[i].module, module) == 0);
    return count;
}

static size_t count_known(const hg_tried *tried, const char *module)
{
    return hg_tried_count(tried, module, HG_REACH_TRIED) + hg_tried_count(tried, module, HG_REACH_UNTRIED);
}

double hg_tried_percent(const hg_tried *tried, const char *module)
{
    double known = (double)count_known(tried, module);
    return known > 0 ? 100 * (double)hg_tried_count(tried, module, HG_REACH_TRIED) / known : 100;
}

bool hg_tried_site_fails(const hg_tried_site *place)
{
    return place->changed && place->reach == HG_REACH_UNTRIED;
}

size_t hg_tried_failing(const hg_tried *tried)
{
    size_t count = 0;
    for (size_t i = 0; i < tried->site_count; i++)
        count += hg_tried_site_fails(&tried->sites[i]);
    return count;
}

bool hg_tried_too_few(const hg_tried *tried)
{
    return hg_tried_percent(tried, NULL) < tried->min_percent;
}

bool hg_tried_has_no_share(const hg_tried *tried)
{
    return tried->min_percent > 0 && count_known(tried, NULL) == 0;
}

/* What was not looked at, though a gate wanted it, is no pass. */
int hg_run_tried_exit_code(const hg_run *run)
{
    const hg_tried *tried = &run->tried;
    if (!tried->asked || run->part.shards > 0)
        return 0;
    bool gate = tried->min_percent > 0 || tried->since[0];
    bool blind = tried->message[0] != '\0' || hg_tried_has_no_share(tried);
    for (size_t i = 0; i < tried->module_count; i++)
        blind |= tried->modules[i].message[0] != '\0';
    if (blind && (gate || run->cell_count == 0))
        return 4;
    return hg_tried_failing(tried) > 0 || hg_tried_too_few(tried) ? 1 : 0;
}
