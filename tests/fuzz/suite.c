/* heapgate.yaml. */
#include "fuzz.h"

#include "suite/suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char message[1100] = "";
    hg_suite *suite = hg_suite_read(fuzz_file(data, size), message, sizeof message);
    if (!suite) {
        fuzz_require(message[0] != '\0', "there is a message");
        return 0;
    }
    for (size_t i = 0; i < suite->workload_count; i++)
        for (size_t k = 0; k < suite->subject_count; k++)
            (void)hg_suite_expectation_of(&suite->workloads[i], &suite->subjects[k]);
    hg_suite_free(suite);
    return 0;
}
