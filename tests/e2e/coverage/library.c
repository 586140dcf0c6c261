/*
 * A small library with every kind of allocation site. A line with a mark is a site, and the mark says what
 * heapgate coverage must say of it; no other line is one.
 */
#include "library.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __clang__
#define NOT_INLINED __attribute__((noinline, optnone))
#else
#define NOT_INLINED __attribute__((noipa))
#endif

struct node {
    struct node *next;
    long value;
};

struct hooks {
    void *(*allocate)(size_t);
};

static volatile int never;
static void *kept;
static volatile struct hooks hooks = {malloc};
static struct node *nodes;
static void *(*volatile hook)(size_t);

/* No block is for nothing, as compilers may leave out those that are. */
static inline void keep(void *blocks)
{
    __asm__ volatile("" : : "r"(blocks) : "memory");
}

static NOT_INLINED void die(void)
{
    fputs("out of memory\n", stderr);
    exit(1);
}

/* These only pass on: who calls them is the site. */
static NOT_INLINED void *xmalloc(size_t size)
{
    void *block = malloc(size);
    if (!block)
        die();
    return block;
}

static NOT_INLINED void *xcalloc(size_t count, size_t size)
{
    void *block = xmalloc(count * size);
    return memset(block, 0, count * size);
}

static NOT_INLINED char *duplicate(const char *text)
{
    return strdup(text);
}

/* A compiler that inlines it everywhere leaves a copy that nobody calls. */
__attribute__((visibility("hidden"), used)) void *at_least_one(size_t size)
{
    return malloc(size ? size : 1);
}

/* No list has its callers, which have it by a pointer: it is a site itself. */
void *library_hook(size_t size)
{
    void *block = malloc(size); // tried
    keep(block);
    return block;
}

/* The compiler makes jumps of these. The probe's own functions lie between them and the allocation. */
FILE *library_open(const char *path)
{
    return fopen(path, "r"); // tried
}

FILE *library_open_other(const char *path)
{
    return fopen(path, "w"); // untried
}

DIR *library_list(const char *path)
{
    return opendir(path); // tried
}

FILE *library_open_by(FILE *(*opener)(const char *, const char *), const char *path)
{
    FILE *file = opener(path, "r"); // seen
    keep(file);
    return file;
}

/* This chooses a size, and keeps what it makes: it is a site itself. */
static NOT_INLINED void add_node(long value)
{
    struct node *node = malloc(sizeof *node); // tried
    node->next = nodes;
    node->value = value;
    nodes = node;
}

/* One line, however often it is inlined. */
static inline __attribute__((always_inline)) void *twice(size_t size)
{
    return calloc(2, size); // tried
}

static NOT_INLINED void keep_one(void)
{
    if (!kept)
        kept = malloc(3); // tried
    keep(kept);
}

void *library_make(void)
{
    return calloc(1, sizeof(struct node)); // tried
}

void *library_make_other(void)
{
    return calloc(2, sizeof(struct node)); // untried
}

/* The pointer begins as malloc, so this passes on as xmalloc does. */
static NOT_INLINED void *by_pointer(size_t size)
{
    void *block = hooks.allocate(size);
    if (block)
        memset(block, 0, size);
    return block;
}

static NOT_INLINED void use_strings(void)
{
    char *line = NULL, *printed = NULL;
    size_t room = 0;
    char *copy = duplicate("a");                                                       // tried
    FILE *file = fopen("/proc/self/comm", "r");                                        // tried
    if (file && getline(&line, &room, file) > 0 && asprintf(&printed, "%s", line) > 0) // tried
        free(printed);
    free(line);
    if (file)
        fclose(file);
    keep(copy);
    free(copy);
}

/* They allocate only if they are not given where to put it. */
static NOT_INLINED void use_paths(void)
{
    char own[PATH_MAX];
    char *path = realpath("/", NULL); // tried
    char *folder = getcwd(NULL, 0);   // tried
    keep(realpath("/", own));
    keep(getcwd(own, sizeof own));
    free(path);
    free(folder);
}

static NOT_INLINED int compare(const void *left, const void *right)
{
    return (int)((const char *)left - (const char *)right);
}

/* No list has this one, which allocates for so much. */
static NOT_INLINED void sort(void)
{
    static char many[4096];
    char pairs[4096];
    memcpy(pairs, many, sizeof pairs);
    qsort(pairs, 2, sizeof pairs / 2, compare); // seen
    keep(pairs);
}

static NOT_INLINED void *by_other_pointer(void *(*allocate)(size_t))
{
    void *block = allocate(8); // seen
    return block ? memset(block, 0, 8) : NULL;
}

static NOT_INLINED void never_used(void)
{
    keep(hooks.allocate(9));                                                        // untried
    free(realpath(never ? "/" : ".", NULL));                                        // untried
    keep(at_least_one(14));                                                         // untried
    char *copy = duplicate("b");                                                    // untried
    void *mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); // untried
    free(copy);
    munmap(mapped, 4096);
}

/* Only an allocation that fails leads to the copy. */
static NOT_INLINED char *explain_failure(void)
{
    void *block = malloc(11); // tried
    keep(block);
    if (!block)
        return strdup("no memory"); // untried
    free(block);
    return NULL;
}

void library_use(void)
{
    void *blocks[4];
    blocks[0] = xmalloc(10);   // tried
    blocks[1] = xcalloc(3, 4); // tried
    blocks[2] = twice(5);
    blocks[3] = never ? twice(6) : NULL;
    if (never)
        blocks[3] = xmalloc(20);            // untried
    char *larger = realloc(blocks[0], 300); // tried
    blocks[0] = larger;
    keep(blocks);
    free(larger);
    for (size_t i = 1; i < 4; i++)
        free(blocks[i]);
    free(explain_failure());
    hook = library_hook;
    free(hook(12));
    void *block = at_least_one(13); // tried
    keep(block);
    free(block);
    keep_one();
    add_node(1);
    struct node *first = nodes;
    nodes = first->next;
    free(first);
    free(by_pointer(7)); // tried
    free(by_other_pointer(hooks.allocate));
    use_strings();
    use_paths();
    sort();
    if (never)
        never_used();
}
