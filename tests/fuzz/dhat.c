/* What DHAT wrote. */
#include "profiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = {"dhat.json", NULL};
    fuzz_profile("dhat", files, hg_dhat_read, data, size);
    return 0;
}
