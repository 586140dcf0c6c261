/*
 * Who else divides memory in a process: an allocator that is linked into the program, or an interpreter with
 * arenas. The probe counts what they take from malloc and mmap, and not what they make of it.
 *
 * Looked at from outside, by the names of the modules and the symbols of the program's file, which may hold
 * anything. Any thread.
 */
#ifndef HG_WATCH_OWN_MEMORY_H
#define HG_WATCH_OWN_MEMORY_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct hg_own_memory {
    const char *what;   /* "a static jemalloc"; NULL: nobody is known */
    const char *advice; /* a clause on what makes its blocks visible: "run it with PYTHONMALLOC=malloc" */
    bool calls_malloc;  /* the program takes malloc from outside its file, which is the probe's */
    bool settles;       /* a collected heap, which grows until it is as large as the program needs */
    bool frees_at_end;  /* an interpreter that frees all objects of a script when that ends */
    /* A collector frees objects, and what they own: the module that allocates for them, or the beginning of
     * the functions that do; NULL: there is none, or it has no such name. */
    const char *collecting_module, *collecting_functions;
    const char *collects; /* a clause on how to have it run; NULL: there is none */
} hg_own_memory;

hg_own_memory hg_own_memory_find(pid_t process);

/* Whether a call of malloc there is the collector's. */
bool hg_own_memory_is_collected(const hg_own_memory *own, const char *module, const char *function);

#endif
