/*
 * Deliberate leaks, as a suite declares them: memory that may be alive at exit, by whose leave, and until
 * when. A declaration never excuses growth; it names a call path or a holder:
 *
 *     leaks:
 *       - { function: table_new, why: one table for the process, who: storage, until: 2027-06-30 }
 *       - { holder: registry.table, why: freed by the system, who: storage, until: never }
 *
 * function is the name of the function that is told as the place of an allocation. stack is the way from the
 * call of the allocator outwards, frame by frame: "FUNCTION", "FUNCTION in MODULE", or "..." for any number
 * of frames; what lies further outwards is open. anywhere is a function, a source file or a module of any
 * frame. In these, * stands for any text and ? for one character. holder is the beginning of a holder's path,
 * as of a bound.
 *
 * A list owns its leaks, a leak its strings. Nothing here prints, or reads a clock. Not thread-safe.
 */
#ifndef HG_KNOWN_LEAKS_H
#define HG_KNOWN_LEAKS_H

#include "model/model.h"

#define HG_LEAK_MOST_FRAMES 64u
#define HG_LEAK_ANY_FRAMES  "..."
#define HG_LEAK_NEVER       "never"

typedef struct hg_leak {
    char *function, *holder, *anywhere; /* NULL: not by this; one of these and the stack is there */
    char **stack;                       /* [depth], from the call of the allocator outwards */
    size_t depth;
    char *why, *who, *until; /* a date, or HG_LEAK_NEVER; NULL until they are read */
    char *since;             /* a date; NULL where nobody says */
    size_t line;             /* of the file */
} hg_leak;

typedef struct hg_leaks {
    hg_leak *leaks;
    size_t count;
} hg_leaks;

/* One more zeroed leak at the end; NULL when memory ran out. Moves earlier ones. */
hg_leak *hg_leaks_add(hg_leaks *leaks);
void hg_leaks_clear(hg_leaks *leaks);

/* Takes the last one away. */
void hg_leaks_drop(hg_leaks *leaks);

/* Puts a copy at the end of the stack. False when memory ran out. */
bool hg_leak_add_frame(hg_leak *leak, const char *frame);

/* Whether text has the pattern, in which * is any text and ? one character. Takes at most the product of both
 * lengths. */
bool hg_leak_matches(const char *pattern, const char *text);

/* Whether it names the site's call path; never true of one by holder. */
bool hg_leak_has_path(const hg_leak *leak, const hg_site *site);

/* Whether it counts no more. today: YYYY-MM-DD. */
bool hg_leak_has_ended(const hg_leak *leak, const char *today);

/* "function: table_new", "stack: a, b"; the caller frees. NULL when memory ran out. */
char *hg_leak_describe(const hg_leak *leak);

/* Whether any is by its holder. */
bool hg_leaks_need_holders(const hg_leaks *leaks);

#endif
