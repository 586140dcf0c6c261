/*
 * What a soak shows to others while it runs: its figures as OpenMetrics text, its curves as JSON, and a page
 * that draws them. Each writes to a stream; errors are left on it. Bounded, however long the soak runs.
 */
#ifndef HG_SOAK_PUBLISH_H
#define HG_SOAK_PUBLISH_H

#include "soak/soak.h"
#include <stdio.h>

#define HG_PUBLISHED_POINTS 600u /* of each curve */

bool hg_publish_metrics(const hg_soak *soak, FILE *out);
bool hg_publish_curves(const hg_soak *soak, FILE *out);
bool hg_publish_page(const hg_soak *soak, FILE *out);

/* The page's content security policy. */
const char *hg_publish_policy(void);

#endif
