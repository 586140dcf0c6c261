/* A baseline: read, written, and read again. */
#include "fuzz.h"

#include "baseline/baseline.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char message[1100] = "";
    char path[128];
    hg_baseline *baseline = hg_baseline_read(fuzz_file(data, size), message, sizeof message);
    if (!baseline) {
        fuzz_require(message[0] != '\0', "there is a message");
        return 0;
    }
    snprintf(path, sizeof path, "%s/baseline", fuzz_folder());
    fuzz_require(hg_baseline_write(baseline, path, message, sizeof message), message);
    hg_baseline *again = hg_baseline_read(path, message, sizeof message);
    fuzz_require(again != NULL, message);
    hg_baseline_free(again);
    hg_baseline_free(baseline);
    return 0;
}
