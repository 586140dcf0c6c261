/*
 * The environment of a process that is about to be started: this process's own, with changes.
 *
 * Variables of any length. Running out of memory is remembered, so that it need be asked about only once, at
 * the end. Not thread-safe.
 */
#ifndef HG_PROCESS_ENVIRONMENT_H
#define HG_PROCESS_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hg_environment {
    char **list; /* NAME=VALUE, NULL-terminated, owned */
    size_t count;
    bool failed; /* memory ran out; the list is not to be used */
} hg_environment;

/* A copy of this process's. hg_environment_free frees it, failed or not. */
hg_environment hg_environment_inherit(void);
void hg_environment_free(hg_environment *environment);

/* NULL: there is no such variable. Valid until the next change. */
const char *hg_environment_get(const hg_environment *environment, const char *name);

/* value: NULL removes the variable. */
void hg_environment_set(hg_environment *environment, const char *name, const char *value);

/* Puts a path in front of a list with colons. "" changes nothing: it would mean the working folder. */
void hg_environment_put_first(hg_environment *environment, const char *name, const char *path);

#endif
