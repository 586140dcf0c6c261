#include "crew.h"

static bool carry_out(const struct crew_member *member, uint64_t first, uint64_t end)
{
    const struct crew *crew = member->crew;
    uint64_t i = first + (member->number + crew->size - first % crew->size) % crew->size;
    bool failed = false;

    for (; i < end && !failed; i += crew->size)
        failed = crew->work(member->number, i) != 0;
    return failed;
}

static void *live(void *data)
{
    struct crew_member *member = data;
    struct crew *crew = member->crew;
    uint64_t done = 0; /* the last batch this thread took part in */

    pthread_mutex_lock(&crew->lock);
    while (!crew->leaving) {
        uint64_t first = crew->batch_first, end = crew->batch_end;
        bool failed = false;

        if (crew->batch == done) {
            pthread_cond_wait(&crew->changed, &crew->lock);
            continue;
        }
        done = crew->batch;
        pthread_mutex_unlock(&crew->lock);
        failed = carry_out(member, first, end);
        pthread_mutex_lock(&crew->lock);
        crew->failed |= failed;
        if (--crew->busy == 0)
            pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

int crew_start(struct crew *crew, uint32_t size, crew_work_fn work)
{
    *crew = (struct crew){0};
    if (pthread_mutex_init(&crew->lock, NULL) != 0)
        return 1;
    if (pthread_cond_init(&crew->changed, NULL) != 0) {
        pthread_mutex_destroy(&crew->lock);
        return 1;
    }
    crew->work = work;
    for (uint32_t i = 0; i < size; i++) {
        struct crew_member *member = &crew->members[i];

        *member = (struct crew_member){.crew = crew, .number = i};
        if (pthread_create(&member->thread, NULL, live, member) != 0) {
            crew_stop(crew);
            return 1;
        }
        crew->size = i + 1;
    }
    return 0;
}

int crew_finish(struct crew *crew)
{
    bool failed = false;

    pthread_mutex_lock(&crew->lock);
    if (crew->first < crew->end) {
        crew->batch_first = crew->first;
        crew->batch_end = crew->end;
        crew->busy = crew->size;
        crew->batch++;
        pthread_cond_broadcast(&crew->changed);
    }
    while (crew->busy)
        pthread_cond_wait(&crew->changed, &crew->lock);
    failed = crew->failed;
    pthread_mutex_unlock(&crew->lock);
    crew->first = crew->end;
    return failed;
}

int crew_add(struct crew *crew, uint64_t i)
{
    if (crew->first == crew->end)
        crew->first = i;
    crew->end = i + 1;
    if (crew->end - crew->first < (uint64_t)CREW_BATCH * crew->size)
        return 0;
    return crew_finish(crew);
}

void crew_stop(struct crew *crew)
{
    if (!crew->work)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->leaving = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    for (uint32_t i = 0; i < crew->size; i++)
        pthread_join(crew->members[i].thread, NULL);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->lock);
    *crew = (struct crew){0};
}
