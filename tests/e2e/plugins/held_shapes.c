/*
 * Blocks that pile up in structures as programs have them, of which heapgate was told nothing when it first
 * met them; see tests/e2e/holders.c.
 */
#include "cases.h"

#include <obstack.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>

/* What is only written to, a compiler leaves out. */
#define USED __attribute__((used))

typedef struct thing {
    struct thing *next;
    uint64_t number;
    struct {
        uint32_t a, b;
        uint64_t value;
    } inner;
} thing;

static CULPRIT thing *new_thing(uint64_t i)
{
    thing *made = calloc(1, sizeof *made);
    if (made)
        made->number = i;
    return made;
}

/* Others have the number of a place in it. */
static USED struct {
    struct {
        thing *object;
        uint32_t generation;
    } * places;
    uint32_t used, room;
} handles;

static int arena_of_handles(uint64_t i)
{
    if (handles.used == handles.room) {
        handles.room = handles.room ? 2 * handles.room : 64;
        handles.places = realloc(handles.places, handles.room * sizeof *handles.places);
        REQUIRE(handles.places);
    }
    handles.places[handles.used].generation = 1;
    handles.places[handles.used++].object = new_thing(i);
    return 0;
}

static USED uint64_t *values[8192];

static int member_only(uint64_t i)
{
    thing *made = new_thing(i);
    REQUIRE(made);
    values[i % 8192] = &made->inner.value;
    return 0;
}

static USED struct {
    int kind;
    union {
        uint64_t number;
        thing *object;
    } is;
} registers[8192];

static int static_unions(uint64_t i)
{
    registers[i % 8192].kind = 1;
    registers[i % 8192].is.object = new_thing(i);
    return 0;
}

typedef struct radix_node {
    uintptr_t child[64];
} radix_node;

/* Pointers to inner nodes have a low bit set. */
static uintptr_t radix_root;

static int radix_tree(uint64_t i)
{
    enum { INNER = 2, BITS = 6 };
    uintptr_t *at = &radix_root;
    for (unsigned shift = 2 * BITS; shift <= 2 * BITS; shift -= BITS) {
        if (*at == 0)
            *at = (uintptr_t)calloc(1, sizeof(radix_node)) | INNER;
        REQUIRE(*at != INNER);
        radix_node *node = (radix_node *)(*at & ~(uintptr_t)INNER);
        at = &node->child[i >> shift & 63];
    }
    *at = (uintptr_t)new_thing(i);
    return 0;
}

typedef struct job {
    TAILQ_ENTRY(job) link;
    thing *work;
} job;

static TAILQ_HEAD(job_queue, job) jobs = TAILQ_HEAD_INITIALIZER(jobs);

static int tail_queue(uint64_t i)
{
    job *made = calloc(1, sizeof *made);
    REQUIRE(made);
    made->work = new_thing(i);
    TAILQ_INSERT_TAIL(&jobs, made, link);
    return 0;
}

#define obstack_chunk_alloc malloc
#define obstack_chunk_free  free

static struct obstack pool;

static int in_obstack(uint64_t i)
{
    if (!pool.chunk)
        obstack_init(&pool);
    thing **place = obstack_alloc(&pool, sizeof *place);
    *place = new_thing(i);
    return 0;
}

static thing **in_file;

static int file_mapping(uint64_t i)
{
    enum { PLACES = 1 << 16 };
    if (!in_file) {
        char name[] = "/tmp/heapgate-mapped-XXXXXX";
        int file = mkstemp(name);
        REQUIRE(file >= 0 && unlink(name) == 0 && ftruncate(file, PLACES * sizeof *in_file) == 0);
        in_file = mmap(NULL, PLACES * sizeof *in_file, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        REQUIRE(in_file != MAP_FAILED);
    }
    in_file[i % PLACES] = new_thing(i);
    return 0;
}

/* A table that the program made, of which one place is in use. */
static thing **table;

static int one_of_a_table(uint64_t i)
{
    enum { PLACES = 10000 };
    if (!table)
        table = calloc(PLACES, sizeof *table);
    thing *made = new_thing(i);
    REQUIRE(table && made);
    made->next = table[PLACES - 1];
    table[PLACES - 1] = made;
    return 0;
}

static void *wait_with_argument(void *argument)
{
    for (;;)
        pause();
    return argument;
}

/* Only the thread has the pointer. */
static int thread_argument(uint64_t i)
{
    static uintptr_t hidden;
    pthread_t thread;
    if (hidden == 0) {
        thing **list = calloc(1, sizeof *list);
        hidden = ~(uintptr_t)list;
        REQUIRE(list && pthread_create(&thread, NULL, wait_with_argument, list) == 0);
        pthread_detach(thread);
    }
    thing **list = (thing **)~hidden;
    thing *made = new_thing(i);
    REQUIRE(made);
    made->next = *list;
    *list = made;
    list = NULL;
    __asm__ volatile("" : : "r"(list) : "memory");
    return 0;
}

typedef struct page {
    struct page *before;
    int used;
    thing *items[62];
} page;

static struct {
    const char *name;
    page *pages;
} caches[4];

static int paged_cache(uint64_t i)
{
    page **pages = &caches[i % 4].pages;
    if (!*pages || (*pages)->used == 62) {
        page *made = calloc(1, sizeof *made);
        REQUIRE(made);
        made->before = *pages;
        *pages = made;
    }
    (*pages)->items[(*pages)->used++] = new_thing(i);
    return 0;
}

static const test_case cases[] = {
    {"arena_of_handles", arena_of_handles},
    {"member_only", member_only},
    {"static_unions", static_unions},
    {"radix_tree", radix_tree},
    {"tail_queue", tail_queue},
    {"in_obstack", in_obstack},
    {"file_mapping", file_mapping},
    {"one_of_a_table", one_of_a_table},
    {"thread_argument", thread_argument},
    {"paged_cache", paged_cache},
};

RUN_CASES(cases)
