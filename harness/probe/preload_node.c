/*
 * Node.js calls no C function but those of add-ons. So the probe is an add-on, for those who load it with
 * process.dlopen: it has the function mark(). The C functions of Node-API are in the program, if it is node.
 */
#include "probe/exported.h"
#include "probe/probe.h"

#include <dlfcn.h>
#include <stddef.h>

typedef void *(*node_function)(void *environment, void *call);
typedef int (*create_function)(void *environment, const char *name, size_t length, node_function function,
                               void *data, void **ret_value);
typedef int (*set_named_property)(void *environment, void *object, const char *name, void *value);

static void *mark(void *environment, void *call)
{
    (void)environment;
    (void)call;
    heapgate_probe_mark();
    return NULL; /* undefined */
}

HG_EXPORT void *napi_register_module_v1(void *environment, void *exports);
HG_EXPORT void *napi_register_module_v1(void *environment, void *exports)
{
    static const char name[] = "mark";
    create_function create;
    set_named_property set;
    void *function;
    /* As POSIX advises; ISO C has no cast from an object pointer to a function pointer. */
    *(void **)&create = dlsym(RTLD_DEFAULT, "napi_create_function");
    *(void **)&set = dlsym(RTLD_DEFAULT, "napi_set_named_property");
    if (create && set && create(environment, name, sizeof name - 1, mark, NULL, &function) == 0)
        set(environment, exports, name, function);
    return exports;
}
