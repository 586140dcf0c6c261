#include <toka/status.h>

static const char *const names[] = {
    [TOKA_OK] = "ok",
    [TOKA_E_NO_MEMORY] = "no-memory",
    [TOKA_E_ARGUMENT] = "argument",
    [TOKA_E_TOO_LARGE] = "too-large",
    [TOKA_E_TOO_DEEP] = "too-deep",
    [TOKA_E_SYNTAX] = "syntax",
    [TOKA_E_SCHEMA] = "schema",
    [TOKA_E_PATTERN] = "pattern",
    [TOKA_E_REF] = "ref",
    [TOKA_E_INVALID] = "invalid",
    [TOKA_E_LIMIT] = "limit",
    [TOKA_E_NOT_FOUND] = "not-found",
    [TOKA_E_NOT_SUPPORTED] = "not-supported",
    [TOKA_E_FILE] = "file",
};

const char *toka_status_name(toka_status status)
{
    size_t index = (size_t)status;
    if (index >= sizeof names / sizeof names[0])
        return "unknown";
    return names[index];
}
