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
#define HG_GRAPH_LOST 0xfffffff0u /* hg_scan_node.at from here on: not reached */

/* By address; half a line of the processor's cache, for it is looked at in no order. */
typedef struct hg_scan_node {
    uintptr_t begin;
    uint64_t size;
    uint32_t at; /* among those that were reached */
    uint32_t context;
    uint32_t
        more; /* bytes that it takes of the heap beyond its size; the most that fits where it is larger */
} hg_scan_node;

/* 512 bytes of addresses: in which of their words a node begins, and which of these nodes were reached. */
typedef struct hg_scan_grain {
    uint64_t begins, reached;
    uint32_t before; /* nodes that begin before them */
} hg_scan_grain;

/* A node that was reached. Whatever is asked about all of these is asked in the order in which they were. */
typedef struct hg_scan_reached {
    uintptr_t begin;
    uint64_t size;
    uint64_t place; /* bytes from the beginning of what it was reached from: */
    uint32_t from;  /* one that was reached before, or a root */
    uint32_t node;
    uint32_t context;
    uint32_t path; /* scan_paths.c: how */
    uint32_t more; /* as of the node */
} hg_scan_reached;

/* A word that was read, until it is its turn. */
typedef struct hg_scan_waiting {
    uintptr_t word;
    uint64_t place; /* as of a node */
    uint32_t source, node;
} hg_scan_waiting;

enum { HG_GRAPH_WAITING = 1 << 18 };

typedef struct hg_scan_graph {
    uint32_t count;
    hg_scan_node *nodes;
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

/* The context of a mapping's node has HG_CONTEXT_MAPPING. The graph gets its roots later; failure is set
 * if it fails. */
bool hg_graph_build(hg_scan_graph *graph);

/* Reaches what can be reached, until the time by hg_scan_now. */
void hg_graph_follow(hg_scan_graph *graph, int64_t deadline);

/* The node that contains the address, or HG_GRAPH_NONE. */
uint32_t hg_graph_find(const hg_scan_graph *graph, uintptr_t word);

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
