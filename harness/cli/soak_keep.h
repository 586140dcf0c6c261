/*
 * What is on disk of a soak while it runs, and after it was broken off.
 */
#ifndef HG_CLI_SOAK_KEEP_H
#define HG_CLI_SOAK_KEEP_H

#include "cli/cli.h"
#include "soak/soak.h"

typedef struct hg_soak_keep {
    const char *folder;           /* NULL: nothing is kept */
    int run_error, samples_error; /* that was told; 0: none */
    double next;                  /* seconds, monotonic: to be written again even without a checkpoint */
} hg_soak_keep;

/*
 * Makes the folder's soak.samples and first run.json. False after complaining, where there is no sense in
 * going on; a full disk is no such case.
 */
bool hg_soak_keep_start(const char *folder, hg_soak *soak, hg_soak_keep *ret_keep);

/* Writes run.json as it stands, and whatever of the samples could not be written before. Says once what does
 * not work, and once that it does again. */
void hg_soak_keep_write(hg_soak_keep *keep, hg_soak *soak);

/* Notes on standard error what a write of the samples came to. */
void hg_soak_keep_check(hg_soak_keep *keep, const hg_soak *soak);

/* Makes the reports of a soak that is over or was broken off. The exit code. */
int hg_soak_resume(const char *folder, const hg_options *options);

#endif
