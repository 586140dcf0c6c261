/* What memcheck wrote. */
#include "profiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = {"memcheck.xml", NULL};
    fuzz_profile("memcheck", files, hg_memcheck_read, data, size);
    return 0;
}
