#include "profiles.h"

#include "profile/agreement.h"

#include <stdlib.h>
#include <string.h>

void fuzz_profile(const char *tool, const char *const *files,
                  bool (*read)(hg_profile_job *job, hg_profile *profile), const uint8_t *data, size_t size)
{
    static const hg_cell_plan plan = {.runner = "/opt/heapgate-runner"};
    char message[512] = "";
    hg_profile profile = {
        .tool = hg_tool_find(tool), .ops = 10, .rounds = 1, .warmup_rounds = HG_WARMUP_ROUNDS};
    hg_profile_job *job = calloc(1, sizeof *job);
    fuzz_require(job != NULL, "there is memory");
    *job = (hg_profile_job){.plan = &plan,
                            .folder = fuzz_folder(),
                            .checkpoints = HG_WARMUP_ROUNDS + 1,
                            .warmup_checkpoints = HG_WARMUP_ROUNDS,
                            .message = message,
                            .message_size = sizeof message};
    for (size_t i = 0; files[i]; i++)
        fuzz_write(files[i], data, size);
    if (read(job, &profile)) {
        hg_tool_sites_finish(&profile.sites, plan.runner);
        for (int kind = 0; kind < HG_TOOL_KINDS; kind++)
            (void)hg_profile_grows(&profile, kind);
    } else {
        fuzz_require(message[0] != '\0', "there is a message");
    }
    hg_tool_sites_free(&profile.sites);
    free(profile.checkpoints);
    free(job);
}
