#define _GNU_SOURCE /* O_CLOEXEC and getrandom */
#include "base/new_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static const char mark[] = ".part-";

enum { DIGITS = 16, MOST_TRIES = 100 };

/* mkostemp would make a file for its owner alone; this one is to be as any other that the user makes. */
static int make(hg_new_file *file)
{
    for (int i = 0; i < MOST_TRIES; i++) {
        uint64_t number;
        if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
            return -1;
        if ((size_t)snprintf(file->path, sizeof file->path, "%s%s%016" PRIx64, file->target, mark, number) >=
            sizeof file->path) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int made = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (made >= 0 || errno != EEXIST)
            return made;
    }
    return -1;
}

FILE *hg_new_file_begin(hg_new_file *file, const char *target)
{
    *file = (hg_new_file){.target = target};
    errno = 0;
    int made = make(file);
    file->error = errno;
    if (made < 0)
        return NULL;
    file->out = fdopen(made, "w");
    if (!file->out) {
        file->error = errno;
        close(made);
        unlink(file->path);
    }
    return file->out;
}

int hg_new_file_end(hg_new_file *file, bool whole, bool to_disk)
{
    int error = errno;

    if (!file->out)
        return file->error ? file->error : EIO;
    if (whole) {
        errno = error; /* of a write that failed on the way */
        whole = fflush(file->out) == 0 && !ferror(file->out) && (!to_disk || fsync(fileno(file->out)) == 0);
        error = errno;
    }
    if (fclose(file->out) != 0 && whole) {
        error = errno;
        whole = false;
    }
    file->out = NULL;
    if (whole && rename(file->path, file->target) == 0)
        return 0;
    if (whole)
        error = errno;
    unlink(file->path);
    return error ? error : EIO;
}

static bool is_left_over(const char *name)
{
    const char *at = strrchr(name, mark[0]);

    return at && strncmp(at, mark, strlen(mark)) == 0 && strlen(at) == strlen(mark) + DIGITS &&
           strspn(at + strlen(mark), "0123456789abcdef") == DIGITS;
}

void hg_new_file_clean(const char *folder)
{
    DIR *entries = opendir(folder);

    if (!entries)
        return;
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (is_left_over(entry->d_name))
            unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
}
