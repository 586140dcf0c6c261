#include "series/readers.h"

#include "series/content.h"
#include <string.h>

char *hg_series_end_line(char *line)
{
    char *end = strchr(line, '\n');
    if (end)
        *end = '\0';
    return end ? end + 1 : NULL;
}

bool hg_series_is(hg_series *series, const char *kind, bool many)
{
    if (series->kind && strcmp(series->kind, kind) != 0)
        return hg_series_fail(series, "it is of %s, and the files before it are of %s", kind, series->kind);
    series->kind = kind;
    series->many = many;
    return true;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Text has no other bytes; what begins as a message of protocol buffers has. */
static bool is_text(const char *bytes, size_t size)
{
    size_t looked_at = size < 256 ? size : 256;
    for (size_t i = 0; i < looked_at; i++)
        if ((unsigned char)bytes[i] < ' ' && !strchr("\n\r\t", bytes[i]))
            return false;
    return true;
}

bool hg_series_read_bytes(hg_series *series, char *bytes, size_t size)
{
    hg_series_string(series, ""); /* number 0, so that a zeroed frame has no names */
    if (size == 0)
        return hg_series_fail(series, "it is empty");
    if (begins(bytes, "heap profile:") || begins(bytes, "heap_v2/"))
        return hg_series_read_heap_text(series, bytes);
    if (begins(bytes, "desc:") && strstr(bytes, "time_unit:"))
        return hg_series_read_massif(series, bytes);
    if (begins(bytes, "v ") && strstr(bytes, "\nX "))
        return hg_series_read_heaptrack(series, bytes);
    if (is_text(bytes, size) && strstr(bytes, "total memory leaked:"))
        return hg_series_read_heaptrack_print(series, bytes);
    if (!is_text(bytes, size))
        return hg_series_read_pprof(series, bytes, size);
    return hg_series_fail(series, "it is none of pprof, jemalloc, tcmalloc, massif and heaptrack; a file of "
                                  "heaptrack is data as it writes it, or what heaptrack_print printed");
}

bool hg_series_read(hg_series *series, const char *path)
{
    hg_buffer content;
    if (!hg_content_read(path, &content, series->message, sizeof series->message))
        return false;
    bool done = hg_series_read_bytes(series, content.bytes, content.size);
    hg_buffer_free(&content);
    return done && (!hg_series_failed(series) || hg_series_fail(series, "out of memory"));
}
