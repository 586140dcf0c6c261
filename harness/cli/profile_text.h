/*
 * What heapgate profile prints: our verdict, what the tool found beside it, and how its files are opened.
 */
#ifndef HG_CLI_PROFILE_TEXT_H
#define HG_CLI_PROFILE_TEXT_H

#include "profile/profile.h"

typedef struct hg_profile_report {
    const hg_profile *profile;
    const hg_cell *cell; /* as heapgate run measures it */
    const char *folder;  /* of the tool's files, as given */
    const char *runner;
} hg_profile_report;

/* To standard output. False when memory ran out. */
bool hg_profile_print(const hg_profile_report *report);

#endif
