#include "probe/scan_roots.h"

#include "probe/mappings.h"
#include <pthread.h>

enum { KEY_BLOCKS = 32 }; /* of values of pthread keys, of the C library */

static void add_root(hg_scan_graph *graph, hg_scan_root root)
{
    if (graph->root_count < graph->root_room && root.begin < root.end)
        graph->roots[graph->root_count++] = root;
}

#if defined(__x86_64__)
/* A control block begins with its own address, twice; between them it points to the thread-local blocks. */
static bool is_control_block(uintptr_t at, const hg_snapshot *from, uint32_t thread)
{
    (void)from;
    (void)thread;
    return hg_scan_word(at) == at && hg_scan_word(at + 2 * sizeof at) == at;
}

static size_t bytes_to_vector(void)
{
    return sizeof(uintptr_t);
}

static size_t bytes_to_alignment(void)
{
    return 0;
}
#else
/* A control block has the thread's number, right behind its place in a list. */
static bool is_control_block(uintptr_t at, const hg_snapshot *from, uint32_t thread)
{
    uintptr_t number = at + from->number_at;
    uintptr_t place = number - 2 * sizeof at;
    return from->number_at >= 2 * sizeof at &&
           (int32_t)hg_scan_word(number) == from->file.threads[thread].number &&
           hg_scan_word(hg_scan_word(place) + sizeof at) == place;
}

/* Behind it is what the thread pointer points to: a pointer to the thread-local blocks. */
static size_t bytes_to_vector(void)
{
    return (uintptr_t)__builtin_thread_pointer() - (uintptr_t)pthread_self();
}

static size_t bytes_to_alignment(void)
{
    return bytes_to_vector();
}
#endif

/* The control block of a thread lies at the end of its stack's mapping. 0: it was not found. */
static uintptr_t find_control_block(const hg_snapshot *from, uint32_t thread, uintptr_t end)
{
    enum { MOST_BYTES = 1 << 20, ALIGNMENT = 64 };
    uintptr_t at = ((end - HG_SCAN_CONTROL_BYTES / 8) & ~(uintptr_t)(ALIGNMENT - 1)) - bytes_to_alignment();
    for (uintptr_t least = end - MOST_BYTES; at > least && hg_scan_mapping_end(at) == end; at -= ALIGNMENT)
        if (is_control_block(at, from, thread))
            return at;
    return 0;
}

/* By the thread's vector of thread-local blocks: 0 if it has none of the module. */
static uintptr_t find_tls(uintptr_t self, size_t number)
{
    uintptr_t vector = hg_scan_word(self + bytes_to_vector());
    uintptr_t block = hg_scan_word(vector + number * 2 * sizeof vector);
    return block == UINTPTR_MAX ? 0 : block;
}

/* Where the thread has the module's block; 0: it has none. */
static uintptr_t find_block(const hg_scan_tls *tls, uint32_t thread, uintptr_t self)
{
    uintptr_t block = thread == 0 ? tls->own : self ? find_tls(self, tls->number) : 0;
    return block == 0 && self && tls->distance ? self + bytes_to_vector() + tls->distance : block;
}

/* `number` is that of the first key. Nobody knows whether a key is the program's or a library's. */
static void add_keys(hg_scan_graph *graph, uintptr_t begin, uint64_t number, uint32_t thread)
{
    add_root(graph, (hg_scan_root){.begin = begin,
                                   .end = begin ? begin + (size_t)HG_SCAN_INLINE_KEYS * HG_SCAN_KEY_BYTES : 0,
                                   .step = HG_STEP_KEY,
                                   .owner = HG_OWNER_LIBRARY,
                                   .thread = thread,
                                   .at = number});
}

/*
 * The values of the first keys lie in the control block. Behind them are pointers to all blocks of values,
 * the first one to these. The others are blocks of the program like any: what points to them is a root, too.
 */
static void add_all_keys(hg_scan_graph *graph, uintptr_t first, uint32_t thread)
{
    uintptr_t blocks = first + (size_t)HG_SCAN_INLINE_KEYS * HG_SCAN_KEY_BYTES;
    add_keys(graph, first, 0, thread);
    if (hg_scan_word(blocks) != first)
        return;
    for (uint64_t i = 1; i < KEY_BLOCKS; i++)
        add_keys(graph, hg_scan_word(blocks + i * sizeof blocks), i * HG_SCAN_INLINE_KEYS, thread);
    add_root(graph, (hg_scan_root){.begin = blocks,
                                   .end = blocks + KEY_BLOCKS * sizeof blocks,
                                   .step = HG_STEP_KEY,
                                   .owner = HG_OWNER_LIBRARY,
                                   .thread = thread});
}

static void add_thread(hg_scan_graph *graph, const hg_snapshot *from, uint32_t thread)
{
    const hg_scan_stack *stack = &from->stacks[thread];
    uintptr_t end = stack->pointer ? hg_scan_mapping_end(stack->pointer) : 0;
    uintptr_t self = thread == 0 ? from->self : end ? find_control_block(from, thread, end) : 0;
    for (size_t i = 0; i < from->tls_count; i++) {
        uintptr_t block = find_block(&from->tls[i], thread, self);
        if (block != 0)
            add_root(graph, (hg_scan_root){.begin = block,
                                           .end = block + from->tls[i].size,
                                           .step = HG_STEP_THREAD_LOCAL,
                                           .owner = from->tls[i].owner,
                                           .thread = thread,
                                           .at = from->tls[i].at});
    }
    if (self && from->keys)
        add_all_keys(graph, self + from->keys, thread);
    if (thread == 0 && !hg_scan_on_request())
        return; /* between ops all its frames are the runner's: what seems to hold a block there is stale */
    uintptr_t begin = stack->pointer & ~(uintptr_t)7;
    uint32_t node = hg_graph_find(graph, begin);
    if (node != HG_GRAPH_NONE)
        end = hg_node_begin(&graph->nodes[node]) + hg_node_size(&graph->nodes[node]);
    add_root(graph, (hg_scan_root){.begin = begin, .end = end, .step = HG_STEP_STACK, .thread = thread});
    add_root(graph, (hg_scan_root){.begin = (uintptr_t)stack->registers,
                                   .end = (uintptr_t)(stack->registers + HG_SCAN_ALL_REGISTERS),
                                   .step = HG_STEP_REGISTER,
                                   .thread = thread});
}

static bool has_pointer(const hg_snapshot *from, const hg_stack_bounds *bounds)
{
    for (uint32_t i = 0; i < from->file.header->threads; i++)
        if (from->stacks[i].pointer >= bounds->begin && from->stacks[i].pointer < bounds->end)
            return true;
    return false;
}

/* Whether the thread's stack pointer is known, and on a stack that belongs to a thread. */
static bool is_at_home(const hg_snapshot *from, uint32_t thread)
{
    uintptr_t pointer = from->stacks[thread].pointer;
    for (size_t i = 0; i < from->known_count; i++)
        if (pointer >= from->known[i].begin && pointer < from->known[i].end)
            return true;
    return false;
}

/*
 * Of a thread that runs, or is on another stack than its own as coroutines are, nobody knows how far down its
 * stack is in use: all of it counts, rather than that what it holds passes for lost. Which of several such
 * threads it belongs to is not known either.
 */
static void add_other_stacks(hg_scan_graph *graph, const hg_snapshot *from)
{
    uint32_t thread = 0;
    while (thread < from->file.header->threads && is_at_home(from, thread))
        thread++;
    for (size_t i = 0; thread < from->file.header->threads && i < from->known_count; i++)
        if (!has_pointer(from, &from->known[i]))
            add_root(graph, (hg_scan_root){.begin = from->known[i].begin,
                                           .end = from->known[i].end,
                                           .step = HG_STEP_STACK,
                                           .thread = thread});
}

bool hg_scan_add_roots(hg_scan_graph *graph, const hg_snapshot *from)
{
    size_t mappings, inherited_count;
    const hg_mapping *inherited = hg_mappings_inherited(&inherited_count);
    hg_mappings_all(&mappings);
    graph->root_room = (uint32_t)(from->segment_count + mappings + inherited_count + from->known_count +
                                  from->file.header->threads * (from->tls_count + 3 + KEY_BLOCKS));
    graph->roots = hg_scan_reserve((graph->root_room + 1) * sizeof *graph->roots);
    if (!graph->roots)
        return false;
    for (size_t i = 0; i < from->segment_count; i++)
        add_root(graph, from->segments[i]);
    for (uint32_t i = 0; i < from->file.header->threads; i++)
        add_thread(graph, from, i);
    add_other_stacks(graph, from);
    for (size_t i = 0; i < inherited_count; i++)
        add_root(graph, (hg_scan_root){
                            .begin = inherited[i].begin, .end = inherited[i].end, .step = HG_STEP_MAPPING});
    return true;
}
