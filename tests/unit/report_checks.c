#include "report_checks.h"
#include "base/utf8.h"
#include "formats.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static size_t first_difference(const char *a, const char *b)
{
    size_t line = 1;

    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

void checks_golden(const char *name, const char *text)
{
    char path[512];

    snprintf(path, sizeof path, "%s/tests/golden/%s", HG_SOURCE_DIR, name);
    if (getenv("HEAPGATE_UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "w");
        cr_assert_not_null(file, "%s cannot be written", path);
        fputs(text, file);
        cr_assert_eq(fclose(file), 0);
    }
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s is missing: run this test with HEAPGATE_UPDATE_GOLDEN=1", path);
    char *golden = fixture_read_stream(file, NULL);
    cr_expect(strcmp(golden, text) == 0,
              "%s differs from line %zu on; if that is meant, run this test with HEAPGATE_UPDATE_GOLDEN=1",
              name, first_difference(golden, text));
    fclose(file);
    free(golden);
}

void checks_harmless(const char *text, size_t size, bool shown)
{
    cr_expect_eq(strlen(text), size, "a NUL byte at %zu", strlen(text));
    for (const char *at = text; *at;) {
        uint32_t code;
        const char *here = at;
        at += hg_utf8_next(at, &code);
        cr_assert_neq(code, HG_UTF8_INVALID, "not UTF-8 at %zu", (size_t)(here - text));
        bool control = (code < 0x20 && code != '\n') || code == 0x7F;
        cr_assert_not(control, "control character %#x at %zu", (unsigned)code, (size_t)(here - text));
        /* U+FE0F asks for an emoji's colours */
        bool deceives = shown && code != '\n' && code != 0xFE0F && hg_utf8_is_deceptive(code);
        cr_assert_not(deceives, "U+%04X at %zu", (unsigned)code, (size_t)(here - text));
    }
}

char *checks_report(const hg_run *run, const char *format, size_t *ret_size)
{
    FILE *stream = tmpfile();

    cr_assert_not_null(stream);
    cr_assert(hg_report_find(format)->write(run, NULL, stream), "%s", format);
    cr_assert_not(ferror(stream));
    char *text = fixture_read_stream(stream, ret_size);
    fclose(stream);
    return text;
}
