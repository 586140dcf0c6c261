/*
 * C++ operators new and delete that the program defines itself, beside those that the probe exports
 * (preload_cxx.c).
 *
 * The operators of the C++ library call each other: new[] and the nothrow forms call plain new, and every
 * delete ends in plain delete. A program that replaces the plain ones relies on that. The probe's operators,
 * which the program finds instead of the library's, must not break this chain. So if the program replaced
 * one, each operator of the probe calls the next definition in line, and the block is counted when that one
 * calls malloc. An allocator with operators of its own breaks the chain itself; there the probe's operators
 * stay.
 */
#ifndef HG_PROBE_OPERATORS_H
#define HG_PROBE_OPERATORS_H

/*
 * Their mangled names in the Itanium C++ ABI: nw and na are new and new[], dl and da are delete and delete[].
 */
#define HG_OPERATORS(X)                                                                                      \
    X(_Znwm)                                                                                                 \
    X(_Znam)                                                                                                 \
    X(_ZnwmRKSt9nothrow_t)                                                                                   \
    X(_ZnamRKSt9nothrow_t)                                                                                   \
    X(_ZnwmSt11align_val_t)                                                                                  \
    X(_ZnamSt11align_val_t)                                                                                  \
    X(_ZnwmSt11align_val_tRKSt9nothrow_t)                                                                    \
    X(_ZnamSt11align_val_tRKSt9nothrow_t)                                                                    \
    X(_ZdlPv)                                                                                                \
    X(_ZdaPv)                                                                                                \
    X(_ZdlPvm)                                                                                               \
    X(_ZdaPvm)                                                                                               \
    X(_ZdlPvRKSt9nothrow_t)                                                                                  \
    X(_ZdaPvRKSt9nothrow_t)                                                                                  \
    X(_ZdlPvSt11align_val_t)                                                                                 \
    X(_ZdaPvSt11align_val_t)                                                                                 \
    X(_ZdlPvmSt11align_val_t)                                                                                \
    X(_ZdaPvmSt11align_val_t)                                                                                \
    X(_ZdlPvSt11align_val_tRKSt9nothrow_t)                                                                   \
    X(_ZdaPvSt11align_val_tRKSt9nothrow_t)

typedef enum hg_operator {
#define HG_OPERATOR_MEMBER(name) HG_OPERATOR##name,
    HG_OPERATORS(HG_OPERATOR_MEMBER)
#undef HG_OPERATOR_MEMBER
        HG_OPERATOR_COUNT
} hg_operator;

typedef void hg_operator_function(void); /* to be cast to its own type */

/* What to call instead of the probe's; all NULL if the program replaced none. */
extern hg_operator_function *hg_operators_instead[HG_OPERATOR_COUNT];

/*
 * Finds that out. Called once, after the program's libraries are loaded and before there are other threads.
 */
void hg_operators_start(void);

/* The next definition after the probe's; NULL if no C++ library is loaded. Any thread. */
hg_operator_function *hg_operators_next(hg_operator which);

#endif
