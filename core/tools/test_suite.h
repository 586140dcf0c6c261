/*
 * Runs test files in the format of the JSON-Schema-Test-Suite: arrays of groups, each with a schema and with
 * instances that are marked as valid or invalid.
 */
#ifndef TOKA_TOOLS_SUITE_H
#define TOKA_TOOLS_SUITE_H

#include <stdbool.h>
#include <stdio.h>

enum suite_formats { SUITE_FORMATS_AUTO, SUITE_FORMATS_ON, SUITE_FORMATS_OFF };

struct suite {
    const char
        *remotes; /* served as http://localhost:1234/; NULL: the folder "remotes" beside the suite, if any */
    enum suite_formats formats; /* auto: asserted for files in a folder "format" or "optional" */
    FILE *out;                  /* failures */
    unsigned long passed, failed;
    bool unreadable; /* a path that could not be read */
};

/* Runs a file, or every .json file of a folder and its subfolders in the order of their names. */
void suite_run(struct suite *suite, const char *path);

#endif
