#include "process/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* Takes the variable over; NULL: memory had run out. */
static void append(hg_environment *environment, char *variable)
{
    char **list = realloc(environment->list, (environment->count + 2) * sizeof *list);
    if (list)
        environment->list = list;
    if (!list || !variable) {
        environment->failed = true;
        free(variable);
        return;
    }
    list[environment->count++] = variable;
    list[environment->count] = NULL;
}

hg_environment hg_environment_inherit(void)
{
    hg_environment environment = {0};
    for (char **variable = environ; *variable; variable++)
        append(&environment, strdup(*variable));
    return environment;
}

void hg_environment_free(hg_environment *environment)
{
    for (size_t i = 0; i < environment->count; i++)
        free(environment->list[i]);
    free(environment->list);
    *environment = (hg_environment){0};
}

/* Its place; count where it is not there. */
static size_t find(const hg_environment *environment, const char *name)
{
    size_t length = strlen(name);
    size_t i = 0;
    while (i < environment->count &&
           !(strncmp(environment->list[i], name, length) == 0 && environment->list[i][length] == '='))
        i++;
    return i;
}

const char *hg_environment_get(const hg_environment *environment, const char *name)
{
    size_t i = find(environment, name);
    return i < environment->count ? environment->list[i] + strlen(name) + 1 : NULL;
}

void hg_environment_set(hg_environment *environment, const char *name, const char *value)
{
    char *variable = NULL;
    if (value && asprintf(&variable, "%s=%s", name, value) < 0)
        variable = NULL;
    for (size_t i; (i = find(environment, name)) < environment->count;) {
        free(environment->list[i]);
        environment->list[i] = environment->list[--environment->count];
        environment->list[environment->count] = NULL;
    }
    if (value)
        append(environment, variable);
}

void hg_environment_put_first(hg_environment *environment, const char *name, const char *path)
{
    char *list = NULL;
    const char *before = hg_environment_get(environment, name);
    if (path[0] == '\0')
        return;
    if (!before || before[0] == '\0') {
        hg_environment_set(environment, name, path);
    } else if (asprintf(&list, "%s:%s", path, before) >= 0) {
        hg_environment_set(environment, name, list);
        free(list);
    } else {
        environment->failed = true;
    }
}
