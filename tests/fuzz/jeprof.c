/* What jemalloc and jeprof wrote. The adapter runs jeprof in between, so its own source is here. */
#include "profile/jeprof.c"
#include "profiles.h"

static bool read_all(hg_profile_job *job, hg_profile *profile)
{
    bool done = hg_job_checkpoints(job, profile);
    for (uint32_t i = 0; done && i < job->checkpoints; i++)
        read_totals(job, i, &profile->checkpoints[i][HG_TOOL_ALIVE]);
    return done && read_text(job, profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = {"jeprof.round-000", "jeprof.round-001", "jeprof.round-002",
                                        "jeprof.txt", NULL};
    fuzz_profile("jeprof", files, read_all, data, size);
    return 0;
}
