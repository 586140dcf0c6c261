/*
 * Error paths with one mistake each, chosen by HEAPGATE_TEST_CASE; "none" has none. A mistake's line has the
 * marker of its case, the allocation that fails for it "fails: CASE".
 */
#include <fcntl.h>
#include <heapgate/workload.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int is_case(const char *name)
{
    const char *chosen = getenv("HEAPGATE_TEST_CASE");
    return chosen && strcmp(chosen, name) == 0;
}

static int fails_for_good, answer;
static char *kept;

/* No function here is inlined into another: each is named. */
#define STEP static __attribute__((noinline)) int

STEP ignores_null(void)
{
    char *text = malloc(16); /* fails: ignores_null */
    text[0] = 'x';           /* here: ignores_null */
    free(text);
    return 0;
}

STEP loses_first(void)
{
    char *name = malloc(24);                /* here: loses_first */
    char *value = name ? malloc(40) : NULL; /* fails: loses_first */
    if (!value)
        return 1;
    free(name);
    free(value);
    return 0;
}

STEP loses_both(void)
{
    char *kept_here = malloc(24);
    char *first = kept_here ? malloc(40) : NULL;
    char *second = first ? malloc(50) : NULL;
    if (!second)
        return 1;
    free(kept_here);
    free(first);
    free(second);
    return 0;
}

STEP loses_old(void)
{
    char *text = malloc(10); /* here: loses_old */
    if (!text)
        return 1;
    text = realloc(text, 1000); /* fails: loses_old */
    free(text);
    return text ? 0 : 1;
}

STEP leaves_open(void)
{
    int file = open("/dev/null", O_RDONLY); /* here: leaves_open */
    char *buffer = malloc(100);             /* fails: leaves_open */
    if (!buffer)
        return 1;
    free(buffer);
    close(file);
    return 0;
}

STEP leaves_mapped(void)
{
    void *pages = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* here: leaves_mapped */
    char *buffer = malloc(100);                                                    /* fails: leaves_mapped */
    if (!buffer)
        return 1;
    free(buffer);
    munmap(pages, 8192);
    return 0;
}

/* Only what came before the call that fails is lost: of the first op, nothing. */
STEP loses_list(void)
{
    static int times;
    char *list = NULL;
    int length = times++ > 0 ? 4 : 1;
    for (int i = 0; i < length; i++) {
        char *made = malloc(32); /* here: loses_list */ /* fails: loses_list */
        if (!made)
            return 1;
        memcpy(made, &list, sizeof list);
        list = made;
    }
    for (char *next; list; list = next) {
        memcpy(&next, list, sizeof next);
        free(list);
    }
    return 0;
}

STEP loses_branch(void)
{
    static int depth;
    char *leaf = malloc(30); /* here: loses_branch */ /* fails: loses_branch */
    int status = leaf ? 0 : 1;
    if (leaf && depth < 3) {
        depth++;
        status = loses_branch();
        depth--;
    }
    if (status == 0)
        free(leaf);
    return status;
}

/* A mistake of another state than the first op's. */
STEP loses_later(void)
{
    static int times;
    char *name = malloc(24);                /* here: loses_later */
    char *value = name ? malloc(40) : NULL; /* fails: loses_later */
    if (value || times == 0)
        free(name);
    free(value);
    times++;
    return value ? 0 : 1;
}

STEP frees_twice(void)
{
    char *name = malloc(24);
    char *value = malloc(40); /* fails: frees_twice */
    free(name);
    free(value);
    if (!value)
        free(name); /* here: frees_twice */
    return value ? 0 : 1;
}

STEP stays_broken(void)
{
    char *text = malloc(10); /* fails: stays_broken */
    fails_for_good |= !text;
    free(text);
    return fails_for_good;
}

STEP answers_otherwise(void)
{
    char *text = malloc(10); /* fails: answers_otherwise */
    answer = text && answer >= 0 ? 1 : -1;
    free(text);
    return 0;
}

STEP hangs(void)
{
    char *text = malloc(10); /* fails: hangs */
    while (!text)
        pause(); /* here: hangs */
    free(text);
    return 0;
}

STEP gives_up(void)
{
    char *text = malloc(10); /* fails: gives_up */
    if (!text)
        abort(); /* here: gives_up */
    free(text);
    return 0;
}

STEP exits(void)
{
    char *text = malloc(10); /* fails: exits */
    if (!text)
        exit(7);
    free(text);
    return 0;
}

STEP recurses(int depth)
{
    volatile char room[1024];
    room[0] = (char)depth;
    return depth < 1 << 30 ? recurses(depth + 1) + room[0] : 0;
}

STEP overflows(void)
{
    char *text = malloc(10); /* fails: overflows */
    if (!text)
        return recurses(0);
    free(text);
    return 0;
}

/* What stays is held by a list, and grows with each failure. */
STEP keeps_all(void)
{
    static struct error {
        struct error *before;
    } * errors;
    char *text = malloc(10); /* fails: keeps_all */
    if (!text) {
        struct error *error = malloc(sizeof *error); /* here: keeps_all */
        if (error)
            error->before = errors;
        errors = error ? error : errors;
    }
    free(text);
    return text ? 0 : 1;
}

STEP keeps_once(void)
{
    char *text = malloc(10); /* fails: keeps_once */
    if (!text && !kept)
        kept = strdup("the last error");
    free(text);
    return text ? 0 : 1;
}

/*
 * A pool of tables. One that cannot grow at one call grows at the next, to another size. Nothing is
 * lost.
 */
static struct table {
    int *index;
    size_t used, room;
} pool[64];

static __attribute__((noinline)) void make_room(struct table *table)
{
    if (table->used < table->room)
        return;
    size_t room = 4 * (table->used + 1);
    int *index = malloc(room * sizeof *index);
    if (!index)
        return;
    free(table->index);
    table->index = index;
    table->room = room;
}

static __attribute__((noinline)) void insert(struct table *table)
{
    make_room(table);
    table->used++;
}

STEP grows_later(void)
{
    static size_t next;
    struct table *table = &pool[next++ % 64];
    free(table->index);
    *table = (struct table){0};
    insert(table);
    insert(table);
    return 0;
}

/* What a job leaves running must not outlive it. */
STEP leaves_processes(void)
{
    char *text = malloc(10); /* fails: leaves_processes */
    if (!text && fork() == 0) {
        setsid();
        fork();
        for (;;)
            pause();
    }
    free(text);
    return text ? 0 : 1;
}

STEP none(void)
{
    char *name = malloc(24);
    char *value = calloc(4, 10);
    char *grown = value ? realloc(value, 400) : NULL;
    FILE *file = fopen("/dev/null", "r");
    if (!grown)
        free(value);
    if (file)
        fclose(file);
    int status = name && grown && file ? 0 : 1;
    free(name);
    free(grown);
    return status;
}

/* A thread that waits between ops, so that no child can be forked. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int is_wanted, status_of_thread;

STEP loses_in_thread(void)
{
    char *name = malloc(24);                /* here: in_thread */
    char *value = name ? malloc(40) : NULL; /* fails: in_thread */
    if (value)
        free(name);
    free(value);
    return value ? 0 : 1;
}

/* What waits next leaves a part of its frames as it is: not with pointers of calls that are over. */
static __attribute__((noinline)) void overwrite_stack(void)
{
    volatile char dead[2048];
    for (size_t i = 0; i < sizeof dead; i++)
        dead[i] = 0;
}

static void *serve(void *nothing)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!is_wanted)
            pthread_cond_wait(&changed, &lock);
        if (is_case("hands_over")) { /* so late that whoever does not wait is past it */
            pthread_mutex_unlock(&lock);
            usleep(20000);
            pthread_mutex_lock(&lock);
        }
        status_of_thread = loses_in_thread();
        overwrite_stack();
        is_wanted = 0;
        pthread_cond_broadcast(&changed);
    }
    return nothing;
}

STEP in_thread(void)
{
    pthread_mutex_lock(&lock);
    is_wanted = 1;
    pthread_cond_broadcast(&changed);
    while (is_wanted)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return status_of_thread;
}

/* The same, and waits for it at a checkpoint only. */
STEP hands_over(void)
{
    pthread_mutex_lock(&lock);
    is_wanted = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return 0;
}

void heapgate_quiesce(void)
{
    pthread_mutex_lock(&lock);
    while (is_wanted)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

int heapgate_setup(void)
{
    pthread_t thread;
    bool has_thread = is_case("in_thread") || is_case("hands_over");
    return has_thread ? pthread_create(&thread, NULL, serve, NULL) : 0;
}

int heapgate_iterate(uint64_t i)
{
    static const struct {
        const char *name;
        int (*step)(void);
    } steps[] = {
        {"ignores_null", ignores_null},
        {"loses_first", loses_first},
        {"loses_both", loses_both},
        {"loses_old", loses_old},
        {"loses_list", loses_list},
        {"loses_branch", loses_branch},
        {"leaves_open", leaves_open},
        {"leaves_mapped", leaves_mapped},
        {"loses_later", loses_later},
        {"frees_twice", frees_twice},
        {"stays_broken", stays_broken},
        {"answers_otherwise", answers_otherwise},
        {"hangs", hangs},
        {"gives_up", gives_up},
        {"exits", exits},
        {"overflows", overflows},
        {"keeps_all", keeps_all},
        {"keeps_once", keeps_once},
        {"grows_later", grows_later},
        {"leaves_processes", leaves_processes},
        {"in_thread", in_thread},
        {"hands_over", hands_over},
    };
    int status = none();
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
        if (is_case(steps[k].name))
            status |= steps[k].step();
    return is_case("never_clean") && i == 3 ? 9 : status;
}

uint64_t heapgate_result(void)
{
    return (uint64_t)answer;
}
