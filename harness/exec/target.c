#include "exec/target.h"

#include "process/program_file.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* A script whose interpreter is a script: the kernel follows so many. */
enum { MOST_INTERPRETERS = 5 };

typedef struct complaint {
    char *message;
    size_t size;
} complaint;

static bool refuse(const complaint *about, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(const complaint *about, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(about->message, about->size, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_program(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode) && access(path, X_OK) == 0;
}

/* Looks a name up in PATH; an empty folder there is the working directory. */
static bool search(const char *name, char *ret_path)
{
    const char *folders = getenv("PATH");
    if (!folders)
        folders = "/usr/local/bin:/usr/bin:/bin";
    for (const char *at = folders;;) {
        size_t length = strcspn(at, ":");
        int size = snprintf(ret_path, PATH_MAX, "%.*s%s%s", (int)length, at, length ? "/" : "./", name);
        if (size > 0 && size < PATH_MAX && is_program(ret_path))
            return true;
        if (at[length] == '\0')
            return false;
        at += length + 1;
    }
}

static bool locate(const char *command, const complaint *about, char *ret_path)
{
    struct stat found;
    if (command[0] == '\0')
        return refuse(about, "the command is empty");
    if (strlen(command) >= PATH_MAX)
        return refuse(about, "the command's path is too long");
    if (!strchr(command, '/')) {
        if (search(command, ret_path))
            return true;
        return refuse(about, "no program '%s' in PATH", command);
    }
    if (stat(command, &found) != 0)
        return refuse(about, "no program at %s: %s", command, strerror(errno));
    if (S_ISDIR(found.st_mode))
        return refuse(about, "%s is a folder; name a program", command);
    if (!is_program(command))
        return refuse(about, "%s is not executable; chmod +x makes it so", command);
    memcpy(ret_path, command, strlen(command) + 1);
    return true;
}

/* env -S 'NAME=value program', or env program: the word that names the program. */
static const char *program_of_env(char *arguments)
{
    char *rest = arguments;
    for (char *word = strtok_r(arguments, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
        if (word[0] != '-' && !strchr(word, '='))
            return word;
    return NULL;
}

static bool is_env(const char *path)
{
    const char *name = strrchr(path, '/');
    return name && strcmp(name, "/env") == 0;
}

/* From a script to what interprets it. */
static bool follow_script(const hg_program_file *file, const complaint *about, char *path)
{
    char script[PATH_MAX];
    char arguments[HG_PROGRAM_LINE];
    memcpy(script, path, sizeof script);
    memcpy(arguments, file->arguments, sizeof arguments);
    const char *command = is_env(file->interpreter) ? program_of_env(arguments) : file->interpreter;
    if (!command)
        return refuse(about, "%s: its first line names no interpreter", script);
    if (locate(command, about, path))
        return true;
    return refuse(about, "%s: its interpreter '%s' cannot be executed", script, command);
}

/* What makes the dynamic linker ignore preloads. */
static bool keeps_probe_out(const char *path, const complaint *about)
{
    struct stat found;
    if (stat(path, &found) != 0)
        return !refuse(about, "cannot read %s: %s", path, strerror(errno));
    if (found.st_mode & (S_ISUID | S_ISGID))
        return !refuse(
            about, "%s is %s: the dynamic linker keeps the probe out of it; measure a copy without that bit",
            path, found.st_mode & S_ISUID ? "setuid" : "setgid");
    if (getxattr(path, "security.capability", NULL, 0) > 0)
        return !refuse(
            about,
            "%s has file capabilities: the dynamic linker keeps the probe out of it; measure a copy "
            "without them",
            path);
    return false;
}

static bool is_measurable(const hg_program_file *file, const char *path, const complaint *about)
{
    switch (file->kind) {
    case HG_PROGRAM_ELF:
        break;
    case HG_PROGRAM_FOREIGN:
        return refuse(about, "%s is not an " HG_PROCESSOR " program; heapgate measures no other", path);
    case HG_PROGRAM_BROKEN:
        return refuse(about, "%s is a damaged ELF file", path);
    default:
        return refuse(about, "%s is neither an ELF program nor a script that begins with #!", path);
    }
    if (file->interpreter[0] == '\0')
        return refuse(about,
                      "%s is statically linked, or a library: the probe cannot be preloaded; link a program "
                      "dynamically, and give a library to heapgate check",
                      path);
    if (strstr(file->interpreter, "/ld-musl"))
        return refuse(about, "%s is linked with musl; heapgate measures programs linked with glibc", path);
    if (file->sanitized)
        return refuse(about, "%s brings the allocator of a sanitizer; measure a build without -fsanitize",
                      path);
    return true;
}

bool hg_target_find(const char *command, hg_target *ret_target, char *ret_message, size_t message_size)
{
    const complaint about = {ret_message, message_size};
    hg_target target;
    hg_program_file file;
    char path[PATH_MAX];
    if (!locate(command, &about, target.path))
        return false;
    memcpy(path, target.path, sizeof path);
    for (int followed = 0;; followed++) {
        int status = hg_program_file_read(path, &file);
        if (status < 0)
            return refuse(&about, "cannot read %s: %s", path, strerror(-status));
        if (file.kind != HG_PROGRAM_SCRIPT)
            break;
        if (followed == MOST_INTERPRETERS)
            return refuse(&about, "%s: its interpreters are scripts that need interpreters", target.path);
        if (!follow_script(&file, &about, path))
            return false;
    }
    if (!is_measurable(&file, path, &about) || keeps_probe_out(path, &about))
        return false;
    if (!realpath(path, target.program))
        return refuse(&about, "cannot find %s: %s", path, strerror(errno));
    *ret_target = target;
    return true;
}

bool hg_target_is_measurable(const char *program, char *ret_message, size_t message_size)
{
    const complaint about = {ret_message, message_size};
    hg_program_file file;
    if (hg_program_file_read(program, &file) < 0)
        return true;
    return is_measurable(&file, program, &about) && !keeps_probe_out(program, &about);
}
