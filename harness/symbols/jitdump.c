#include "symbols/jitdump.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAGIC = 0x4a695444, CODE_LOAD = 0, CODE_DEBUG_INFO = 2, MOST_TEXT = 1 << 20 };

typedef struct file_header {
    uint32_t magic, version, size, machine, padding, process;
    uint64_t time, flags;
} file_header;

typedef struct record_header {
    uint32_t id, size;
    uint64_t time;
} record_header;

/* Followed by the name and the code. */
typedef struct code_load {
    uint32_t process, thread;
    uint64_t place, begin, size, number;
} code_load;

/* Followed by so many of debug_line, each followed by the file's name. */
typedef struct debug_info {
    uint64_t begin, count;
} debug_info;

typedef struct debug_line {
    uint64_t at;
    uint32_t line, discriminator;
} debug_line;

/* The lines of the code that is loaded next, as they were read. */
typedef struct lines {
    uint64_t begin, count;
    char *bytes;
    size_t size;
} lines;

bool hg_jitdump_is_one(int fd)
{
    uint32_t magic;
    return pread(fd, &magic, sizeof magic, 0) == (ssize_t)sizeof magic && magic == MAGIC;
}

/* So much of the record's text as is kept, ended by a zero. NULL when memory ran out. */
static char *read_text(int fd, off_t at, uint64_t size, size_t *ret_size)
{
    size_t wanted = size < MOST_TEXT ? (size_t)size : MOST_TEXT;
    char *text = malloc(wanted + 1);
    ssize_t got = text ? pread(fd, text, wanted, at) : 0;
    if (!text)
        return NULL;
    *ret_size = got > 0 ? (size_t)got : 0;
    text[*ret_size] = '\0';
    return text;
}

/* A name stays on its line of the map. */
static void put_name(FILE *out, const char *name)
{
    for (; *name; name++)
        putc(*name == '\n' || *name == HG_JITDUMP_BEFORE_FILE ? ' ' : *name, out);
}

static void put_piece(FILE *out, uint64_t begin, uint64_t end, const char *name, const char *file,
                      uint32_t line)
{
    fprintf(out, "%" PRIx64 " %" PRIx64 " ", begin, end - begin);
    put_name(out, name);
    if (file) {
        putc(HG_JITDUMP_BEFORE_FILE, out);
        put_name(out, file);
        fprintf(out, ":%" PRIu32, line);
    }
    putc('\n', out);
}

/* The next line of those that are left; false at their end. A name of one byte, 0xff, repeats the last. */
static bool take_line(lines *left, debug_line *ret_line, const char **file)
{
    if (left->count == 0 || left->size <= sizeof *ret_line)
        return false;
    memcpy(ret_line, left->bytes, sizeof *ret_line);
    const char *name = left->bytes + sizeof *ret_line;
    size_t length = strnlen(name, left->size - sizeof *ret_line);
    if (length == left->size - sizeof *ret_line)
        return false;
    if (strcmp(name, "\xff") != 0)
        *file = name;
    left->bytes += sizeof *ret_line + length + 1;
    left->size -= sizeof *ret_line + length + 1;
    left->count--;
    return true;
}

static void put_code(FILE *out, const code_load *code, const char *name, lines left)
{
    uint64_t end = code->begin + code->size;
    debug_line line, next;
    const char *file = NULL;
    const char *next_file = NULL;
    put_piece(out, code->begin, end, name, NULL, 0);
    bool there = left.begin == code->begin && take_line(&left, &line, &file);
    while (there) {
        next_file = file;
        bool more = take_line(&left, &next, &next_file);
        uint64_t until = more && next.at < end ? next.at : end;
        if (file && file[0] && line.at >= code->begin && line.at < until)
            put_piece(out, line.at, until, name, file, line.line);
        line = next;
        file = next_file;
        there = more;
    }
}

/* False when memory ran out. */
static bool put_record(int fd, off_t at, const record_header *record, lines *pending, FILE *out)
{
    code_load code;
    debug_info info;
    size_t size = 0;
    if (record->id == CODE_LOAD && record->size > sizeof *record + sizeof code &&
        pread(fd, &code, sizeof code, at) == (ssize_t)sizeof code) {
        char *name =
            read_text(fd, at + (off_t)sizeof code, record->size - sizeof *record - sizeof code, &size);
        if (name && name[0] && strlen(name) < size && code.size > 0 && code.begin <= UINT64_MAX - code.size)
            put_code(out, &code, name, *pending);
        free(name);
        return name != NULL;
    }
    if (record->id == CODE_DEBUG_INFO && record->size > sizeof *record + sizeof info &&
        pread(fd, &info, sizeof info, at) == (ssize_t)sizeof info) {
        free(pending->bytes);
        *pending = (lines){.begin = info.begin, .count = info.count};
        pending->bytes = read_text(fd, at + (off_t)sizeof info, record->size - sizeof *record - sizeof info,
                                   &pending->size);
        return pending->bytes != NULL;
    }
    return true;
}

char *hg_jitdump_as_map(int fd, size_t most_bytes, size_t *ret_size)
{
    file_header header = {0};
    record_header record;
    lines pending = {0};
    char *text = NULL;
    *ret_size = 0;
    FILE *out = open_memstream(&text, ret_size);
    if (!out)
        return NULL;
    bool done = true;
    off_t end = lseek(fd, 0, SEEK_END);
    off_t at = pread(fd, &header, sizeof header, 0) == (ssize_t)sizeof header && header.size >= sizeof header
                   ? (off_t)header.size
                   : end;
    while (done && end - at >= (off_t)sizeof record && ftello(out) < (off_t)most_bytes &&
           pread(fd, &record, sizeof record, at) == (ssize_t)sizeof record && record.size >= sizeof record &&
           (off_t)record.size <= end - at) {
        done = put_record(fd, at + (off_t)sizeof record, &record, &pending, out);
        at += (off_t)record.size;
    }
    free(pending.bytes);
    done = done && ferror(out) == 0;
    if (fclose(out) == 0 && done)
        return text;
    free(text);
    return NULL;
}
