/*
 * When a leak that a soak sees is sure, and when it turns out to have been none.
 *
 * A leak is sure when it is found again, at the same call paths and the same rate, after twice as many ops.
 * It is told then, once. A cell that is clean later has grown towards a bound: that is told, too, and the
 * next leak is told anew, lest what a workload builds up at its start hides a leak that begins much later.
 *
 * Pure: no clock, no I/O. One thread.
 */
#ifndef HG_SOAK_ALERT_H
#define HG_SOAK_ALERT_H

#include "model/model.h"

typedef struct hg_soak_alert {
    bool raised;    /* a leak is sure, and the cell was not clean since */
    int64_t count;  /* how often one was raised */
    double seconds; /* after the start; of the latest, like what follows */
    double ops_per_second;
    hg_cell suspect; /* as judged when a leak was first seen; verdict LEAK where there is one */
} hg_soak_alert;

typedef enum hg_soak_alert_news {
    HG_SOAK_ALERT_NOTHING,
    HG_SOAK_ALERT_RAISED,
    HG_SOAK_ALERT_OVER,
} hg_soak_alert_news;

/* Before the cell is judged anew: keeps a leak that was just seen for the first time; its sites move over. */
void hg_soak_alert_keep(hg_soak_alert *alert, hg_cell *cell);

/* After it was judged. Of an alert that is raised, the caller fills in seconds and ops_per_second. */
hg_soak_alert_news hg_soak_alert_look(hg_soak_alert *alert, const hg_cell *cell);

/* The fastest growing call path; NULL: none grows, as where open files or threads do. */
const hg_site *hg_soak_alert_culprit(const hg_cell *cell);

void hg_soak_alert_clear(hg_soak_alert *alert);

#endif
