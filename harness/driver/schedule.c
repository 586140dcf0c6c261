#include "schedule.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

typedef struct cell_slot {
    hg_cell_run *run; /* NULL: free */
    size_t plan;
} cell_slot;

typedef struct cell_schedule {
    cell_slot *slots;
    struct pollfd *watched; /* two a slot */
    hg_cell *finished;      /* one a plan */
    bool *has_finished;
    hg_symbols *symbols;
    size_t next, done;
} cell_schedule;

/* The limits are looked at this often, even when nothing else happens. */
enum { TICK_MS = 50 };

static void release(cell_schedule *all, size_t count, unsigned parallel)
{
    for (unsigned i = 0; all->slots && i < parallel; i++)
        hg_cell_free(all->slots[i].run);
    for (size_t i = 0; all->finished && i < count; i++)
        hg_cell_clear(&all->finished[i]);
    free(all->slots);
    free(all->watched);
    free(all->finished);
    free(all->has_finished);
    hg_symbols_free(all->symbols);
}

static bool prepare(cell_schedule *all, size_t count, unsigned parallel)
{
    all->slots = calloc(parallel, sizeof *all->slots);
    all->watched = calloc(2 * (size_t)parallel, sizeof *all->watched);
    all->finished = calloc(count + 1, sizeof *all->finished);
    all->has_finished = calloc(count + 1, sizeof *all->has_finished);
    all->symbols = hg_symbols_new();
    return all->slots && all->watched && all->finished && all->has_finished && all->symbols;
}

static bool fill_slots(cell_schedule *all, const hg_cell_plan *plans, size_t count, unsigned parallel)
{
    for (unsigned i = 0; i < parallel && all->next < count; i++) {
        if (all->slots[i].run)
            continue;
        all->slots[i] = (cell_slot){.run = hg_cell_start(&plans[all->next]), .plan = all->next};
        if (!all->slots[i].run)
            return false;
        all->next++;
    }
    return true;
}

static void wait_for_news(cell_schedule *all, unsigned parallel)
{
    for (unsigned i = 0; i < parallel; i++) {
        int fds[2] = {-1, -1};
        if (all->slots[i].run)
            hg_cell_descriptors(all->slots[i].run, fds);
        for (int k = 0; k < 2; k++)
            all->watched[2 * i + k] = (struct pollfd){.fd = fds[k], .events = POLLIN};
    }
    poll(all->watched, 2 * (nfds_t)parallel, TICK_MS);
}

static void collect(cell_schedule *all, size_t count, unsigned parallel, hg_progress progress,
                    void *user_data)
{
    for (unsigned i = 0; i < parallel; i++) {
        cell_slot *slot = &all->slots[i];
        if (!slot->run || !hg_cell_poll(slot->run, all->symbols))
            continue;
        hg_cell *cell = &all->finished[slot->plan];
        hg_cell_take(slot->run, cell);
        all->has_finished[slot->plan] = true;
        hg_cell_free(slot->run);
        slot->run = NULL;
        all->done++;
        if (progress)
            progress(cell, all->done, count, user_data);
    }
}

static int hand_over(cell_schedule *all, size_t count, hg_run *run)
{
    for (size_t i = 0; i < count; i++) {
        if (!all->has_finished[i])
            continue;
        hg_cell *cell = hg_run_add_cell(run);
        if (!cell)
            return -ENOMEM;
        hg_cell_clear(cell);
        *cell = all->finished[i];
        all->finished[i] = (hg_cell){0};
    }
    return 0;
}

int hg_schedule(const hg_cell_plan *plans, size_t count, unsigned parallel, const volatile int *stop,
                hg_progress progress, void *user_data, hg_run *run)
{
    cell_schedule all = {0};
    if (parallel == 0)
        parallel = 1;
    int status = prepare(&all, count, parallel) ? 0 : -ENOMEM;
    while (status == 0 && all.done < count) {
        if (*stop)
            status = -EINTR;
        else if (!fill_slots(&all, plans, count, parallel))
            status = -ENOMEM;
        else
            wait_for_news(&all, parallel);
        if (status == 0)
            collect(&all, count, parallel, progress, user_data);
    }
    if (status == 0 || status == -EINTR) {
        int handed = hand_over(&all, count, run);
        status = handed < 0 ? handed : status;
    }
    release(&all, count, parallel);
    return status;
}
