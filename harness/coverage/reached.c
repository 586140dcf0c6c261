#include "coverage/reached.h"

#include "symbols/growing.h"
#include "verdict/judge.h"
#include <string.h>
#include <sys/stat.h>

enum { MOST_MODULES = 0xffff };

/* Innermost first; behind the number of the use, or of the stack whose blocks they free. */
typedef struct stack_key {
    uint64_t of;
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
    if (is_same(path, plan->probe))
        return HG_LOADED_PROBE;
    if (is_same(path, plan->runner))
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

/* Gives its number. */
static size_t add_stack(hg_reached *reached, const stack_key *key, size_t frames, hg_reached_count count)
{
    size_t before = reached->stacks.count;
    size_t number = hg_intern_add(&reached->stacks, key, (frames + 1) * sizeof(uint64_t));
    hg_reached_count *larger = hg_growing_room(reached->counts, before, &reached->count_room, sizeof *larger);
    if (larger)
        reached->counts = larger;
    if (!larger || reached->stacks.failed) {
        reached->failed = true;
        return 0;
    }
    if (number == before)
        larger[number] = (hg_reached_count){0};
    larger[number].allocated_blocks += count.allocated_blocks;
    larger[number].freed_blocks += count.freed_blocks;
    larger[number].after_faults += count.after_faults;
    return number;
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

/* One record while its stacks are added. */
typedef struct record_stacks {
    const hg_record *record;
    const hg_reached_count *counts;
    size_t *modules; /* their numbers */
    size_t *stacks;  /* by context: the number of its stack; SIZE_MAX: it is left out */
    uint32_t contexts;
    stack_key key;
} record_stacks;

static void take_frames(record_stacks *from, const hg_record_context *known)
{
    for (uint32_t i = 0; i < known->frame_count; i++) {
        hg_record_frame frame = from->record->frames[known->first_frame + i];
        from->key.frames[i] = (uint64_t)from->modules[frame >> 48] << 48 | (frame & 0xffffffffffffu);
    }
}

static void add_contexts(hg_reached *reached, record_stacks *from)
{
    reached->without_stack += from->counts[HG_CONTEXT_NONE].allocated_blocks;
    from->stacks[HG_CONTEXT_NONE] = SIZE_MAX;
    for (uint32_t context = 1; context < from->contexts && !reached->failed; context++) {
        const hg_record_context *known = &from->record->contexts[context];
        from->stacks[context] = SIZE_MAX;
        if (from->counts[context].allocated_blocks == 0 || context == from->record->header->control_context ||
            hg_record_is_descriptor(from->record, context))
            continue;
        take_frames(from, known);
        from->stacks[context] = add_stack(reached, &from->key, known->frame_count, from->counts[context]);
    }
}

static void add_frees(hg_reached *reached, record_stacks *from)
{
    for (uint32_t context = 1; context < from->contexts && !reached->failed; context++) {
        const hg_record_context *known = &from->record->contexts[context];
        if ((known->flags & HG_CONTEXT_FREES) == 0 || known->frees >= from->contexts ||
            from->stacks[known->frees] == SIZE_MAX)
            continue;
        take_frames(from, known);
        from->key.of = from->stacks[known->frees];
        hg_intern_add(&reached->frees, &from->key, (known->frame_count + 1u) * sizeof(uint64_t));
        reached->failed |= reached->frees.failed;
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
    size_t *stacks = calloc((size_t)contexts + 1, sizeof *stacks);
    record_stacks *from = malloc(sizeof *from);
    hg_reached_count *counts = add_up(record, contexts);
    if (!numbers || !stacks || !from || !counts || !add_use(reached, plan, &from->key.of)) {
        reached->failed = true;
    } else {
        from->record = record;
        from->counts = counts;
        from->modules = numbers;
        from->stacks = stacks;
        from->contexts = contexts;
        for (uint32_t i = 0; i < HG_MAX_MODULES; i++)
            numbers[i] = i > 0 && i < modules ? module_of(reached, plan, &record->modules[i]) : MOST_MODULES;
        add_contexts(reached, from);
        add_frees(reached, from);
    }
    free(numbers);
    free(stacks);
    free(from);
    free(counts);
}

void hg_reached_note_after(void *of, const hg_cell_plan *plan, const hg_record_frame *frames, uint32_t count,
                           const hg_record_module *modules)
{
    hg_reached *reached = of;
    stack_key *key = calloc(1, sizeof *key);
    if (!key || count > HG_MAX_DEPTH || !add_use(reached, plan, &key->of)) {
        reached->failed = true;
    } else {
        for (uint32_t i = 0; i < count; i++) {
            bool known = frames[i] >> 48 > 0;
            size_t module = known ? module_of(reached, plan, &modules[frames[i] >> 48]) : MOST_MODULES;
            key->frames[i] = (uint64_t)module << 48 | (frames[i] & 0xffffffffffffu);
        }
        add_stack(reached, key, count, (hg_reached_count){.after_faults = 1});
    }
    free(key);
}

size_t hg_reached_stacks(const hg_reached *reached)
{
    return reached->stacks.count;
}

/* A stack_key; *ret_of: what stands before its frames. */
static hg_reached_stack key_at(const hg_intern *keys, size_t number, size_t *ret_of)
{
    size_t length;
    uint64_t of;
    const char *bytes = hg_intern_get(keys, number, &length);
    memcpy(&of, bytes, sizeof of);
    *ret_of = (size_t)of;
    return (hg_reached_stack){.frames = bytes + sizeof of, .frame_count = length / sizeof of - 1};
}

hg_reached_stack hg_reached_at(const hg_reached *reached, size_t number)
{
    size_t use;
    hg_reached_stack stack = key_at(&reached->stacks, number, &use);
    stack.use = use;
    stack.count = reached->counts[number];
    return stack;
}

size_t hg_reached_frees(const hg_reached *reached)
{
    return reached->frees.count;
}

hg_reached_stack hg_reached_free_at(const hg_reached *reached, size_t number, size_t *ret_stack)
{
    return key_at(&reached->frees, number, ret_stack);
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
    hg_intern_free(&reached->frees);
    free(reached->modules);
    free(reached->counts);
    *reached = (hg_reached){0};
}
