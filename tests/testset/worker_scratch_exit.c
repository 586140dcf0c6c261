/*
 * Imitates a package manager that unpacks in short-lived threads (dpkg-like): the ops queue 500 files, then a
 * thread unpacks them with a scratch buffer of its own and ends.
 * The mistake: a thread that finds a broken file (1 thread in 6 by chance) returns before it frees its
 * scratch buffer of 600 to 1,111 bytes.
 * The healthy twin holds 500 queued files at most: steady after op 500.
 */
#include <heapgate/workload.h>
#include <pthread.h>
#include <string.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { FILES = 500 };

struct file {
    uint32_t size, mode;
    unsigned char name[56];
};

struct job {
    struct file **files;
    unsigned count, broken; /* broken: the place of the broken file, or count */
    size_t scratch;
    uint64_t sum;
};

static struct file *files[FILES];
static unsigned queued;

__attribute__((noinline)) static unsigned char *scratch_new(size_t size)
{
    unsigned char *scratch = malloc(size);
    if (scratch != NULL) {
        memset(scratch, 0, size);
    }
    return scratch;
}

static void *worker(void *argument)
{
    struct job *job = argument;
    unsigned char *scratch = scratch_new(job->scratch);
    if (scratch == NULL) {
        return job;
    }
    for (unsigned n = 0; n < job->count; n++) {
        if (n == job->broken) {
            if (!LEAKS) {
                free(scratch);
            }
            return NULL;
        }
        scratch[job->files[n]->size % job->scratch] ^= job->files[n]->name[0];
        job->sum += scratch[0];
    }
    free(scratch);
    return NULL;
}

static int unpack(void)
{
    struct job job = {files, queued, queued, 600 + draw() % 512, 0};
    if (draw() % 6 == 0) {
        job.broken = (unsigned)(draw() % queued);
    }
    pthread_t thread;
    void *failed = NULL;
    if (pthread_create(&thread, NULL, worker, &job) != 0 || pthread_join(thread, &failed) != 0) {
        return 1;
    }
    while (queued > 0) {
        free(files[--queued]);
    }
    return failed != NULL;
}

static struct file *file_new(void)
{
    struct file *file = calloc(1, sizeof *file);
    if (file != NULL) {
        file->size = (uint32_t)draw();
        file->name[0] = 'f';
    }
    return file;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    files[queued] = file_new();
    if (files[queued] == NULL) {
        return 1;
    }
    return ++queued == FILES ? unpack() : 0;
}

void heapgate_teardown(void)
{
    while (queued > 0) {
        free(files[--queued]);
    }
}
