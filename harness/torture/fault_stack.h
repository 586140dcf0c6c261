/*
 * A call stack of a tortured process, with names, and whose each frame is.
 *
 * The culprit is the innermost frame that belongs neither to the C library and its like, nor to a language's
 * own containers, nor to a wrapper of malloc: the code that has to deal with the failure. A library under
 * test may well lie in a folder of the system's.
 *
 * Strings are borrowed from the symbolizer and from the modules. Not thread-safe.
 */
#ifndef HG_TORTURE_FAULT_STACK_H
#define HG_TORTURE_FAULT_STACK_H

#include "model/model.h"
#include "record/record.h"
#include "symbols/symbols.h"

typedef struct hg_stack_frame {
    const hg_symbol *symbol;
    const char *module;
    uint64_t offset;
    bool is_foreign; /* of the C library, the dynamic linker, a language */
    bool is_linker;
} hg_stack_frame;

#define HG_MOST_STACK_FRAMES (2 * (size_t)HG_MAX_DEPTH)

typedef struct hg_fault_stack {
    /* Innermost first, those of the runner and the probe left out. */
    hg_stack_frame frames[HG_MOST_STACK_FRAMES];
    size_t count;
    size_t culprit; /* count: there is none */
} hg_fault_stack;

/* Whose frames are left out; absolute paths. */
typedef struct hg_stack_owners {
    const char *runner, *probe;
} hg_stack_owners;

/*
 * Names the frames, which are packed with these modules, up to the runner's first. False when memory ran out.
 */
bool hg_fault_stack_expand(hg_symbols *symbols, const hg_stack_owners *owners, const hg_record_frame *frames,
                           size_t count, const hg_record_module *modules, hg_fault_stack *ret_stack);

/* Copies the frames from `first` on. False when memory ran out; then what is there can be freed. */
bool hg_fault_stack_copy(const hg_fault_stack *stack, size_t first, hg_frame **ret_frames, size_t *ret_count);

/* Tells places apart by function, file name and line; by module and offset where there is no name. */
uint64_t hg_stack_frame_hash(const hg_stack_frame *frame);

#endif
