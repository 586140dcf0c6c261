#include "symbols/packed_answers.h"

#include "symbols/symbol_server.h"

#include <stdlib.h>
#include <string.h>

typedef struct packed_head {
    uint64_t offset, count;
} packed_head;

size_t hg_packed_answer_write(FILE *out, uint64_t offset, const hg_symbol *symbols, size_t count)
{
    const packed_head head = {offset, count};
    size_t size = sizeof head;
    fwrite(&head, sizeof head, 1, out);
    for (size_t i = 0; i < count; i++) {
        const hg_symbol_part part = {.line = symbols[i].line,
                                     .inlined = symbols[i].inlined,
                                     .function_size = (uint32_t)strlen(symbols[i].function),
                                     .file_size = (uint32_t)strlen(symbols[i].file)};
        fwrite(&part, sizeof part, 1, out);
        fwrite(symbols[i].function, 1, part.function_size, out);
        fwrite(symbols[i].file, 1, part.file_size, out);
        size += sizeof part + part.function_size + part.file_size;
    }
    return size;
}

static bool take(const char **at, const char *end, void *ret_bytes, size_t size)
{
    if ((size_t)(end - *at) < size)
        return false;
    memcpy(ret_bytes, *at, size);
    *at += size;
    return true;
}

/* The size of the texts of so many symbols, each with its NUL, and whether all are there. */
static bool measure(const char *at, const char *end, uint64_t count, size_t *ret_size)
{
    hg_symbol_part part;
    size_t size = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (!take(&at, end, &part, sizeof part) || part.function_size > HG_ANSWERED_TEXT ||
            part.file_size > HG_ANSWERED_TEXT || (size_t)(end - at) < part.function_size + part.file_size)
            return false;
        at += part.function_size + part.file_size;
        size += part.function_size + part.file_size + 2;
    }
    *ret_size = size;
    return true;
}

static const char *take_text(const char **at, size_t size, char **room)
{
    char *text = *room;
    memcpy(text, *at, size);
    text[size] = '\0';
    *at += size;
    *room += size + 1;
    return text;
}

hg_symbol *hg_packed_answer_read(const char **at, const char *end, uint64_t *ret_offset, size_t *ret_count)
{
    packed_head head;
    size_t size = 0;
    if (!take(at, end, &head, sizeof head) || head.count == 0 || head.count > HG_ANSWERED_SYMBOLS ||
        !measure(*at, end, head.count, &size))
        return NULL;
    hg_symbol *found = malloc(head.count * sizeof *found + size);
    if (!found)
        return NULL;
    char *room = (char *)(found + head.count);
    for (uint64_t i = 0; i < head.count; i++) {
        hg_symbol_part part;
        memcpy(&part, *at, sizeof part);
        *at += sizeof part;
        found[i] = (hg_symbol){.line = part.line, .inlined = part.inlined != 0};
        found[i].function = take_text(at, part.function_size, &room);
        found[i].file = take_text(at, part.file_size, &room);
    }
    *ret_offset = head.offset;
    *ret_count = head.count;
    return found;
}
