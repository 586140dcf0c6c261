#include "torture/fault_judge.h"

#include "base/humanise.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* What the C library and other allocators write before they give up. */
static const char *const corruptions[] = {
    "double free", "free(): invalid",    "free(): unaligned", "munmap_chunk()", "realloc(): invalid",
    "malloc(): ",  "malloc_consolidate", "corrupted",         "corrupt",        "unaligned tcache chunk",
};

static bool has_words(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

/* "in the op with the fault", in ret_place. */
static void say_place(const hg_torture_slot *slot, uint64_t fault_op, char *ret_place, size_t size)
{
    uint64_t after = slot->op > fault_op ? slot->op - fault_op : 0;
    switch (slot->stage) {
    case HG_TORTURE_IN_FAULT_OP:
        snprintf(ret_place, size, "in the op with the fault");
        break;
    case HG_TORTURE_IN_CLEAN_OP:
        if (after > 1)
            snprintf(ret_place, size, "%" PRIu64 " ops after the one with the fault", after);
        else
            snprintf(ret_place, size, "in %s op after the one with the fault",
                     after == 1 ? "the first" : "a later");
        break;
    case HG_TORTURE_IN_TEARDOWN:
        snprintf(ret_place, size, "in heapgate_teardown, after the ops");
        break;
    default:
        snprintf(ret_place, size, "after heapgate_teardown");
    }
}

/* The output as a text: without zeros, and only what is printed. */
static void copy_output(const hg_torture_slot *slot, char ret_text[HG_TORTURE_OUTPUT + 1])
{
    size_t used = 0;
    for (uint32_t i = 0; i < slot->output_size && i < HG_TORTURE_OUTPUT; i++)
        if (slot->output[i] != '\0')
            ret_text[used++] = slot->output[i];
    ret_text[used] = '\0';
}

static hg_fault_outcome outcome_of_signal(int signal, const char *output)
{
    if (signal != SIGABRT)
        return HG_FAULT_CRASH;
    return has_words(output, corruptions, sizeof corruptions / sizeof *corruptions) ? HG_FAULT_CORRUPTION
                                                                                    : HG_FAULT_ABORT;
}

static bool judge_signal(const hg_torture_slot *slot, const char *place, const char *output, hg_fault *fault)
{
    int signal = WTERMSIG(slot->wait_status);
    const char *name = sigabbrev_np(signal);
    fault->signal = signal;
    fault->outcome = outcome_of_signal(signal, output);
    if (fault->outcome == HG_FAULT_CORRUPTION)
        return hg_cell_say(&fault->reason, "the allocator found its memory damaged, %s", place);
    if (fault->outcome == HG_FAULT_ABORT && strstr(output, "terminate called"))
        return hg_cell_say(&fault->reason, "an exception that nobody caught, %s", place);
    if (fault->outcome == HG_FAULT_ABORT)
        return hg_cell_say(&fault->reason, "abort() %s", place);
    if (slot->signal == signal && (signal == SIGSEGV || signal == SIGBUS))
        return hg_cell_say(&fault->reason, "SIG%s at address 0x%" PRIx64 ", %s", name ? name : "?",
                           slot->address, place);
    return hg_cell_say(&fault->reason, "SIG%s, %s", name ? name : "?", place);
}

/* What did not end well; *ret_ended: it did. False when memory ran out. */
static bool judge_ending(const hg_fault_case *known, hg_fault *fault, bool *ret_ended)
{
    const hg_torture_slot *slot = known->slot;
    char place[128];
    char output[HG_TORTURE_OUTPUT + 1];
    int status = slot->wait_status;
    say_place(slot, (uint64_t)fault->op, place, sizeof place);
    copy_output(slot, output);
    *ret_ended = false;
    if (slot->timed_out) {
        fault->outcome = HG_FAULT_HANG;
        return hg_cell_say(&fault->reason, "nothing came back within %.3g s, %s", known->limit_seconds,
                           place) &&
               hg_cell_set(&fault->log, output);
    }
    if (WIFSIGNALED(status))
        return judge_signal(slot, place, output, fault) && hg_cell_set(&fault->log, output);
    if (slot->stage != HG_TORTURE_FINISHED) {
        fault->outcome = HG_FAULT_ABORT;
        return hg_cell_say(&fault->reason, "the process ended itself with exit code %d, %s",
                           WEXITSTATUS(status), place) &&
               hg_cell_set(&fault->log, output);
    }
    *ret_ended = true;
    return true;
}

/* A difference while it is netted. */
typedef struct loss {
    const hg_torture_difference *difference;
    int64_t blocks, bytes; /* that are left of it */
    uint64_t place;        /* of the function that allocates, and of its caller; 0: not known */
} loss;

static uint64_t place_of(const hg_fault_stack *stack)
{
    uint64_t hash = 0;
    for (size_t i = stack->culprit, left = 2; i < stack->count && left > 0; i++, left--)
        for (const char *c = stack->frames[i].symbol->function; *c; c++)
            hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3) + left;
    return hash;
}

static bool expand(const hg_fault_case *known, const hg_torture_difference *difference, hg_fault_stack *stack)
{
    const hg_torture_slot *slot = known->slot;
    const hg_learned_stack *learned =
        difference->frame_count == 0 ? hg_points_stack(known->points, difference->stack) : NULL;
    if (!learned)
        return hg_fault_stack_expand(known->symbols, known->owners, slot->frames + difference->first_frame,
                                     difference->frame_count, slot->modules, stack);
    const hg_record *record = known->learned;
    const hg_record_context *context = &record->contexts[learned->context];
    return hg_fault_stack_expand(known->symbols, known->owners, record->frames + context->first_frame,
                                 context->frame_count, record->modules, stack);
}

/*
 * Takes away from both what one has too much of and the other too little: blocks of the same size, or of any
 * if something holds them all, such as a table that has grown at another call, to another size.
 */
static void net(loss *more, loss *less, bool any_size)
{
    int64_t blocks = more->blocks < -less->blocks ? more->blocks : -less->blocks;
    if (blocks <= 0 || more->difference->is_descriptor != less->difference->is_descriptor)
        return;
    int64_t size = more->bytes / more->blocks;
    int64_t other_size = less->bytes / less->blocks;
    bool even = more->bytes == size * more->blocks && less->bytes == other_size * less->blocks;
    bool is_held = more->difference->lost == 0 && more->difference->held >= more->blocks;
    if (any_size ? !is_held : !even || size != other_size)
        return;
    more->blocks -= blocks;
    less->blocks += blocks;
    more->bytes -= size * blocks;
    less->bytes += other_size * blocks;
}

static bool add_loss(const hg_fault_case *known, const loss *found, hg_fault_stack *stack, hg_fault *fault)
{
    hg_fault_loss *grown = realloc(fault->losses, (fault->loss_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    fault->losses = grown;
    hg_fault_loss *added = &grown[fault->loss_count++];
    *added = (hg_fault_loss){.stack = found->difference->stack,
                             .blocks = found->blocks,
                             .bytes = found->bytes,
                             .lost = found->difference->lost,
                             .held = found->difference->held,
                             .descriptor = found->difference->is_descriptor != 0};
    if (added->descriptor)
        fault->lost_descriptors += found->blocks;
    else
        fault->lost_blocks += found->blocks;
    fault->lost_bytes += found->bytes;
    if (!expand(known, found->difference, stack))
        return false;
    size_t from = stack->culprit < stack->count ? stack->culprit : 0;
    return hg_fault_stack_copy(stack, from, &added->frames, &added->frame_count);
}

static int largest_first(const void *a, const void *b)
{
    const hg_fault_loss *x = a;
    const hg_fault_loss *y = b;
    if (x->descriptor != y->descriptor)
        return x->descriptor ? -1 : 1;
    return (y->bytes > x->bytes) - (y->bytes < x->bytes);
}

/* False when memory ran out. */
static bool find_losses(const hg_fault_case *known, hg_fault_stack *stack, hg_fault *fault)
{
    loss losses[HG_TORTURE_DIFFERENCES];
    uint32_t count = known->slot->differences;
    for (uint32_t i = 0; i < count; i++) {
        const hg_torture_difference *difference = &known->slot->difference[i];
        losses[i] = (loss){difference, difference->blocks, difference->bytes, 0};
        if (!expand(known, difference, stack))
            return false;
        losses[i].place = place_of(stack);
    }
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t k = 0; k < count && losses[i].blocks > 0; k++)
                if (losses[k].blocks < 0 && losses[k].place != 0 && losses[k].place == losses[i].place)
                    net(&losses[i], &losses[k], pass == 1);
    for (uint32_t i = 0; i < count; i++)
        if (losses[i].blocks > 0 && !add_loss(known, &losses[i], stack, fault))
            return false;
    if (fault->loss_count > 0)
        qsort(fault->losses, fault->loss_count, sizeof *fault->losses, largest_first);
    return true;
}

static bool copy_frames(const hg_frame *from, size_t count, hg_frame **ret_frames, size_t *ret_count)
{
    *ret_frames = calloc(count + 1, sizeof **ret_frames);
    if (!*ret_frames)
        return false;
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        (*ret_frames)[i] = from[i];
        (*ret_frames)[i].function = strdup(from[i].function);
        (*ret_frames)[i].file = strdup(from[i].file);
        (*ret_frames)[i].module = strdup(from[i].module);
        if (!(*ret_frames)[i].function || !(*ret_frames)[i].file || !(*ret_frames)[i].module)
            return false;
    }
    return true;
}

static bool say_losses(hg_fault *fault)
{
    if (fault->lost_descriptors > 0 && fault->lost_blocks > 0)
        return hg_cell_say(&fault->reason, "%s and %s (%s) stay that do not without the fault",
                           hg_human_things((uint64_t)fault->lost_descriptors, "open file").text,
                           hg_human_things((uint64_t)fault->lost_blocks, "block").text,
                           hg_human_bytes((double)fault->lost_bytes).text);
    if (fault->lost_descriptors > 0)
        return hg_cell_say(&fault->reason, "%s without the fault",
                           fault->lost_descriptors == 1 ? "1 file stays open that does not"
                                                        : "files stay open that do not");
    return hg_cell_say(&fault->reason, "%s (%s) %s without the fault",
                       hg_human_things((uint64_t)fault->lost_blocks, "block").text,
                       hg_human_bytes((double)fault->lost_bytes).text,
                       fault->lost_blocks == 1 ? "stays that does not" : "stay that do not");
}

/* Of a process that did all that it had to do. */
static bool judge_remains(const hg_fault_case *known, hg_fault_stack *stack, hg_fault *fault)
{
    const hg_torture_slot *slot = known->slot;
    if (!find_losses(known, stack, fault))
        return false;
    if (fault->loss_count > 0 && !copy_frames(fault->losses[0].frames, fault->losses[0].frame_count,
                                              &fault->frames, &fault->frame_count))
        return false;
    if (slot->has_failed) {
        fault->outcome = HG_FAULT_STAYS_BROKEN;
        return hg_cell_say(&fault->reason, "op %" PRIu64 ", in which nothing fails, returns %d",
                           slot->failed_op, slot->failed_status);
    }
    if (slot->has_changed) {
        fault->outcome = HG_FAULT_STAYS_BROKEN;
        return hg_cell_say(&fault->reason,
                           "op %" PRIu64
                           ", in which nothing fails, has another result than without the fault",
                           slot->changed_op);
    }
    if (fault->loss_count == 0)
        return true;
    fault->outcome = fault->lost_descriptors > 0 ? HG_FAULT_DESCRIPTOR : HG_FAULT_LEAK;
    return say_losses(fault);
}

/* The stack from the culprit outwards; what it called is named beside it. */
static bool copy_crash(const hg_fault_case *known, hg_fault_stack *stack, hg_fault *fault)
{
    const hg_torture_slot *slot = known->slot;
    if (!hg_fault_stack_expand(known->symbols, known->owners, slot->crash, slot->crash_frames, slot->modules,
                               stack))
        return false;
    bool found = stack->culprit < stack->count;
    const char *called =
        found && stack->culprit > 0 ? stack->frames[stack->culprit - 1].symbol->function : "";
    return (!called[0] || hg_cell_say(&fault->reason, "%s; inside of %s", fault->reason, called)) &&
           hg_fault_stack_copy(stack, found ? stack->culprit : 0, &fault->frames, &fault->frame_count);
}

static bool judge(const hg_fault_case *known, hg_fault_stack *stack, hg_fault *fault)
{
    const hg_torture_slot *slot = known->slot;
    bool ended;
    fault->outcome = HG_FAULT_OK;
    if (atomic_load(&slot->struck) == 0) {
        fault->outcome = HG_FAULT_UNREACHED;
        return hg_cell_set(&fault->reason, "no call was made from this path: nothing is claimed");
    }
    if (!judge_ending(known, fault, &ended))
        return false;
    if (!ended)
        return copy_crash(known, stack, fault);
    if (slot->counted)
        return judge_remains(known, stack, fault);
    fault->outcome = HG_FAULT_UNREACHED;
    return hg_cell_set(&fault->reason, "what it left behind could not be counted: nothing is claimed");
}

bool hg_fault_judge(const hg_fault_case *known, hg_fault *fault)
{
    if (!hg_torture_slot_is_sound(known->slot)) {
        fault->outcome = HG_FAULT_CORRUPTION;
        return hg_cell_set(&fault->reason, "the process wrote over what the probe keeps of it");
    }
    hg_fault_stack *stack = malloc(sizeof *stack);
    bool done = stack && judge(known, stack, fault);
    free(stack);
    return done;
}

/* What the repeat has of the stack. */
static int64_t blocks_of(const hg_fault *repeat, uint64_t stack)
{
    int64_t blocks = 0;
    for (size_t i = 0; i < repeat->loss_count; i++)
        if (repeat->losses[i].stack == stack)
            blocks = hg_count_sum(blocks, repeat->losses[i].blocks);
    return blocks;
}

static void drop_frames(hg_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hg_frame_clear(&frames[i]);
    free(frames);
}

bool hg_fault_settle(hg_fault *fault, const hg_fault *repeat)
{
    size_t kept = 0;
    fault->lost_blocks = fault->lost_bytes = fault->lost_descriptors = 0;
    for (size_t i = 0; i < fault->loss_count; i++) {
        hg_fault_loss found = fault->losses[i];
        if (blocks_of(repeat, found.stack) <= found.blocks)
            continue;
        *(found.descriptor ? &fault->lost_descriptors : &fault->lost_blocks) += found.blocks;
        fault->lost_bytes += found.bytes;
        fault->losses[i] = fault->losses[kept];
        fault->losses[kept++] = found;
    }
    drop_frames(fault->frames, fault->frame_count);
    fault->frames = NULL;
    fault->frame_count = 0;
    if (kept > 0 && !copy_frames(fault->losses[0].frames, fault->losses[0].frame_count, &fault->frames,
                                 &fault->frame_count))
        return false;
    for (size_t i = kept; i < fault->loss_count; i++)
        drop_frames(fault->losses[i].frames, fault->losses[i].frame_count);
    fault->loss_count = kept;
    if (fault->outcome != HG_FAULT_LEAK && fault->outcome != HG_FAULT_DESCRIPTOR)
        return true;
    if (kept > 0) {
        fault->outcome = fault->lost_descriptors > 0 ? HG_FAULT_DESCRIPTOR : HG_FAULT_LEAK;
        return say_losses(fault);
    }
    fault->outcome = HG_FAULT_OK;
    return hg_cell_set(&fault->reason, "what stays is kept once, however often the call fails");
}

bool hg_fault_reference_is_good(const hg_torture_slot *slot, char *ret_message, size_t message_size)
{
    const char *how = slot->timed_out                     ? "do not end in time"
                      : WIFSIGNALED(slot->wait_status)    ? "crash"
                      : slot->stage < HG_TORTURE_FINISHED ? "end the process"
                                                          : "leave more than can be counted";
    if (slot->stage == HG_TORTURE_FINISHED && slot->counted && slot->wait_status == 0)
        return true;
    snprintf(ret_message, message_size, "without any fault, the ops up to op %" PRIu64 " and teardown %s",
             slot->op, how);
    return false;
}
