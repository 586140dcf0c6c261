/*
 * Blocks that pile up, held in ways that are seldom seen; see tests/e2e/holders.c.
 */
#include "cases.h"

#include <dlfcn.h>
#include <pthread.h>
#include <search.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

/* What is only written to, a compiler leaves out. */
#define USED __attribute__((used))

typedef struct item {
    uint64_t number;
    char text[40];
} item;

static CULPRIT item *new_item(uint64_t i)
{
    item *made = calloc(1, sizeof *made);
    if (made)
        made->number = i;
    return made;
}

/* A list in both directions by links inside of what is allocated, as the kernel has them. */
struct link {
    struct link *next, *previous;
};
struct job {
    char name[24];
    item *payload;
    struct link link;
};
static struct link jobs = {&jobs, &jobs};

static CULPRIT struct job *new_job(void)
{
    return calloc(1, sizeof(struct job));
}

static int container_of_list(uint64_t i)
{
    struct job *made = new_job();
    (void)i;
    REQUIRE(made);
    made->link = (struct link){&jobs, jobs.previous};
    jobs.previous->next = &made->link;
    jobs.previous = &made->link;
    return 0;
}

static int behind_container_of(uint64_t i)
{
    struct job *made = calloc(1, sizeof *made);
    REQUIRE(made);
    made->payload = new_item(i);
    made->link = (struct link){&jobs, jobs.previous};
    jobs.previous->next = &made->link;
    jobs.previous = &made->link;
    return 0;
}

/* A skip list: nodes of many sizes. */
struct tower {
    uint64_t key;
    item *kept;
    unsigned height;
    struct tower *forward[];
};
static struct tower *skips[8];

static int skip_list(uint64_t i)
{
    unsigned height = 1 + (unsigned)__builtin_ctzll(i + 1) % 8;
    struct tower *made = calloc(1, sizeof *made + height * sizeof *made->forward);
    REQUIRE(made);
    made->height = height;
    made->kept = new_item(i);
    for (unsigned level = 0; level < height; level++) {
        made->forward[level] = skips[level];
        skips[level] = made;
    }
    return 0;
}

/* Open addressing in a mapping that grows. */
static struct hash {
    struct name {
        uint64_t key;
        item *found;
    } * entries;
    size_t used, room;
} names;

static void put(struct hash *in, uint64_t key, item *found)
{
    size_t slot = key * 0x9e3779b97f4a7c15u % in->room;
    while (in->entries[slot].found)
        slot = (slot + 1) % in->room;
    in->entries[slot] = (struct name){key, found};
    in->used++;
}

static int hash_in_mapping(uint64_t i)
{
    if (2 * names.used >= names.room) {
        struct hash larger = {.room = names.room ? 2 * names.room : 256};
        larger.entries = mmap(NULL, larger.room * sizeof *larger.entries, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(larger.entries != MAP_FAILED);
        for (size_t k = 0; k < names.room; k++)
            if (names.entries[k].found)
                put(&larger, names.entries[k].key, names.entries[k].found);
        if (names.entries)
            munmap(names.entries, names.room * sizeof *names.entries);
        names = larger;
    }
    put(&names, i + 1, new_item(i));
    return 0;
}

/* Records that are one thing or another. */
static USED struct record {
    int kind;
    union {
        double number;
        struct {
            size_t length;
            item *text;
        } string;
    } is;
} records[4096];

static int array_of_unions(uint64_t i)
{
    struct record *at = &records[i % 4096];
    at->kind = 1;
    at->is.string.length = 3;
    at->is.string.text = new_item(i);
    return 0;
}

/* The first keys are taken: this one has its values elsewhere. */
static pthread_key_t late_key;

static int late_thread_key(uint64_t i)
{
    struct chain {
        struct chain *next;
        item *kept;
    } * made;
    for (; late_key < 60;)
        REQUIRE(pthread_key_create(&late_key, free) == 0);
    made = calloc(1, sizeof *made);
    REQUIRE(made);
    made->kept = new_item(i);
    made->next = pthread_getspecific(late_key);
    return pthread_setspecific(late_key, made);
}

/* A local variable of a thread that waits, by the function that has it. */
static pthread_barrier_t turn;
static uint64_t ordered;

static __attribute__((noinline)) void collect_orders(void)
{
    item *volatile orders[4096] __attribute__((unused)) = {NULL};
    for (;;) {
        pthread_barrier_wait(&turn);
        orders[ordered % 4096] = new_item(ordered);
        pthread_barrier_wait(&turn);
    }
}

static void *collect(void *unused)
{
    pthread_setname_np(pthread_self(), "collector");
    collect_orders();
    return unused;
}

static int local_array_of_thread(uint64_t i)
{
    static bool runs;
    pthread_t thread;
    if (!runs)
        REQUIRE(pthread_barrier_init(&turn, NULL, 2) == 0 &&
                pthread_create(&thread, NULL, collect, NULL) == 0 && pthread_detach(thread) == 0);
    runs = true;
    ordered = i;
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    return 0;
}

/* Thread-local in many threads. */
static _Thread_local struct {
    uint64_t count;
    item *last[1024];
} recent;

static void *keep_recent(void *unused)
{
    for (;;) {
        pthread_barrier_wait(&turn);
        recent.last[recent.count++ % 1024] = new_item(ordered);
        pthread_barrier_wait(&turn);
    }
    return unused;
}

static int thread_locals_of_four(uint64_t i)
{
    static bool runs;
    pthread_t thread;
    if (!runs)
        REQUIRE(pthread_barrier_init(&turn, NULL, 5) == 0);
    for (int k = 0; !runs && k < 4; k++)
        REQUIRE(pthread_create(&thread, NULL, keep_recent, NULL) == 0 && pthread_detach(thread) == 0);
    runs = true;
    ordered = i;
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    return 0;
}

/* Two ways lead to each block. */
static USED item *by_number[4096];
static struct index {
    item **sorted;
    size_t count;
} by_name;

static int in_two_indices(uint64_t i)
{
    if (!by_name.sorted)
        by_name.sorted = calloc(4096, sizeof *by_name.sorted);
    REQUIRE(by_name.sorted);
    by_name.sorted[by_name.count++ % 4096] = by_number[i % 4096] = new_item(i);
    return 0;
}

/* The C library's own tree. */
static void *found_by;

static int compare(const void *a, const void *b)
{
    const item *left = a;
    const item *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

static int tree_of_library(uint64_t i)
{
    item *made = new_item(i * 0x9e3779b97f4a7c15u);
    REQUIRE(made && tsearch(made, &found_by, compare));
    return 0;
}

/* Offsets from a base, not addresses. */
static USED uint32_t compressed[4096];
static char *base;

static int compressed_pointers(uint64_t i)
{
    item *made = new_item(i);
    REQUIRE(made);
    if (!base)
        base = (char *)made;
    compressed[i % 4096] = (uint32_t)(((char *)made - base) / 8);
    return 0;
}

/* Pointers that lie across words. */
static USED struct __attribute__((packed)) message {
    uint8_t kind;
    item *body;
    uint16_t sum;
} messages[4096];

static int packed_pointers(uint64_t i)
{
    messages[i % 4096].body = new_item(i);
    return 0;
}

/* What a coroutine keeps while it is suspended. */
static ucontext_t outside, inside;

static void keep_inside(void)
{
    item *volatile kept[4096] __attribute__((unused)) = {NULL};
    for (uint64_t i = 0;; i++) {
        kept[i % 4096] = new_item(i);
        swapcontext(&inside, &outside);
    }
}

static int local_of_coroutine(uint64_t i)
{
    if (i == 0) {
        char *stack = malloc(256 * 1024);
        REQUIRE(stack && getcontext(&inside) == 0);
        inside.uc_stack.ss_sp = stack;
        inside.uc_stack.ss_size = 256 * 1024;
        inside.uc_link = NULL;
        makecontext(&inside, keep_inside, 0);
    }
    REQUIRE(swapcontext(&outside, &inside) == 0);
    return 0;
}

/* A pool that hands out what lies in its own slabs; the last one is the only one that is linked. */
static struct slab {
    struct slab *before;
    size_t used;
    char room[16 * 64];
} * slabs;

static CULPRIT struct slab *new_slab(void)
{
    return calloc(1, sizeof(struct slab));
}

static int chained_slabs(uint64_t i)
{
    struct slab *made = i % 4 ? NULL : new_slab();
    if (!made)
        return 0;
    made->before = slabs;
    slabs = made;
    return 0;
}

/* The end of a list that forgot its head: the rest is lost. */
static struct ring_node {
    struct ring_node *next;
    item *kept;
} * tail;

static int behind_the_tail(uint64_t i)
{
    struct ring_node *made = calloc(1, sizeof *made);
    REQUIRE(made);
    made->kept = new_item(i);
    if (tail)
        tail->next = made;
    tail = made;
    return 0;
}

/* The end of an array: one past it, as iterators have it. */
static struct span {
    item **begin, **end;
} span;

static int behind_begin_and_end(uint64_t i)
{
    size_t count = (size_t)(span.end - span.begin);
    span.begin = realloc(span.begin, (count + 1) * sizeof *span.begin);
    REQUIRE(span.begin);
    span.end = span.begin + count;
    *span.end++ = new_item(i);
    return 0;
}

/* Memory that other processes share. */
static USED item **shared;

static int shared_mapping(uint64_t i)
{
    if (!shared) {
        int file = memfd_create("shared", 0);
        REQUIRE(file >= 0 && ftruncate(file, 1 << 16) == 0);
        shared = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
    }
    REQUIRE(shared != MAP_FAILED);
    shared[i % 4096] = new_item(i);
    return 0;
}

/* A list and a tree whose nodes come from several functions in turn. */
struct drawn {
    struct drawn *next, *low, *high;
    uint64_t key;
};
static struct drawn *drawing, *drawn_by_key;

#define DRAWS(shape)                                                                                         \
    static CULPRIT struct drawn *draw_##shape(uint64_t key)                                                  \
    {                                                                                                        \
        struct drawn *made = calloc(1, sizeof *made);                                                        \
        if (made)                                                                                            \
            made->key = key;                                                                                 \
        return made;                                                                                         \
    }
DRAWS(line)
DRAWS(circle)
DRAWS(square)

static struct drawn *draw(uint64_t i)
{
    uint64_t key = (i + 1) * 0x9e3779b97f4a7c15u;
    return key >> 60 < 7 ? draw_line(key) : key >> 60 < 12 ? draw_circle(key) : draw_square(key);
}

static int list_from_several(uint64_t i)
{
    struct drawn *made = draw(i);
    REQUIRE(made);
    made->next = drawing;
    drawing = made;
    return 0;
}

static int tree_from_several(uint64_t i)
{
    struct drawn *made = draw(i);
    struct drawn **at = &drawn_by_key;
    REQUIRE(made);
    while (*at)
        at = made->key < (*at)->key ? &(*at)->low : &(*at)->high;
    *at = made;
    return 0;
}

/* The variable of a module goes with it. */
static int in_closed_module(uint64_t i)
{
    void *module = dlopen(HG_PLUGIN_DIR "/held_module.so", RTLD_NOW);
    REQUIRE(module);
    void **list = dlsym(module, "module_list");
    REQUIRE(list && !*list);
    *list = new_item(i);
    return dlclose(module);
}

/* Children have the list, too, and lengthen it. */
static int beside_children(uint64_t i)
{
    pid_t child = i % 50 == 0 ? fork() : -1;
    int status = list_from_several(i);
    if (child == 0)
        _exit(status);
    if (child > 0)
        waitpid(child, NULL, 0);
    return status;
}

/* The thread-local variable of a module that is loaded later. */
static int loaded_thread_local(uint64_t i)
{
    static int (*keep)(item *);
    if (!keep) {
        void *module = dlopen(HG_PLUGIN_DIR "/held_module.so", RTLD_NOW);
        REQUIRE(module);
        *(void **)&keep = dlsym(module, "keep_in_thread");
    }
    REQUIRE(keep);
    return keep(new_item(i));
}

/* A thread that waits on another stack than its own, where what it keeps lies. */
static uintptr_t hidden_kept;

static void wait_for_orders(void)
{
    for (;;) {
        pthread_barrier_wait(&turn);
        ((item *volatile *)~hidden_kept)[ordered % 4096] = new_item(ordered);
        pthread_barrier_wait(&turn);
    }
}

static void *wait_on_other_stack(void *unused)
{
    item *volatile kept[4096] __attribute__((unused)) = {NULL};
    static char stack[256 * 1024];
    hidden_kept = ~(uintptr_t)kept;
    pthread_setname_np(pthread_self(), "fibers");
    getcontext(&inside);
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = sizeof stack;
    inside.uc_link = NULL;
    makecontext(&inside, wait_for_orders, 0);
    swapcontext(&outside, &inside);
    return unused;
}

static int local_below_fiber(uint64_t i)
{
    static bool runs;
    pthread_t thread;
    if (!runs)
        REQUIRE(pthread_barrier_init(&turn, NULL, 2) == 0 &&
                pthread_create(&thread, NULL, wait_on_other_stack, NULL) == 0 && pthread_detach(thread) == 0);
    runs = true;
    ordered = i;
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    return 0;
}

/* A block that lives, of which only the beginning is in use; what lies behind was freed with pointers in
 * it. */
static int held_by_reused_block(uint64_t i)
{
    static struct page {
        struct page *before;
        item *unused[32];
    } * pages, *made;
    if (i % 16 == 0)
        made = malloc(sizeof *made);
    REQUIRE(made);
    made->unused[2 * (i % 16)] = new_item(i);
    if (i % 16 < 15)
        return 0;
    free(made);
    made = malloc(sizeof *made);
    REQUIRE(made);
    made->before = pages;
    pages = made;
    made = NULL;
    return 0;
}

/* Chunks that end in an array of any length. */
struct chunk {
    struct chunk *before;
    size_t used;
    item *items[];
};
static struct chunk *chunks;

static int flexible_array(uint64_t i)
{
    enum { ROOM = 32 };
    if (!chunks || chunks->used == ROOM) {
        struct chunk *made = calloc(1, sizeof *made + ROOM * sizeof *made->items);
        REQUIRE(made);
        made->before = chunks;
        chunks = made;
    }
    chunks->items[chunks->used++] = new_item(i);
    return 0;
}

/* A tree whose nodes have no types: each child holds a part. */
static void *opaque_top;

static int opaque_children(uint64_t i)
{
    enum { CHILDREN = 4, ROOM = 1000 };
    if (!opaque_top)
        opaque_top = calloc(CHILDREN + 1, sizeof(void *));
    void **child = opaque_top;
    REQUIRE(child);
    child += 1 + i % CHILDREN;
    if (!*child)
        *child = calloc(ROOM, sizeof(void *));
    REQUIRE(*child && i / CHILDREN < ROOM);
    ((void **)*child)[i / CHILDREN] = new_item(i);
    return 0;
}

/* A library of the system leads there sooner than what is the program's own. */
static struct of_library {
    struct handle *handle;
} * of_program;
struct handle {
    item *items[4096];
};

static int also_in_library(uint64_t i)
{
    if (!of_program) {
        void *library = dlopen("libxml2.so.2", RTLD_NOW);
        void (*keep)(void *data, void *function) =
            library ? (void (*)(void *, void *))dlsym(library, "xmlSetGenericErrorFunc") : NULL;
        of_program = calloc(1, sizeof *of_program);
        REQUIRE(keep && of_program && (of_program->handle = calloc(1, sizeof *of_program->handle)));
        keep(of_program->handle, NULL);
    }
    of_program->handle->items[i % 4096] = new_item(i);
    return 0;
}

/* The first op makes the module's thread-local block, on the line that makes the items. */
static USED __thread item *latest;
static USED item *all_latest[4096];

static CULPRIT item *new_latest(void)
{
    return latest = calloc(1, sizeof *latest);
}

static int with_late_thread_local(uint64_t i)
{
    all_latest[i % 4096] = new_latest();
    return 0;
}

static void *keep_for_a_while(void *data)
{
    latest = data;
    return NULL;
}

static int local_of_ended_thread(uint64_t i)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, keep_for_a_while, new_item(i)) != 0 ||
           pthread_join(thread, NULL) != 0;
}

/* Only the kernel knows. */
static int in_kernel(uint64_t i)
{
    static int set = -1;
    struct epoll_event event = {.events = EPOLLIN};
    if (set < 0)
        set = epoll_create1(EPOLL_CLOEXEC);
    int file = eventfd(0, EFD_CLOEXEC);
    event.data.ptr = new_item(i);
    REQUIRE(file >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, file, &event) == 0);
    memset(&event, 0, sizeof event);
    __asm__ volatile("" : : "r"(&event) : "memory");
    return 0;
}

static void forget(int status, void *data)
{
    (void)status;
    (void)data;
}

static int exit_handler(uint64_t i)
{
    return on_exit(forget, new_item(i));
}

static const test_case cases[] = {
    {"flexible_array", flexible_array},
    {"opaque_children", opaque_children},
    {"also_in_library", also_in_library},
    {"with_late_thread_local", with_late_thread_local},
    {"local_of_ended_thread", local_of_ended_thread},
    {"in_kernel", in_kernel},
    {"exit_handler", exit_handler},
    {"container_of_list", container_of_list},
    {"behind_container_of", behind_container_of},
    {"skip_list", skip_list},
    {"hash_in_mapping", hash_in_mapping},
    {"array_of_unions", array_of_unions},
    {"late_thread_key", late_thread_key},
    {"local_array_of_thread", local_array_of_thread},
    {"thread_locals_of_four", thread_locals_of_four},
    {"in_two_indices", in_two_indices},
    {"tree_of_library", tree_of_library},
    {"compressed_pointers", compressed_pointers},
    {"packed_pointers", packed_pointers},
    {"local_of_coroutine", local_of_coroutine},
    {"chained_slabs", chained_slabs},
    {"behind_the_tail", behind_the_tail},
    {"behind_begin_and_end", behind_begin_and_end},
    {"held_by_reused_block", held_by_reused_block},
    {"shared_mapping", shared_mapping},
    {"loaded_thread_local", loaded_thread_local},
    {"list_from_several", list_from_several},
    {"tree_from_several", tree_from_several},
    {"in_closed_module", in_closed_module},
    {"beside_children", beside_children},
    {"local_below_fiber", local_below_fiber},
};

RUN_CASES(cases)
