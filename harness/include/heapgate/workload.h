/*
 * How to write a workload.
 *
 * A workload is a shared object that exports one function:
 *
 *     int heapgate_iterate(uint64_t i);   Runs op i. i counts from 0 and includes the warm-up. Returns 0 on
 *                                         success; any other value ends the cell as failed.
 *
 * It may also export:
 *
 *     int heapgate_setup(void);           Runs before the first op. A nonzero result ends the cell as failed.
 *     void heapgate_quiesce(void);        Runs at every checkpoint: wait until nothing is in flight. Join or
 *                                         park threads, and finish or drop pending work.
 *     void heapgate_teardown(void);       Runs after the last checkpoint.
 *     uint64_t heapgate_result(void);     What the last op came to; only heapgate torture asks.
 *
 * Link the workload against the library under test; it needs no heapgate library. The runner calls these
 * functions from one thread. A workload may start threads of its own, as long as nothing is in flight when
 * heapgate_quiesce returns. Op i must do the same in every build of the subject: make random choices depend
 * on heapgate_seed() and i only.
 *
 * Everything else in this header is optional. A plug-in of ten lines needs none of it.
 */
#ifndef HEAPGATE_WORKLOAD_H
#define HEAPGATE_WORKLOAD_H

#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEAPGATE_EXPORT __attribute__((visibility("default")))

HEAPGATE_EXPORT int heapgate_iterate(uint64_t i);
HEAPGATE_EXPORT int heapgate_setup(void);
HEAPGATE_EXPORT void heapgate_quiesce(void);
HEAPGATE_EXPORT void heapgate_teardown(void);

/*
 * What the last op came to, as a number of the workload's choice. heapgate torture calls it after each op: a
 * library that answers otherwise after an allocation failed than it does without that is broken. Without this
 * function, an op that returns another value, a crash and a hang are what tells so.
 */
HEAPGATE_EXPORT uint64_t heapgate_result(void);

/*
 * What the runner reads about a workload. Define it as follows; a field that is left out has its default.
 *
 *     HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
 *         .name = "schema-storm",
 *         .unit = "schema",
 *     };
 */
struct heapgate_info {
    const char *name;     /* default: the file name without "lib" and ".so" */
    const char *unit;     /* what one op is, in the singular; default: "op" */
    uint64_t default_ops; /* measured ops, unless the suite or the command line sets a number */
    uint64_t warmup_ops;  /* minimum ops before measuring: enough to fill caches that have a bound */
};
HEAPGATE_EXPORT extern const struct heapgate_info heapgate_info;

/* The value of --seed, the same in every build of the subject. */
static inline uint64_t heapgate_seed(void)
{
    const char *text = getenv("HEAPGATE_SEED");
    return text ? strtoull(text, NULL, 10) : 1;
}

/*
 * Whether heapgate torture runs this workload. It judges each op by itself: where threads do the work of an
 * op, heapgate_quiesce runs at its end, too. Work that is over, and threads that are gone, when
 * heapgate_iterate returns make its faults quicker.
 */
static inline int heapgate_is_tortured(void)
{
    return getenv("HEAPGATE_TORTURE") != NULL;
}

/* The path given with --corpus; NULL if none was given. */
static inline const char *heapgate_corpus(void)
{
    const char *path = getenv("HEAPGATE_CORPUS");
    return path && path[0] ? path : NULL;
}

#ifdef __cplusplus
}
#endif

#endif
