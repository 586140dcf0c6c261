#include "cli/snapshots.h"

#include "base/timestamp.h"
#include "cli/options.h"
#include "cli/output.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY INT64_C(86400)

typedef struct snapshot {
    hg_pages *pages;
} snapshot;

static bool write_heap(const void *data, FILE *out)
{
    return hg_pages_heap(((const snapshot *)data)->pages, NULL, out);
}

static bool write_report(const void *data, FILE *out)
{
    return hg_pages_report(((const snapshot *)data)->pages, NULL, out);
}

static bool write_run(const void *data, FILE *out)
{
    static const hg_report_options plain;
    const hg_report_format *json = hg_report_find("json");
    return json && json->write(((const snapshot *)data)->pages->run, &plain, out);
}

/* run.json comes last, and goes first. */
static const struct part {
    const char *name;
    hg_output_writer write;
} parts[] = {{"heap.pb.gz", write_heap}, {"report.html", write_report}, {"run.json", write_run}};

enum { PARTS = sizeof parts / sizeof *parts };

/* "alert-20261128T132139Z" */
static void name_of(int64_t seconds, char ret_name[32])
{
    char at[HG_TIMESTAMP_SIZE];
    size_t used = (size_t)snprintf(ret_name, 32, "alert-");
    hg_timestamp_write(seconds, at);
    for (const char *letter = at; *letter; letter++)
        if (*letter != '-' && *letter != ':')
            ret_name[used++] = *letter;
    ret_name[used] = '\0';
}

/* The time of a folder of that name; false for any other name. */
static bool time_of(const char *name, int64_t *ret_seconds)
{
    char at[HG_TIMESTAMP_SIZE], again[32];
    if (strlen(name) != strlen("alert-20261128T132139Z"))
        return false;
    const char *digits = name + strlen("alert-");
    snprintf(at, sizeof at, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", digits, digits + 4, digits + 6, digits + 9,
             digits + 11, digits + 13);
    if (!hg_timestamp_read(at, ret_seconds))
        return false;
    name_of(*ret_seconds, again);
    return strcmp(name, again) == 0;
}

/* Those that are there since a time, and the oldest of all. */
static unsigned count_since(const char *folder, int64_t since, int64_t *ret_oldest)
{
    unsigned count = 0;
    int64_t seconds;
    DIR *entries = opendir(folder);
    *ret_oldest = INT64_MAX;
    for (const struct dirent *entry; entries && (entry = readdir(entries));)
        if (time_of(entry->d_name, &seconds)) {
            count += seconds > since;
            *ret_oldest = seconds < *ret_oldest ? seconds : *ret_oldest;
        }
    if (entries)
        closedir(entries);
    return count;
}

unsigned hg_parse_snapshots(const char *text)
{
    return (unsigned)hg_parse_number("--snapshots", text, 0, HG_SNAPSHOTS_KEPT);
}

bool hg_snapshots_allow(const char *folder, unsigned most_a_day, int64_t seconds)
{
    int64_t oldest;
    return count_since(folder, seconds - DAY, &oldest) < most_a_day;
}

static bool place(const char *folder, int64_t seconds, char ret_path[PATH_MAX])
{
    char name[32];
    name_of(seconds, name);
    return (size_t)snprintf(ret_path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX;
}

/* What somebody else has put there stays. False where the folder does, too. */
static bool remove_snapshot(const char *path)
{
    char part[PATH_MAX];
    for (size_t i = PARTS; i-- > 0;)
        if ((size_t)snprintf(part, sizeof part, "%s/%s", path, parts[i].name) < sizeof part)
            unlink(part);
    return rmdir(path) == 0;
}

static void make_room(const char *folder)
{
    char path[PATH_MAX];
    int64_t oldest;
    while (count_since(folder, INT64_MIN, &oldest) >= HG_SNAPSHOTS_KEPT)
        if (!place(folder, oldest, path) || !remove_snapshot(path))
            return;
}

int hg_snapshots_write(const char *folder, int64_t seconds, hg_pages *pages, char ret_path[PATH_MAX])
{
    const snapshot made = {pages};
    int error = 0;
    if (!place(folder, seconds, ret_path))
        return ENAMETOOLONG;
    make_room(folder);
    if (mkdir(ret_path, 0777) != 0 && errno != EEXIST)
        return errno;
    for (size_t i = 0; i < PARTS && error == 0; i++)
        error = hg_output_replace(ret_path, parts[i].name, parts[i].write, &made, true);
    if (error != 0)
        remove_snapshot(ret_path);
    return error;
}
