/* A token module keeps the last error of each thread in a list, and reads 1,200 certificates when they are
 * first asked for. A session every 250 ops has a thread of its own. The mistake: a refused login, in 1
 * session of 6, clears the thread's key, so the key's destructor does not run. Healthy: it runs always; the
 * last certificate is read before op 40,000. */
#include "pair.h"
#include <pthread.h>

enum { CERTIFICATES = 1200, SESSION = 250 };

struct thread_error {
    struct thread_error *next, **link;
    uint64_t thread;
    unsigned long code;
    char text[280];
};

static pthread_key_t key;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct thread_error *errors;
static uint8_t *certificates[CERTIFICATES];

static void error_free(void *value)
{
    struct thread_error *error = value;
    pthread_mutex_lock(&lock);
    *error->link = error->next;
    if (error->next)
        error->next->link = error->link;
    pthread_mutex_unlock(&lock);
    free(error);
}

PAIR_NOINLINE static struct thread_error *error_new(uint64_t thread)
{
    struct thread_error *error = calloc(1, sizeof *error);
    if (!error)
        abort();
    error->thread = thread;
    pthread_mutex_lock(&lock);
    error->next = errors;
    error->link = &errors;
    if (errors)
        errors->link = &error->next;
    errors = error;
    pthread_mutex_unlock(&lock);
    return error;
}

static void *session(void *number)
{
    uint64_t thread = (uint64_t)(uintptr_t)number;
    struct thread_error *error = error_new(thread);
    pthread_setspecific(key, error);
    bool refused = thread % 6 == 4;
    if (refused) {
        error->code = 0xa0;
        if (LEAKS)
            pthread_setspecific(key, NULL);
    }
    return NULL;
}

PAIR_NOINLINE static uint8_t *certificate_read(unsigned id)
{
    size_t length = 600 + id * 37u % 1200;
    uint8_t *der = malloc(length);
    if (!der)
        abort();
    memset(der, (int)(id & 127), length);
    return der;
}

int heapgate_setup(void)
{
    return pthread_key_create(&key, error_free);
}

int heapgate_iterate(uint64_t i)
{
    double u = (double)(pair_random(i, 0) >> 11) / 9007199254740992.0;
    unsigned id = (unsigned)(CERTIFICATES * u * u);
    if (!certificates[id])
        certificates[id] = certificate_read(id);
    if (i % SESSION != SESSION - 1)
        return 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, session, (void *)(uintptr_t)(i / SESSION)) != 0)
        return 1;
    return pthread_join(thread, NULL);
}
