#include "probe/scan_paths.h"

#include "probe/counting.h"
#include "probe/known_contexts.h"
#include "probe/scan_frames.h"
#include <pthread.h>
#include <time.h>

/* More different places than that are an array's. A way has at most so many steps. */
enum { MOST_MEMBERS = 6, MOST_STEPS = 48 };
/* More pointers in one root than that are told apart by windows of so many bytes only. */
enum { MOST_ROOTS_OF_A_KIND = 1024, WINDOW_BITS = 16 };
enum { KIND_SLOTS = 1 << 19, FAN_SLOTS = 1 << 18, PATH_SLOTS = 1 << 18, COUNT_SLOTS = 1 << 19 };

/* Where blocks of one kind point to blocks of another from. */
typedef struct fan {
    uint32_t from, to; /* kinds; 0: a free slot */
    uint8_t count;     /* of different places; MOST_MEMBERS + 1: an array */
    uint32_t pointers;
    uint64_t place[MOST_MEMBERS];
} fan;

/* How the latest blocks were reached: those that follow each other are alike, for the most part. */
enum { LATEST = 256 };
typedef struct latest_way {
    uint32_t last, kind, path; /* path 0: none */
    uint64_t place;
} latest_way;

typedef struct ways {
    const hg_scan_graph *graph;
    const hg_snapshot *snapshot;
    const hg_scan_file *file;
    hg_scan_frame frames[HG_SCAN_MOST_FRAMES]; /* of a thread, from 1; 0: of none */
    size_t frame_count, frames_of;
    uint64_t *kind_keys; /* a table of what tells kinds apart; the kind is the slot and 1 */
    uint32_t *kind_of;   /* by context; 0: not known yet */
    fan *fans;
    uint32_t *path_slots, *count_slots;
    latest_way latest[LATEST];
    fan *latest_fan;
    hg_scan_count *latest_count;
    uint32_t *kind_at; /* by path: of the block where it ends */
    uint32_t *
        last_thread; /* by path of a root: the last one that was seen, which come in ascending order; and 1 */
} ways;

static uint64_t kind_key(uint32_t context)
{
    hg_record *record = &hg_counting_record;
    const hg_record_context *known = &record->contexts[context];
    uint64_t key = 0;
    bool reached = hg_record_reach_frames(record, known->first_frame + known->frame_count);
    for (uint32_t i = 0; reached && i < known->frame_count && i < 2; i++)
        key = hg_mix(key, record->frames[known->first_frame + i]);
    return key == 0 ? 1 : key;
}

static uint32_t kind_of(ways *w, uint32_t context)
{
    if (w->kind_of[context] != 0)
        return w->kind_of[context];
    uint64_t key = kind_key(context);
    size_t slot = key >> 20 & (KIND_SLOTS - 1);
    while (w->kind_keys[slot] != 0 && w->kind_keys[slot] != key)
        slot = (slot + 1) & (KIND_SLOTS - 1);
    w->kind_keys[slot] = key;
    w->kind_of[context] = (uint32_t)slot + 1;
    return w->kind_of[context];
}

static uint32_t kind_of_reached(ways *w, uint32_t at)
{
    return kind_of(w, w->graph->order[at].context);
}

/* NULL when the table is full. */
static fan *fan_of(ways *w, uint32_t from, uint32_t to)
{
    size_t slot = hg_mix(from, to) >> 20 & (FAN_SLOTS - 1);
    if (w->latest_fan && w->latest_fan->from == from && w->latest_fan->to == to)
        return w->latest_fan;
    for (int tries = 0; tries < 64; tries++, slot = (slot + 1) & (FAN_SLOTS - 1)) {
        fan *found = &w->fans[slot];
        if (found->from == 0)
            *found = (fan){.from = from, .to = to};
        if (found->from == from && found->to == to) {
            w->latest_fan = found;
            return found;
        }
    }
    return NULL;
}

/* Of the pointer by which it was reached: numbers of roots and kinds do not overlap. */
static fan *fan_to(ways *w, uint32_t at)
{
    uint32_t from = w->graph->order[at].from;
    return fan_of(w, from & HG_GRAPH_ROOT ? from : kind_of_reached(w, from), kind_of_reached(w, at));
}

static void note_place(ways *w, uint32_t at)
{
    uint64_t place = w->graph->order[at].place;
    fan *found = fan_to(w, at);
    if (found)
        found->pointers++;
    if (!found || found->count > MOST_MEMBERS)
        return;
    for (int i = 0; i < found->count; i++)
        if (found->place[i] == place)
            return;
    if (found->count < MOST_MEMBERS)
        found->place[found->count] = place;
    found->count++;
}

/* What tells it from others of one parent. */
static uint64_t place_of(const hg_scan_path *path)
{
    if (path->step == HG_STEP_BLOCK)
        return path->array || path->repeated ? UINT64_MAX : path->at;
    return path->array ? path->at >> WINDOW_BITS : path->at;
}

static bool is_same_path(const hg_scan_path *a, const hg_scan_path *b)
{
    return a->parent == b->parent && a->step == b->step && a->array == b->array &&
           a->repeated == b->repeated && place_of(a) == place_of(b) && a->context == b->context &&
           (a->thread == b->thread || a->step == HG_STEP_THREAD_LOCAL || a->step == HG_STEP_KEY);
}

/* Where in a module the address is, as a record's frame has it; 0 if it is in none. */
static uint64_t in_module(uintptr_t word)
{
    const hg_record *record = &hg_counting_record;
    uint32_t modules = atomic_load(&record->header->modules);
    for (uint32_t i = 1; i < modules && word != 0; i++)
        if (word - record->modules[i].begin < record->modules[i].end - record->modules[i].begin)
            return hg_record_pack(i, word - record->modules[i].base);
    return 0;
}

static const hg_scan_node *node_of(const ways *w, const hg_scan_reached *reached)
{
    return &w->graph->nodes[reached->node];
}

/* Where in a module the word points to which the pointer leads; 0 if it does not. */
static uint64_t table_of(const hg_scan_node *node, uint64_t into)
{
    return hg_node_size(node) >= into + sizeof(uintptr_t)
               ? in_module(hg_scan_word(hg_node_begin(node) + into))
               : 0;
}

/* Code that works for its caller: the C library's, and the probe's. */
static bool is_of_library(uint64_t code)
{
    return code >> 48 == in_module((uintptr_t)nanosleep) >> 48 ||
           code >> 48 == in_module((uintptr_t)hg_scan_paths) >> 48 ||
           code >> 48 == in_module((uintptr_t)pthread_cond_wait) >> 48;
}

/*
 * The function that has the place on the thread's stack. What the C library has there while the thread waits,
 * and the probe while it takes the snapshot, are registers of whoever called it.
 */
static uint64_t function_of(ways *w, uint32_t thread, uintptr_t place)
{
    const hg_scan_stack *stack = &w->snapshot->stacks[thread];
    if (w->frames_of != thread + 1) {
        w->frames_of = thread + 1;
        w->frame_count = stack->code != 0 ? hg_scan_frames(stack->pointer, stack->code, w->frames)
                         : thread == 0    ? hg_scan_frames(0, 0, w->frames)
                                          : 0;
    }
    /* Where the walk ended before the outermost frame, what lies beyond belongs to nobody that is known. */
    for (size_t i = 0; i + 1 < w->frame_count; i++) {
        uint64_t code = place < w->frames[i + 1].begin ? in_module(w->frames[i].address) : 0;
        if (place < w->frames[0].begin || (code != 0 && !is_of_library(code)))
            return code;
    }
    return 0;
}

/*
 * The function that a thread began with, if the place is that of its argument: the C library keeps both in
 * the thread's control block, which lies at the end of the stack, the function in front.
 */
static uint64_t began_with(const hg_scan_root *stack, uintptr_t place)
{
    bool may_be = stack->end - place <= HG_SCAN_CONTROL_BYTES;
    uint64_t function = may_be ? in_module(hg_scan_word(place - sizeof(uintptr_t))) : 0;
    return function != 0 ? function + 1 : 0; /* as if it had called something */
}

/* What the pointer by which it was reached lies in. */
static uintptr_t begin_of_source(const ways *w, const hg_scan_reached *reached)
{
    return reached->from & HG_GRAPH_ROOT ? w->graph->roots[reached->from & ~HG_GRAPH_ROOT].begin
                                         : hg_node_begin(node_of(w, &w->graph->order[reached->from]));
}

/* Where in what was reached that pointer points. */
static uint64_t points_into(const ways *w, const hg_scan_reached *reached)
{
    uintptr_t word = hg_scan_word(begin_of_source(w, reached) + reached->place) & HG_SCAN_ADDRESS_MASK;
    uintptr_t begin = hg_node_begin(node_of(w, reached));
    return word >= begin ? word - begin : 0;
}

/* The path like this one, made if there is none. 0 if there is no room. */
static uint32_t enter_path(ways *w, const hg_scan_path *path, uint32_t at)
{
    const hg_scan_reached *reached = &w->graph->order[at];
    hg_scan_header *header = w->file->header;
    uint32_t kind = kind_of_reached(w, at);
    uint64_t hash = hg_mix(hg_mix(path->parent, path->step | (uint64_t)kind << 8), place_of(path));
    size_t slot = hash >> 20 & (PATH_SLOTS - 1);
    for (; w->path_slots[slot] != 0; slot = (slot + 1) & (PATH_SLOTS - 1)) {
        uint32_t found = w->path_slots[slot];
        if (w->kind_at[found] == kind && is_same_path(&w->file->paths[found], path))
            return found;
    }
    if (header->paths == HG_SCAN_MOST_PATHS)
        return 0;
    w->path_slots[slot] = header->paths;
    w->kind_at[header->paths] = kind;
    hg_scan_path *made = &w->file->paths[header->paths];
    *made = *path;
    made->into = points_into(w, reached);
    made->size = hg_node_size(node_of(w, reached));
    made->table = table_of(node_of(w, reached), made->into);
    if (path->step == HG_STEP_STACK) {
        uintptr_t place = begin_of_source(w, reached) + reached->place;
        made->code = function_of(w, path->thread, place);
        if (made->code == 0)
            made->code = began_with(&w->graph->roots[reached->from & ~HG_GRAPH_ROOT], place);
    }
    return header->paths++;
}

static uint32_t from_root(ways *w, uint32_t at)
{
    const hg_scan_root *root = &w->graph->roots[w->graph->order[at].from & ~HG_GRAPH_ROOT];
    uint64_t offset = w->graph->order[at].place;
    const fan *pointers = fan_to(w, at);
    hg_scan_path path = {.step = root->step,
                         .array = pointers && pointers->pointers > MOST_ROOTS_OF_A_KIND,
                         .thread = root->thread,
                         .context = root->context,
                         .at = hg_scan_root_at(root, offset)};
    uint32_t found = enter_path(w, &path, at);
    if (root->thread >= w->last_thread[found]) {
        w->last_thread[found] = root->thread + 1;
        w->file->paths[found].threads++;
    }
    return found;
}

/* The path itself or one that it goes through, that ends at the kind; 0: none. */
static uint32_t been_at(const ways *w, uint32_t path, uint32_t kind)
{
    for (; path != 0; path = w->file->paths[path].parent)
        if (w->kind_at[path] == kind)
            return path;
    return 0;
}

static uint32_t steps_of(const ways *w, uint32_t path)
{
    uint32_t steps = 0;
    for (; path != 0; path = w->file->paths[path].parent)
        steps++;
    return steps;
}

static void note_step_back(ways *w, uint32_t path, uint64_t at)
{
    hg_scan_path *repeated = &w->file->paths[path];
    for (int i = 0; i < repeated->places; i++)
        if (repeated->place[i] == at)
            return;
    if (repeated->places < HG_SCAN_STEPS)
        repeated->place[repeated->places++] = at;
}

/* Round to the path `first`, which ends at a node of the same kind. */
static uint32_t go_round(ways *w, uint32_t first, uint32_t last, const hg_scan_path *step, uint32_t at)
{
    if (!w->file->paths[first].repeated) {
        hg_scan_path path = *step;
        path.parent = first;
        path.repeated = true;
        path.array = false;
        path.back = last;
        first = enter_path(w, &path, at);
    }
    if (first != 0 && (w->file->paths[first].back == last || first == last))
        note_step_back(w, first, step->at);
    return first;
}

static uint32_t find_from_block(ways *w, uint32_t at, uint32_t kind, uint32_t last)
{
    const hg_scan_reached *reached = &w->graph->order[at];
    uint64_t offset = reached->place;
    const fan *places = fan_to(w, at);
    hg_scan_path path = {
        .parent = last, .step = HG_STEP_BLOCK, .array = places && places->count > MOST_MEMBERS, .at = offset};
    uint32_t first = been_at(w, last, kind);
    if (last == 0)
        return 0;
    if (first != 0)
        return go_round(w, first, last, &path, at);
    return steps_of(w, last) < MOST_STEPS ? enter_path(w, &path, at) : last;
}

static uint32_t from_block(ways *w, uint32_t at)
{
    const hg_scan_reached *reached = &w->graph->order[at];
    uint32_t kind = kind_of_reached(w, at);
    uint32_t last = w->graph->order[reached->from].path;
    latest_way *known = &w->latest[(last * 31 + kind * 7 + reached->place / sizeof(uintptr_t)) % LATEST];
    if (known->path == 0 || known->last != last || known->kind != kind || known->place != reached->place)
        *known = (latest_way){last, kind, find_from_block(w, at, kind, last), reached->place};
    return known->path;
}

/* The way by which it was reached, if that is not too long. */
static void give_example(ways *w, uint32_t at, hg_scan_example *example)
{
    const hg_scan_reached *order = w->graph->order;
    uint32_t way[HG_SCAN_EXAMPLE_STEPS];
    uint32_t steps = 0;
    bool at_root = false;
    while (!at_root && steps < HG_SCAN_EXAMPLE_STEPS) {
        way[steps++] = at;
        at = order[at].from;
        at_root = (at & HG_GRAPH_ROOT) != 0;
    }
    for (uint32_t i = 0; at_root && i < steps; i++) {
        uint32_t to = way[steps - 1 - i];
        uint32_t from = order[to].from;
        bool root = (from & HG_GRAPH_ROOT) != 0;
        uint64_t offset = order[to].place;
        const fan *places = fan_to(w, to);
        example->step[i] = (struct hg_scan_example_step){
            .at = root ? hg_scan_root_at(&w->graph->roots[from & ~HG_GRAPH_ROOT], offset) : offset,
            .into = points_into(w, &order[to]),
            .size = hg_node_size(node_of(w, &order[to])),
            .array = places && places->count > MOST_MEMBERS};
    }
    example->steps = at_root ? steps : 0;
}

/*
 * The count of blocks of a context that end at the path; at: one of them, if they were reached. NULL if there
 * is no room.
 */
static hg_scan_count *count_of(ways *w, uint32_t path, uint32_t context, uint32_t at)
{
    hg_scan_header *header = w->file->header;
    size_t slot = hg_mix(path, context) >> 20 & (COUNT_SLOTS - 1);
    if (w->latest_count && w->latest_count->path == path && w->latest_count->context == context)
        return w->latest_count;
    for (; w->count_slots[slot] != 0; slot = (slot + 1) & (COUNT_SLOTS - 1)) {
        hg_scan_count *found = &w->file->counts[w->count_slots[slot] - 1];
        if (found->path == path && found->context == context) {
            w->latest_count = found;
            return found;
        }
    }
    if (header->counts == HG_SCAN_MOST_COUNTS)
        return NULL;
    hg_scan_count *made = &w->file->counts[header->counts++];
    *made = (hg_scan_count){.path = path, .context = context};
    if (path < HG_SCAN_UNSCANNED && header->counts <= HG_SCAN_MOST_EXAMPLES)
        give_example(w, at, &w->file->examples[header->counts - 1]);
    w->count_slots[slot] = header->counts;
    return made;
}

/* at: as of count_of. */
static void count_node(ways *w, uint32_t path, const hg_scan_node *node, uint32_t at)
{
    hg_scan_count *count = hg_node_is_unknown(node) ? NULL : count_of(w, path, hg_node_context(node), at);
    if (!count)
        return;
    count->blocks++;
    count->bytes += hg_node_size(node);
    count->heap_bytes += hg_node_size(node) + hg_node_more(node);
    count->old_bytes += hg_node_is_old(node) ? hg_node_size(node) : 0;
}

static bool reserve(ways *w)
{
    w->kind_keys = hg_scan_reserve(KIND_SLOTS * sizeof *w->kind_keys);
    w->kind_of = hg_scan_reserve(HG_MAX_CONTEXTS * sizeof *w->kind_of);
    w->fans = hg_scan_reserve(FAN_SLOTS * sizeof *w->fans);
    w->path_slots = hg_scan_reserve(PATH_SLOTS * sizeof *w->path_slots);
    w->count_slots = hg_scan_reserve(COUNT_SLOTS * sizeof *w->count_slots);
    w->kind_at = hg_scan_reserve(HG_SCAN_MOST_PATHS * sizeof *w->kind_at);
    w->last_thread = hg_scan_reserve(HG_SCAN_MOST_PATHS * sizeof *w->last_thread);
    return w->last_thread && w->kind_keys && w->kind_of && w->fans && w->path_slots && w->count_slots &&
           w->kind_at;
}

static uint32_t lost_as(const hg_scan_graph *graph, uint32_t node)
{
    if (graph->out_of_time)
        return HG_SCAN_UNSCANNED;
    return hg_graph_is_inside_lost(graph, node) ? HG_SCAN_LOST_INSIDE : HG_SCAN_LOST;
}

const char *hg_scan_paths(const hg_scan_graph *graph, const hg_snapshot *snapshot)
{
    enum { SOON = 16 };
    static ways w;
    const hg_scan_file *file = &snapshot->file;
    w = (ways){.graph = graph, .snapshot = snapshot, .file = file};
    if (!reserve(&w))
        return "there is no memory for the scan";
    file->header->paths = 1;
    for (uint32_t i = 0; i < graph->reached; i++)
        note_place(&w, i);
    for (uint32_t i = 0; i < graph->reached; i++) {
        hg_scan_reached *reached = &graph->order[i];
        if (i + SOON < graph->reached)
            __builtin_prefetch(node_of(&w, &graph->order[i + SOON]));
        reached->path = reached->from & HG_GRAPH_ROOT ? from_root(&w, i) : from_block(&w, i);
        count_node(&w, reached->path != 0 ? reached->path : HG_SCAN_UNSCANNED, node_of(&w, reached), i);
    }
    for (uint32_t i = 0; i < graph->count; i++)
        if (graph->at[i] >= HG_GRAPH_LOST)
            count_node(&w, lost_as(graph, i), &graph->nodes[i], 0);
    return NULL;
}
