/* A regular expression of ECMA-262. Measured and written, the translation has one size. */
#include "fuzz.h"

#include "ecma.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ecma_mode modes[] = {ECMA_STRICT, ECMA_LENIENT};
    char *pattern = fuzz_text(data, size);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct ecma_result measured = ecma_translate(pattern, size, modes[i], NULL);
        fuzz_require(!measured.complaint || measured.offset <= size, "the place is in the pattern");
        if (measured.complaint)
            continue;
        char *output = malloc(measured.size + 1);
        struct ecma_result written = ecma_translate(pattern, size, modes[i], output);
        fuzz_require(!written.complaint && written.size == measured.size, "it is as large as measured");
        free(output);
    }
    free(pattern);
    return 0;
}
