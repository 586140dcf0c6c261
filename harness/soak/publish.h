/*
 * What a soak shows to others while it runs: its figures as OpenMetrics text, its curves as JSON, and a page
 * that draws them. Each writes to a stream; errors are left on it. Bounded, however long the soak runs.
 */
#ifndef HG_SOAK_PUBLISH_H
#define HG_SOAK_PUBLISH_H

#include "serve/pages.h"
#include "soak/soak.h"

#define HG_PUBLISHED_POINTS 600u /* of each curve */

typedef struct hg_publisher {
    hg_pages pages;
    hg_heap heap;
    hg_server *server;
} hg_publisher;

/* Both are borrowed and must outlive it; token: NULL for none. False when memory ran out. */
bool hg_publish_start(const hg_soak *soak, const hg_listener *listener, const char *token,
                      hg_publisher *ret_publisher);

/* Answers who has asked, without blocking. */
void hg_publish_run(hg_publisher *publisher, const hg_soak *soak);

void hg_publish_stop(hg_publisher *publisher);

#endif
