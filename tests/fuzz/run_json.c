/* run.json: read, every report and comparison of it, and what is written is read again as the same. */
#include "fuzz.h"

#include "diff/diff_report.h"
#include "formats.h"
#include "model/merge.h"
#include "model/run_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void compare(const hg_run *a, const hg_run *b, FILE *out)
{
    static const hg_diff_names names = {"a", "b"};
    static const hg_report_options options = {.colour = true, .verbose = true, .unicode = true};
    hg_diff *diff = hg_diff_new(a, b, NULL, NULL);
    fuzz_require(diff != NULL, "there is memory");
    hg_diff_text(diff, &names, &options, out);
    hg_diff_json(diff, &names, out);
    hg_diff_html(diff, &names, out);
    fuzz_require(hg_diff_markdown(diff, &names, out), "there is memory");
    hg_diff_free(diff);
}

static hg_run *read_again(const hg_run *run, char **ret_text)
{
    char message[512];
    size_t size;
    FILE *out = open_memstream(ret_text, &size);
    hg_run_write(run, out);
    fclose(out);
    hg_run *again = hg_run_read(fuzz_file((const uint8_t *)*ret_text, size), message, sizeof message);
    fuzz_require(again != NULL, message);
    return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    char message[512];
    char *first = NULL, *second = NULL;
    size_t cell;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    hg_run *run = hg_run_read(fuzz_file(data, size), message, sizeof message);
    if (!run) {
        fuzz_require(message[0] != '\0', "there is a message");
        return 0;
    }
    for (unsigned style = 0; style < 2; style++) {
        const hg_report_options options = {.colour = style, .verbose = style, .unicode = !style};
        for (const hg_report_format *format = hg_report_formats(); format->name; format++)
            fuzz_require(format->write(run, &options, nowhere), format->name);
    }
    hg_run *again = read_again(run, &first);
    hg_run_free(read_again(again, &second));
    fuzz_require(strcmp(first, second) == 0, "what is written is read as the same");
    compare(run, again, nowhere);
    (void)hg_run_merge(again, run, true, &cell);
    free(first);
    free(second);
    hg_run_free(run);
    hg_run_free(again);
    return 0;
}
