#include "probe/scan_graph.h"

#include "probe/aside.h"
#include "probe/counting.h"
#include "probe/live.h"
#include "probe/mappings.h"
#include "probe/probe.h"
#include "probe/tag.h"
#include <time.h>

enum { CHUNK_BITS = 22, PAGE_BITS = 12, PAGES = 1 << (CHUNK_BITS - PAGE_BITS), ADDRESS_BITS = 47 };
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

static void add(hg_scan_graph *graph, uintptr_t begin, uint64_t size, uint32_t context)
{
    hg_scan_node *last = graph->count > 0 ? &graph->nodes[graph->count - 1] : NULL;
    if (last && last->context == HG_CONTEXT_NONE && begin - graph->begin[graph->count - 1] < last->size)
        last->size = begin - graph->begin[graph->count - 1];
    graph->begin[graph->count] = begin;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): list_nodes made room */
    graph->nodes[graph->count++] = (hg_scan_node){.size = size, .context = context, .at = HG_GRAPH_LOST};
}

/* Merges the blocks, as they come by address, with the mappings. */
typedef struct listing {
    hg_scan_graph *graph;
    const hg_mapping *mappings;
    size_t mapping_count, next;
    uint32_t room;
} listing;

static void add_mappings(listing *list, uintptr_t until)
{
    for (; list->next < list->mapping_count && list->mappings[list->next].begin < until; list->next++) {
        const hg_mapping *mapping = &list->mappings[list->next];
        if (list->graph->count < list->room)
            add(list->graph, mapping->begin, mapping->end - mapping->begin, mapping->context);
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
    bool valid;
} block_tag;

static void read_tag(void *user_data)
{
    block_tag *of = user_data;
    of->valid = hg_probe_tag_of(of->block, &of->tag);
}

/* A block whose end or whose allocator's header was written over still holds others. */
static bool list_block(uintptr_t block, void *user_data)
{
    listing *list = user_data;
    block_tag of = {.block = (void *)block};
    add_mappings(list, block);
    if (list->graph->count == list->room)
        return false;
    if (hg_scan_survives(read_tag, &of) && of.valid)
        add(list->graph, block, of.tag.requested, of.tag.context);
    else
        add(list->graph, block, UNKNOWN_MOST, HG_CONTEXT_NONE);
    return true;
}

static bool list_nodes(hg_scan_graph *graph)
{
    uint32_t blocks = 0;
    listing list = {.graph = graph};
    list.mappings = hg_mappings_all(&list.mapping_count);
    if (!hg_live_each(count_block, &blocks))
        return fail(graph, "there are too many blocks");
    list.room = blocks + (uint32_t)list.mapping_count;
    size_t room = (size_t)list.room + 1;
    graph->begin = hg_scan_reserve_whole(room * sizeof *graph->begin);
    graph->nodes = hg_scan_reserve_whole(room * sizeof *graph->nodes);
    graph->order = hg_scan_reserve_whole(room * sizeof *graph->order);
    graph->lost_nodes = hg_scan_reserve(room * sizeof *graph->lost_nodes);
    graph->large = hg_scan_reserve(room * sizeof *graph->large);
    graph->first_lost = hg_scan_reserve(room * sizeof *graph->first_lost);
    if (!graph->begin || !graph->nodes || !graph->order || !graph->lost_nodes || !graph->large ||
        !graph->first_lost)
        return fail(graph, "there is no memory for the scan");
    hg_live_each(list_block, &list);
    add_mappings(&list, UINTPTR_MAX);
    return true;
}

static uint32_t *chunk_at(const hg_scan_graph *graph, uint32_t number)
{
    return graph->chunks + (size_t)(number - 1) * (PAGES + 1);
}

/* The table of the chunk that the address lies in. */
static uint32_t *make_chunk(hg_scan_graph *graph, uintptr_t address, uint32_t before)
{
    uint32_t *entry = &graph->top[address >> CHUNK_BITS];
    if (*entry == 0) {
        *entry = ++graph->chunk_count;
        chunk_at(graph, *entry)[0] = before;
    }
    return chunk_at(graph, *entry);
}

static bool is_large(const hg_scan_graph *graph, uint32_t node)
{
    return graph->nodes[node].size >= (uint64_t)1 << CHUNK_BITS;
}

/* At most two for each chunk in which a node begins: a node that is not large reaches into the next one. */
static size_t count_chunks(const hg_scan_graph *graph)
{
    size_t chunks = 0;
    uintptr_t last = UINTPTR_MAX;
    for (uint32_t i = 0; i < graph->count; i++) {
        chunks += graph->begin[i] >> CHUNK_BITS != last ? 2 : 0;
        last = graph->begin[i] >> CHUNK_BITS;
    }
    return chunks;
}

/*
 * For each chunk of addresses: the number of nodes that begin before it, and before the end of each of its
 * pages. Chunks in which no node begins are those inside of large ones.
 */
static bool index_nodes(hg_scan_graph *graph)
{
    size_t tops = (size_t)1 << (ADDRESS_BITS - CHUNK_BITS);
    graph->top = hg_scan_reserve(tops * sizeof *graph->top);
    graph->chunks = hg_scan_reserve((count_chunks(graph) + 1) * (PAGES + 1) * sizeof *graph->chunks);
    if (!graph->top || !graph->chunks)
        return fail(graph, "there is no memory for the scan");
    for (uint32_t i = 0; i < graph->count; i++) {
        uintptr_t begin = graph->begin[i];
        uintptr_t end = begin + graph->nodes[i].size;
        make_chunk(graph, begin, i)[(begin >> PAGE_BITS & (PAGES - 1)) + 1] = i + 1;
        if (is_large(graph, i))
            graph->large[graph->large_count++] = i;
        else if (end >> CHUNK_BITS != begin >> CHUNK_BITS)
            make_chunk(graph, end, i + 1);
    }
    for (uint32_t number = 1; number <= graph->chunk_count; number++) {
        uint32_t *chunk = chunk_at(graph, number);
        for (int page = 1; page <= PAGES; page++)
            chunk[page] = chunk[page] > chunk[page - 1] ? chunk[page] : chunk[page - 1];
    }
    return true;
}

bool hg_graph_build(hg_scan_graph *graph)
{
    if (!list_nodes(graph) || !index_nodes(graph))
        return false;
    if (graph->count > 0) {
        uint32_t last = graph->count - 1;
        graph->words.least = graph->begin[0];
        graph->words.most = graph->begin[last] + graph->nodes[last].size + 1;
    }
    return true;
}

/* In a page of `count` nodes of about the same size, the number of those that begin before the address. */
static uint32_t guess(uintptr_t address, uint32_t count)
{
    return (uint32_t)((uint64_t)(address & ((1u << PAGE_BITS) - 1)) * count >> PAGE_BITS);
}

/* The number of nodes between low and high, of one page, that begin at or before the address, and low. */
static uint32_t begun(const hg_scan_graph *graph, uint32_t low, uint32_t high, uintptr_t address)
{
    enum { CLOSE = 4 };
    uint32_t at = low + guess(address, high - low);
    for (int i = 0; i < CLOSE; i++) {
        if (at < high && graph->begin[at] <= address)
            low = ++at;
        else if (at > low && graph->begin[at - 1] > address)
            high = --at;
        else
            return at;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (graph->begin[middle] <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The last large node that begins at or before the address. */
static uint32_t find_large(const hg_scan_graph *graph, uintptr_t address)
{
    uint32_t low = 0;
    uint32_t high = graph->large_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (graph->begin[graph->large[middle]] <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? graph->large[low - 1] : HG_GRAPH_NONE;
}

/* The last node that begins at or before the address. */
static uint32_t find_before(const hg_scan_graph *graph, uintptr_t address)
{
    uint32_t number = graph->top[address >> CHUNK_BITS];
    if (number == 0)
        return find_large(graph, address);
    const uint32_t *chunk = chunk_at(graph, number);
    size_t page = address >> PAGE_BITS & (PAGES - 1);
    return begun(graph, chunk[page], chunk[page + 1], address) - 1;
}

/* The node that the word may lead to: it begins there or before. */
static uint32_t find_candidate(const hg_scan_graph *graph, uintptr_t word)
{
    uintptr_t address = word & HG_SCAN_ADDRESS_MASK;
    if (address >> ADDRESS_BITS != 0)
        return HG_GRAPH_NONE;
    uint32_t node = find_before(graph, address);
    /* With tag bits on top, only its beginning: most such words are no pointers. */
    if (node != HG_GRAPH_NONE && word != address && address - graph->begin[node] > 7)
        return HG_GRAPH_NONE;
    return node;
}

/* Whether the word does lead to the candidate. */
static bool is_inside(const hg_scan_graph *graph, uint32_t node, uintptr_t word)
{
    uintptr_t into = (word & HG_SCAN_ADDRESS_MASK) - graph->begin[node];
    return into < graph->nodes[node].size || into == 0;
}

uint32_t hg_graph_find(const hg_scan_graph *graph, uintptr_t word)
{
    uint32_t node = find_candidate(graph, word);
    return node != HG_GRAPH_NONE && is_inside(graph, node, word) ? node : HG_GRAPH_NONE;
}

uint32_t hg_graph_led_to(const hg_scan_graph *graph, const hg_scan_root *root, uintptr_t word)
{
    uint32_t node = hg_graph_find(graph, word);
    if (node == HG_GRAPH_NONE || !root->keeps_free || graph->nodes[node].size < HG_ASIDE_BYTES)
        return node;
    uint64_t into = (word & HG_SCAN_ADDRESS_MASK) - graph->begin[node];
    return into + HG_TAG_BYTES < graph->nodes[node].size ? node : HG_GRAPH_NONE;
}

static bool is_reached(const hg_scan_graph *graph, uint32_t node)
{
    return graph->nodes[node].at < HG_GRAPH_LOST;
}

static void add_reached(hg_scan_graph *graph, uint32_t node, uint32_t from, uint64_t place)
{
    hg_scan_node *reached = &graph->nodes[node];
    graph->order[graph->reached] = (hg_scan_reached){.begin = graph->begin[node],
                                                     .size = reached->size,
                                                     .place = place,
                                                     .from = from,
                                                     .node = node,
                                                     .context = reached->context};
    reached->at = graph->reached++;
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
        hg_scan_reached *before = &graph->order[graph->nodes[node].at];
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

static void read_roots(hg_scan_graph *graph, bool (*belongs)(const hg_scan_root *root))
{
    for (uint32_t i = 0; i < graph->root_count; i++)
        if (belongs(&graph->roots[i]))
            read_from(graph, HG_GRAPH_ROOT | i, graph->roots[i].begin, graph->roots[i].end);
}

static void read_reached(hg_scan_graph *graph, uint32_t at)
{
    const hg_scan_reached *reached = &graph->order[at];
    read_from(graph, at, reached->begin, reached->begin + reached->size);
}

/* Nodes lie in no order of addresses: what is read soon is fetched now, a small one as a whole. */
static void fetch_ahead(const hg_scan_graph *graph)
{
    enum { SOON = 16, LINE = 64 };
    if (graph->followed + SOON >= graph->reached)
        return;
    const hg_scan_reached *soon = &graph->order[graph->followed + SOON];
    __builtin_prefetch((const void *)soon->begin);
    if (soon->size > LINE)
        __builtin_prefetch((const void *)(soon->begin + LINE));
}

/*
 * What a word in a node leads to lies anywhere in three tables, of which the processor has none at hand. So
 * words wait in line: when one comes, its place among the beginnings of nodes is fetched; some words later
 * its node is looked up and fetched; and some later still the node is reached. All of them in the order in
 * which they came.
 */
static void look_up_next(hg_scan_graph *graph)
{
    hg_scan_waiting *next = &graph->waiting[graph->looked_up++ % HG_GRAPH_WAITING];
    next->node = find_candidate(graph, next->word);
    if (next->node != HG_GRAPH_NONE)
        __builtin_prefetch(&graph->nodes[next->node], 1);
}

static void reach_next(hg_scan_graph *graph)
{
    const hg_scan_waiting *next = &graph->waiting[graph->served++ % HG_GRAPH_WAITING];
    if (next->node != HG_GRAPH_NONE && !is_reached(graph, next->node) &&
        is_inside(graph, next->node, next->word))
        add_reached(graph, next->node, next->source, next->place);
}

static void fetch_beginnings(const hg_scan_graph *graph, uintptr_t word)
{
    uintptr_t address = word & HG_SCAN_ADDRESS_MASK;
    uint32_t number = address >> ADDRESS_BITS == 0 ? graph->top[address >> CHUNK_BITS] : 0;
    if (number == 0)
        return;
    const uint32_t *chunk = chunk_at(graph, number);
    size_t page = address >> PAGE_BITS & (PAGES - 1);
    __builtin_prefetch(&graph->begin[chunk[page] + guess(address, chunk[page + 1] - chunk[page])]);
}

static void wait_in_line(uintptr_t word, uintptr_t place, void *user_data)
{
    hg_scan_graph *graph = user_data;
    graph->waiting[graph->came++ % HG_GRAPH_WAITING] =
        (hg_scan_waiting){.word = word, .place = place - graph->source_begin, .source = graph->source};
    fetch_beginnings(graph, word);
    if (graph->came - graph->looked_up > HG_GRAPH_WAITING / 2)
        look_up_next(graph);
    if (graph->came - graph->served == HG_GRAPH_WAITING)
        reach_next(graph);
}

static void serve_all(hg_scan_graph *graph)
{
    while (graph->looked_up != graph->came)
        look_up_next(graph);
    while (graph->served != graph->came)
        reach_next(graph);
}

static void follow_all(hg_scan_graph *graph, int64_t deadline)
{
    graph->words.visit = wait_in_line;
    while (graph->followed < graph->reached && !graph->out_of_time) {
        fetch_ahead(graph);
        read_reached(graph, graph->followed++);
        if (graph->followed == graph->reached)
            serve_all(graph);
        if (graph->followed % TIME_EVERY == 0)
            graph->out_of_time = hg_scan_now() > deadline;
    }
    serve_all(graph);
    graph->words.visit = reach;
}

static bool lasts(const hg_scan_root *root)
{
    bool lasting =
        root->step == HG_STEP_GLOBAL || root->step == HG_STEP_THREAD_LOCAL || root->step == HG_STEP_KEY;
    return lasting && !root->of_system;
}

static bool is_of_system(const hg_scan_root *root)
{
    return root->of_system;
}

static bool is_of_stack(const hg_scan_root *root)
{
    return root->step == HG_STEP_STACK || root->step == HG_STEP_REGISTER;
}

bool hg_graph_is_mapping(const hg_scan_graph *graph, uint32_t node)
{
    uint16_t flags = atomic_load_explicit(&hg_counting_record.contexts[graph->nodes[node].context].flags,
                                          memory_order_relaxed);
    return (flags & HG_CONTEXT_MAPPING) != 0;
}

/* Mappings that nothing leads to hold what lies in them all the same. */
static void follow_mappings(hg_scan_graph *graph, int64_t deadline)
{
    for (uint32_t i = 0; i < graph->count && graph->root_count < graph->root_room; i++) {
        if (is_reached(graph, i) || !hg_graph_is_mapping(graph, i))
            continue;
        graph->roots[graph->root_count] = (hg_scan_root){.begin = graph->begin[i],
                                                         .end = graph->begin[i] + graph->nodes[i].size,
                                                         .step = HG_STEP_MAPPING,
                                                         .context = graph->nodes[i].context};
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
    read_roots(graph, lasts);
    read_roots(graph, is_of_system);
    read_roots(graph, is_of_stack);
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

/* hg_scan_node.at of a node that no root leads to. Every turn takes a node one further. */
#define LOST_UNSEEN HG_GRAPH_LOST
#define LOST_SEEN   (HG_GRAPH_LOST + 1)
#define LOST_INSIDE (HG_GRAPH_LOST + 2)
#define LOST_FIRST  (HG_GRAPH_LOST + 3)

static void reach_lost(uintptr_t word, uintptr_t place, void *user_data)
{
    hg_scan_graph *graph = user_data;
    uint32_t node = hg_graph_find(graph, word);
    (void)place;
    if (node == HG_GRAPH_NONE || graph->nodes[node].at != graph->turn)
        return;
    graph->nodes[node].at++;
    graph->lost_nodes[graph->lost++] = node;
}

/* Takes all that the node leads to one turn further, and the node itself. */
static void follow_lost_from(hg_scan_graph *graph, uint32_t first)
{
    graph->nodes[first].at++;
    graph->lost = 0;
    graph->lost_nodes[graph->lost++] = first;
    for (uint32_t i = 0; i < graph->lost; i++) {
        uintptr_t begin = graph->begin[graph->lost_nodes[i]];
        read_from(graph, 0, begin, begin + graph->nodes[graph->lost_nodes[i]].size);
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
        if (graph->nodes[i].at == LOST_UNSEEN) {
            graph->first_lost[begun_at++] = i;
            follow_lost_from(graph, i);
        }
        if (i % TIME_EVERY == 0)
            graph->out_of_time = hg_scan_now() > deadline;
    }
    graph->turn = LOST_SEEN;
    while (begun_at > 0 && !graph->out_of_time) {
        uint32_t node = graph->first_lost[--begun_at];
        if (graph->nodes[node].at != LOST_SEEN)
            continue;
        follow_lost_from(graph, node);
        graph->nodes[node].at = LOST_FIRST;
        if (begun_at % TIME_EVERY == 0)
            graph->out_of_time = hg_scan_now() > deadline;
    }
}

uint64_t hg_scan_root_at(const hg_scan_root *root, uint64_t offset)
{
    enum { KEY_BYTES = 16 };
    return root->at + (root->step == HG_STEP_KEY ? offset / KEY_BYTES : offset);
}

bool hg_graph_is_inside_lost(const hg_scan_graph *graph, uint32_t node)
{
    return graph->nodes[node].at == LOST_INSIDE;
}

void hg_graph_follow(hg_scan_graph *graph, int64_t deadline)
{
    graph->words.visit = reach;
    graph->words.user_data = graph;
    if (graph->count == 0)
        return;
    read_roots(graph, lasts);
    follow_all(graph, deadline);
    read_roots(graph, is_of_system);
    follow_all(graph, deadline);
    graph->outermost = true;
    read_roots(graph, is_of_stack);
    graph->outermost = false;
    follow_all(graph, deadline);
    follow_mappings(graph, deadline);
    follow_unaligned(graph, deadline);
    follow_lost(graph, deadline);
}
