/* Suppressions of other tools: what is read is a suite's leaks:, and can be written again. */
#include "fuzz.h"

#include "known/suppressions.h"
#include "suite/suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void leave_out(size_t line, const char *why, void *user_data)
{
    (void)user_data;
    fuzz_require(line > 0 && why[0] != '\0', "what is left out has a line and a reason");
}

static void read_again(const hg_leaks *leaks)
{
    static const char head[] = "subjects: {a: {}}\nallocators: [glibc]\nworkloads: {w: {plugin: w.so}}\n";
    char message[1100] = "";
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fuzz_require(out != NULL, "there is memory");
    fputs(head, out);
    hg_leaks_write(leaks, out);
    fclose(out);
    hg_suite *suite = size < HG_MOST_SUITE_BYTES
                          ? hg_suite_read(fuzz_file((const uint8_t *)text, size), message, sizeof message)
                          : NULL;
    if (size < HG_MOST_SUITE_BYTES && !suite) {
        fprintf(stderr, "%s\n%s\n", message, text);
        fuzz_require(0, "what is imported is a suite");
    }
    fuzz_require(!suite || suite->leaks.count == leaks->count, "it has as many leaks");
    hg_suite_free(suite);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char message[1100] = "";
    const hg_import import = {.who = "a", .until = "never", .since = "2026-01-02", .leave_out = leave_out};
    hg_suppressions read;
    if (!hg_suppressions_read(fuzz_file(data, size), &import, &read, message, sizeof message)) {
        fuzz_require(message[0] != '\0' && !strchr(message, '\n'), "there is one line of message");
    } else {
        FILE *out = fopen("/dev/null", "we");
        for (size_t i = 0; i < read.leaks.count && out; i++)
            for (int format = HG_SUPPRESSION_VALGRIND; format <= HG_SUPPRESSION_LSAN; format++)
                (void)hg_suppression_write(&read.leaks.leaks[i], (hg_suppression_format)format, out);
        if (out)
            fclose(out);
        read_again(&read.leaks);
    }
    hg_suppressions_clear(&read);
    return 0;
}
