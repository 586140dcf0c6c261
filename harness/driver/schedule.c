#include "driver/schedule.h"

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
    size_t *plan_of;        /* of each cell that is in the run by now */
    hg_symbols *symbols;
    size_t next, done;
} cell_schedule;

/* The limits are looked at this often, even when nothing else happens. */
enum { TICK_MS = 50 };

static void release(cell_schedule *all, unsigned parallel)
{
    for (unsigned i = 0; all->slots && i < parallel; i++)
        hg_cell_free(all->slots[i].run);
    free(all->slots);
    free(all->watched);
    free(all->plan_of);
    hg_symbols_free(all->symbols);
}

static bool prepare(cell_schedule *all, size_t count, unsigned parallel)
{
    all->slots = calloc(parallel, sizeof *all->slots);
    all->watched = calloc(2 * (size_t)parallel, sizeof *all->watched);
    all->plan_of = calloc(count + 1, sizeof *all->plan_of);
    all->symbols = hg_symbols_new();
    return all->slots && all->watched && all->plan_of && all->symbols;
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

/* Moves a cell that ended to its place among those of the run, in the order of the plans. NULL when memory
 * ran out. */
static const hg_cell *hand_over(cell_schedule *all, const cell_slot *slot, hg_run *run)
{
    hg_cell *last = hg_run_add_cell(run);
    if (!last)
        return NULL;
    hg_cell_take(slot->run, last);
    hg_cell *cells = last - all->done;
    size_t place = all->done++;
    for (; place > 0 && all->plan_of[place - 1] > slot->plan; place--) {
        hg_cell later = cells[place - 1];
        cells[place - 1] = cells[place];
        cells[place] = later;
        all->plan_of[place] = all->plan_of[place - 1];
    }
    all->plan_of[place] = slot->plan;
    return &cells[place];
}

static bool collect(cell_schedule *all, size_t count, unsigned parallel, const hg_progress *progress,
                    hg_run *run)
{
    for (unsigned i = 0; i < parallel; i++) {
        cell_slot *slot = &all->slots[i];
        if (!slot->run || !hg_cell_poll(slot->run, all->symbols))
            continue;
        const hg_cell *cell = hand_over(all, slot, run);
        hg_cell_free(slot->run);
        slot->run = NULL;
        if (!cell)
            return false;
        if (progress)
            progress->ended(progress->user_data, run, cell, count);
    }
    return true;
}

static void tell_running(const cell_schedule *all, size_t count, unsigned parallel,
                         const hg_progress *progress)
{
    hg_cell_progress cell;
    for (unsigned i = 0; progress && i < parallel; i++) {
        if (!all->slots[i].run || !hg_cell_tell_progress(all->slots[i].run, &cell))
            continue;
        progress->running(progress->user_data, &cell, count);
        return;
    }
}

int hg_schedule(const hg_cell_plan *plans, size_t count, unsigned parallel, const volatile int *stop,
                const hg_progress *progress, hg_run *run)
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
        if (status == 0 && !collect(&all, count, parallel, progress, run))
            status = -ENOMEM;
        tell_running(&all, count, parallel, progress);
    }
    release(&all, parallel);
    return status;
}
