#include "cli/output.h"

#include "base/new_file.h"
#include "cli/command.h"
#include "cli/input.h"
#include "model/run_file.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

bool hg_output_takes_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (!locale)
        return false;
    bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

/* Of a terminal; 0 for anything else. */
static size_t columns_of(int file)
{
    struct winsize size;

    return isatty(file) && ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static hg_report_options style_of(int file, bool verbose)
{
    const char *no_colour = getenv("NO_COLOR");
    return (hg_report_options){
        .colour = isatty(file) && !(no_colour && no_colour[0]),
        .verbose = verbose,
        .unicode = hg_output_takes_utf8(),
        .columns = columns_of(file),
    };
}

hg_report_options hg_output_style(bool verbose)
{
    return style_of(STDOUT_FILENO, verbose);
}

hg_report_options hg_output_error_style(bool verbose)
{
    return style_of(STDERR_FILENO, verbose);
}

hg_report_options hg_output_style_for(const char *path, bool verbose)
{
    return path ? (hg_report_options){.verbose = verbose, .unicode = true} : hg_output_style(verbose);
}

/* mkdir -p */
static bool make_folder(const char *path)
{
    char partial[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof partial) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(partial, path, length + 1);
    for (char *slash = strchr(partial + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return mkdir(partial, 0777) == 0 || errno == EEXIST;
}

/*
 * Locks the folder until this process ends. Where the file system has no locks, there is none. False where
 * another process has it.
 */
static bool lock_folder(const char *folder)
{
    static struct stat locked; /* the one folder of a command, which may be prepared twice */
    struct stat found;
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return true;
    bool known = fstat(file, &found) == 0 && locked.st_nlink > 0 && found.st_ino == locked.st_ino &&
                 found.st_dev == locked.st_dev;
    if (!known && flock(file, LOCK_EX | LOCK_NB) == 0) {
        locked = found;
        return true; /* the lock ends with the descriptor */
    }
    bool is_theirs = !known && errno == EWOULDBLOCK;
    close(file);
    return !is_theirs;
}

bool hg_output_prepare(const char *folder)
{
    char probe[PATH_MAX];
    if (make_folder(folder) &&
        (size_t)snprintf(probe, sizeof probe, "%s/.heapgate-XXXXXX", folder) < sizeof probe) {
        int file = mkstemp(probe);
        if (file >= 0) {
            close(file);
            unlink(probe);
            if (!lock_folder(folder))
                return hg_refuse("--out: another heapgate writes to %s; wait for its end, or give this one "
                                 "another folder",
                                 hg_named(folder));
            hg_new_file_clean(folder);
            return true;
        }
    }
    return hg_refuse("--out: cannot write to %s: %s", hg_named(folder), strerror(errno));
}

static int replace(const char *target, hg_output_writer write, const void *data, bool to_disk)
{
    hg_new_file file;
    FILE *out = hg_new_file_begin(&file, target);
    errno = ENOMEM;
    bool whole = out && write(data, out);
    return hg_new_file_end(&file, whole, to_disk);
}

static bool write_run(const void *run, FILE *out)
{
    hg_run_write(run, out);
    return true;
}

int hg_output_replace(const char *folder, const char *name, hg_output_writer write, const void *data,
                      bool to_disk)
{
    char target[PATH_MAX];
    if ((size_t)snprintf(target, sizeof target, "%s/%s", folder, name) >= sizeof target)
        return ENAMETOOLONG;
    return replace(target, write, data, to_disk);
}

static int write_through(FILE *out, hg_output_writer write, const void *data)
{
    errno = ENOMEM;
    return out && write(data, out) && fflush(out) == 0 && !ferror(out) ? 0 : errno;
}

/* For a device, a pipe or a link, and for a file in a folder where no other file can be made. */
static int write_in_place(const char *path, hg_output_writer write, const void *data)
{
    FILE *out = fopen(path, "we");
    if (!out)
        return errno;
    int error = write_through(out, write, data);
    return fclose(out) != 0 && error == 0 ? errno : error;
}

bool hg_output_reader_left(void)
{
    struct pollfd reader = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR);
}

bool hg_output_to(const char *path, hg_output_writer write, const void *data)
{
    struct stat there;
    int error;
    if (path && hg_is_read_run(path))
        return hg_refuse("%s is the run itself: give the report another name", hg_named(path));
    if (!path) {
        error = write_through(stdout, write, data);
        if (error != 0 && hg_output_reader_left())
            return true;
    } else {
        bool replaceable = lstat(path, &there) != 0 || S_ISREG(there.st_mode);
        error = replaceable ? replace(path, write, data, false) : EACCES;
        if (error == EACCES || error == EPERM)
            error = write_in_place(path, write, data);
    }
    if (error != 0)
        hg_complain("cannot write %s: %s", path ? hg_named(path) : "standard output", strerror(error));
    return error == 0;
}

int hg_output_replace_run(const char *folder, const hg_run *run, bool to_disk)
{
    return hg_output_replace(folder, "run.json", write_run, run, to_disk);
}

void hg_output_tell_change(int *told, int error, const char *folder, const char *name)
{
    if (error != 0 && *told == 0)
        hg_complain("cannot write %s/%s: %s; heapgate goes on and tries again", folder, name,
                    strerror(error));
    else if (error == 0 && *told != 0)
        hg_complain("%s/%s can be written again", folder, name);
    *told = error;
}

bool hg_output_file(const char *folder, const char *name, hg_output_writer write, const void *data)
{
    int error = hg_output_replace(folder, name, write, data, true);
    if (error != 0)
        hg_complain("cannot write %s/%s: %s", folder, name, strerror(error));
    return error == 0;
}

bool hg_output_is_writable(const char *option, const char *path)
{
    /* A file that is there is not changed, one that is made is removed, and a pipe is not waited for. */
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 && errno == ENOENT) {
        file = open(path, O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, 0666);
        if (file >= 0)
            unlink(path);
    }
    bool writable = file >= 0 || errno == ENXIO;
    if (file >= 0)
        close(file);
    if (!writable)
        hg_complain("%s: cannot write %s: %s", option, hg_named(path), strerror(errno));
    return writable;
}

typedef struct report {
    const hg_run *run;
    const hg_report_format *format;
} report;

static bool write_report(const void *data, FILE *out)
{
    static const hg_report_options plain = {.verbose = true, .unicode = true};
    const report *made = data;
    return made->format->write(made->run, &plain, out);
}

void hg_output_remove_reports(const char *folder)
{
    char path[PATH_MAX];
    for (const hg_report_format *format = hg_report_formats(); format->name; format++)
        if (format->file_name &&
            (size_t)snprintf(path, sizeof path, "%s/%s", folder, format->file_name) < sizeof path)
            unlink(path);
}

bool hg_output_write(const hg_run *run, const char *folder)
{
    /* run.json comes first: if there is no room for the other reports, they can be made from it later. */
    const report first = {run, hg_report_find("json")};
    bool written = first.format && hg_output_file(folder, first.format->file_name, write_report, &first);
    for (const hg_report_format *format = hg_report_formats(); written && format->name; format++) {
        const report made = {run, format};
        if (format->file_name && format != first.format)
            written = hg_output_file(folder, format->file_name, write_report, &made);
    }
    return written;
}
