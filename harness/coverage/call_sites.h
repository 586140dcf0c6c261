/*
 * The calls of a module that allocate, from its machine code, at any level of optimisation.
 *
 * A call is one if it reaches an allocator (allocating.h), or a function of the module that only passes on
 * what it gets from one, such as xmalloc: whoever calls that is the site. A function only passes on if it
 * has a caller in the module, writes to nothing but its own stack, calls nothing but allocators and what
 * allocating.h allows, and does not choose the size itself. Functions of a language's own library, such as
 * templates of C++, only pass on whatever they do.
 *
 * Where a function ends with a jump to an allocator, it is not on the stack when the allocation happens: the
 * calls of the function stand for the jump.
 *
 * A call by a pointer that the code does not show is not found.
 */
#ifndef HG_COVERAGE_CALL_SITES_H
#define HG_COVERAGE_CALL_SITES_H

#include "coverage/module_code.h"

typedef enum hg_call_kind {
    HG_CALL_SITE,
    HG_CALL_PASSES, /* in a function that only passes on */
    HG_CALL_JUMP,   /* at the end of a function: a site that is never a return address */
    HG_CALL_STANDS, /* of a function that may end with a jump */
} hg_call_kind;

typedef struct hg_call_site {
    uint64_t after; /* the return address; of a jump, the address behind it */
    hg_call_kind kind;
    bool sometimes;          /* it may also do without an allocation */
    const char *calls;       /* the allocator, or the symbol of the function that passes on */
    size_t function, callee; /* that it lies in; that it calls, SIZE_MAX for one of another module */
} hg_call_site;

/* What is known of a function of the module. */
typedef struct hg_call_role {
    bool called;      /* by the module */
    bool taken;       /* the module has its address, and may call it by a pointer */
    bool passes;      /* it only passes on */
    bool would_pass;  /* it does if it has a caller, which may be one that it was inlined into */
    bool sometimes;   /* what it gets from functions that allocate sometimes, all of them */
    bool of_language; /* it does, as a function of a language's own library */
    /* The jumps to allocators with which it may end, or those with which such a function may that it jumps
     * to: the first one; and whether there is another. 0: there is none. */
    uint64_t jump;
    bool jumps;
} hg_call_role;

typedef struct hg_call_sites {
    hg_call_site *calls; /* by after */
    size_t count, room;
    hg_call_role *roles; /* by function */
} hg_call_sites;

/* False when memory ran out; ret_sites is to be freed either way. */
bool hg_call_sites_find(const hg_module_code *code, hg_call_sites *ret_sites);
void hg_call_sites_free(hg_call_sites *sites);

/* The function was inlined elsewhere: if it would pass on, it does. */
void hg_call_sites_inlined(hg_call_sites *sites, size_t function);

/* The call with this return address; NULL: it is none of them. */
const hg_call_site *hg_call_sites_at(const hg_call_sites *sites, uint64_t after);

#endif
