#include "torture/points.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_LOOP = 8 };

/* Whether the file is called so: "libfoo", "libfoo.so" and "libfoo.so.1" are libfoo.so.1. */
static bool is_called(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strlen(name);
    return strcmp(path, name) == 0 ||
           (strncmp(base, name, length) == 0 && (base[length] == '\0' || base[length] == '.'));
}

static bool is_wanted(const hg_points_wanted *wanted, const hg_fault_stack *stack)
{
    if (stack->culprit == stack->count)
        return false;
    for (size_t i = 0; i < stack->culprit; i++)
        if (stack->frames[i].is_linker)
            return false;
    for (size_t i = 0; i < wanted->only_count; i++)
        if (is_called(stack->frames[stack->culprit].module, wanted->only[i]))
            return true;
    return wanted->only_count == 0;
}

/* Appends a frame to the path, unless it and those before it repeat the frames before those. */
static size_t add_frame(uint64_t *path, size_t count, uint64_t frame)
{
    path[count++] = frame;
    for (size_t loop = 1; loop <= LONGEST_LOOP && 2 * loop <= count; loop++)
        if (memcmp(path + count - loop, path + count - 2 * loop, loop * sizeof *path) == 0)
            return count - loop;
    return count;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 29;
}

/* ret_name: for the id, the same without the places of calls in a line, and without a call that allocates. */
static uint64_t key_of(const hg_fault_stack *stack, hg_call call, uint32_t depth, uint64_t *ret_name)
{
    uint64_t path[HG_MOST_STACK_FRAMES];
    size_t count = 0;
    for (size_t i = 0; i < stack->count && (depth == 0 || i < stack->culprit + depth); i++)
        count = add_frame(path, count, hg_stack_frame_hash(&stack->frames[i]));
    uint64_t hash = 1;
    for (size_t i = 0; i < count; i++)
        hash = mix(hash, path[i]);
    *ret_name = HG_CALLS_MEMORY >> call & 1u ? hash : mix(hash, call);
    return mix(mix(hash, stack->frames[stack->culprit].offset), call);
}

typedef struct search {
    const hg_record *record;
    const hg_points_wanted *wanted;
    hg_symbols *symbols;
    hg_points *points;
    size_t capacity;
    hg_fault_stack stack;
} search;

static uint32_t find_point(const hg_points *points, uint64_t key)
{
    for (size_t i = 0; i < points->count; i++)
        if (points->points[i].key == key)
            return (uint32_t)i;
    return UINT32_MAX;
}

/* A second path of the same name, in one line, has a number behind it. */
static void name_point(const hg_points *points, uint64_t name, hg_point *point)
{
    char id[9];
    unsigned number = 1;
    snprintf(id, sizeof id, "%08" PRIx32, (uint32_t)(name ^ name >> 32));
    for (size_t i = 0; i < points->count; i++)
        number += strncmp(points->points[i].id, id, strlen(id)) == 0;
    if (number > 1)
        snprintf(point->id, sizeof point->id, "%s-%u", id, number);
    else
        snprintf(point->id, sizeof point->id, "%s", id);
}

static hg_point *add_point(search *all)
{
    hg_points *points = all->points;
    if (points->count == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 64;
        hg_point *grown = realloc(points->points, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        points->points = grown;
        all->capacity = capacity;
    }
    return &points->points[points->count];
}

/* Contexts come in the order in which they were met. call: HG_CALLS if it made none that is to fail. */
static bool add_stack(search *all, uint32_t context, hg_call call, uint64_t op, const hg_torture_often *often)
{
    const hg_record *record = all->record;
    const hg_record_context *known = &record->contexts[context];
    const hg_record_frame *frames = record->frames + known->first_frame;
    hg_points *points = all->points;
    uint64_t name;
    hg_learned_stack *stack = &points->stacks[points->stack_count++];
    *stack = (hg_learned_stack){.hash = hg_torture_hash(frames, known->frame_count, record->modules),
                                .context = context,
                                .call = call,
                                .point = UINT32_MAX,
                                .op = often ? atomic_load(&often->op) : 0,
                                .calls_in_op = often ? atomic_load(&often->calls) : 0};
    if (!hg_fault_stack_expand(all->symbols, &all->wanted->owners, frames, known->frame_count,
                               record->modules, &all->stack))
        return false;
    if (call == HG_CALLS || op == 0 || !is_wanted(all->wanted, &all->stack))
        return true;
    uint64_t key = key_of(&all->stack, call, all->wanted->depth, &name);
    stack->point = find_point(points, key);
    if (stack->point != UINT32_MAX) {
        if (op - 1 < points->points[stack->point].op)
            points->points[stack->point].op = op - 1;
        return true;
    }
    hg_point *added = add_point(all);
    if (!added)
        return false;
    *added = (hg_point){.key = key, .call = call, .op = op - 1, .context = context};
    name_point(points, name, added);
    stack->point = (uint32_t)points->count++;
    return true;
}

static int by_point(const void *a, const void *b)
{
    const hg_learned_stack *x = a;
    const hg_learned_stack *y = b;
    if (x->point != y->point)
        return x->point < y->point ? -1 : 1;
    return (x->op > y->op) - (x->op < y->op);
}

/* The stacks of a recursion are one point. */
static void find_last_calls(hg_points *points)
{
    qsort(points->stacks, points->stack_count, sizeof *points->stacks, by_point);
    uint64_t calls = 0;
    for (size_t i = 0; i < points->stack_count && points->stacks[i].point != UINT32_MAX; i++) {
        const hg_learned_stack *stack = &points->stacks[i];
        hg_point *point = &points->points[stack->point];
        bool goes_on = i > 0 && by_point(stack, stack - 1) == 0;
        calls = stack->calls_in_op + (goes_on ? calls : 0);
        bool known = point->last > 0 && point->last_op != stack->op - 1;
        if (calls < 2 || calls > UINT32_MAX || stack->op == 0 || known)
            continue;
        point->last_op = stack->op - 1;
        point->last = (uint32_t)calls;
    }
}

static int by_hash(const void *a, const void *b)
{
    const hg_learned_stack *x = a;
    const hg_learned_stack *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Equal ops in the order of their contexts. */
static int by_op(const void *a, const void *b)
{
    const hg_point *x = a;
    const hg_point *y = b;
    if (x->op != y->op)
        return x->op < y->op ? -1 : 1;
    return (x->context > y->context) - (x->context < y->context);
}

/* Sorted, the points have other numbers. */
static bool sort(hg_points *points)
{
    uint32_t *places = calloc(points->count + 1, sizeof *places);
    if (!places)
        return false;
    for (size_t i = 0; i < points->count; i++)
        points->points[i].number = (uint32_t)i;
    qsort(points->points, points->count, sizeof *points->points, by_op);
    for (size_t i = 0; i < points->count; i++)
        places[points->points[i].number] = (uint32_t)i;
    for (size_t i = 0; i < points->stack_count; i++)
        if (points->stacks[i].point != UINT32_MAX)
            points->stacks[i].point = places[points->stacks[i].point];
    free(places);
    qsort(points->stacks, points->stack_count, sizeof *points->stacks, by_hash);
    return true;
}

/* A context that made no call keeps its place: what a fault loses may come from there. */
static bool add_context(search *all, const hg_torture_area *area, uint32_t context)
{
    uint32_t calls = atomic_load(&area->calls[context]) & HG_CALLS_ALL;
    uint64_t op = atomic_load(&area->first_ops[context]);
    if (op > area->header->learned_ops)
        op = 0;
    const hg_torture_often *often = &area->often[context];
    if (atomic_load(&often->op) > area->header->learned_ops)
        often = NULL;
    if (calls == 0)
        return hg_record_is_descriptor(all->record, context) || add_stack(all, context, HG_CALLS, 0, often);
    for (uint32_t call = 0; call < HG_CALLS; call++)
        if (calls >> call & 1u && !add_stack(all, context, (hg_call)call, op, often))
            return false;
    return true;
}

static size_t count_stacks(const hg_torture_area *area, uint32_t contexts)
{
    size_t count = contexts;
    for (uint32_t i = 0; i < contexts; i++)
        count += (size_t)__builtin_popcount(atomic_load(&area->calls[i]) & HG_CALLS_ALL);
    return count;
}

bool hg_points_find(const hg_record *record, const hg_torture_area *area, const hg_points_wanted *wanted,
                    hg_symbols *symbols, hg_points *ret_points)
{
    uint32_t contexts = hg_record_contexts(record);
    search *all = calloc(1, sizeof *all);
    *ret_points = (hg_points){.stacks = calloc(count_stacks(area, contexts) + 1, sizeof *ret_points->stacks)};
    bool done = all && ret_points->stacks;
    if (all) {
        all->record = record;
        all->wanted = wanted;
        all->symbols = symbols;
        all->points = ret_points;
    }
    for (uint32_t i = 1; i < contexts && done; i++)
        done = add_context(all, area, i);
    free(all);
    if (done)
        find_last_calls(ret_points);
    return done && sort(ret_points);
}

void hg_points_free(hg_points *points)
{
    free(points->points);
    free(points->stacks);
    *points = (hg_points){0};
}

const hg_learned_stack *hg_points_stack(const hg_points *points, uint64_t hash)
{
    const hg_learned_stack wanted = {.hash = hash};
    return bsearch(&wanted, points->stacks, points->stack_count, sizeof *points->stacks, by_hash);
}
