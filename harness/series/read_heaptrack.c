/*
 * heaptrack's data (format 3 of heaptrack_interpret), with all that happened in its order:
 *
 *     s LENGTH TEXT                     a string; all numbers are hexadecimal, and strings count from 1
 *     i ADDRESS MODULE [FUNCTION FILE LINE]...   an instruction, from 1, and what is inlined there
 *     t INSTRUCTION PARENT              a stack, from 1: its innermost instruction, and the stack around it
 *     a SIZE STACK                      a kind of block, from 0
 *     + KIND, - KIND                    a block is allocated, or freed
 *     c MILLISECONDS                    the time
 *
 * and what heaptrack_print prints, which has what leaked, at the end. profile/heaptrack.c shows that.
 */
#include "base/humanise.h"
#include "series/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POINTS = 32 };

typedef struct instruction {
    uint64_t address;
    uint32_t module, first, count; /* of its frames */
} instruction;

typedef struct trace {
    uint32_t instruction, parent; /* from 1; 0: none */
} trace;

typedef struct block_kind {
    uint64_t size;
    uint32_t trace;
} block_kind;

typedef struct live {
    double bytes, blocks;
} live;

typedef struct heaptrack {
    hg_series *series;
    hg_buffer strings, instructions, frames, traces, kinds, alive; /* alive: by trace */
    uint64_t step, times; /* every so many times one is a point; those so far */
} heaptrack;

static size_t count_of(const hg_buffer *buffer, size_t size)
{
    return buffer->failed ? 0 : buffer->size / size;
}

/* A string by its number; 0 is none. */
static uint32_t string_at(const heaptrack *from, uint64_t number)
{
    uint32_t found;
    if (number == 0 || number > count_of(&from->strings, sizeof found))
        return hg_series_string(from->series, "");
    memcpy(&found, from->strings.bytes + (number - 1) * sizeof found, sizeof found);
    return found;
}

/* The next hexadecimal number of a line; false where there is none. */
static bool next_number(char **at, uint64_t *ret_value)
{
    char *end;
    *ret_value = strtoull(*at, &end, 16);
    bool found = end != *at;
    *at = end;
    return found;
}

static void read_string(heaptrack *from, char *at)
{
    uint64_t length;
    if (!next_number(&at, &length) || *at != ' ')
        return;
    uint32_t number = hg_series_text(from->series, at + 1, strnlen(at + 1, length));
    hg_buffer_add(&from->strings, &number, sizeof number);
}

static void read_instruction(heaptrack *from, char *at)
{
    uint64_t values[3], module = 0;
    instruction made = {.first = (uint32_t)count_of(&from->frames, sizeof(hg_series_frame))};
    if (!next_number(&at, &made.address) || !next_number(&at, &module))
        return;
    made.module = string_at(from, module);
    while (made.count < HG_SERIES_FRAMES && next_number(&at, &values[0])) {
        values[1] = values[2] = 0;
        if (next_number(&at, &values[1]))
            next_number(&at, &values[2]);
        const hg_series_frame frame = {.function = string_at(from, values[0]),
                                       .file = string_at(from, values[1]),
                                       .module = made.module,
                                       .line = values[2] < INT32_MAX ? (int32_t)values[2] : 0,
                                       .offset = made.address};
        hg_buffer_add(&from->frames, &frame, sizeof frame);
        made.count++;
    }
    hg_buffer_add(&from->instructions, &made, sizeof made);
}

static void read_trace(heaptrack *from, char *at)
{
    uint64_t instruction_number, parent;
    size_t known = count_of(&from->traces, sizeof(trace));
    const live nothing = {0};
    if (!next_number(&at, &instruction_number) || !next_number(&at, &parent))
        return;
    /* A parent comes before its child, so that no stack goes round in circles. */
    const trace made = {.instruction = instruction_number <= UINT32_MAX ? (uint32_t)instruction_number : 0,
                        .parent = parent <= known ? (uint32_t)parent : 0};
    hg_buffer_add(&from->traces, &made, sizeof made);
    hg_buffer_add(&from->alive, &nothing, sizeof nothing);
}

static void read_kind(heaptrack *from, char *at)
{
    uint64_t stack;
    block_kind made;
    if (!next_number(&at, &made.size) || !next_number(&at, &stack))
        return;
    made.trace = stack <= UINT32_MAX ? (uint32_t)stack : 0;
    hg_buffer_add(&from->kinds, &made, sizeof made);
}

static void count_block(heaptrack *from, char *at, int sign)
{
    uint64_t number;
    block_kind kind;
    live now;
    if (!next_number(&at, &number) || number >= count_of(&from->kinds, sizeof kind))
        return;
    memcpy(&kind, from->kinds.bytes + number * sizeof kind, sizeof kind);
    if (kind.trace == 0 || kind.trace > count_of(&from->alive, sizeof now))
        return;
    char *place = from->alive.bytes + (kind.trace - 1) * sizeof now;
    memcpy(&now, place, sizeof now);
    now.bytes += sign * (double)kind.size;
    now.blocks += sign;
    memcpy(place, &now, sizeof now);
}

static size_t expand(const heaptrack *from, uint32_t number, hg_series_frame frames[HG_SERIES_FRAMES])
{
    size_t count = 0;
    trace stack;
    instruction at;
    for (; number > 0 && count < HG_SERIES_FRAMES; number = stack.parent) {
        memcpy(&stack, from->traces.bytes + (number - 1) * sizeof stack, sizeof stack);
        if (stack.instruction == 0 || stack.instruction > count_of(&from->instructions, sizeof at))
            break;
        memcpy(&at, from->instructions.bytes + (stack.instruction - 1) * sizeof at, sizeof at);
        for (uint32_t i = 0; i < at.count && count < HG_SERIES_FRAMES; i++)
            memcpy(&frames[count++], from->frames.bytes + (at.first + i) * sizeof *frames, sizeof *frames);
        if (at.count == 0)
            frames[count++] = (hg_series_frame){.function = hg_series_string(from->series, ""),
                                                .file = hg_series_string(from->series, ""),
                                                .module = at.module,
                                                .offset = at.address};
    }
    return count;
}

static bool take_point(heaptrack *from, uint64_t time_ms)
{
    hg_series_frame frames[HG_SERIES_FRAMES];
    if (!hg_series_add_point(from->series, (int64_t)(time_ms % (UINT64_C(1) << 40)) * 1000000))
        return false;
    for (uint32_t i = 0; i < count_of(&from->alive, sizeof(live)); i++) {
        live now;
        memcpy(&now, from->alive.bytes + i * sizeof now, sizeof now);
        if (now.blocks > 0)
            hg_series_add(from->series, frames, expand(from, i + 1, frames), now.bytes, now.blocks, 0);
    }
    return true;
}

static bool read_line(heaptrack *from, char *line)
{
    uint64_t time_ms;
    char *at = line + 2;
    if (line[0] == '\0' || line[1] != ' ')
        return true;
    switch (line[0]) {
    case 's':
        read_string(from, at);
        return true;
    case 'i':
        read_instruction(from, at);
        return true;
    case 't':
        read_trace(from, at);
        return true;
    case 'a':
        read_kind(from, at);
        return true;
    case '+':
        count_block(from, at, 1);
        return true;
    case '-':
        count_block(from, at, -1);
        return true;
    case 'c':
        if (!next_number(&at, &time_ms) || ++from->times % from->step != 0)
            return true;
        return take_point(from, time_ms);
    default:
        return true;
    }
}

/* How many times the text has; it is still whole. */
static uint64_t count_times(const char *text)
{
    uint64_t count = 0;
    for (const char *at = text; (at = strstr(at, "\nc ")) != NULL; at++)
        count++;
    return count;
}

bool hg_series_read_heaptrack(hg_series *series, char *text)
{
    heaptrack from = {.series = series};
    enum { BUFFERS = 6 };
    hg_buffer *const buffers[BUFFERS] = {&from.strings, &from.instructions, &from.frames,
                                         &from.traces,  &from.kinds,        &from.alive};
    unsigned version = 0, format = 0;
    if (series->point_count > 0)
        return hg_series_fail(series, "a file of heaptrack's data is a series of its own");
    if (sscanf(text, "v %x %x", &version, &format) != 2 || format != 3)
        return hg_series_fail(series, "it is of format %u of heaptrack, and heapgate reads format 3", format);
    bool done = hg_series_is(series, "heaptrack", true);
    from.step = count_times(text) / MOST_POINTS + 1;
    for (char *line = text, *next; done && line; line = next) {
        next = hg_series_end_line(line);
        done = read_line(&from, line);
    }
    for (size_t i = 0; i < BUFFERS; i++) {
        if (buffers[i]->failed)
            done = hg_series_fail(series, "out of memory");
        hg_buffer_free(buffers[i]);
    }
    return done &&
           (series->point_count > 0 || hg_series_fail(series, "it has no time in it: it is cut short"));
}

/*
 * "6.91M leaked over 36000 calls from", then a stack; or, where stacks were merged, the frame that they
 * share, and for each of them "6.91M leaked over 36000 calls from:" with the others.
 */
typedef struct printed {
    hg_series *series;
    hg_series_frame frames[HG_SERIES_FRAMES];
    size_t count, shared; /* frames; those that the next stack begins with, too */
    double bytes;
    bool in_stack, begun; /* begun: the stack, and not only what is shared */
} printed;

static void end_stack(printed *from)
{
    uint32_t module = hg_series_string(from->series, "");
    /* A frame without "in" is in the module of the one before it. */
    for (size_t i = 0; i < from->count; i++)
        if (from->frames[i].module == UINT32_MAX)
            from->frames[i].module = module;
        else
            module = from->frames[i].module;
    if (from->in_stack && from->count > 0)
        hg_series_add(from->series, from->frames, from->count, from->bytes, 0, 0);
    from->count = from->shared;
}

static void begin_stack(printed *from, const char *line)
{
    bool is_part = line[strlen(line) - 1] == ':';
    if (!is_part || from->begun)
        end_stack(from);
    if (!is_part)
        from->count = from->shared = 0;
    from->in_stack = true;
    from->begun = is_part;
    from->bytes = hg_parse_thousands(line);
}

static void read_place(printed *from, hg_series_frame *frame, char *text)
{
    char *colon = strrchr(text, ':');
    if (strncmp(text, "in ", 3) == 0) {
        frame->module = hg_series_string(from->series, text + 3);
        return;
    }
    frame->line = colon ? atoi(colon + 1) : 0;
    if (colon)
        *colon = '\0';
    frame->file = hg_series_string(from->series, text + 3);
}

static void read_printed(printed *from, char *line)
{
    size_t indent = strspn(line, " ");
    char *text = line + indent;
    bool is_place = indent > 0 && (strncmp(text, "at ", 3) == 0 || strncmp(text, "in ", 3) == 0);
    if (strstr(line, " leaked over ") && strstr(line, " calls from")) {
        begin_stack(from, line);
    } else if (text[0] == '\0' || (indent == 0 && from->count > 0)) {
        end_stack(from);
        from->in_stack = from->begun = false;
        from->count = from->shared = 0;
    } else if (from->in_stack && is_place && from->count > 0) {
        read_place(from, &from->frames[from->count - 1], text);
    } else if (from->in_stack && !is_place && from->count < HG_SERIES_FRAMES) {
        bool named = strncmp(text, "0x", 2) != 0;
        from->frames[from->count++] =
            (hg_series_frame){.function = hg_series_string(from->series, named ? text : ""),
                              .file = hg_series_string(from->series, ""),
                              .module = UINT32_MAX,
                              .offset = named ? 0 : strtoull(text, NULL, 16)};
        from->shared = indent == 0 ? 1 : from->shared;
    }
}

bool hg_series_read_heaptrack_print(hg_series *series, char *text)
{
    bool complete = strstr(text, "MEMORY LEAKS") != NULL;
    bool done = hg_series_is(series, "heaptrack_print", false) && hg_series_add_point(series, -1);
    if (done && !complete)
        done = hg_series_fail(series, "it has no leaks: print it with heaptrack_print --print-leaks=1 "
                                      "--merge-backtraces=0 --peak-limit=100000");
    printed *from = done ? calloc(1, sizeof *from) : NULL;
    if (!from)
        return done && hg_series_fail(series, "out of memory");
    from->series = series;
    for (char *line = text, *next; line; line = next) {
        next = hg_series_end_line(line);
        read_printed(from, line);
    }
    end_stack(from);
    free(from);
    return true;
}
