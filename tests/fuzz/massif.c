/* What massif wrote at each round. */
#include "profiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = {"massif.round-000", "massif.round-001", "massif.round-002", NULL};
    fuzz_profile("massif", files, hg_massif_read, data, size);
    return 0;
}
