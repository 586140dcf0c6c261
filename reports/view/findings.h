/*
 * The leaking sites of a run, grouped into results: sites of cells with the same expectation share a result
 * if they have the same call path and source file.
 */
#ifndef HG_VIEW_FINDINGS_H
#define HG_VIEW_FINDINGS_H

#include "model/model.h"

typedef struct hg_finding {
    const hg_cell *cell; /* both the run's */
    const hg_site *site;
    size_t index; /* in the order of the run */
    size_t group; /* index of the group's first finding */
} hg_finding;

typedef struct hg_findings {
    hg_finding *items; /* a group is in one piece; groups that are not as expected come first */
    size_t count;
} hg_findings;

/* False when memory ran out; then there is nothing to free. */
bool hg_findings_gather(const hg_run *run, hg_findings *ret_findings);
void hg_findings_free(hg_findings *findings);

/* The index after the last finding of the group that starts there. */
size_t hg_findings_group_end(const hg_findings *findings, size_t start);

/* The innermost frame with a source line; NULL for none. */
const hg_frame *hg_frame_with_line(const hg_frame *frames, size_t count);

/* The frame at which a finding is shown: the innermost one with a source line; NULL for none. */
const hg_frame *hg_finding_frame(const hg_site *site);

#endif
