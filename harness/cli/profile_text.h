/*
 * What heapgate profile prints: heapgate's verdict, what the tool found, and how to open the tool's files.
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

/* Prints to standard output. */
void hg_profile_print(const hg_profile_report *report);

#endif
