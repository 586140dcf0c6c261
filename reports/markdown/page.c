#include "markdown/page.h"
#include "base/escape.h"
#include "view/stack.h"
#include "view/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES       1024u
#define FUNCTION_COLUMNS 48u
#define PLACE_COLUMNS    80u

FILE *hg_page_begin(hg_page *page)
{
    assert(!page->piece.out);
    FILE *out = page->failed ? NULL : hg_memory_stream_begin(&page->piece);
    page->failed |= !out;
    return out;
}

bool hg_page_end(hg_page *page)
{
    size_t size;

    if (!page->piece.out)
        return false;
    char *text = hg_memory_stream_end(&page->piece, &size);
    page->failed |= !text;
    bool fits = text && size <= page->left;
    if (fits) {
        fwrite(text, 1, size, page->out);
        page->left -= size;
    }
    free(text);
    return fits;
}

static size_t longest_run(const char *text, char of)
{
    size_t longest = 0, run = 0;

    for (; *text; text++) {
        run = *text == of ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void repeat(FILE *out, char what, size_t count)
{
    while (count-- > 0)
        fputc(what, out);
}

void hg_page_code(FILE *out, const char *name, size_t columns, bool in_table)
{
    char shown[NAME_BYTES];

    hg_escape_middle(shown, sizeof shown, hg_view_name(name), columns, true);
    size_t ticks = longest_run(shown, '`') + 1;
    bool padded = ticks > 1 || shown[0] == ' ';
    repeat(out, '`', ticks);
    if (padded)
        fputc(' ', out);
    for (const char *at = shown; *at; at++) {
        if (*at == '|' && in_table)
            fputc('\\', out);
        fputc(*at, out);
    }
    if (padded)
        fputc(' ', out);
    repeat(out, '`', ticks);
}

void hg_page_frame(FILE *out, const hg_frame *frame, bool in_table)
{
    char place[400], line[16] = "";
    char name[HG_SHORT_NAME_SIZE];
    const char *function = hg_stack_short_function(frame->function, FUNCTION_COLUMNS, name);

    hg_page_code(out, function[0] ? function : "??", FUNCTION_COLUMNS, in_table);
    if (!frame->file[0])
        return;
    if (frame->line > 0)
        snprintf(line, sizeof line, ":%d", frame->line);
    snprintf(place, sizeof place, "%.300s%s", frame->file, line);
    fputs(" at ", out);
    hg_page_code(out, place, PLACE_COLUMNS, in_table);
}

void hg_page_code_html(FILE *out, const char *name, size_t columns)
{
    char shown[NAME_BYTES];

    hg_escape_middle(shown, sizeof shown, hg_view_name(name), columns, true);
    fputs("<code>", out);
    hg_escape_html(out, shown, 0);
    fputs("</code>", out);
}

void hg_page_block(FILE *out, const char *text, size_t bytes)
{
    size_t fence = longest_run(text, '~') + 3;

    repeat(out, '~', fence);
    fputc('\n', out);
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (length + 1 > bytes) {
            fputs("    ...\n", out);
            break;
        }
        fwrite(text, 1, length, out);
        fputc('\n', out);
        bytes -= length + 1;
        text += length + (text[length] == '\n');
    }
    repeat(out, '~', fence);
    fputc('\n', out);
}
