#include "holders/apart.h"

#include "holders/roots_first.h"

#include "model/run_file.h"
#include "symbols/confine.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of processor time, and of any: a busy machine is no reason to give up. */
enum { MOST_SECONDS = 60, MOST_WAITED_SECONDS = 300 };

/* Answers with a run of the one cell. */
static _Noreturn void answer(const hg_attribution *input, hg_cell *cell, int to)
{
    const struct rlimit time = {MOST_SECONDS, MOST_SECONDS};
    hg_confine(hg_confine_usual_memory());
    setrlimit(RLIMIT_CPU, &time);
    hg_symbols *symbols = hg_symbols_new();
    hg_run *run = hg_run_new();
    FILE *out = fdopen(to, "w");
    if (!symbols || !run || !out || !hg_holders_attribute(input, symbols, cell))
        _exit(ENOMEM);
    run->cells = cell;
    run->cell_count = 1;
    hg_run_write(run, out);
    bool written = !ferror(out);
    hg_symbols_free(symbols);
    run->cells = NULL;
    run->cell_count = 0;
    hg_run_free(run);
    /* Under memcheck, all that is mapped would be looked through now, page by page. */
    hg_record record = *input->record;
    hg_scan_file file = *input->file;
    hg_record_close(&record);
    hg_scan_file_close(&file);
    _exit(fclose(out) == 0 && written ? 0 : EIO);
}

static bool take(hg_cell *cell, int from)
{
    char path[64];
    char message[256];
    snprintf(path, sizeof path, "/proc/self/fd/%d", from);
    hg_run *run = hg_run_read(path, message, sizeof message);
    bool fits = run && run->cell_count == 1 && run->cells[0].site_count == cell->site_count;
    for (size_t i = 0; fits && i < cell->site_count; i++) {
        hg_held_clear(&cell->sites[i].held);
        cell->sites[i].held = run->cells[0].sites[i].held;
        run->cells[0].sites[i].held = (hg_held){0};
        cell->sites[i].heap_bytes_per_op = run->cells[0].sites[i].heap_bytes_per_op;
    }
    if (fits)
        cell->heap_bytes_per_op = run->cells[0].heap_bytes_per_op;
    if (fits && run->cells[0].holder_count > 0) {
        cell->holders = run->cells[0].holders;
        cell->holder_count = run->cells[0].holder_count;
        run->cells[0].holders = NULL;
        run->cells[0].holder_count = 0;
    }
    hg_run_free(run);
    return fits;
}

static bool miss(hg_cell *cell, const char *what)
{
    return hg_cell_say(&cell->holders_missing, "the process that looks up their names %s", what);
}

bool hg_holders_attribute_apart(const hg_attribution *input, hg_cell *cell)
{
    char what[64];
    int fd = memfd_create("heapgate-holders", MFD_CLOEXEC);
    pid_t process = fd < 0 ? -1 : fork();
    if (process == 0)
        answer(input, cell, fd);
    int status = process > 0 ? hg_confine_await(process, MOST_WAITED_SECONDS) : 0;
    bool done = true;
    if (process < 0) {
        snprintf(what, sizeof what, "cannot be started: %s", strerror(errno));
        done = miss(cell, what);
    } else if (status < 0) {
        done = miss(cell, "took too long");
    } else if (WIFSIGNALED(status)) {
        snprintf(what, sizeof what, "ended with signal %d", WTERMSIG(status));
        done = miss(cell, what);
    } else if (WEXITSTATUS(status) != 0 || !take(cell, fd)) {
        done = miss(cell, "gave no answer");
    }
    if (fd >= 0)
        close(fd);
    hg_holders_roots_first(cell);
    return done;
}
