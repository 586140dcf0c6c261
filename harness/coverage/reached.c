#include "coverage/reached.h"

#include "symbols/growing.h"
#include "verdict/judge.h"
#include <string.h>
#include <sys/stat.h>

enum { MOST_MODULES = 0xffff };

/* Innermost first; behind the number of the use. */
typedef struct stack_key {
    uint64_t use;
    uint64_t frames[HG_MAX_DEPTH];
} stack_key;

static bool is_same(const char *path, const char *other)
{
    struct stat a, b;
    if (strcmp(path, other) == 0)
        return true;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static hg_loaded_as loaded_as(const char *path, const hg_cell_plan *plan)
{
    const hg_module_owners owners = hg_module_owners_of(plan);
    if (is_same(path, plan->runner) || is_same(path, plan->probe))
        return HG_LOADED_OWN;
    if (is_same(path, plan->plugin))
        return HG_LOADED_WORKLOAD;
    if (!hg_sites_is_subject(path, &owners) || hg_sites_is_runtime(path))
        return HG_LOADED_BESIDE;
    size_t folder = strlen(plan->library_path);
    bool inside = strncmp(path, plan->library_path, folder) == 0;
    return inside || folder == 0 ? HG_LOADED_SUBJECT : HG_LOADED_BESIDE;
}

/* MOST_MODULES: there are too many, or memory ran out. */
static size_t module_of(hg_reached *reached, const hg_cell_plan *plan, const hg_record_module *module)
{
    hg_loaded_as as = loaded_as(module->path, plan);
    for (size_t i = 0; i < reached->module_count; i++) {
        hg_reached_module *known = &reached->modules[i];
        if (strcmp(known->path, module->path) != 0 || known->build_id_size != module->build_id_size ||
            memcmp(known->build_id, module->build_id, sizeof known->build_id) != 0)
            continue;
        known->as = as > known->as ? as : known->as;
        return i;
    }
    if (reached->module_count == MOST_MODULES)
        return MOST_MODULES;
    hg_reached_module *larger =
        hg_growing_room(reached->modules, reached->module_count, &reached->module_room, sizeof *larger);
    if (!larger) {
        reached->failed = true;
        return MOST_MODULES;
    }
    reached->modules = larger;
    hg_reached_module *added = &larger[reached->module_count++];
    *added = (hg_reached_module){.build_id_size = module->build_id_size, .as = as};
    memcpy(added->path, module->path, sizeof added->path - 1);
    memcpy(added->build_id, module->build_id, sizeof added->build_id);
    return reached->module_count - 1;
}

static void add_stack(hg_reached *reached, const stack_key *key, size_t frames, hg_reached_count count)
{
    size_t before = reached->stacks.count;
    size_t number = hg_intern_add(&reached->stacks, key, (frames + 1) * sizeof(uint64_t));
    hg_reached_count *larger = hg_growing_room(reached->counts, before, &reached->count_room, sizeof *larger);
    if (larger)
        reached->counts = larger;
    if (!larger || reached->stacks.failed) {
        reached->failed = true;
        return;
    }
    if (number == before)
        larger[number] = (hg_reached_count){0};
    larger[number].allocated_blocks += count.allocated_blocks;
    larger[number].freed_blocks += count.freed_blocks;
}

/* The counts of each context, over all threads and epochs. */
static hg_reached_count *add_up(const hg_record *record, uint32_t contexts)
{
    hg_reached_count *counts = calloc((size_t)contexts + 1, sizeof *counts);
    for (uint32_t epoch = 0; counts && epoch < record->epochs; epoch++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        while (hg_record_next_row(record, epoch, &cursor, &row))
            for (uint32_t context = 0; context < contexts && context < row.contexts; context++) {
                counts[context].allocated_blocks +=
                    atomic_load_explicit(&row.tallies[context].allocated_blocks, memory_order_relaxed);
                counts[context].freed_blocks +=
                    atomic_load_explicit(&row.tallies[context].freed_blocks, memory_order_relaxed);
            }
    }
    return counts;
}

static void add_contexts(hg_reached *reached, const hg_record *record, const hg_reached_count *counts,
                         const size_t *modules, uint32_t contexts, stack_key *key)
{
    reached->without_stack += counts[HG_CONTEXT_NONE].allocated_blocks;
    for (uint32_t context = 1; context < contexts && !reached->failed; context++) {
        const hg_record_context *known = &record->contexts[context];
        if (counts[context].allocated_blocks == 0 || context == record->header->control_context ||
            hg_record_is_descriptor(record, context))
            continue;
        for (uint32_t i = 0; i < known->frame_count; i++) {
            hg_record_frame frame = record->frames[known->first_frame + i];
            key->frames[i] = (uint64_t)modules[frame >> 48] << 48 | (frame & 0xffffffffffffu);
        }
        add_stack(reached, key, known->frame_count, counts[context]);
    }
}

/* The name that the cell of the plan has. */
static bool add_use(hg_reached *reached, const hg_cell_plan *plan, uint64_t *ret_use)
{
    hg_cell named = {0};
    bool done = hg_cell_label(plan, &named);
    size_t workload = done ? strlen(named.workload) + 1 : 0;
    size_t subject = done ? strlen(named.subject) + 1 : 0;
    char *both = done ? malloc(workload + subject) : NULL;
    if (both) {
        memcpy(both, named.workload, workload);
        memcpy(both + workload, named.subject, subject);
        *ret_use = hg_intern_add(&reached->uses, both, workload + subject);
    }
    done = both && !reached->uses.failed;
    free(both);
    hg_cell_clear(&named);
    return done;
}

void hg_reached_note(void *of, const hg_cell_plan *plan, const hg_record *record)
{
    hg_reached *reached = of;
    uint32_t contexts = hg_record_contexts(record);
    uint32_t modules = atomic_load(&record->header->modules);
    if (modules > HG_MAX_MODULES)
        modules = HG_MAX_MODULES;
    size_t *numbers = calloc(HG_MAX_MODULES, sizeof *numbers);
    stack_key *key = malloc(sizeof *key);
    hg_reached_count *counts = add_up(record, contexts);
    if (!numbers || !key || !counts || !add_use(reached, plan, &key->use)) {
        reached->failed = true;
    } else {
        for (uint32_t i = 0; i < HG_MAX_MODULES; i++)
            numbers[i] = i > 0 && i < modules ? module_of(reached, plan, &record->modules[i]) : MOST_MODULES;
        add_contexts(reached, record, counts, numbers, contexts, key);
    }
    free(numbers);
    free(key);
    free(counts);
}

size_t hg_reached_stacks(const hg_reached *reached)
{
    return reached->stacks.count;
}

hg_reached_stack hg_reached_at(const hg_reached *reached, size_t number)
{
    size_t length;
    uint64_t use;
    const char *bytes = hg_intern_get(&reached->stacks, number, &length);
    memcpy(&use, bytes, sizeof use);
    return (hg_reached_stack){.use = (size_t)use,
                              .frames = bytes + sizeof use,
                              .frame_count = length / sizeof use - 1,
                              .count = reached->counts[number]};
}

size_t hg_reached_frame(const hg_reached_stack *stack, size_t frame, uint64_t *ret_offset)
{
    uint64_t packed;
    memcpy(&packed, stack->frames + frame * sizeof packed, sizeof packed);
    *ret_offset = packed & 0xffffffffffffu;
    return packed >> 48 == MOST_MODULES ? SIZE_MAX : (size_t)(packed >> 48);
}

void hg_reached_use(const hg_reached *reached, size_t use, const char **ret_workload,
                    const char **ret_subject)
{
    size_t length;
    *ret_workload = hg_intern_get(&reached->uses, use, &length);
    *ret_subject = *ret_workload + strlen(*ret_workload) + 1;
}

void hg_reached_clear(hg_reached *reached)
{
    hg_intern_free(&reached->uses);
    hg_intern_free(&reached->stacks);
    free(reached->modules);
    free(reached->counts);
    *reached = (hg_reached){0};
}
