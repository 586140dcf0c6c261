/* Writes every run fixture in every format into a folder, as FIXTURE.FORMAT: report_files DIR. */
#include "formats.h"
#include "report_fixture.h"

#include <stdlib.h>

static bool write_file(const char *folder, const char *name, const hg_report_format *format,
                       const hg_run *run)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.%s", folder, name, format->name);
    FILE *file = fopen(path, "w");
    bool written = file && format->write(run, NULL, file);
    if (file && fclose(file) != 0)
        written = false;
    if (!written)
        fprintf(stderr, "report_files: %s cannot be written\n", path);
    return written;
}

static bool write_all(const char *folder, const char *name, hg_run *run)
{
    bool written = true;

    for (const hg_report_format *format = hg_report_formats(); format->name && written; format++)
        written = write_file(folder, name, format, run);
    hg_run_free(run);
    return written;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: report_files DIR\n", stderr);
        return 2;
    }
    const char *folder = argv[1];
    bool written =
        write_all(folder, "toka", fixture_toka()) && write_all(folder, "troubled", fixture_troubled()) &&
        write_all(folder, "check", fixture_check()) && write_all(folder, "tortured", fixture_tortured()) &&
        write_all(folder, "hostile", fixture_hostile()) && write_all(folder, "many", fixture_many(200)) &&
        write_all(folder, "empty", hg_run_new());
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
