/*
 * The C++ operators new and delete that others define, beside those that the probe exports (preload_cxx.c).
 *
 * The C++ library's operators stand on each other: new[] and the nothrow forms call plain new, every delete
 * ends in plain delete. A program that replaces the plain ones relies on it. The probe's, found in the place
 * of the library's, must not break that chain: where a form is replaced, each form of the probe hands over to
 * the next definition in line, and what that allocates is counted where it calls malloc. An allocator that
 * brings operators of its own breaks the chain itself; there the probe's stay.
 */
#ifndef HG_PROBE_OPERATORS_H
#define HG_PROBE_OPERATORS_H

/* By their mangled names, the Itanium C++ ABI's: nw and na are new and new[], dl and da delete and
 * delete[]. */
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

/* What is to be called instead of the probe's; all NULL where nobody replaced one. */
extern hg_operator_function *hg_operators_instead[HG_OPERATOR_COUNT];

/* Finds that out. Once, when all libraries that the program is linked with are there, before other
 * threads. */
void hg_operators_start(void);

/* The next definition after the probe's, NULL where no C++ library is loaded. Any thread. */
hg_operator_function *hg_operators_next(hg_operator which);

#endif
