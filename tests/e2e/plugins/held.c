/*
 * Blocks that pile up, each case with another holder. Every op makes one node or a few; how they are held,
 * and what of them is lost, stands in the table of tests/e2e/holders.c.
 */
#include "cases.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct node {
    struct node *next, *previous, *left, *right;
    uint64_t value;
} node;

static CULPRIT node *new_node(uint64_t i)
{
    node *made = calloc(1, sizeof *made);
    if (made)
        made->value = i;
    return made;
}

static int push(node **list, uint64_t i)
{
    node *made = new_node(i);
    REQUIRE(made);
    made->next = *list;
    *list = made;
    return 0;
}

/* Statics. */

static node *list_head;

static int static_list(uint64_t i)
{
    return push(&list_head, i);
}

static struct server {
    int port;
    struct {
        uint64_t count;
        node *first;
    } clients;
} server;

static int struct_member(uint64_t i)
{
    server.clients.count++;
    return push(&server.clients.first, i);
}

static union any {
    uint64_t number;
    node *list;
} any;

static int union_member(uint64_t i)
{
    return push(&any.list, i);
}

static int function_static(uint64_t i)
{
    static node *kept_here;
    return push(&kept_here, i);
}

/* What is only written to, a compiler leaves out. */
#define USED __attribute__((used))

static USED node *slots[4096];

static int static_array(uint64_t i)
{
    slots[i % 4096] = new_node(i);
    return 0;
}

static struct queue {
    node *head, *tail;
} queue;

static int queue_with_tail(uint64_t i)
{
    node *made = new_node(i);
    REQUIRE(made);
    made->previous = queue.tail;
    if (queue.tail)
        queue.tail->next = made;
    else
        queue.head = made;
    queue.tail = made;
    return 0;
}

static node *ring;

static int ring_list(uint64_t i)
{
    node *made = new_node(i);
    REQUIRE(made);
    made->next = made->previous = made;
    if (ring) {
        made->next = ring;
        made->previous = ring->previous;
        ring->previous->next = made;
        ring->previous = made;
    }
    ring = made;
    return 0;
}

static node *tree;

static int binary_tree(uint64_t i)
{
    uint64_t key = (i + 1) * 0x9e3779b97f4a7c15u;
    node **place = &tree;
    while (*place)
        place = key < (*place)->value ? &(*place)->left : &(*place)->right;
    *place = new_node(key);
    return 0;
}

/* Behind blocks. */

struct app {
    char name[32];
    node *sessions;
};
static struct app *app;

static int heap_handle(uint64_t i)
{
    if (!app)
        app = calloc(1, sizeof *app);
    REQUIRE(app);
    return push(&app->sessions, i);
}

static void *opaque;

static int opaque_handle(uint64_t i)
{
    if (!opaque)
        opaque = calloc(1, sizeof(struct app));
    REQUIRE(opaque);
    return push(&((struct app *)opaque)->sessions, i);
}

static struct vector {
    node **items;
    size_t count, room;
} vector;

static int doubling_vector(uint64_t i)
{
    if (vector.count == vector.room) {
        vector.room = vector.room ? 2 * vector.room : 16;
        vector.items = realloc(vector.items, vector.room * sizeof *vector.items);
        REQUIRE(vector.items);
    }
    vector.items[vector.count++] = new_node(i);
    return 0;
}

static struct table {
    struct bucket {
        node *chain;
        uint64_t length;
    } * buckets;
} table;

static int hash_table(uint64_t i)
{
    if (!table.buckets)
        table.buckets = calloc(64, sizeof *table.buckets);
    REQUIRE(table.buckets);
    return push(&table.buckets[i % 64].chain, i);
}

/* The link is in the middle of what is allocated, and points to the next one's link. */
struct session {
    uint64_t id;
    char user[24];
    struct link {
        struct link *next;
    } link;
};
static struct link *sessions;

static CULPRIT struct session *new_session(uint64_t i)
{
    struct session *made = calloc(1, sizeof *made);
    if (made)
        made->id = i;
    return made;
}

static int intrusive_list(uint64_t i)
{
    struct session *made = new_session(i);
    REQUIRE(made);
    made->link.next = sessions;
    sessions = &made->link;
    return 0;
}

/* A node at the beginning of what is allocated; what it holds lies behind. */
struct hook {
    struct hook *next;
    uint64_t hash;
};
struct connection {
    struct hook hook;
    uint64_t number;
    node *request;
};
static struct hook *connections;

static int behind_embedded_node(uint64_t i)
{
    struct connection *made = calloc(1, sizeof *made);
    REQUIRE(made);
    made->request = new_node(i);
    made->hook.next = connections;
    connections = &made->hook;
    return 0;
}

static USED uint64_t *cursors[4096];

static int interior_pointer(uint64_t i)
{
    node *made = new_node(i);
    REQUIRE(made);
    cursors[i % 4096] = &made->value;
    return 0;
}

static USED uintptr_t low_tagged[4096], high_tagged[4096];

static int pointer_with_low_bits(uint64_t i)
{
    low_tagged[i % 4096] = (uintptr_t)new_node(i) | (i & 7);
    return 0;
}

static int pointer_with_high_bits(uint64_t i)
{
    high_tagged[i % 4096] = (uintptr_t)new_node(i) | (i % 65000 + 1) << 48;
    return 0;
}

/* Threads. */

static _Thread_local node *of_thread;

static int thread_local_list(uint64_t i)
{
    return push(&of_thread, i);
}

static pthread_key_t key;
static bool has_key;

static int thread_key(uint64_t i)
{
    if (!has_key)
        REQUIRE(pthread_key_create(&key, NULL) == 0);
    has_key = true;
    node *made = new_node(i);
    REQUIRE(made);
    made->next = pthread_getspecific(key);
    return pthread_setspecific(key, made);
}

/* A worker that makes a node for each op, and waits in between. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t asked, done;
static bool keeps_local;

static __attribute__((noinline)) void wait_for_work(void)
{
    pthread_mutex_lock(&lock);
    while (done == asked)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void *work(void *unused)
{
    node *volatile local = NULL;
    pthread_setname_np(pthread_self(), "keeper");
    for (;;) {
        node *head = keeps_local ? local : of_thread;
        wait_for_work();
        push(&head, done);
        if (keeps_local)
            local = head;
        else
            of_thread = head;
        head = NULL;
        pthread_mutex_lock(&lock);
        done++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

static int ask_worker(void)
{
    static bool runs;
    pthread_t thread;
    if (!runs)
        REQUIRE(pthread_create(&thread, NULL, work, NULL) == 0 && pthread_detach(thread) == 0);
    runs = true;
    pthread_mutex_lock(&lock);
    asked++;
    pthread_cond_broadcast(&changed);
    while (done != asked)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return 0;
}

static int local_of_waiting_thread(uint64_t i)
{
    (void)i;
    keeps_local = true;
    return ask_worker();
}

/* It never waits for anything but the next op. */
static _Atomic uint64_t spins_asked, spins_done;

static void *spin(void *unused)
{
    node *volatile local = NULL;
    pthread_setname_np(pthread_self(), "spinner");
    for (;;) {
        if (spins_done == spins_asked)
            continue;
        node *head = local;
        push(&head, spins_done);
        local = head;
        head = NULL;
        spins_done++;
    }
    return unused;
}

static int local_of_running_thread(uint64_t i)
{
    pthread_t thread;
    if (i == 0)
        REQUIRE(pthread_create(&thread, NULL, spin, NULL) == 0 && pthread_detach(thread) == 0);
    spins_asked++;
    while (spins_done != spins_asked)
        continue;
    return 0;
}

static int thread_local_of_other_thread(uint64_t i)
{
    (void)i;
    return ask_worker();
}

/* Mappings. */

static node **mapped;

static node **map(void)
{
    void *place = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return place == MAP_FAILED ? NULL : place;
}

static int mapping_behind_static(uint64_t i)
{
    if (!mapped)
        mapped = map();
    REQUIRE(mapped);
    mapped[i % 4096] = new_node(i);
    return 0;
}

/* Only the complement of the mapping's address is kept. */
static int mapping_by_itself(uint64_t i)
{
    static uintptr_t hidden;
    if (!hidden)
        hidden = ~(uintptr_t)map();
    ((node **)~hidden)[i % 4096] = new_node(i);
    return 0;
}

/* A large sparse reservation must not be read whole. */
static int sparse_mapping(uint64_t i)
{
    const size_t bytes = (size_t)1 << 38;
    if (!mapped) {
        void *place =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        mapped = place == MAP_FAILED ? NULL : place;
    }
    REQUIRE(mapped);
    mapped[(i % 4096) * (bytes / 4096 / sizeof *mapped)] = new_node(i);
    return 0;
}

/* Lost. */

static node *volatile scratch;

static int lost(uint64_t i)
{
    scratch = new_node(i);
    scratch = NULL;
    return 0;
}

static void *volatile small;

static int small_block(uint64_t i)
{
    (void)i;
    small = malloc(8);
    return small == NULL;
}

static int aligned_block(uint64_t i)
{
    void *made;
    (void)i;
    REQUIRE(posix_memalign(&made, 64, 8) == 0);
    small = made;
    return 0;
}

static int lost_pair(uint64_t i)
{
    node *made = new_node(i);
    REQUIRE(made);
    made->next = new_node(i);
    return 0;
}

static int lost_cycle(uint64_t i)
{
    node *made = new_node(i);
    REQUIRE(made);
    made->next = new_node(i);
    REQUIRE(made->next);
    made->next->next = made;
    return 0;
}

static uintptr_t xor_head;

static int xor_list(uint64_t i)
{
    node *made = new_node(i);
    REQUIRE(made);
    made->next = (node *)(xor_head ^ 0x5a5a5a5a5a5a5a5au);
    xor_head = (uintptr_t)made ^ 0xa5a5a5a5a5a5a5a5u;
    return 0;
}

/* The array that held them is freed, with the pointers still in it. */
static int held_by_freed_block(uint64_t i)
{
    static node **batch;
    if (i % 16 == 0) {
        free(batch);
        batch = malloc(16 * sizeof *batch);
    }
    REQUIRE(batch);
    batch[i % 16] = new_node(i);
    if (i % 16 == 15) {
        free(batch);
        batch = NULL;
    }
    return 0;
}

static __attribute__((noinline)) int fill_stack(uint64_t i)
{
    node *volatile dead[512];
    for (size_t k = 0; k < 512; k++)
        dead[k] = NULL;
    for (size_t k = 0; k < 16; k++)
        dead[32 * k] = new_node(i);
    return dead[0] ? 0 : __LINE__;
}

static int held_by_dead_stack(uint64_t i)
{
    return fill_stack(i);
}

/* Two answers. */

static node *evens, *odds;

static int two_holders(uint64_t i)
{
    return push(i % 2 ? &odds : &evens, i);
}

static int half_lost(uint64_t i)
{
    node *made = new_node(i);
    REQUIRE(made);
    if (i % 2)
        return 0;
    made->next = evens;
    evens = made;
    return 0;
}

/* The static of a module that is loaded later. */
static int loaded_module(uint64_t i)
{
    static node **of_module;
    if (!of_module) {
        void *module = dlopen(HG_PLUGIN_DIR "/held_module.so", RTLD_NOW);
        REQUIRE(module);
        of_module = dlsym(module, "module_list");
    }
    REQUIRE(of_module);
    return push(of_module, i);
}

/* Nothing grows. */

static struct all {
    uint64_t count;
    node *first;
} table_of_all;

static int bounded_table(uint64_t i)
{
    free(slots[i % 64]);
    slots[i % 64] = new_node(i);
    return 0;
}

/* All of it in the first op; the rate is that of a clean cell. */
static int filled_at_once(uint64_t i)
{
    for (uint64_t k = 0; i == 0 && k < 300; k++)
        REQUIRE(push(&table_of_all.first, k) == 0);
    free(slots[i % 64]);
    slots[i % 64] = new_node(i);
    return 0;
}

/* A block of 100 KiB in one variable, and 300 nodes that two variables hold together. */
static int large_and_shared(uint64_t i)
{
    static USED char *large;
    if (i > 0)
        return 0;
    large = calloc(1, 100 * 1024);
    for (uint64_t k = 0; k < 300; k++)
        REQUIRE(push(&evens, k) == 0);
    odds = evens;
    return large ? 0 : __LINE__;
}

/* Trouble for the scan. */

static int ends_before_the_scan(uint64_t i)
{
    if (getenv("HEAPGATE_SCAN") && i == 100)
        _exit(7);
    return lost(i);
}

/* Nobody may read them any more. */
static int unreadable_blocks(uint64_t i)
{
    static char *last;
    if (i % 8 == 0) {
        last = aligned_alloc(4096, 8192);
        REQUIRE(last && mprotect(last, 4096, PROT_NONE) == 0);
        last = NULL;
    }
    return lost(i);
}

/* What the allocator keeps before a block, and what the probe keeps after it. */
static int corrupt_heap(uint64_t i)
{
    REQUIRE(push(&list_head, i) == 0);
    char *made = (char *)list_head;
    if (i % 8 == 1)
        memset(made - sizeof(size_t), 0x41, sizeof(size_t));
    if (i % 8 == 5)
        memset(made + sizeof *list_head, 0x42, sizeof(size_t));
    return 0;
}

static int ends_at_once_after_it(uint64_t i)
{
    return push(&list_head, i);
}

void heapgate_teardown(void)
{
    const char *name = getenv("HEAPGATE_TEST_CASE");
    if (name && getenv("HEAPGATE_SCAN") && strcmp(name, "ends_at_once_after_it") == 0)
        kill(0, SIGKILL);
}

static const test_case cases[] = {
    {"static_list", static_list},
    {"struct_member", struct_member},
    {"union_member", union_member},
    {"function_static", function_static},
    {"static_array", static_array},
    {"queue_with_tail", queue_with_tail},
    {"ring_list", ring_list},
    {"binary_tree", binary_tree},
    {"heap_handle", heap_handle},
    {"opaque_handle", opaque_handle},
    {"doubling_vector", doubling_vector},
    {"hash_table", hash_table},
    {"intrusive_list", intrusive_list},
    {"behind_embedded_node", behind_embedded_node},
    {"interior_pointer", interior_pointer},
    {"pointer_with_low_bits", pointer_with_low_bits},
    {"pointer_with_high_bits", pointer_with_high_bits},
    {"thread_local_list", thread_local_list},
    {"thread_key", thread_key},
    {"local_of_waiting_thread", local_of_waiting_thread},
    {"local_of_running_thread", local_of_running_thread},
    {"thread_local_of_other_thread", thread_local_of_other_thread},
    {"mapping_behind_static", mapping_behind_static},
    {"mapping_by_itself", mapping_by_itself},
    {"sparse_mapping", sparse_mapping},
    {"lost", lost},
    {"small_block", small_block},
    {"aligned_block", aligned_block},
    {"lost_pair", lost_pair},
    {"lost_cycle", lost_cycle},
    {"xor_list", xor_list},
    {"held_by_freed_block", held_by_freed_block},
    {"held_by_dead_stack", held_by_dead_stack},
    {"two_holders", two_holders},
    {"half_lost", half_lost},
    {"loaded_module", loaded_module},
    {"bounded_table", bounded_table},
    {"filled_at_once", filled_at_once},
    {"large_and_shared", large_and_shared},
    {"ends_before_the_scan", ends_before_the_scan},
    {"unreadable_blocks", unreadable_blocks},
    {"corrupt_heap", corrupt_heap},
    {"ends_at_once_after_it", ends_at_once_after_it},
};

RUN_CASES(cases)
