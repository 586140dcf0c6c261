/*
 * massif (valgrind): a detailed snapshot at every checkpoint, each in a file of its own beside massif's usual
 * one. A snapshot holds a tree of what is alive, from the allocation outwards:
 *
 *     mem_heap_B=49488
 *     n15: 49488 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
 *      n1: 20530 0x4E5679A: registry_entry_new (registry.c:56)
 *       n0: 20530 0x10A509: main (runner.c:306)
 *
 * What is below massif's threshold stands in one node without a frame, and is counted to the node above.
 *
 * The growth is the difference of the last one and the one at the end of warm-up. massif counts no blocks.
 */
#include "base/saturate.h"
#include "profile/valgrind_options.h"

#include <stdlib.h>
#include <string.h>

bool hg_massif_command(hg_profile_job *job, hg_tool_command *ret_command)
{
    hg_valgrind_words(job, "massif", ret_command);
    hg_command_word(ret_command, hg_job_word(job, "--massif-out-file=%s/massif.out", job->folder));
    hg_command_word(ret_command, "--depth=60");
    hg_command_word(ret_command, "--threshold=0.1");
    hg_command_word(ret_command, "--peak-inaccuracy=10"); /* a heap that only grows is ever at its peak */
    hg_command_variable(ret_command, hg_job_word(job, HG_ENV_MARKS "=massif:%s/massif.round-", job->folder));
    return true;
}

typedef struct snapshot_tree {
    hg_profile *profile;
    hg_tool_stack stack;
    bool is_base;
} snapshot_tree;

/* A leaf: its bytes belong to the stack that leads to it, which stays for the leaves beside it. */
static bool add_leaf(snapshot_tree *tree, int64_t bytes)
{
    hg_tool_stack copy = {0};
    for (size_t i = 0; i < tree->stack.count; i++) {
        const hg_frame *frame = &tree->stack.frames[i];
        if (!hg_tool_stack_push(&copy, frame->function, frame->file, frame->line, frame->module)) {
            hg_tool_stack_free(&copy);
            return false;
        }
    }
    hg_tool_site *site = hg_tool_sites_at(&tree->profile->sites, HG_TOOL_ALIVE, &copy);
    hg_tool_stack_free(&copy);
    if (!site)
        return false;
    hg_tool_count *count = tree->is_base ? &site->base : &site->end;
    count->bytes = hg_sum(count->bytes, bytes);
    site->base.blocks = site->end.blocks = -1;
    return true;
}

/* One node: indented by its depth, "nCHILDREN: BYTES FRAME". False when memory ran out. */
static bool read_node(snapshot_tree *tree, char *line)
{
    size_t depth = strspn(line, " ");
    int children, read = 0;
    long long bytes;
    if (sscanf(line + depth, "n%d: %lld %n", &children, &bytes, &read) != 2 || read == 0)
        return true;
    if (depth > 0)
        hg_tool_stack_cut(&tree->stack, depth - 1);
    if (depth > 0 && strncmp(line + depth + read, "0x", 2) == 0 &&
        !hg_valgrind_frame(line + depth + read, &tree->stack))
        return false;
    return children > 0 || add_leaf(tree, bytes);
}

/* ret_bytes: all that is alive. with_tree: whether its stacks are wanted, and as what. */
static bool read_snapshot(hg_profile_job *job, uint32_t number, snapshot_tree *tree, int64_t *ret_bytes)
{
    char name[32];
    char *line = NULL;
    size_t size = 0;
    bool done = true;
    snprintf(name, sizeof name, "massif.round-%03u", number);
    FILE *file = hg_job_open(job, name);
    if (!file)
        return false;
    *ret_bytes = -1;
    for (ssize_t length; done && (length = getline(&line, &size, file)) > 0;) {
        long long bytes;
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (sscanf(line, "mem_heap_B=%lld", &bytes) == 1)
            *ret_bytes = bytes;
        else if (tree && line[strspn(line, " ")] == 'n')
            done = read_node(tree, line) || hg_job_fail(job, "out of memory");
    }
    free(line);
    fclose(file);
    return done && (*ret_bytes >= 0 || hg_job_fail(job, "massif's %s holds no snapshot", name));
}

bool hg_massif_read(hg_profile_job *job, hg_profile *profile)
{
    bool done = hg_job_checkpoints(job, profile);
    for (uint32_t i = 0; done && i < job->checkpoints; i++) {
        bool is_base = i + 1 == job->warmup_checkpoints;
        snapshot_tree tree = {.profile = profile, .is_base = is_base};
        hg_tool_count *alive = &profile->checkpoints[i][HG_TOOL_ALIVE];
        alive->blocks = -1;
        done = read_snapshot(job, i, is_base || i + 1 == job->checkpoints ? &tree : NULL, &alive->bytes);
        hg_tool_stack_free(&tree.stack);
    }
    return done;
}
