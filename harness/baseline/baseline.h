/*
 * The baseline: known leaks, and known findings of heapgate torture, that are accepted for now, kept in the
 * repository and reviewed like code. There is one entry for each workload, subject and call path; of
 * findings, for each outcome and function that failed as well. The path is symbolic (functions from the
 * culprit outwards, with the base names of their modules), so that an entry stays valid after a rebuild, when
 * lines move, and on another machine.
 *
 * The file is JSON with sorted keys and entries in a fixed order, so that its diffs are easy to read:
 *
 *     { "schema": "heapgate-baseline/1",
 *       "entries": [ { "workload": "storm", "subject": "after",
 *                      "stack": ["store_parse in libtoka.so.0", ...],
 *                      "bytes_per_op": 48, "blocks_per_op": 1,
 *                      "since": { "date": "2026-11-23", "version": "0.1.0", "command": "heapgate ..." },
 *                      "waiver": { "reason": "...", "until": "2027-01-31" } } ] }
 *
 * An entry of findings has, instead of rates, "outcome" and "function" as in run.json, and "faults": so many
 * fault points of the path have that outcome. Its path is that of the call that failed.
 *
 * An entry with a waiver counts until the end of that day. An empty stack stands for growth that is spread
 * over several call paths, none of which grows steadily.
 *
 * A baseline owns its entries, an entry its strings. Not thread-safe. Prints nothing.
 */
#ifndef HG_BASELINE_BASELINE_H
#define HG_BASELINE_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_BASELINE_SCHEMA       "heapgate-baseline/1"
#define HG_BASELINE_MOST_BYTES   ((size_t)64 << 20) /* of a file */
#define HG_BASELINE_MOST_ENTRIES 10000u

typedef struct hg_baseline_entry {
    char *workload, *subject;
    char **stack; /* [depth], "FUNCTION in MODULE", from the culprit outwards */
    size_t depth;
    double bytes_per_op, blocks_per_op;
    char *outcome, *function;           /* NULL: a leak */
    int64_t faults;                     /* of findings */
    char *date, *version, *command;     /* when it was allowed, and what measured it */
    char *waiver_reason, *waiver_until; /* NULL: no waiver */
} hg_baseline_entry;

typedef struct hg_baseline {
    hg_baseline_entry *entries; /* in the order of the file */
    size_t count;
} hg_baseline;

/* An empty one; NULL when memory ran out. */
hg_baseline *hg_baseline_new(void);
void hg_baseline_free(hg_baseline *baseline); /* NULL is fine */

/* One more zeroed entry at the end, or NULL. Moves earlier ones. */
hg_baseline_entry *hg_baseline_add(hg_baseline *baseline);
void hg_baseline_remove(hg_baseline *baseline, size_t index);

/* Order by workload, subject, stack, outcome and function; 0 for the same call path. */
int hg_baseline_entry_compare(const hg_baseline_entry *a, const hg_baseline_entry *b);

/* NULL if the file cannot be read, is damaged or newer, with one line in message that says what and where. */
hg_baseline *hg_baseline_read(const char *path, char *message, size_t message_size);

/* The same for the text of a file; name stands for it in messages. */
hg_baseline *hg_baseline_parse(const char *name, const char *text, size_t size, char *message,
                               size_t message_size);

/*
 * Sorts the entries, writes a new file beside the old one, flushes and renames it, so that there is always
 * the old or the new file. False on failure, with one line in message, and the old file unchanged.
 */
bool hg_baseline_write(hg_baseline *baseline, const char *path, char *message, size_t message_size);

/* Whether text is a date of the calendar, YYYY-MM-DD; such dates compare as text. */
bool hg_baseline_is_date(const char *text);

#endif
