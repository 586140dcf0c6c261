/* An add-on that keeps what it is given. */
#include <node_api.h>
#include <stdlib.h>

static char *kept;

/* keep(bytes): loses what it kept before. */
static napi_value keep(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    uint32_t bytes;
    if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok ||
        napi_get_value_uint32(env, argument, &bytes) != napi_ok)
        return NULL;
    kept = malloc(bytes);
    return NULL;
}

static napi_value drop(napi_env env, napi_callback_info info)
{
    (void)env;
    (void)info;
    free(kept);
    kept = NULL;
    return NULL;
}

/* hold(object): forever. */
static napi_value hold(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    napi_ref reference;
    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_create_reference(env, argument, 1, &reference);
    return NULL;
}

static void finalize(napi_env env, void *block, void *hint)
{
    (void)env;
    (void)hint;
    free(block);
}

/* wrap(object): keeps a block as long as the object lives. */
static napi_value wrap(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_wrap(env, argument, malloc(1000), finalize, NULL, NULL);
    return NULL;
}

static napi_value crash(napi_env env, napi_callback_info info)
{
    (void)env;
    (void)info;
    abort();
}

NAPI_MODULE_INIT()
{
    static const napi_property_descriptor functions[] = {
        {"keep", NULL, keep, NULL, NULL, NULL, napi_default_method, NULL},
        {"drop", NULL, drop, NULL, NULL, NULL, napi_default_method, NULL},
        {"hold", NULL, hold, NULL, NULL, NULL, napi_default_method, NULL},
        {"wrap", NULL, wrap, NULL, NULL, NULL, napi_default_method, NULL},
        {"crash", NULL, crash, NULL, NULL, NULL, napi_default_method, NULL},
    };
    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
