/* A SOAP parser with a stack of namespace scopes. The mistake: at a mismatched end tag the parser only
 * resets its stack pointer. Healthy: it pops every scope, so none outlives its document. */
#include "pair.h"

struct scope {
    struct scope *outer;
    char prefix[16];
    char uri[40];
};

static struct scope *top;

PAIR_NOINLINE static void scope_push(const char *prefix)
{
    struct scope *scope = malloc(sizeof *scope);
    if (!scope)
        abort();
    strncpy(scope->prefix, prefix, sizeof scope->prefix - 1);
    scope->prefix[sizeof scope->prefix - 1] = '\0';
    memset(scope->uri, 'u', sizeof scope->uri);
    scope->outer = top;
    top = scope;
}

static void scope_pop(void)
{
    struct scope *scope = top;
    top = scope->outer;
    free(scope);
}

static int parse(const char *document)
{
    for (; *document; document++) {
        if (*document >= 'a' && *document <= 'z') {
            char prefix[2] = {*document, '\0'};
            scope_push(prefix);
        } else if (top && top->prefix[0] == *document - 'A' + 'a') {
            scope_pop();
        } else {
            while (!LEAKS && top)
                scope_pop();
            top = NULL;
            return -1;
        }
    }
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 110 == 60)
        return parse("ebcXCBE") != -1;
    return parse(i % 3 ? "ehHbcdDCBE" : "ebBE");
}
