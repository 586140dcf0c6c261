/* Names and texts of the program under test, as reports show them. */
#include "fuzz.h"

#include "base/escape.h"
#include "base/timestamp.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const char *text, size_t room, size_t columns, bool unicode)
{
    char *shown = malloc(room);
    fuzz_require(shown != NULL, "there is memory");
    fuzz_require(hg_escape_fit(shown, room, text, columns, unicode) <= columns, "it fits");
    fuzz_require(strlen(shown) < room, "it has an end");
    fuzz_require(hg_escape_middle(shown, room, text, columns, unicode) <= columns, "it fits");
    for (const char *at = shown; *at; at++)
        fuzz_require((unsigned char)*at >= ' ' && *at != 0x7f, "it commands no terminal");
    free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    char *text = fuzz_text(data, size);
    int64_t seconds;
    uint32_t code;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    for (size_t columns = 4; columns < 200; columns = columns * 3 + 1)
        for (size_t room = 16; room < 2000; room *= 5) {
            show(text, room, columns, true);
            show(text, room, columns, false);
        }
    hg_escape_write(nowhere, text, true);
    hg_escape_html(nowhere, text, size % 50);
    hg_escape_json(nowhere, text, size % 50);
    hg_escape_json_exact(nowhere, text);
    (void)hg_timestamp_read(text, &seconds);
    for (const char *at = text; *at;)
        at += hg_utf8_next(at, &code);
    free(text);
    return 0;
}
