/*
 * Write a workload.
 *
 * A workload is a shared object that exports
 *
 *     int heapgate_iterate(uint64_t i);      one op; i counts from 0, warm-up included; 0 means done,
 *                                            anything else ends the cell as failed
 *
 * and, where it wants them,
 *
 *     int heapgate_setup(void);              before the first op; nonzero ends the cell as failed
 *     void heapgate_quiesce(void);           at every checkpoint: join or park threads, drop what is in
 * flight void heapgate_teardown(void);          after the last checkpoint
 *
 * It links against the library under test and against nothing of heapgate. The runner calls these functions
 * from one thread; a workload may start threads of its own as long as nothing is in flight when
 * heapgate_quiesce returns. Op i must do the same thing in every build of the subject: draw random choices
 * from heapgate_seed() and i alone.
 *
 * Everything in this header is optional: a plug-in of ten lines needs none of it.
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
 * What the runner reads about a workload: define
 *     HEAPGATE_EXPORT const struct heapgate_info heapgate_info = { .name = "schema-storm", .unit = "schema"
 * }; Fields left out mean "no opinion".
 */
struct heapgate_info {
    const char *name;     /* default: the file's name without lib and .so */
    const char *unit;     /* what one op is, singular; default "op" */
    uint64_t default_ops; /* measured ops when neither the suite nor the command line says */
    uint64_t warmup_ops;  /* ops to run before measuring, at least: until caches with a bound are full */
};
HEAPGATE_EXPORT extern const struct heapgate_info heapgate_info;

/* --seed; the same in every build of the subject. */
static inline uint64_t heapgate_seed(void)
{
    const char *text = getenv("HEAPGATE_SEED");
    return text ? strtoull(text, NULL, 10) : 1;
}

/* --corpus, a path; NULL when none was given. */
static inline const char *heapgate_corpus(void)
{
    const char *path = getenv("HEAPGATE_CORPUS");
    return path && path[0] ? path : NULL;
}

#ifdef __cplusplus
}
#endif

#endif
