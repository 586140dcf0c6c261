/*
 * Fault points: the distinct call paths that allocate, or make another call that is to fail, found in a
 * learning run.
 *
 * Two stacks are one path if they end in the same call of the same function and the frames outwards from
 * there agree in function and line, with the loops of recursions taken out. A depth takes only so many inner
 * frames of the culprit and its callers into account.
 */
#ifndef HG_TORTURE_POINTS_H
#define HG_TORTURE_POINTS_H

#include "record/torture_area.h"
#include "torture/fault_stack.h"

#define HG_POINT_ID 24u
#define HG_FAULT_ID (HG_POINT_ID + sizeof ":last")

typedef struct hg_point {
    char id[HG_POINT_ID]; /* the same in every run in which the path is the same */
    uint64_t key;
    hg_call call;
    uint64_t op;      /* in which it is met first, from 0 */
    uint64_t last_op; /* the first in which it is met more than once, as far as is known: so often, */
    uint32_t last;    /* 0: in none */
    uint32_t context; /* one of its stacks */
    uint32_t number;  /* in the order in which they were found */
} hg_point;

/* A stack of the learning run; one that made two calls is there twice. */
typedef struct hg_learned_stack {
    uint64_t hash; /* hg_torture_hash */
    uint32_t context;
    hg_call call;
    uint32_t point; /* UINT32_MAX: of none */
    uint64_t op;    /* of hg_torture_often, from 1 */
    uint32_t calls_in_op;
} hg_learned_stack;

typedef struct hg_points {
    hg_point *points; /* by op, then in the order in which they were met */
    size_t count;
    hg_learned_stack *stacks; /* all that there were, ascending by hash */
    size_t stack_count;
} hg_points;

typedef struct hg_points_wanted {
    hg_stack_owners owners;
    uint32_t depth;          /* 0: the whole stack */
    const char *const *only; /* modules, by their file's name with or without what follows ".so" */
    size_t only_count;       /* 0: all but the C library and its like */
} hg_points_wanted;

/* Record and area are the learning run's; the record is frozen and sound. False when memory ran out. */
bool hg_points_find(const hg_record *record, const hg_torture_area *area, const hg_points_wanted *wanted,
                    hg_symbols *symbols, hg_points *ret_points);
void hg_points_free(hg_points *points);

/* NULL: there was no such stack. */
const hg_learned_stack *hg_points_stack(const hg_points *points, uint64_t hash);

#endif
