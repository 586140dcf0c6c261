/*
 * The files of a soak: kept up to date while it runs, and made into reports after it was cut short.
 */
#ifndef HG_CLI_SOAK_KEEP_H
#define HG_CLI_SOAK_KEEP_H

#include "cli/options.h"
#include "soak/soak.h"

typedef struct hg_soak_keep {
    const char *folder;           /* NULL: nothing is kept */
    int run_error, samples_error; /* already told; 0: none */
    double next;                  /* seconds, monotonic: when to write next, even without a checkpoint */
} hg_soak_keep;

/*
 * Makes soak.samples and the first run.json in the folder. False after complaining if the soak cannot use the
 * folder at all; a full disk is only told, and tried again later.
 */
bool hg_soak_keep_start(const char *folder, hg_soak *soak, hg_soak_keep *ret_keep);

/* Writes run.json as it stands, and the samples that could not be written before. Says once that a file
 * cannot be written, and once that it can be again. */
void hg_soak_keep_write(hg_soak_keep *keep, hg_soak *soak);

/* Says once that the samples could not be written. */
void hg_soak_keep_check(hg_soak_keep *keep, const hg_soak *soak);

/* Makes the reports of a soak that has ended or was cut short. The exit code. */
int hg_soak_resume(const char *folder, const hg_options *options);

#endif
