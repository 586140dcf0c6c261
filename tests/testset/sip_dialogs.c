/* A SIP proxy whose dialogs live for exponential times. The mistake: a dialog whose BYE got lost
 * stays for ever. Healthy: such a dialog is scheduled for the session timer, 30,000 ops, so some
 * 3,500 live at most. */
#include "pair.h"
#include <math.h>

enum { WHEEL = 32768, TIMER = 30000 };

struct dialog {
    struct dialog *next;
    struct dialog **list;
    char call_id[104];
    char tag[40];
};

static struct dialog *ends[WHEEL];
static struct dialog *established;

PAIR_NOINLINE static struct dialog *dialog_new(uint64_t id)
{
    struct dialog *dialog = malloc(sizeof *dialog);
    if (!dialog)
        abort();
    memset(dialog->call_id, 'a' + (int)(id % 26), sizeof dialog->call_id);
    memset(dialog->tag, '0' + (int)(id % 10), sizeof dialog->tag);
    return dialog;
}

static void link_to(struct dialog *dialog, struct dialog **list)
{
    dialog->list = list;
    dialog->next = *list;
    *list = dialog;
}

static void finish(struct dialog **list)
{
    while (*list) {
        struct dialog *dialog = *list;
        *list = dialog->next;
        free(dialog);
    }
}

int heapgate_iterate(uint64_t i)
{
    finish(&ends[i % WHEEL]);
    struct dialog *dialog = dialog_new(i);
    double u = ((double)(pair_random(i, 0) >> 11) + 1.0) / 9007199254740993.0;
    double life = 1.0 - 3000.0 * log(u);
    bool lost = pair_random(i, 1) % 64 == 0;
    if (life > TIMER || lost)
        life = TIMER;
    if (LEAKS && lost)
        link_to(dialog, &established);
    else
        link_to(dialog, &ends[(i + (uint64_t)life) % WHEEL]);
    return 0;
}
