/* Writes report.html of every run fixture into a folder: html_pages DIR. */
#include "report_fixture.h"
#include "reports.h"

#include <stdlib.h>

static bool write_page(const char *folder, const char *name, hg_run *run)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.html", folder, name);
    FILE *file = fopen(path, "w");
    bool written = file && hg_report_find("html")->write(run, NULL, file);
    if (file && fclose(file) != 0)
        written = false;
    if (!written)
        fprintf(stderr, "html_pages: %s cannot be written\n", path);
    hg_run_free(run);
    return written;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: html_pages DIR\n", stderr);
        return 2;
    }
    bool written =
        write_page(argv[1], "toka", fixture_toka()) && write_page(argv[1], "troubled", fixture_troubled()) &&
        write_page(argv[1], "check", fixture_check()) && write_page(argv[1], "hostile", fixture_hostile()) &&
        write_page(argv[1], "many", fixture_many(40));
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
