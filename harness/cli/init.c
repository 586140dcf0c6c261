#include "cli/command.h"
#include "cli/places.h"
#include "cli/shell_word.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char doc[] =
    "Add a first leak test to a project, and say how to build and run it.\v"
    "DIR is the project's folder (default: the current one). heapgate init writes heapgate.yaml, the suite "
    "that heapgate run uses; leak-tests/first_leak_test.c; and, in a CMake or Meson project, the file that "
    "builds it. It never overwrites: if one of the files exists, it writes nothing, and the exit code is 2.";

#define TESTS "leak-tests"
#define BUILD "build/" /* what the printed commands call the build folder */

static const char suite_text[] = {
#include "heapgate.inc"
    '\0'};
static const char workload_text[] = {
#include "first_leak_test.inc"
    '\0'};
static const char cmake_text[] = {
#include "CMakeLists.inc"
    '\0'};
static const char meson_text[] = {
#include "meson.inc"
    '\0'};

typedef struct init_project {
    const char *given; /* the folder, as on the command line */
    int folder;
    enum { PLAIN, CMAKE, MESON } kind;
} init_project;

/* What the printed commands need to know about this heapgate. */
typedef struct init_program {
    char program[PATH_MAX]; /* as it is called: by its name where PATH finds it */
    char include[PATH_MAX]; /* folder of heapgate/workload.h; "" where compilers look anyway */
    char prefix[PATH_MAX];  /* where it is installed; "" for /usr and /usr/local */
    bool installed;
} init_program;

typedef struct new_file {
    const char *name, *text;
} new_file;

enum { MOST_FILES = 3 };

static size_t choose_files(const init_project *project, new_file files[MOST_FILES])
{
    size_t count = 0;
    files[count++] = (new_file){"heapgate.yaml", suite_text};
    files[count++] = (new_file){TESTS "/first_leak_test.c", workload_text};
    if (project->kind == CMAKE)
        files[count++] = (new_file){TESTS "/CMakeLists.txt", cmake_text};
    if (project->kind == MESON)
        files[count++] = (new_file){TESTS "/meson.build", meson_text};
    return count;
}

static bool write_text(int file, const char *text, const char *build)
{
    static const char mark[] = "@BUILD@"; /* the build folder, where there is one */
    FILE *out = fdopen(file, "w");
    if (!out) {
        close(file);
        return false;
    }
    for (const char *at; (at = strstr(text, mark)); text = at + strlen(mark)) {
        fwrite(text, 1, (size_t)(at - text), out);
        fputs(build, out);
    }
    fputs(text, out);
    bool done = fflush(out) == 0 && !ferror(out);
    return fclose(out) == 0 && done;
}

/* Complains and returns false if one of the files exists. */
static bool can_write_all(const init_project *project, const new_file *files, size_t count)
{
    struct stat there;
    for (size_t i = 0; i < count; i++) {
        if (fstatat(project->folder, files[i].name, &there, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        return hg_refuse("%s/%s exists already; nothing was written", project->given, files[i].name);
    }
    return true;
}

/* Writes all files or none. Complains and returns false on failure. */
static bool write_files(const init_project *project, const new_file *files, size_t count)
{
    const char *build = project->kind == PLAIN ? "" : BUILD;
    bool made_folder = mkdirat(project->folder, TESTS, 0777) == 0;
    bool done = made_folder || errno == EEXIST;
    const char *name = TESTS;
    size_t written = 0;
    while (done && written < count) {
        name = files[written].name;
        int file = openat(project->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0)
            break;
        done = write_text(file, files[written++].text, build);
    }
    if (done && written == count)
        return true;
    hg_complain("cannot write %s/%s: %s; nothing was written", project->given, name, strerror(errno));
    while (written > 0)
        unlinkat(project->folder, files[--written].name, 0);
    if (made_folder)
        unlinkat(project->folder, TESTS, AT_REMOVEDIR);
    return false;
}

/* Whether a shell finds this program by its name. */
static bool is_in_path(const char *program)
{
    const char *path = getenv("PATH");
    char folder[PATH_MAX];
    char candidate[PATH_MAX + sizeof "/heapgate"];
    char real[PATH_MAX];
    for (size_t length; path && *path; path += length + (path[length] == ':')) {
        length = strcspn(path, ":");
        snprintf(folder, sizeof folder, "%.*s", (int)(length < PATH_MAX ? length : 0), path);
        snprintf(candidate, sizeof candidate, "%s/heapgate", folder[0] ? folder : ".");
        if (access(candidate, X_OK) == 0)
            return realpath(candidate, real) && strcmp(real, program) == 0;
    }
    return false;
}

/* The real path of a folder, relative to another one. False if this file is not in it. */
static bool find_folder(const char *from, const char *folder, const char *file, char ret_path[PATH_MAX])
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s/%s", from, folder, file);
    if (access(path, R_OK) != 0)
        return false;
    snprintf(path, sizeof path, "%s/%s", from, folder);
    return realpath(path, ret_path) != NULL;
}

static bool find_self(init_program *ret_self)
{
    hg_places places;
    *ret_self = (init_program){0};
    if (!hg_places_find(&places))
        return false;
    size_t length = strlen(places.folder);
    if (length + sizeof "/heapgate" > PATH_MAX)
        return hg_refuse("%s: the path is too long", places.folder);
    memcpy(ret_self->program, places.folder, length);
    memcpy(ret_self->program + length, "/heapgate", sizeof "/heapgate");
    if (is_in_path(ret_self->program))
        memcpy(ret_self->program, "heapgate", sizeof "heapgate");
    ret_self->installed =
        find_folder(places.folder, "..", "lib/cmake/heapgate/heapgateConfig.cmake", ret_self->prefix);
    if (!find_folder(places.folder, "../include", "heapgate/workload.h", ret_self->include) &&
        !find_folder(places.folder, "include", "heapgate/workload.h", ret_self->include))
        return hg_refuse("heapgate/workload.h is missing: it is neither in %s/../include nor in %s/include; "
                         "build or install heapgate again",
                         places.folder, places.folder);
    if (strcmp(ret_self->prefix, "/usr") == 0 || strcmp(ret_self->prefix, "/usr/local") == 0)
        ret_self->prefix[0] = ret_self->include[0] = '\0';
    return true;
}

/* Complains and returns false when there is no such folder. */
static bool open_project(const char *given, init_project *ret_project)
{
    static const struct {
        const char *file;
        int kind;
    } known[] = {{"CMakeLists.txt", CMAKE}, {"meson.build", MESON}};
    *ret_project = (init_project){.given = given, .folder = open(given, O_DIRECTORY | O_RDONLY | O_CLOEXEC)};
    if (ret_project->folder < 0)
        return hg_refuse("cannot open the folder %s: %s", hg_named(given), strerror(errno));
    for (size_t i = 0; i < sizeof known / sizeof *known && ret_project->kind == PLAIN; i++)
        if (faccessat(ret_project->folder, known[i].file, R_OK, 0) == 0)
            ret_project->kind = known[i].kind;
    return true;
}

static void print_files(const new_file *files, size_t count)
{
    printf("heapgate: wrote");
    for (size_t i = 0; i < count; i++)
        printf("%s %s", i == 0 ? "" : i + 1 < count ? "," : " and", files[i].name);
    puts("");
}

/* Prints a part of a command that has a path in it; nothing if the path is empty. */
static void print_part(const char *before, const char *path, const char *after)
{
    if (path[0] == '\0')
        return;
    fputs(before, stdout);
    hg_print_shell_word(path, stdout);
    fputs(after, stdout);
}

static void print_build_commands(const init_project *project, const init_program *self)
{
    fputs("    ", stdout);
    switch (project->kind) {
    case PLAIN:
        printf("cc -g -shared -fPIC ");
        print_part("-I ", self->include, " ");
        puts("-o " TESTS "/first_leak_test.so " TESTS "/first_leak_test.c");
        return;
    case CMAKE:
        printf("cmake -S . -B build");
        print_part(" -DCMAKE_PREFIX_PATH=", self->prefix, "");
        puts("\n    cmake --build build");
        return;
    case MESON:
        print_part("PKG_CONFIG_PATH=", self->prefix, "/share/pkgconfig ");
        puts("meson setup build\n    meson compile -C build");
    }
}

static void print_next_steps(const init_project *project, const init_program *self)
{
    if (project->kind == CMAKE)
        puts("\nThis is a CMake project. At the end of its CMakeLists.txt add\n\n"
             "    enable_testing()\n    add_subdirectory(" TESTS ")");
    if (project->kind == MESON)
        puts("\nThis is a Meson project. At the end of its meson.build add\n\n    subdir('" TESTS "')");
    puts("\nBuild and run it:\n");
    if (strcmp(project->given, ".") != 0)
        print_part("    cd -- ", project->given, "\n");
    print_build_commands(project, self);
    print_part("    ", self->program, " run\n");
    if (project->kind == CMAKE)
        puts("\nctest --test-dir build --label-regex leak runs it too.");
    if (project->kind == MESON)
        puts("\nmeson test -C build --suite leak runs it too.");
    puts("\nThe test is clean. Next, use your library in " TESTS "/first_leak_test.c, and link it.");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **folder = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            exit(hg_complain("init takes one folder; '%s' is one too many", argument));
        *folder = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(int argc, char **argv)
{
    const struct argp argp = {.parser = parse, .args_doc = "[DIR]", .doc = doc};
    const char *given = ".";
    init_program self;
    init_project project;
    new_file files[MOST_FILES];
    hg_parse(&argp, argc, argv, &given);
    if (!find_self(&self) || !open_project(given, &project))
        return HG_EXIT_USAGE;
    bool needs_installation = project.kind != PLAIN && !self.installed;
    if (needs_installation)
        project.kind = PLAIN;
    size_t count = choose_files(&project, files);
    bool done = can_write_all(&project, files, count) && write_files(&project, files, count);
    close(project.folder);
    if (!done)
        return HG_EXIT_USAGE;
    print_files(files, count);
    print_next_steps(&project, &self);
    if (needs_installation)
        puts("\nThe project's own build system can build and run the test once heapgate is installed\n"
             "(cmake --install): then run the installed heapgate init.");
    return HG_EXIT_PASS;
}

const hg_command hg_command_init = {"init", "add a first leak test to a project", run};
