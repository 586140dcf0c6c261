/*
 * What a tool of others found, in its own numbers: call stacks, and what is alive from each.
 *
 * A site has a base, what was alive when warm-up was over, and what is alive at the end; a tool that takes no
 * snapshots has a base of 0. Until hg_tool_sites_finish, a site is one exact stack as the tool has it; after,
 * it is a call path from the culprit outwards, as in driver/sites.h, but only as well as the tool's frames
 * tell the system's modules from others.
 *
 * Ownership: the list owns its sites and their frames. Not thread-safe.
 */
#ifndef HG_PROFILE_TOOL_SITES_H
#define HG_PROFILE_TOOL_SITES_H

#include "model/model.h"

/* What a tool says of a block. Only memcheck tells the first three apart; to the others it is alive. */
typedef enum hg_tool_kind {
    HG_TOOL_LOST,      /* nothing points to it, or only lost blocks do */
    HG_TOOL_POSSIBLE,  /* only its middle is pointed to */
    HG_TOOL_REACHABLE, /* something points to it */
    HG_TOOL_ALIVE,
    HG_TOOL_KINDS,
} hg_tool_kind;

/* "lost", "possibly lost", "still reachable", "alive"; never NULL. */
const char *hg_tool_kind_name(hg_tool_kind kind);

typedef struct hg_tool_count {
    int64_t bytes, blocks; /* blocks: -1 where the tool does not say */
} hg_tool_count;

typedef struct hg_tool_site {
    hg_tool_kind kind;
    hg_tool_count base, end;
    uint64_t hash;    /* of kind and frames */
    hg_frame *frames; /* innermost first; module and file are "" where the tool does not say */
    size_t frame_count;
} hg_tool_site;

typedef struct hg_tool_sites {
    hg_tool_site *sites;
    size_t count, capacity;
} hg_tool_sites;

/* A stack while it is read. */
typedef struct hg_tool_stack {
    hg_frame *frames;
    size_t count, capacity;
} hg_tool_stack;

#define HG_TOOL_MOST_FRAMES 512u

/*
 * Adds the next frame outwards; strings are copied, NULL is "". Beyond HG_TOOL_MOST_FRAMES it is dropped.
 * False when memory ran out, with the stack as it was.
 */
bool hg_tool_stack_push(hg_tool_stack *stack, const char *function, const char *file, int line,
                        const char *module);
/* Drops all frames but the first `count`. */
void hg_tool_stack_cut(hg_tool_stack *stack, size_t count);
void hg_tool_stack_free(hg_tool_stack *stack);

/*
 * The site with this kind and stack, made if it is new. Takes over the stack's frames, and empties it. NULL
 * when memory ran out, with the stack as it was. Moves earlier sites.
 */
hg_tool_site *hg_tool_sites_at(hg_tool_sites *sites, hg_tool_kind kind, hg_tool_stack *stack);

/* What a site gained from base to end; never less than nothing. */
hg_tool_count hg_tool_site_growth(const hg_tool_site *site);

/* Joins stacks to call paths, and sorts: most bytes gained first. runner: its path, whose frames end a call
 * path. */
void hg_tool_sites_finish(hg_tool_sites *sites, const char *runner);

void hg_tool_sites_free(hg_tool_sites *sites);

#endif
