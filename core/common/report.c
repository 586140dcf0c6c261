#include "report.h"

#include "line.h"

#include <stdarg.h>
#include <string.h>

/* Fills one field of a toka_error with the texts in turn. */
static void report_fill(char *field, size_t field_size, const char *first, const char *second,
                        const char *third)
{
    struct line line;

    line_init(&line, field, field_size);
    line_add(&line, first, strlen(first));
    line_add(&line, second, strlen(second));
    line_add(&line, third, strlen(third));
}

toka_status toka_report(toka_error *err, toka_status status, const char *keyword, const char *pointer,
                        const char *format, ...)
{
    struct line message;
    va_list arguments;

    if (!err)
        return status;
    *err = (toka_error){.status = status};
    report_fill(err->keyword, sizeof err->keyword, keyword, "", "");
    report_fill(err->pointer, sizeof err->pointer, pointer, "", "");
    line_init(&message, err->message, sizeof err->message);
    va_start(arguments, format);
    line_vformat(&message, format, arguments);
    va_end(arguments);
    return status;
}

void toka_report_which(toka_error *err, const char *which)
{
    char message[sizeof err->message];

    if (!err)
        return;
    memcpy(message, err->message, sizeof message);
    report_fill(err->message, sizeof err->message, which, ": ", message);
}

void toka_report_below(toka_error *err, const char *pointer)
{
    char below[sizeof err->pointer];

    if (!err)
        return;
    memcpy(below, err->pointer, sizeof below);
    report_fill(err->pointer, sizeof err->pointer, pointer, below, "");
}
