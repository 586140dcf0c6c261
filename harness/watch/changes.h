/*
 * What is alive of one call path at the checkpoints of a watched process, by round of birth, as a list of
 * what changed from each checkpoint to the next.
 *
 * A table of it has HG_WATCHED_ROUNDS^2 fields, and a program that leaks through ever new call paths has
 * thousands of tables with hardly anything in them. What was lost once is one change here, whatever the
 * number of checkpoints that see it.
 */
#ifndef HG_WATCH_CHANGES_H
#define HG_WATCH_CHANGES_H

#include "record/checkpoint.h"
#include <stdbool.h>
#include <stdint.h>

#define HG_WATCHED_ROUNDS HG_EQUAL_EPOCHS

typedef struct hg_count_change {
    uint8_t checkpoint, birth;
    hg_record_live by; /* may be negative */
} hg_count_change;

/* All zero is a path of which nothing was ever alive. Ordered by checkpoint, then by birth. */
typedef struct hg_changes {
    hg_count_change *list;
    uint32_t count, room;
} hg_changes;

/* Adds the next checkpoint, with what is alive by birth. False when there is no memory; nothing has changed
 * then. */
bool hg_changes_add(hg_changes *changes, uint32_t checkpoint, const hg_record_live alive[HG_WATCHED_ROUNDS]);

/* Each two checkpoints become the later of them, and each two births one. */
void hg_changes_merge(hg_changes *changes);

/* As if the checkpoints from this one on had not been. */
void hg_changes_forget_from(hg_changes *changes, uint32_t checkpoint);

/* As a table of [checkpoint][birth], of so many each; what is beyond is left out. */
void hg_changes_unpack(const hg_changes *changes, uint32_t rounds, hg_record_live *ret_table);

void hg_changes_clear(hg_changes *changes);

#endif
