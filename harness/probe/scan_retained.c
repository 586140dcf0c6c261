#include "probe/scan_retained.h"

#include "probe/counting.h"
#include "probe/known_contexts.h"

enum { SLOTS = 1 << 18, TIME_EVERY = 1 << 12, COARSER_BITS = 4, MOST_PENDING = 1 << 12 };
_Static_assert(SLOTS >= 2 * HG_SCAN_MOST_RETAINED, "the table finds a free slot soon");

/* A pointer in a root. */
typedef struct entrance {
    uint32_t root, node;
    uint64_t offset;
} entrance;

/* A word that was read, and its candidate (hg_graph_fetch_candidate). */
typedef struct pending_word {
    uintptr_t word;
    uint32_t node;
} pending_word;

typedef struct walk {
    const hg_scan_graph *graph;
    const hg_scan_file *file;
    uint8_t *turn; /* of those reached */
    entrance *entrances;
    uint32_t count, room;
    uint32_t *first, *last; /* by node: of the entrances; or UNMARKED */
    uint32_t *marks;        /* first or last, while it is filled in */
    uint32_t *marked;       /* nodes, in the order in which they are read, */
    uint32_t marked_count, read_count;
    pending_word *pending; /* words that were read */
    uint32_t pending_count;
    uint32_t entered; /* what is marked: an entrance, */
    uint8_t turn_now; /* nodes of this turn; of roots while they are listed */
    uint32_t root;
    hg_scan_words words;
} walk;

/* The mark of a node to which no entrance leads, or none yet, is this and its turn. */
#define UNMARKED HG_GRAPH_LOST

static bool is_marked(uint32_t mark)
{
    return mark < UNMARKED;
}

static void find_turns(walk *w)
{
    const hg_scan_graph *graph = w->graph;
    enum { NO_TURN = HG_GRAPH_NONE - UNMARKED };
    for (uint32_t i = 0; i < graph->reached; i++) {
        uint32_t from = graph->order[i].from;
        w->turn[i] =
            from & HG_GRAPH_ROOT ? hg_scan_turn(&graph->roots[from & ~HG_GRAPH_ROOT]) : w->turn[from];
    }
    for (uint32_t i = 0; i < graph->count; i++) {
        uint8_t turn = graph->at[i] < HG_GRAPH_LOST ? w->turn[graph->at[i]] : (uint8_t)NO_TURN;
        w->first[i] = w->last[i] = UNMARKED + turn;
    }
}

/* The node of this turn that the word leads to. */
static uint32_t led_to(const walk *w, uintptr_t word)
{
    uint32_t node = hg_graph_find(w->graph, word);
    return node != HG_GRAPH_NONE && w->first[node] == UNMARKED + w->turn_now ? node : HG_GRAPH_NONE;
}

static void count_entrance(uintptr_t word, uintptr_t place, void *user_data)
{
    walk *w = user_data;
    (void)place;
    w->room += led_to(w, word) != HG_GRAPH_NONE;
}

static void note_entrance(uintptr_t word, uintptr_t place, void *user_data)
{
    walk *w = user_data;
    uint32_t node = hg_graph_led_to(w->graph, &w->graph->roots[w->root], word) == HG_GRAPH_NONE
                        ? HG_GRAPH_NONE
                        : led_to(w, word);
    if (node != HG_GRAPH_NONE && w->count < w->room)
        w->entrances[w->count++] =
            (entrance){.root = w->root, .node = node, .offset = place - w->graph->roots[w->root].begin};
}

static void read_roots(walk *w, hg_scan_visit *visit)
{
    w->words.visit = visit;
    for (w->root = 0; w->root < w->graph->root_count; w->root++) {
        const hg_scan_root *root = &w->graph->roots[w->root];
        w->turn_now = hg_scan_turn(root);
        hg_scan_read(&w->words, root->begin, root->end);
    }
}

static void mark(walk *w, uint32_t node)
{
    if (w->marks[node] != UNMARKED + w->turn_now)
        return;
    w->marks[node] = w->entered;
    w->marked[w->marked_count++] = node;
}

static void look_up(const walk *w, pending_word *pending)
{
    pending->node = hg_graph_fetch_candidate(w->graph, pending->word);
    if (pending->node != HG_GRAPH_NONE)
        __builtin_prefetch(&w->marks[pending->node], 1);
}

/* As in scan_graph: what a word needs is fetched some words earlier. */
static void mark_pending(walk *w)
{
    enum { LATER = HG_GRAPH_LATER };
    for (uint32_t i = 0; i < w->pending_count + 2 * LATER; i++) {
        if (i < w->pending_count)
            hg_graph_fetch(w->graph, w->pending[i].word);
        if (i >= LATER && i - LATER < w->pending_count)
            look_up(w, &w->pending[i - LATER]);
        const pending_word *now = i >= 2 * LATER ? &w->pending[i - 2 * LATER] : NULL;
        if (now && now->node != HG_GRAPH_NONE && hg_graph_is_inside(w->graph, now->node, now->word))
            mark(w, now->node);
    }
    w->pending_count = 0;
}

static void mark_later(uintptr_t word, uintptr_t place, void *user_data)
{
    walk *w = user_data;
    (void)place;
    w->pending[w->pending_count++].word = word;
    if (w->pending_count == MOST_PENDING)
        mark_pending(w);
}

static void read_next(walk *w)
{
    if (w->read_count + 2 * HG_GRAPH_SOON < w->marked_count)
        hg_graph_fetch_nodes(w->graph, w->marked[w->read_count + HG_GRAPH_SOON],
                             w->marked[w->read_count + 2 * HG_GRAPH_SOON]);
    const hg_scan_node *node = &w->graph->nodes[w->marked[w->read_count++]];
    hg_scan_read(&w->words, hg_node_begin(node), hg_node_begin(node) + hg_node_size(node));
    if (w->read_count == w->marked_count)
        mark_pending(w);
}

/* False when the time is over. */
static bool follow(walk *w, uint32_t entered, int64_t deadline)
{
    const hg_scan_graph *graph = w->graph;
    w->entered = entered;
    w->turn_now = hg_scan_turn(&graph->roots[w->entrances[entered].root]);
    mark(w, w->entrances[entered].node);
    while (w->read_count < w->marked_count) {
        read_next(w);
        if (w->read_count % TIME_EVERY == 0 && hg_scan_now() > deadline)
            return false;
    }
    return entered % TIME_EVERY != 0 || hg_scan_now() <= deadline;
}

static bool mark_all(walk *w, int64_t deadline)
{
    bool in_time = true;
    w->words.visit = mark_later;
    w->marks = w->first;
    for (uint32_t i = 0; i < w->count && in_time; i++)
        in_time = follow(w, i, deadline);
    w->marks = w->last;
    w->marked_count = w->read_count = 0;
    for (uint32_t i = w->count; i > 0 && in_time; i--)
        in_time = follow(w, i - 1, deadline);
    /* What only pointers across words lead to belongs to whom it was reached from. */
    for (uint32_t i = 0; i < w->graph->reached && in_time; i++) {
        uint32_t node = w->graph->order[i].node;
        uint32_t from = w->graph->order[i].from;
        if (!is_marked(w->first[node]) && !(from & HG_GRAPH_ROOT)) {
            w->first[node] = w->first[w->graph->order[from].node];
            w->last[node] = w->last[w->graph->order[from].node];
        }
    }
    return in_time;
}

static hg_scan_place place_of(const walk *w, uint32_t number)
{
    const entrance *at = &w->entrances[number];
    const hg_scan_root *root = &w->graph->roots[at->root];
    return (hg_scan_place){.step = root->step,
                           .thread = root->thread,
                           .context = root->context,
                           .at = hg_scan_root_at(root, at->offset)};
}

/* Of one node; entrances that are close to each other count as one. False when the table is full. */
static bool add(walk *w, uint32_t *slots, uint32_t node, unsigned coarser)
{
    hg_scan_header *header = w->file->header;
    uint32_t first = w->first[node] >> coarser;
    uint32_t last = w->last[node] >> coarser;
    size_t slot = hg_mix(first, last) >> 20 & (SLOTS - 1);
    for (; slots[2 * slot] != 0; slot = (slot + 1) & (SLOTS - 1)) {
        hg_scan_retained *known = &w->file->retained[slots[2 * slot] - 1];
        uint32_t begun_by = slots[2 * slot + 1];
        if (w->first[begun_by] >> coarser == first && w->last[begun_by] >> coarser == last) {
            known->blocks++;
            known->bytes += hg_node_size(&w->graph->nodes[node]);
            return true;
        }
    }
    if (header->retained == HG_SCAN_MOST_RETAINED)
        return false;
    w->file->retained[header->retained] = (hg_scan_retained){.first = place_of(w, w->first[node]),
                                                             .last = place_of(w, w->last[node]),
                                                             .blocks = 1,
                                                             .bytes = hg_node_size(&w->graph->nodes[node])};
    slots[2 * slot] = ++header->retained;
    slots[2 * slot + 1] = node;
    return true;
}

static bool add_all(walk *w, uint32_t *slots, unsigned coarser)
{
    w->file->header->retained = 0;
    for (size_t i = 0; i < (size_t)2 * SLOTS; i++)
        slots[i] = 0;
    for (uint32_t i = 0; i < w->graph->reached; i++) {
        uint32_t node = w->graph->order[i].node;
        if (is_marked(w->first[node]) && !hg_node_is_unknown(&w->graph->nodes[node]) &&
            !hg_graph_is_mapping(w->graph, node) && !add(w, slots, node, coarser))
            return false;
    }
    return true;
}

const char *hg_scan_retained_by_roots(const hg_scan_graph *graph, const hg_scan_file *file, int64_t deadline)
{
    static const char no_memory[] = "there is no memory for the scan";
    walk w = {.graph = graph, .file = file};
    size_t room = (size_t)graph->count + 1;
    w.words = (hg_scan_words){.least = graph->words.least, .most = graph->words.most, .user_data = &w};
    w.turn = hg_scan_reserve(room);
    w.first = hg_scan_reserve(room * sizeof *w.first);
    w.last = hg_scan_reserve(room * sizeof *w.last);
    w.marked = hg_scan_reserve(room * sizeof *w.marked);
    w.pending = hg_scan_reserve(MOST_PENDING * sizeof *w.pending);
    uint32_t *slots = hg_scan_reserve((size_t)2 * SLOTS * sizeof *slots);
    if (!w.turn || !w.first || !w.last || !w.marked || !w.pending || !slots)
        return no_memory;
    find_turns(&w);
    read_roots(&w, count_entrance);
    w.entrances = hg_scan_reserve(((size_t)w.room + 1) * sizeof *w.entrances);
    if (!w.entrances)
        return no_memory;
    read_roots(&w, note_entrance);
    if (!mark_all(&w, deadline))
        return "there was no time to find out what each holder retains";
    for (unsigned coarser = 0; !add_all(&w, slots, coarser); coarser += COARSER_BITS)
        continue;
    return NULL;
}
