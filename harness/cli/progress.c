#include "cli/progress.h"

#include "process/process.h"
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECONDS_BETWEEN 0.2

enum { MOST_COLUMNS = 256, COLUMNS_OTHERWISE = 80 };

/* A line that wrapped could not be written over. */
static int columns(void)
{
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    int most = known ? size.ws_col - 1 : COLUMNS_OTHERWISE;
    return most < MOST_COLUMNS ? most : MOST_COLUMNS - 1;
}

static void show(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void show(const char *format, ...)
{
    char text[MOST_COLUMNS];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* Names must not command the terminal. */
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    fprintf(stderr, "\r\033[K%.*s", columns(), text);
    fflush(stderr);
}

void hg_progress_clear(const hg_progress_line *line)
{
    if (!line->shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}

void hg_progress_ended(hg_progress_line *line, const hg_cell *cell, size_t done, size_t planned)
{
    if (!line->shown)
        return;
    double now = hg_process_now();
    double left = (now - line->started) / (double)done * (double)(planned - done);
    line->next = now + SECONDS_BETWEEN;
    if (done == planned)
        hg_progress_clear(line);
    else
        show("%zu of %zu cells, about %.0f s left: %.40s %.20s %.20s %s", done, planned, left, cell->workload,
             cell->subject, cell->allocator, hg_verdict_name(cell->verdict));
}

void hg_progress_running(hg_progress_line *line, const hg_cell_progress *at, size_t done, size_t planned)
{
    double now = hg_process_now();
    if (!line->shown || now < line->next)
        return;
    char cells[64] = "", left[64] = "";
    line->next = now + SECONDS_BETWEEN;
    if (planned > 1)
        snprintf(cells, sizeof cells, "%zu of %zu cells: ", done, planned);
    if (at->seconds_left >= 0)
        snprintf(left, sizeof left, ", about %.0f s left", at->seconds_left);
    show("%s%.40s %.20s %.20s, look %u, round %u of %u%s", cells, at->cell->workload, at->cell->subject,
         at->cell->allocator, at->look, at->round, at->rounds, left);
}

void hg_progress_timed(const hg_progress_line *line, size_t done, size_t total)
{
    if (!line->shown)
        return;
    show("timed %zu of %zu cells", done, total);
    if (done == total)
        hg_progress_clear(line);
}

void hg_progress_tortured(hg_progress_line *line, const hg_torture_pass *pass)
{
    double now = hg_process_now();
    if (!line->shown || now < line->next)
        return;
    line->next = now + SECONDS_BETWEEN;
    double each = pass->made > 0 ? (now - line->started) / (double)pass->made : 0;
    if (pass->planned == 0)
        show("%.40s %.20s: looking for call paths that allocate", pass->workload, pass->subject);
    else
        show("%.40s %.20s: %lld of %lld faults, about %.0f s left", pass->workload, pass->subject,
             (long long)pass->made, (long long)pass->planned, each * (double)(pass->planned - pass->made));
}
