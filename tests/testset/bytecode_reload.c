/*
 * A script host recompiles its script when the file changes, every 1,700 ops. The mistake: unloading a module
 * frees its code and its constants but not the strings the constants point to. The healthy one frees the
 * strings, too, so that one module is alive at a time.
 */
#include "pair.h"
#include <stdio.h>

enum { CONSTANTS = 60, CODE = 4000 };
struct constant {
    char *text;
    double number;
};
struct module {
    unsigned char *code;
    struct constant *pool;
    unsigned version;
};
static struct module *module;

static PAIR_NOINLINE char *constant_string(unsigned k, uint64_t r)
{
    char text[96];
    int n = snprintf(text, sizeof text, "message_%u_%016llx: %.*s", k, (unsigned long long)r, (int)(r % 40),
                     "could not be read from the configuration");
    char *copy = malloc((size_t)n + 1);
    memcpy(copy, text, (size_t)n + 1);
    return copy;
}

static void unload(struct module *m)
{
    for (unsigned k = 0; k < CONSTANTS && !LEAKS; k++)
        free(m->pool[k].text);
    free(m->pool);
    free(m->code);
    free(m);
}

static struct module *compile(unsigned version)
{
    struct module *m = malloc(sizeof *m);
    m->version = version;
    m->code = malloc(CODE);
    for (unsigned k = 0; k < CODE; k++)
        m->code[k] = (unsigned char)(pair_random(version, k / 8) >> k % 8 * 8);
    m->pool = calloc(CONSTANTS, sizeof *m->pool);
    for (unsigned k = 0; k < CONSTANTS; k++) {
        m->pool[k].number = k;
        if (k % 3 == 0)
            m->pool[k].text = constant_string(k, pair_random(version, 9000 + k));
    }
    return m;
}

int heapgate_iterate(uint64_t i)
{
    double acc = 0;
    if (i % 1700 == 0) {
        if (module)
            unload(module);
        module = compile((unsigned)(i / 1700));
    }
    for (unsigned pc = (unsigned)(i % 97); pc < 200; pc++)
        acc += module->pool[module->code[pc] % CONSTANTS].number;
    return acc < 0;
}
