/* A profile of two checkpoints in the folder of the process, for the targets that read what a tool wrote. */
#ifndef HG_FUZZ_PROFILES_H
#define HG_FUZZ_PROFILES_H

#include "fuzz.h"
#include "profile/job.h"

/* Reads with a fresh profile: `files` have the same bytes, NULL at the end. */
void fuzz_profile(const char *tool, const char *const *files,
                  bool (*read)(hg_profile_job *job, hg_profile *profile), const uint8_t *data, size_t size);

#endif
