#include "coverage/tried.h"

#include "coverage/module_places.h"
#include "model/run_file.h"
#include "symbols/confine.h"
#include "verdict/sites.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of processor time, and of any: a busy machine is no reason to give up. */
enum { MOST_SECONDS = 120, MOST_WAITED_SECONDS = 600 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "libexpat", "libexpat.so" and "libexpat.so.1" name libexpat.so.1. */
static bool is_named(const char *path, const char *name)
{
    const char *base = base_name(path);
    size_t length = strlen(name);
    const char *suffix = strstr(name, ".so");
    bool whole = suffix && suffix[3] != '\0';
    if (strncmp(base, name, length) != 0)
        return false;
    return base[length] == '\0' || (!whole && base[length] == '.');
}

/* Gives which modules are under test, by number. */
static size_t choose(const hg_reached *reached, const char *const *only, size_t only_count, bool *chosen)
{
    size_t count = 0;
    for (int as = HG_LOADED_SUBJECT; as >= HG_LOADED_WORKLOAD && count == 0; as--)
        for (size_t i = 0; i < reached->module_count; i++) {
            bool wanted = only_count == 0 && (int)reached->modules[i].as == as;
            for (size_t k = 0; k < only_count; k++)
                wanted |= is_named(reached->modules[i].path, only[k]);
            chosen[i] = wanted;
            count += wanted;
        }
    return count;
}

static bool say(char **message, const char *text)
{
    return hg_cell_set(message, text);
}

static bool fill(const hg_reached *reached, const bool *chosen, size_t count, const hg_torture *torture,
                 hg_tried *tried)
{
    hg_place_search search;
    char message[160];
    bool done = true;
    if (!hg_place_search_start(reached, &search))
        return false;
    for (size_t i = 0; i < reached->module_count && done; i++)
        if (chosen[i])
            done = hg_place_search_module(&search, i, torture, tried);
    hg_place_search_stop(&search);
    tried->asked = 1;
    tried->tortured = torture->pass_count > 0;
    if (done && count == 0)
        done =
            say(&tried->message, "no module under test was loaded: heapgate coverage --module NAME chooses "
                                 "one of the system's libraries");
    if (done && count > 0 && reached->without_stack > 0) {
        snprintf(message, sizeof message,
                 "%llu allocations have no call stack, so a site that is called untried may have been tried",
                 (unsigned long long)reached->without_stack);
        done = say(&tried->message, message);
    }
    return done;
}

/* Answers with a run of these places alone. */
static _Noreturn void answer(const hg_reached *reached, const bool *chosen, size_t count,
                             const hg_torture *torture, int to)
{
    const struct rlimit time = {MOST_SECONDS, MOST_SECONDS};
    hg_confine(hg_confine_usual_memory());
    setrlimit(RLIMIT_CPU, &time);
    hg_run *run = hg_run_new();
    FILE *out = fdopen(to, "w");
    if (!run || !out || !fill(reached, chosen, count, torture, &run->tried))
        _exit(ENOMEM);
    hg_run_write(run, out);
    bool written = !ferror(out);
    _exit(fclose(out) == 0 && written ? 0 : EIO);
}

static bool take(hg_tried *tried, int from)
{
    char path[64], message[256];
    snprintf(path, sizeof path, "/proc/self/fd/%d", from);
    hg_run *run = hg_run_read(path, message, sizeof message);
    bool read = run != NULL && run->tried.asked;
    if (read) {
        hg_tried_clear(tried);
        *tried = run->tried;
        run->tried = (hg_tried){0};
    }
    hg_run_free(run);
    return read;
}

static bool miss(hg_tried *tried, const char *what)
{
    tried->asked = 1;
    return hg_cell_say(&tried->message, "the process that reads the modules under test %s", what);
}

bool hg_tried_measure(const hg_reached *reached, const char *const *only, size_t only_count, hg_run *run)
{
    char what[64];
    bool *chosen = calloc(reached->module_count + 1, sizeof *chosen);
    if (!chosen || reached->failed) {
        free(chosen);
        return false;
    }
    size_t count = choose(reached, only, only_count, chosen);
    int fd = memfd_create("heapgate-coverage", MFD_CLOEXEC);
    fflush(NULL);
    pid_t process = fd < 0 ? -1 : fork();
    if (process == 0)
        answer(reached, chosen, count, &run->torture, fd);
    int status = process > 0 ? hg_confine_await(process, MOST_WAITED_SECONDS) : 0;
    bool done = true;
    if (process < 0) {
        snprintf(what, sizeof what, "cannot be started: %s", strerror(errno));
        done = miss(&run->tried, what);
    } else if (status < 0) {
        done = miss(&run->tried, "took too long");
    } else if (WIFSIGNALED(status)) {
        snprintf(what, sizeof what, "ended with signal %d", WTERMSIG(status));
        done = miss(&run->tried, what);
    } else if (WEXITSTATUS(status) != 0 || !take(&run->tried, fd)) {
        done = miss(&run->tried, "gave no answer");
    }
    if (fd >= 0)
        close(fd);
    free(chosen);
    return done;
}
