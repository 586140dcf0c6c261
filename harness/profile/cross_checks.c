#include "profile/cross_checks.h"

#include "profile/agreement.h"
#include "profile/job.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 50 };

/* One process under memcheck, for a cell and all that share it. */
typedef struct check_slot {
    hg_profile_run *run; /* NULL: free */
    size_t cell;
    char folder[HG_TEMPORARY_FOLDER];
} check_slot;

typedef struct check_queue {
    const hg_cell_plan *plans;
    hg_run *run;
    check_slot *slots;
    struct pollfd *watched; /* two a slot */
    unsigned parallel;
    size_t next, done, total;
    hg_cross_check_progress progress;
} check_queue;

static bool is_same_process(const hg_cell_plan *a, const hg_cell_plan *b)
{
    return strcmp(a->plugin, b->plugin) == 0 && strcmp(a->library_path, b->library_path) == 0 &&
           strcmp(a->corpus, b->corpus) == 0 && a->ops == b->ops && a->warmup_ops == b->warmup_ops &&
           a->rounds == b->rounds && a->seed == b->seed;
}

/* Nothing is asked about a cell without a verdict of its own. */
static bool is_wanted(const hg_cell *cell)
{
    return cell->verdict == HG_VERDICT_LEAK || cell->verdict == HG_VERDICT_CLEAN ||
           cell->verdict == HG_VERDICT_FRAGMENTATION;
}

static bool is_first_of_its_kind(const check_queue *queue, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_wanted(&queue->run->cells[i]) && is_same_process(&queue->plans[i], &queue->plans[index]))
            return false;
    return true;
}

/* The files are memcheck's, by the names of its openers. */
static void remove_folder(const check_slot *slot)
{
    char path[PATH_MAX];
    for (const hg_opener *opener = hg_tool_find("memcheck")->openers; opener->file; opener++) {
        snprintf(path, sizeof path, "%s/%s", slot->folder, opener->file);
        unlink(path);
    }
    rmdir(slot->folder);
}

static int start(check_queue *queue, check_slot *slot, size_t cell)
{
    int status = hg_temporary_folder_make(slot->folder);
    if (status < 0)
        return status;
    slot->cell = cell;
    hg_cell_plan plan = queue->plans[cell];
    plan.warmup_ops = 1; /* as long as a measured round: what fills up meanwhile is reachable, and not lost */
    slot->run = hg_profile_start(hg_tool_find("memcheck"), &plan, 0, slot->folder);
    if (slot->run)
        return 0;
    rmdir(slot->folder);
    return -ENOMEM;
}

static int fill_slots(check_queue *queue)
{
    for (unsigned i = 0; i < queue->parallel; i++) {
        while (!queue->slots[i].run && queue->next < queue->run->cell_count) {
            size_t cell = queue->next++;
            if (!is_wanted(&queue->run->cells[cell]) || !is_first_of_its_kind(queue, cell))
                continue;
            int status = start(queue, &queue->slots[i], cell);
            if (status < 0)
                return status;
        }
    }
    return 0;
}

static void share(check_queue *queue, size_t from, const hg_profile *profile)
{
    const char *message = profile->state == HG_PROFILE_FAILED ? profile->message : NULL;
    for (size_t i = from; i < queue->run->cell_count; i++) {
        hg_cell *cell = &queue->run->cells[i];
        if (!is_wanted(cell) || !is_same_process(&queue->plans[from], &queue->plans[i]))
            continue;
        cell->cross_check = hg_profile_cross_check(profile, cell);
        queue->done++;
        if (queue->progress)
            queue->progress(cell, message, queue->done, queue->total);
    }
}

static void release(check_slot *slot)
{
    if (!slot->run)
        return;
    hg_profile_free(slot->run);
    remove_folder(slot);
    slot->run = NULL;
}

static void collect(check_queue *queue)
{
    for (unsigned i = 0; i < queue->parallel; i++) {
        check_slot *slot = &queue->slots[i];
        const hg_profile *profile = slot->run ? hg_profile_poll(slot->run) : NULL;
        if (!profile || profile->state == HG_PROFILE_RUNNING)
            continue;
        share(queue, slot->cell, profile);
        release(slot);
    }
}

static void wait_for_news(check_queue *queue)
{
    for (unsigned i = 0; i < queue->parallel; i++) {
        int fds[2] = {-1, -1};
        if (queue->slots[i].run)
            hg_profile_descriptors(queue->slots[i].run, fds);
        for (int k = 0; k < 2; k++)
            queue->watched[2 * i + k] = (struct pollfd){.fd = fds[k], .events = POLLIN};
    }
    poll(queue->watched, 2 * (nfds_t)queue->parallel, TICK_MS);
}

int hg_cross_check_cells(const hg_cell_plan *plans, hg_run *run, unsigned parallel, const volatile int *stop,
                         hg_cross_check_progress progress)
{
    check_queue queue = {
        .plans = plans, .run = run, .parallel = parallel ? parallel : 1, .progress = progress};
    queue.slots = calloc(queue.parallel, sizeof *queue.slots);
    queue.watched = calloc(2 * (size_t)queue.parallel, sizeof *queue.watched);
    int status = queue.slots && queue.watched ? 0 : -ENOMEM;
    for (size_t i = 0; i < run->cell_count; i++)
        queue.total += is_wanted(&run->cells[i]);
    while (status == 0 && queue.done < queue.total) {
        status = *stop ? -EINTR : fill_slots(&queue);
        if (status == 0) {
            wait_for_news(&queue);
            collect(&queue);
        }
    }
    for (unsigned i = 0; queue.slots && i < queue.parallel; i++)
        release(&queue.slots[i]);
    free(queue.slots);
    free(queue.watched);
    return status;
}
