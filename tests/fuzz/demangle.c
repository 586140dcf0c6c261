/* A mangled name; a symbol of any file. */
#include "fuzz.h"

#include "symbols/demangle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const starts[] = {"", "_Z", "_R", "_ZN"};
    char *text = fuzz_text(data, size);
    hg_demangler demangler = {0};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        char *name = malloc(strlen(starts[i]) + size + 1);
        fuzz_require(name != NULL, "there is memory");
        strcpy(stpcpy(name, starts[i]), text);
        const char *shown = hg_demangle(&demangler, name);
        fuzz_require(shown != NULL, "there is a name");
        fuzz_require(strlen(shown) <= HG_DEMANGLED_MOST || shown == name, "it is cut");
        free(name);
    }
    hg_demangler_clear(&demangler);
    free(text);
    return 0;
}
