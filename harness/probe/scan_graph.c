#include "probe/scan_graph.h"

#include "probe/aside.h"
#include "probe/counting.h"
#include "probe/live.h"
#include "probe/mappings.h"
#include "probe/probe.h"
#include "probe/scan_sizes.h"
#include "probe/tag.h"
#include <string.h>
#include <time.h>

enum {
    CHUNK_BITS = 22,
    GRAIN_BITS = 9,
    GRAINS = 1 << (CHUNK_BITS - GRAIN_BITS),
    WORD_BITS = 3,
    ADDRESS_BITS = 47
};
enum { BUCKETS = 1 << 12, PART_BITS = 4, PARTS = 1 << PART_BITS };
enum { MOST_NODES = 1 << 27, TIME_EVERY = 1 << 12 };

int64_t hg_scan_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool fail(hg_scan_graph *graph, const char *why)
{
    if (!graph->failure)
        graph->failure = why;
    return false;
}

/* A node of unknown size may reach as far as the next one, or so far. */
enum { UNKNOWN_MOST = 4096 };

typedef struct listed_node {
    uintptr_t begin;
    uint64_t size, heap_bytes;
    uint32_t context;
    bool is_unknown, is_old;
} listed_node;

static uint64_t at_most(uint64_t number, uint64_t most)
{
    return number < most ? number : most;
}

static hg_scan_node packed(const listed_node *node)
{
    uint64_t more = node->heap_bytes > node->size ? node->heap_bytes - node->size : 0;
    uint64_t size = at_most(node->size, HG_NODE_IS_OLD - 1) | (node->is_old ? HG_NODE_IS_OLD : 0);
    if (more >= HG_NODE_IN_PAGES)
        more = HG_NODE_IN_PAGES | at_most(more >> HG_NODE_PAGE_BITS, HG_NODE_IN_PAGES - 1);
    if (node->is_unknown)
        more = HG_NODE_UNKNOWN;
    return (hg_scan_node){.begin_and_more = node->begin | more << HG_NODE_BEGIN_BITS,
                          .size_and_context = size | (uint64_t)node->context << HG_NODE_SIZE_BITS};
}

/*
 * At the beginning of a mapping of the program's that is managed by itself, there may be a block, which
 * counts.
 */
static void add(hg_scan_graph *graph, const listed_node *node)
{
    hg_scan_node *last = graph->count > 0 ? &graph->nodes[graph->count - 1] : NULL;
    uintptr_t beyond = last ? node->begin - hg_node_begin(last) : 0;
    if (last && hg_node_is_unknown(last) && beyond < hg_node_size(last))
        last->size_and_context = beyond;
    if (last && beyond == 0)
        return;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): list_nodes made room */
    graph->nodes[graph->count] = packed(node);
    graph->at[graph->count++] = HG_GRAPH_LOST;
}

/* Merges the blocks, as they come by address, with the mappings. */
typedef struct listing {
    hg_scan_graph *graph;
    const hg_mapping *mappings;
    size_t mapping_count, next;
    uint32_t room;
    uint32_t old_from, old_until; /* epochs */
} listing;

/* The first half of the measured rounds; a program that is measured whole has one of warm-up at least. */
static void find_old(listing *list)
{
    const hg_record_header *header = hg_counting_record.header;
    uint32_t closed = atomic_load(&header->closed);
    list->old_from = header->run.warmup_rounds > 0 ? header->run.warmup_rounds : 1;
    list->old_until = closed > list->old_from ? list->old_from + (closed - list->old_from) / 2 : 0;
}

static void add_mappings(listing *list, uintptr_t until)
{
    for (; list->next < list->mapping_count && list->mappings[list->next].begin < until; list->next++) {
        const hg_mapping *mapping = &list->mappings[list->next];
        const listed_node node = {
            .begin = mapping->begin, .size = mapping->end - mapping->begin, .context = mapping->context};
        if (list->graph->count < list->room)
            add(list->graph, &node);
    }
}

static bool count_block(uintptr_t block, void *user_data)
{
    (void)block;
    return ++*(uint32_t *)user_data < MOST_NODES;
}

/* What a block says of itself, if it can be believed. */
typedef struct block_tag {
    void *block;
    hg_tag tag;
    uint64_t whole_bytes;
    bool valid;
} block_tag;

static void read_tag(void *user_data)
{
    block_tag *of = user_data;
    of->valid = hg_probe_tag_of(of->block, &of->tag);
    if (of->valid || hg_scan_inherits())
        of->whole_bytes = hg_probe_whole_size(of->block);
}

/* A block whose end or whose allocator's header was written over still holds others, as inherited ones do. */
static bool list_block(uintptr_t block, void *user_data)
{
    listing *list = user_data;
    block_tag of = {.block = (void *)block};
    listed_node node = {.begin = block, .size = UNKNOWN_MOST, .context = HG_CONTEXT_NONE, .is_unknown = true};
    add_mappings(list, block);
    if (list->graph->count == list->room)
        return false;
    if (hg_scan_survives(read_tag, &of) && of.valid) {
        node.size = of.tag.requested;
        node.context = of.tag.context;
        node.heap_bytes = hg_scan_heap_bytes(of.tag.requested, of.whole_bytes);
        node.is_unknown = false;
        node.is_old = of.tag.epoch >= list->old_from && of.tag.epoch < list->old_until;
    } else if (of.whole_bytes > 0) {
        node.size = of.whole_bytes;
    }
    add(list->graph, &node);
    return true;
}

static bool list_nodes(hg_scan_graph *graph)
{
    uint32_t blocks = 0;
    listing list = {.graph = graph};
    find_old(&list);
    list.mappings = hg_mappings_all(&list.mapping_count);
    if (!hg_live_each(count_block, &blocks))
        return fail(graph, "there are too many blocks");
    list.room = blocks + (uint32_t)list.mapping_count;
    size_t room = (size_t)list.room + 1;
    graph->nodes = hg_scan_reserve_whole(room * sizeof *graph->nodes);
    graph->at = hg_scan_reserve_whole(room * sizeof *graph->at);
    graph->order = hg_scan_reserve_whole(room * sizeof *graph->order);
    graph->lost_nodes = hg_scan_reserve(room * sizeof *graph->lost_nodes);
    graph->large = hg_scan_reserve(room * sizeof *graph->large);
    graph->first_lost = hg_scan_reserve(room * sizeof *graph->first_lost);
    if (!graph->nodes || !graph->at || !graph->order || !graph->lost_nodes || !graph->large ||
        !graph->first_lost)
        return fail(graph, "there is no memory for the scan");
    hg_live_each(list_block, &list);
    add_mappings(&list, UINTPTR_MAX);
    return true;
}

/* The grains of a chunk, by its number. */
static hg_scan_grain *grains_of(const hg_scan_graph *graph, uint32_t number)
{
    return graph->grains + (size_t)(number - 1) * GRAINS;
}

/* In a chunk that has grains. */
static hg_scan_grain *grain_of(const hg_scan_graph *graph, uintptr_t address)
{
    return grains_of(graph, graph->top[address >> CHUNK_BITS]) + (address >> GRAIN_BITS & (GRAINS - 1));
}

static uint64_t bit_of(uintptr_t address)
{
    return (uint64_t)1 << (address >> WORD_BITS & 63);
}

/* Makes the grains of the chunk that the address lies in. */
static void make_grains(hg_scan_graph *graph, uintptr_t address, uint32_t before)
{
    uint32_t *number = &graph->top[address >> CHUNK_BITS];
    if (*number != 0)
        return;
    *number = ++graph->chunk_count;
    grains_of(graph, *number)->before = before;
}

static bool is_large(const hg_scan_graph *graph, uint32_t node)
{
    return hg_node_size(&graph->nodes[node]) >= (uint64_t)1 << CHUNK_BITS;
}

/* At most two for each chunk in which a node begins: a node that is not large reaches into the next one. */
static size_t count_chunks(const hg_scan_graph *graph)
{
    size_t chunks = 0;
    uintptr_t last = UINTPTR_MAX;
    for (uint32_t i = 0; i < graph->count; i++) {
        uintptr_t chunk = hg_node_begin(&graph->nodes[i]) >> CHUNK_BITS;
        chunks += chunk != last ? 2 : 0;
        last = chunk;
    }
    return chunks;
}

/* The number of bits that are set; there is no instruction for that in every processor. */
static uint32_t count_bits(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    return (uint32_t)(((bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56);
}

/* Chunks without grains are those in which no node begins: they lie inside of large ones. */
static bool index_nodes(hg_scan_graph *graph)
{
    size_t tops = (size_t)1 << (ADDRESS_BITS - CHUNK_BITS);
    graph->top = hg_scan_reserve(tops * sizeof *graph->top);
    graph->grains = hg_scan_reserve_whole((count_chunks(graph) + 1) * GRAINS * sizeof *graph->grains);
    graph->waiting = hg_scan_reserve_whole(HG_GRAPH_WAITING * sizeof *graph->waiting);
    graph->sorted = hg_scan_reserve_whole(HG_GRAPH_WAITING * sizeof *graph->sorted);
    graph->buckets = hg_scan_reserve((BUCKETS + 1) * sizeof *graph->buckets);
    if (!graph->top || !graph->grains || !graph->waiting || !graph->sorted || !graph->buckets)
        return fail(graph, "there is no memory for the scan");
    for (uint32_t i = 0; i < graph->count; i++) {
        uintptr_t begin = hg_node_begin(&graph->nodes[i]);
        uintptr_t end = begin + hg_node_size(&graph->nodes[i]);
        make_grains(graph, begin, i);
        grain_of(graph, begin)->begins |= bit_of(begin);
        if (is_large(graph, i))
            graph->large[graph->large_count++] = i;
        else if (end >> CHUNK_BITS != begin >> CHUNK_BITS)
            make_grains(graph, end, i + 1);
    }
    while (graph->chunk_count * PARTS >> graph->coarser >= BUCKETS)
        graph->coarser++;
    for (uint32_t number = 1; number <= graph->chunk_count; number++) {
        hg_scan_grain *grains = grains_of(graph, number);
        for (size_t i = 1; i < GRAINS; i++)
            grains[i].before = grains[i - 1].before + count_bits(grains[i - 1].begins);
    }
    return true;
}

bool hg_graph_build(hg_scan_graph *graph)
{
    if (!list_nodes(graph) || !index_nodes(graph))
        return false;
    if (graph->count > 0) {
        const hg_scan_node *last = &graph->nodes[graph->count - 1];
        graph->words.least = hg_node_begin(graph->nodes);
        graph->words.most = hg_node_begin(last) + hg_node_size(last) + 1;
    }
    return true;
}

/* The last large node that begins at or before the address. */
static uint32_t find_large(const hg_scan_graph *graph, uintptr_t address)
{
    uint32_t low = 0;
    uint32_t high = graph->large_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (hg_node_begin(&graph->nodes[graph->large[middle]]) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? graph->large[low - 1] : HG_GRAPH_NONE;
}

/*
 * The node that the word may lead to: the last one that begins there or before. With tag bits on top, only
 * one that begins there: most such words are no pointers. NONE also for one that is known to be reached, if
 * only others are wanted.
 */
static uint32_t find_candidate(const hg_scan_graph *graph, uintptr_t word, bool others_only)
{
    uintptr_t address = word & HG_SCAN_ADDRESS_MASK;
    if (address >> ADDRESS_BITS != 0)
        return HG_GRAPH_NONE;
    if (graph->top[address >> CHUNK_BITS] == 0)
        return word == address ? find_large(graph, address) : HG_GRAPH_NONE;
    const hg_scan_grain *grain = grain_of(graph, address);
    uint64_t here = bit_of(address);
    uint64_t until = grain->begins & (here | (here - 1));
    if ((word != address && !(until & here)) ||
        (others_only && until && grain->reached >> (63 - __builtin_clzll(until)) & 1))
        return HG_GRAPH_NONE;
    return grain->before + count_bits(until) - 1;
}

/* Whether the word does lead to the candidate. */
bool hg_graph_is_inside(const hg_scan_graph *graph, uint32_t node, uintptr_t word)
{
    uintptr_t into = (word & HG_SCAN_ADDRESS_MASK) - hg_node_begin(&graph->nodes[node]);
    return into < hg_node_size(&graph->nodes[node]) || into == 0;
}

uint32_t hg_graph_find(const hg_scan_graph *graph, uintptr_t word)
{
    uint32_t node = find_candidate(graph, word, false);
    return node != HG_GRAPH_NONE && hg_graph_is_inside(graph, node, word) ? node : HG_GRAPH_NONE;
}

uint32_t hg_graph_led_to(const hg_scan_graph *graph, const hg_scan_root *root, uintptr_t word)
{
    uint32_t node = hg_graph_find(graph, word);
    if (node == HG_GRAPH_NONE || !root->keeps_free || hg_node_size(&graph->nodes[node]) < HG_ASIDE_BYTES)
        return node;
    uint64_t into = (word & HG_SCAN_ADDRESS_MASK) - hg_node_begin(&graph->nodes[node]);
    return into + HG_TAG_BYTES < hg_node_size(&graph->nodes[node]) ? node : HG_GRAPH_NONE;
}

static bool is_reached(const hg_scan_graph *graph, uint32_t node)
{
    return graph->at[node] < HG_GRAPH_LOST;
}

static void add_reached(hg_scan_graph *graph, uint32_t node, uint32_t from, uint64_t place)
{
    const hg_scan_node *reached = &graph->nodes[node];
    uintptr_t begin = hg_node_begin(reached);
    graph->order[graph->reached] =
        (hg_scan_reached){.place = place, .from = from, .node = node, .context = hg_node_context(reached)};
    graph->at[node] = graph->reached++;
    grain_of(graph, begin)->reached |= bit_of(begin);
}

/* The word leads to a node that was not reached before. */
static void reach(uintptr_t word, uintptr_t place, void *user_data)
{
    hg_scan_graph *graph = user_data;
    uint32_t node = graph->source & HG_GRAPH_ROOT
                        ? hg_graph_led_to(graph, &graph->roots[graph->source & ~HG_GRAPH_ROOT], word)
                        : hg_graph_find(graph, word);
    if (node == HG_GRAPH_NONE)
        return;
    if (!is_reached(graph, node)) {
        add_reached(graph, node, graph->source, place - graph->source_begin);
    } else if (graph->outermost) {
        hg_scan_reached *before = &graph->order[graph->at[node]];
        if (before->from == graph->source)
            before->place = place - graph->source_begin;
    }
}

static void read_from(hg_scan_graph *graph, uint32_t source, uintptr_t begin, uintptr_t end)
{
    graph->source = source;
    graph->source_begin = begin;
    hg_scan_read(&graph->words, begin, end);
}

uint8_t hg_scan_turn(const hg_scan_root *root)
{
    switch (root->step) {
    case HG_STEP_STACK:
    case HG_STEP_REGISTER:
        return HG_TURN_STACKS;
    case HG_STEP_MAPPING:
        return HG_TURN_MAPPINGS;
    default:
        return root->owner;
    }
}

static void read_roots(hg_scan_graph *graph, unsigned turn)
{
    for (uint32_t i = 0; i < graph->root_count; i++)
        if (hg_scan_turn(&graph->roots[i]) == turn)
            read_from(graph, HG_GRAPH_ROOT | i, graph->roots[i].begin, graph->roots[i].end);
}

static void read_reached(hg_scan_graph *graph, uint32_t at)
{
    const hg_scan_node *node = &graph->nodes[graph->order[at].node];
    read_from(graph, at, hg_node_begin(node), hg_node_begin(node) + hg_node_size(node));
}

/* Nodes lie in no order of addresses: what is read soon is fetched now, a small one as a whole. */
void hg_graph_fetch_nodes(const hg_scan_graph *graph, uint32_t soon, uint32_t later)
{
    enum { LINE = 64, MOST = 4 * LINE };
    const hg_scan_node *node = &graph->nodes[soon];
    uintptr_t begin = hg_node_begin(node);
    uintptr_t end = begin + at_most(hg_node_size(node), MOST);
    __builtin_prefetch(&graph->nodes[later]);
    for (uintptr_t line = begin & ~(uintptr_t)(LINE - 1); line < end; line += LINE)
        __builtin_prefetch((const void *)line);
}

static void fetch_ahead(const hg_scan_graph *graph)
{
    if (graph->followed + 2 * HG_GRAPH_SOON < graph->reached)
        hg_graph_fetch_nodes(graph, graph->order[graph->followed + HG_GRAPH_SOON].node,
                             graph->order[graph->followed + 2 * HG_GRAPH_SOON].node);
}

/*
 * What a word in a node leads to lies anywhere in memory that is larger than what the processor has at hand,
 * and so does what that leads to. So the words of all nodes that are equally far from the roots are gathered,
 * and brought into the order of their addresses, roughly; those to one node stay in the order in which they
 * came. Then the grain of a word is fetched, some words later its node is looked up and fetched, and some
 * later still the node is reached.
 */
static uint32_t bucket_of(const hg_scan_graph *graph, uintptr_t word)
{
    uintptr_t address = word & HG_SCAN_ADDRESS_MASK;
    uint32_t number = address >> ADDRESS_BITS == 0 ? graph->top[address >> CHUNK_BITS] : 0;
    uint32_t part = address >> (CHUNK_BITS - PART_BITS) & (PARTS - 1);
    return number == 0 ? 0 : ((number - 1) * PARTS + part) >> graph->coarser;
}

static hg_scan_waiting *sort_waiting(hg_scan_graph *graph)
{
    uint32_t *next = graph->buckets;
    if (graph->waits < BUCKETS)
        return graph->waiting;
    memset(next, 0, (BUCKETS + 1) * sizeof *next);
    for (uint32_t i = 0; i < graph->waits; i++)
        next[bucket_of(graph, graph->waiting[i].word) + 1]++;
    for (uint32_t i = 1; i < BUCKETS; i++)
        next[i] += next[i - 1];
    for (uint32_t i = 0; i < graph->waits; i++)
        graph->sorted[next[bucket_of(graph, graph->waiting[i].word)]++] = graph->waiting[i];
    return graph->sorted;
}

void hg_graph_fetch(const hg_scan_graph *graph, uintptr_t word)
{
    uintptr_t address = word & HG_SCAN_ADDRESS_MASK;
    if (address >> ADDRESS_BITS == 0 && graph->top[address >> CHUNK_BITS] != 0)
        __builtin_prefetch(grain_of(graph, address));
}

uint32_t hg_graph_fetch_candidate(const hg_scan_graph *graph, uintptr_t word)
{
    uint32_t node = find_candidate(graph, word, false);
    if (node != HG_GRAPH_NONE)
        __builtin_prefetch(&graph->nodes[node]);
    return node;
}

static void look_up(const hg_scan_graph *graph, hg_scan_waiting *waiting)
{
    waiting->node = find_candidate(graph, waiting->word, true);
    if (waiting->node != HG_GRAPH_NONE) {
        __builtin_prefetch(&graph->nodes[waiting->node]);
        __builtin_prefetch(&graph->at[waiting->node], 1);
    }
}

static void reach_waiting(hg_scan_graph *graph, const hg_scan_waiting *waiting)
{
    if (waiting->node != HG_GRAPH_NONE && !is_reached(graph, waiting->node) &&
        hg_graph_is_inside(graph, waiting->node, waiting->word))
        add_reached(graph, waiting->node, waiting->source, waiting->place);
}

static void serve_all(hg_scan_graph *graph)
{
    enum { LATER = HG_GRAPH_LATER };
    hg_scan_waiting *waiting = sort_waiting(graph);
    for (uint32_t i = 0; i < graph->waits + 2 * LATER; i++) {
        if (i < graph->waits)
            hg_graph_fetch(graph, waiting[i].word);
        if (i >= LATER && i - LATER < graph->waits)
            look_up(graph, &waiting[i - LATER]);
        if (i >= 2 * LATER)
            reach_waiting(graph, &waiting[i - 2 * LATER]);
    }
    graph->waits = 0;
}

static void wait_in_line(uintptr_t word, uintptr_t place, void *user_data)
{
    hg_scan_graph *graph = user_data;
    graph->waiting[graph->waits++] =
        (hg_scan_waiting){.word = word, .place = place - graph->source_begin, .source = graph->source};
    if (graph->waits == HG_GRAPH_WAITING)
        serve_all(graph);
}

static void follow_all(hg_scan_graph *graph, int64_t deadline)
{
    uint32_t as_far = graph->reached; /* up to there, equally far from the roots */
    graph->words.visit = wait_in_line;
    while (graph->followed < graph->reached && !graph->out_of_time) {
        fetch_ahead(graph);
        read_reached(graph, graph->followed++);
        if (graph->followed == as_far) {
            serve_all(graph);
            as_far = graph->reached;
        }
        if (graph->followed % TIME_EVERY == 0)
            graph->out_of_time = hg_scan_now() > deadline;
    }
    serve_all(graph);
    graph->words.visit = reach;
}

bool hg_graph_is_mapping(const hg_scan_graph *graph, uint32_t node)
{
    uint16_t flags = atomic_load_explicit(
        &hg_counting_record.contexts[hg_node_context(&graph->nodes[node])].flags, memory_order_relaxed);
    return (flags & HG_CONTEXT_MAPPING) != 0;
}

/* Mappings that nothing leads to hold what lies in them all the same. */
static void follow_mappings(hg_scan_graph *graph, int64_t deadline)
{
    for (uint32_t i = 0; i < graph->count && graph->root_count < graph->root_room; i++) {
        if (is_reached(graph, i) || !hg_graph_is_mapping(graph, i))
            continue;
        const hg_scan_node *node = &graph->nodes[i];
        graph->roots[graph->root_count] = (hg_scan_root){.begin = hg_node_begin(node),
                                                         .end = hg_node_begin(node) + hg_node_size(node),
                                                         .step = HG_STEP_MAPPING,
                                                         .context = hg_node_context(node)};
        const hg_scan_root *root = &graph->roots[graph->root_count];
        read_from(graph, HG_GRAPH_ROOT | graph->root_count++, root->begin, root->end);
        follow_all(graph, deadline);
    }
}

/* What is reached now is read like all that was reached before. Of a large heap a few blocks are always
 * lost. */
static void follow_unaligned(hg_scan_graph *graph, int64_t deadline)
{
    enum { FEW = 1024 };
    if (graph->count - graph->reached <= graph->count / FEW || graph->out_of_time)
        return;
    graph->words.unaligned = true;
    for (unsigned turn = 0; turn <= HG_TURN_STACKS; turn++)
        read_roots(graph, turn);
    for (uint32_t i = 0; i < graph->reached && !graph->out_of_time; i++) {
        graph->words.unaligned = true;
        read_reached(graph, i);
        graph->words.unaligned = false;
        follow_all(graph, deadline);
        if (i % TIME_EVERY == 0)
            graph->out_of_time = hg_scan_now() > deadline;
    }
    graph->words.unaligned = false;
}

/* hg_scan_graph.at of a node that no root leads to. Every turn takes a node one further. */
#define LOST_UNSEEN HG_GRAPH_LOST
#define LOST_SEEN   (HG_GRAPH_LOST + 1)
#define LOST_INSIDE (HG_GRAPH_LOST + 2)
#define LOST_FIRST  (HG_GRAPH_LOST + 3)

static void reach_lost(uintptr_t word, uintptr_t place, void *user_data)
{
    hg_scan_graph *graph = user_data;
    uint32_t node = hg_graph_find(graph, word);
    (void)place;
    if (node == HG_GRAPH_NONE || graph->at[node] != graph->turn)
        return;
    graph->at[node]++;
    graph->lost_nodes[graph->lost++] = node;
}

/* Takes all that the node leads to one turn further, and the node itself. */
static void follow_lost_from(hg_scan_graph *graph, uint32_t first)
{
    graph->at[first]++;
    graph->lost = 0;
    graph->lost_nodes[graph->lost++] = first;
    for (uint32_t i = 0; i < graph->lost; i++) {
        const hg_scan_node *node = &graph->nodes[graph->lost_nodes[i]];
        read_from(graph, 0, hg_node_begin(node), hg_node_begin(node) + hg_node_size(node));
    }
}

/*
 * Finds the nodes that are lost by themselves: no other lost one leads to them, or only those that they lead
 * to. The first turn begins at any node that was not seen yet. The second one begins at the same nodes, in
 * reverse: if another of them leads to one, it came later in the first turn, and so comes earlier in the
 * second.
 */
static void follow_lost(hg_scan_graph *graph, int64_t deadline)
{
    uint32_t begun_at = 0;
    graph->words.visit = reach_lost;
    graph->turn = LOST_UNSEEN;
    for (uint32_t i = 0; i < graph->count && !graph->out_of_time; i++) {
        if (graph->at[i] == LOST_UNSEEN) {
            graph->first_lost[begun_at++] = i;
            follow_lost_from(graph, i);
        }
        if (i % TIME_EVERY == 0)
            graph->out_of_time = hg_scan_now() > deadline;
    }
    graph->turn = LOST_SEEN;
    while (begun_at > 0 && !graph->out_of_time) {
        uint32_t node = graph->first_lost[--begun_at];
        if (graph->at[node] != LOST_SEEN)
            continue;
        follow_lost_from(graph, node);
        graph->at[node] = LOST_FIRST;
        if (begun_at % TIME_EVERY == 0)
            graph->out_of_time = hg_scan_now() > deadline;
    }
}

uint64_t hg_scan_root_at(const hg_scan_root *root, uint64_t offset)
{
    return root->at + (root->step == HG_STEP_KEY ? offset / HG_SCAN_KEY_BYTES : offset);
}

bool hg_graph_is_inside_lost(const hg_scan_graph *graph, uint32_t node)
{
    return graph->at[node] == LOST_INSIDE;
}

/* Thread-local blocks that were made late are blocks like any: only their thread's vector leads to them. */
static void reach_thread_locals(hg_scan_graph *graph)
{
    for (uint32_t i = 0; i < graph->root_count; i++) {
        bool is_one = graph->roots[i].step == HG_STEP_THREAD_LOCAL;
        uint32_t node = is_one ? hg_graph_find(graph, graph->roots[i].begin) : HG_GRAPH_NONE;
        if (node != HG_GRAPH_NONE && !is_reached(graph, node))
            add_reached(graph, node, HG_GRAPH_ROOT | i, 0);
    }
}

void hg_graph_follow(hg_scan_graph *graph, int64_t deadline)
{
    graph->words.visit = reach;
    graph->words.user_data = graph;
    if (graph->count == 0)
        return;
    reach_thread_locals(graph);
    for (unsigned turn = 0; turn <= HG_TURN_STACKS; turn++) {
        graph->outermost = turn == HG_TURN_STACKS;
        read_roots(graph, turn);
        graph->outermost = false;
        follow_all(graph, deadline);
    }
    read_roots(graph, HG_TURN_MAPPINGS);
    follow_all(graph, deadline);
    follow_mappings(graph, deadline);
    follow_unaligned(graph, deadline);
    follow_lost(graph, deadline);
}
