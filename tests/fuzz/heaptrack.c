/* What heaptrack_print wrote. The adapter runs that program first, so its own source is here. */
#include "profile/heaptrack.c"
#include "profiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = {"heaptrack.txt", NULL};
    fuzz_profile("heaptrack", files, read_report, data, size);
    return 0;
}
