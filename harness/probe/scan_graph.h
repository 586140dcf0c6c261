/*
 * The blocks of a copied process by address, and how each was reached from the roots.
 *
 * Roots are followed in turns, breadth first: what lasts (globals, thread-local blocks, keys) of the program
 * and what it was built with, then that of libraries of the system, some of which have lists of all that they
 * gave to others, then that of the C library and the dynamic linker, which keep pointers to what they
 * unmapped, then stacks and registers, where stale pointers are found, too, then mappings that nothing else
 * led to. So a block is reached by the shortest way from a root that is sure and says most, if there is one.
 * Words are taken for pointers wherever they lead into a block: interior pointers count, and so do pointers
 * to the beginning of a block with tag bits in the low 3 or the top 16. Pointers that do not lie at multiples
 * of a word, as in packed structs, are looked for in a last turn, if something is not reached by then.
 *
 * The program's own mappings are nodes like blocks.
 */
#ifndef HG_PROBE_SCAN_GRAPH_H
#define HG_PROBE_SCAN_GRAPH_H

#include "probe/scan.h"
#include "probe/scan_memory.h"

#define HG_GRAPH_NONE UINT32_MAX
#define HG_GRAPH_ROOT 0x80000000u /* hg_scan_reached.from: the rest is the number of a root */
#define HG_GRAPH_LOST 0xfffffff0u /* hg_scan_graph.at from here on: not reached */

/* By address. Of a large heap the time goes into memory, so it is packed: hg_node_begin and the like. */
typedef struct hg_scan_node {
    uint64_t begin_and_more;   /* more << 48, see hg_node_more */
    uint64_t size_and_context; /* context << 46; HG_NODE_IS_OLD */
} hg_scan_node;
enum { HG_NODE_BEGIN_BITS = 48, HG_NODE_SIZE_BITS = 46, HG_NODE_PAGE_BITS = 12 };
#define HG_NODE_IN_PAGES 0x8000u
#define HG_NODE_IS_OLD   ((uint64_t)1 << (HG_NODE_SIZE_BITS - 1)) /* see hg_scan_count */
#define HG_NODE_UNKNOWN  HG_NODE_IN_PAGES /* no pages: it has no tag, and its size is a guess */

/* 512 bytes of addresses: in which of their words a node begins, and which of these nodes were reached. */
typedef struct hg_scan_grain {
    uint64_t begins, reached;
    uint32_t before; /* nodes that begin before them */
} hg_scan_grain;

/* A node that was reached. Whatever is asked about all of these is asked in the order in which they were. */
typedef struct hg_scan_reached {
    uint64_t place; /* bytes from the beginning of what it was reached from: */
    uint32_t from;  /* one that was reached before, or a root */
    uint32_t node;
    uint32_t context; /* as of the node */
    uint32_t path;    /* scan_paths.c: how */
} hg_scan_reached;

/* A word that was read, until it is its turn. */
typedef struct hg_scan_waiting {
    uintptr_t word;
    uint64_t place; /* as of a node */
    uint32_t source, node;
} hg_scan_waiting;

enum { HG_GRAPH_WAITING = 1 << 18 };
enum {
    HG_GRAPH_SOON = 16,
    HG_GRAPH_LATER = 12
}; /* nodes, words: how far ahead of its use memory is fetched */

typedef struct hg_scan_graph {
    uint32_t count;
    hg_scan_node *nodes;
    uint32_t *at; /* by node: among those that were reached */
    hg_scan_reached *order;
    uint32_t reached, followed;
    uint32_t *lost_nodes; /* while they are followed, so many, */
    uint32_t lost, turn;
    uint32_t *first_lost; /* from these */

    hg_scan_root *roots;
    uint32_t root_count, root_room;
    bool out_of_time;
    bool
        outermost; /* of several places in one root the last one counts: a function's own, not a register that
                       those it called saved */
    hg_scan_words words;
    const char *failure; /* NULL: none */

    uint32_t *top; /* by chunk of addresses, the number of its grains from 1; 0: no node begins there */
    hg_scan_grain *grains;
    uint32_t chunk_count;
    uint32_t *large; /* nodes that only these lead to, by address */
    uint32_t large_count;
    uint32_t source;                   /* while words are read: of whom, */
    uintptr_t source_begin;            /* and where it begins */
    hg_scan_waiting *waiting, *sorted; /* see serve_all */
    uint32_t waits;
    uint32_t *buckets;
    unsigned coarser;
} hg_scan_graph;

static inline uintptr_t hg_node_begin(const hg_scan_node *node)
{
    return node->begin_and_more & (((uint64_t)1 << HG_NODE_BEGIN_BITS) - 1);
}

static inline uint64_t hg_node_size(const hg_scan_node *node)
{
    return node->size_and_context & (HG_NODE_IS_OLD - 1);
}

static inline bool hg_node_is_old(const hg_scan_node *node)
{
    return (node->size_and_context & HG_NODE_IS_OLD) != 0;
}

static inline uint32_t hg_node_context(const hg_scan_node *node)
{
    return (uint32_t)(node->size_and_context >> HG_NODE_SIZE_BITS);
}

/* Bytes that it takes of the heap beyond its size; of 32 KiB and more, whole pages. */
static inline uint64_t hg_node_more(const hg_scan_node *node)
{
    uint64_t more = node->begin_and_more >> HG_NODE_BEGIN_BITS;
    return more & HG_NODE_IN_PAGES ? (more & ~(uint64_t)HG_NODE_IN_PAGES) << HG_NODE_PAGE_BITS : more;
}

/* One that leads to others, but is none of those that are counted. */
static inline bool hg_node_is_unknown(const hg_scan_node *node)
{
    return node->begin_and_more >> HG_NODE_BEGIN_BITS == HG_NODE_UNKNOWN;
}

/* The context of a mapping's node has HG_CONTEXT_MAPPING. The graph gets its roots later; failure is set
 * if it fails. */
bool hg_graph_build(hg_scan_graph *graph);

/* Reaches what can be reached, until the time by hg_scan_now. */
void hg_graph_follow(hg_scan_graph *graph, int64_t deadline);

/* The node that contains the address, or HG_GRAPH_NONE. */
uint32_t hg_graph_find(const hg_scan_graph *graph, uintptr_t word);

/*
 * The same in three steps, for one who has many words: what the first step fetches, the second one needs, and
 * so on. The candidate may still be NONE, or another node than the word leads to.
 */
void hg_graph_fetch(const hg_scan_graph *graph, uintptr_t word);
uint32_t hg_graph_fetch_candidate(const hg_scan_graph *graph, uintptr_t word);
bool hg_graph_is_inside(const hg_scan_graph *graph, uint32_t node, uintptr_t word);

/* For one who reads nodes one after the other: `later` is read some nodes later, `soon` half as many. */
void hg_graph_fetch_nodes(const hg_scan_graph *graph, uint32_t soon, uint32_t later);

/* Whether the node is one of the program's mappings. */
bool hg_graph_is_mapping(const hg_scan_graph *graph, uint32_t node);

/* The turn in which the root is followed, from 0. */
enum { HG_TURN_STACKS = HG_OWNER_SYSTEM + 1, HG_TURN_MAPPINGS };
uint8_t hg_scan_turn(const hg_scan_root *root);

/* A place in a root, as paths have it. */
uint64_t hg_scan_root_at(const hg_scan_root *root, uint64_t offset);

/*
 * The same for a word of the root. What the C library knows of a free chunk points in front of it: into the
 * end of the block before, if this one has its tag elsewhere. That holds nothing.
 */
uint32_t hg_graph_led_to(const hg_scan_graph *graph, const hg_scan_root *root, uintptr_t word);

/* Whether a node that was not reached can be reached from others that were not. */
bool hg_graph_is_inside_lost(const hg_scan_graph *graph, uint32_t node);

/* The processor time that this process took, in ns. */
int64_t hg_scan_now(void);

#endif
