/*
 * In place of libFuzzer: calls a target with each file that is named, and with those of each folder. Every
 * run of the tests does so, and an input that was once a finding is one of them.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t replayed;

static void replay(const char *path)
{
    FILE *file = fopen(path, "r");
    uint8_t *data = NULL;
    size_t size = 0, got;
    fuzz_require(file != NULL, path);
    do {
        data = realloc(data, size + 65536);
        fuzz_require(data != NULL, "there is memory");
        got = fread(data + size, 1, 65536, file);
        size += got;
    } while (got > 0);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    replayed++;
}

int main(int argc, char **argv)
{
    char path[4096];
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            replay(argv[i]);
            continue;
        }
        for (const struct dirent *entry; (entry = readdir(folder));) {
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            if (entry->d_name[0] != '.')
                replay(path);
        }
        closedir(folder);
    }
    printf("%zu inputs\n", replayed);
    return replayed > 0 ? 0 : 1;
}
