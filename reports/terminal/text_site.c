#include "base/escape.h"
#include "base/humanise.h"
#include "terminal/text.h"
#include "view/held.h"
#include "view/stack.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define FRAMES_SHOWN         8
#define FRAMES_SHOWN_VERBOSE 64
#define FUNCTION_PART        50 /* of the columns of a frame, with the next */
#define PLACE_PART           48
#define FRAME_INDENT         12
#define INLINED_FROM         80 /* columns */
#define FRAME_COLUMNS_MAX    (HG_TEXT_COLUMNS_MAX / 2)
#define LOG_LINES            8
#define LOG_COLUMNS          400
#define SURVIVOR_WORDS       36 /* around the numbers */

/* Both columns of a frame, as they are shown. */
typedef struct frame_text {
    char function[FRAME_COLUMNS_MAX * 4 + 8];
    char place[FRAME_COLUMNS_MAX * 4 + 40];
    size_t function_columns;
} frame_text;

static size_t part_of(const hg_text *text, size_t part)
{
    return (hg_text_columns(text) - FRAME_INDENT) * part / (FUNCTION_PART + PLACE_PART);
}

/* "function" and "file:line", or whatever else is known about the frame's place. */
static frame_text describe(const hg_text *text, const hg_frame *frame)
{
    frame_text shown;
    char file[FRAME_COLUMNS_MAX * 4 + 8];
    size_t function = part_of(text, FUNCTION_PART), place = part_of(text, PLACE_PART);
    char tail[32];
    char name[HG_SHORT_NAME_SIZE];
    bool has_file = frame->file && frame->file[0];
    const char *where = has_file ? frame->file : frame->module;
    bool named = frame->function && frame->function[0];

    shown.function_columns = hg_escape_middle(
        shown.function, sizeof shown.function,
        named ? hg_stack_short_function(frame->function, function, name) : "??", function, text->unicode);
    if (has_file && frame->line > 0)
        snprintf(tail, sizeof tail, ":%d", frame->line);
    else if (!has_file && where && where[0] && frame->offset > 0)
        snprintf(tail, sizeof tail, "+0x%" PRIx64, frame->offset);
    else
        tail[0] = '\0';
    hg_escape_middle(file, sizeof file, where, place > strlen(tail) + 8 ? place - strlen(tail) : 8,
                     text->unicode);
    snprintf(shown.place, sizeof shown.place, "%s%s", file, tail);
    return shown;
}

static size_t frames_shown(const hg_text *text, size_t count)
{
    size_t most = text->verbose ? FRAMES_SHOWN_VERBOSE : FRAMES_SHOWN;

    return count < most ? count : most;
}

void hg_text_frames(const hg_text *text, const hg_frame *frames, size_t count, int indent)
{
    size_t shown = frames_shown(text, count);
    size_t width = 0;

    for (size_t i = 0; i < shown; i++) {
        size_t columns = describe(text, &frames[i]).function_columns;
        width = columns > width ? columns : width;
    }
    for (size_t i = 0; i < shown; i++) {
        frame_text frame = describe(text, &frames[i]);
        fprintf(text->out, "%*s%s%s%s%*s  %s%s%s\n", indent + 4, "",
                i == 0          ? "  "
                : text->unicode ? "\u2190 "
                                : "< ",
                hg_text_ink(text, i == 0 ? HG_INK_BOLD : HG_INK_PLAIN), frame.function,
                (int)(width - frame.function_columns), "", frame.place, hg_text_ink(text, HG_INK_PLAIN),
                frames[i].inlined && hg_text_columns(text) >= INLINED_FROM ? " (inlined)" : "");
    }
    if (shown < count)
        fprintf(text->out, "%*sand %s\n", indent + 6, "", hg_human_things(count - shown, "more caller").text);
}

static void write_frames(const hg_text *text, const hg_site *site)
{
    hg_text_frames(text, site->frames, site->frame_count, 0);
    if (frames_shown(text, site->frame_count) == site->frame_count && site->cut)
        fprintf(text->out, "      outer callers were not recorded: %s\n", hg_stack_why_cut(site));
    if (site->frame_count == 0)
        fputs("      no call stack was recorded\n", text->out);
}

/*
 * Blocks alive at the end, by the round that allocated them: equal numbers show a leak, a number in the last
 * round alone shows turnover. Rounds in the middle are left out where they do not fit.
 */
static void write_survivors(const hg_text *text, const hg_cell *cell, const hg_site *site)
{
    size_t warmup = hg_cell_warmup_epochs(cell, site->epoch_count);
    size_t width = 1;

    if (!site->survivor_blocks || site->epoch_count == 0)
        return;
    for (size_t i = 0; i < site->epoch_count; i++) {
        size_t length = strlen(hg_human_tally(site->survivor_blocks[i]).text);
        width = length > width ? length : width;
    }
    size_t room = (hg_text_columns(text) - SURVIVOR_WORDS) / (width + 1);
    size_t tail = site->epoch_count > room ? room / 2 : site->epoch_count;
    size_t head = site->epoch_count > room ? room - tail : 0;

    fputs("      alive by round:", text->out);
    for (size_t i = 0; i < site->epoch_count; i++) {
        if (i == head && head + tail < site->epoch_count) {
            fputs(" ...", text->out);
            i = site->epoch_count - tail;
        }
        if (i == warmup && i > 0)
            fputs(" |", text->out);
        fprintf(text->out, " %*s", (int)width, hg_human_tally(site->survivor_blocks[i]).text);
    }
    fputs(" blocks\n", text->out);
}

/* A container or a queue that grows leaves few blocks or none of most rounds: what is alive of it at the
 * first, the middle and the last measured checkpoint tells more. */
static void write_totals(const hg_text *text, const hg_cell *cell, const hg_site *site)
{
    size_t warmup = hg_cell_warmup_epochs(cell, site->epoch_count);
    size_t without = 0;

    if (site->growth_class != HG_CLASS_LEAK || !site->survivor_blocks || !site->total_bytes)
        return;
    for (size_t i = warmup; i < site->epoch_count; i++)
        without += site->survivor_blocks[i] == 0;
    if (2 * without <= site->epoch_count - warmup)
        return;
    size_t last = site->epoch_count - 1;
    size_t middle = warmup + (last - warmup) / 2;
    fprintf(text->out, "      alive in all: %s at first, %s in the middle, %s at last\n",
            hg_human_bytes((double)site->total_bytes[warmup]).text,
            hg_human_bytes((double)site->total_bytes[middle]).text,
            hg_human_bytes((double)site->total_bytes[last]).text);
}

/* The signs of a path in ASCII. */
static void write_plainly(char *line)
{
    static const struct {
        const char *sign, *plain;
    } signs[] = {{"\u2192", "->"}, {"\u2026", "..."}};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        for (char *at; (at = strstr(line, signs[i].sign));) {
            size_t length = strlen(signs[i].plain);
            memcpy(at, signs[i].plain, length);
            memmove(at + length, at + strlen(signs[i].sign), strlen(at + strlen(signs[i].sign)) + 1);
        }
}

/*
 * A sentence about holders: its parts, with two spaces between them, go to lines of their own where one has
 * no room. Why nothing is known stays whole.
 */
void hg_text_parts(const hg_text *text, char *line, size_t most_columns)
{
    char shown[4 * HG_HELD_LINE + 8];
    size_t column = 0;

    if (!text->unicode)
        write_plainly(line);
    while (line) {
        char *next = strstr(line, "  ");
        if (next)
            *next = '\0';
        size_t columns = hg_escape_middle(shown, sizeof shown, line, most_columns, text->unicode);
        bool fits = column > 0 && column + 2 + columns <= hg_text_columns(text);
        fprintf(text->out, "%s%s", column == 0 ? "    " : fits ? "  " : "\n      ", shown);
        column = (column == 0 ? 4 : fits ? column + 2 : 6) + columns;
        line = next ? next + 2 : NULL;
    }
    fputc('\n', text->out);
}

static void write_holders(const hg_text *text, const hg_cell *cell, const hg_site *site)
{
    char line[HG_HELD_LINE];

    for (size_t i = 0; hg_held_line(cell, site, i, line); i++)
        hg_text_parts(text, line, site->held.known ? hg_text_columns(text) - 6 : HG_HELD_LINE);
}

void hg_text_site(const hg_text *text, const hg_cell *cell, const hg_site *site)
{
    write_frames(text, site);
    write_holders(text, cell, site);
    write_survivors(text, cell, site);
    write_totals(text, cell, site);
}

void hg_text_site_line(const hg_text *text, const hg_site *site)
{
    if (site->frame_count == 0) {
        fputs("no call stack", text->out);
        return;
    }
    frame_text frame = describe(text, &site->frames[0]);
    fprintf(text->out, "%s  %s", frame.function, frame.place);
}

/* The start of the last LOG_LINES lines. */
static const char *log_tail(const char *log)
{
    const char *at = log + strlen(log);
    int lines = 0;

    while (at > log && at[-1] == '\n')
        at--;
    while (at > log && (at[-1] != '\n' || ++lines < LOG_LINES))
        at--;
    return at;
}

void hg_text_log(const hg_text *text, const char *log)
{
    for (const char *at = log ? log_tail(log) : ""; *at;) {
        char line[2 * LOG_COLUMNS];
        char shown[4 * LOG_COLUMNS + 8];
        size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), at);
        hg_escape_fit(shown, sizeof shown, line, LOG_COLUMNS, text->unicode);
        fprintf(text->out, "    | %s\n", shown);
        at += length + (at[length] == '\n');
    }
}

void hg_text_again(const hg_text *text, const hg_cell *cell)
{
    if (!cell->reproduce || !cell->reproduce[0])
        return;
    fputs("    again: ", text->out);
    hg_escape_write(text->out, cell->reproduce, text->unicode);
    fputc('\n', text->out);
}

void hg_text_name(const hg_text *text, const char *name, size_t columns)
{
    char shown[4 * HG_TEXT_NAME_COLUMNS + 8];

    assert(columns <= HG_TEXT_NAME_COLUMNS);
    hg_escape_middle(shown, sizeof shown, hg_view_name(name), columns, text->unicode);
    fputs(shown, text->out);
}
