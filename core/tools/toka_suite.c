#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test_suite.h"

static const char usage_text[] =
    "usage: toka-suite [--remotes DIR] [--format on|off|auto] PATH...\n"
    "\n"
    "Runs test files in the format of the JSON-Schema-Test-Suite (draft-07) against libtoka. PATH is a "
    "file,\n"
    "or a folder; toka-suite runs every .json file in the folder and its subfolders.\n"
    "\n"
    "  --remotes DIR   load documents under http://localhost:1234/ from this folder (default: the folder\n"
    "                  \"remotes\" next to the suite)\n"
    "  --format MODE   whether \"format\" and the content keywords reject instances: on, off, or auto, "
    "which\n"
    "                  means on for files in a folder \"format\" or \"optional\" only (default: auto)\n"
    "\n"
    "Prints each failure, then \"N passed, N failed\". Exits 0 if at least one test ran and none failed, 1 "
    "if\n"
    "any test failed, 2 on wrong usage or a file that it cannot read.\n";

static bool parse_formats(const char *text, enum suite_formats *ret_formats)
{
    static const char *const names[] = {
        [SUITE_FORMATS_AUTO] = "auto", [SUITE_FORMATS_ON] = "on", [SUITE_FORMATS_OFF] = "off"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_formats = (enum suite_formats)i;
            return true;
        }
    }
    return false;
}

static int usage(void)
{
    fputs(usage_text, stderr);
    return 2;
}

static int run_paths(struct suite *suite, char *const paths[])
{
    for (; *paths; paths++)
        suite_run(suite, *paths);
    printf("%lu passed, %lu failed\n", suite->passed, suite->failed);
    if (fflush(stdout) != 0 || suite->unreadable)
        return 2;
    if (suite->passed + suite->failed == 0) {
        fputs("toka-suite: found no tests\n", stderr);
        return 2;
    }
    return suite->failed > 0;
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {
        {"remotes", required_argument, NULL, 'r'},
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct suite suite = {.out = stdout};
    struct stat info;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage_text, stdout);
            return 0;
        }
        if (option == 'r') {
            suite.remotes = optarg;
            if (stat(optarg, &info) != 0 || !S_ISDIR(info.st_mode)) {
                fprintf(stderr, "toka-suite: %s is not a folder\n", optarg);
                return 2;
            }
        } else if (option != 'f' || !parse_formats(optarg, &suite.formats)) {
            return usage();
        }
    }
    return optind == argc ? usage() : run_paths(&suite, argv + optind);
}
