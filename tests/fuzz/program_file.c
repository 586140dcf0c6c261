/* The first bytes of a program: ELF, or a script. */
#include "fuzz.h"

#include "process/program_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hg_program_file file;
    (void)hg_program_file_read(fuzz_file(data, size), &file);
    return 0;
}
