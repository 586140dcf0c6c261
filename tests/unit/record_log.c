/*
 * What a recording writes, in both builds: a log in the format of toka/record.h, whatever the program hands
 * in and whatever happens to the file.
 */
#include "registry_support.h"
#include "store_support.h"

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <toka/manifest.h>
#include <toka/record.h>
#include <unistd.h>

static char folder[] = "/tmp/record-XXXXXX", path[64];
static struct probe probe;

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
}

static void remove_folder(void)
{
    toka_record_stop(NULL);
    unlink(path);
    rmdir(folder);
}

TestSuite(record, .init = make_folder, .fini = remove_folder);

static void start(void)
{
    toka_error error = {.status = TOKA_OK};

    cr_assert_eq(toka_record_start(path, &error), TOKA_OK, "%s", error.message);
}

/* Ends the recording; the log without its first line, the caller's to free. */
static char *stop(void)
{
    static const char first[] = "{\"toka-log\":1}\n";
    char *text = NULL;
    size_t size = 0;
    FILE *file = NULL;

    cr_assert_eq(toka_record_stop(NULL), TOKA_OK);
    file = fopen(path, "r");
    cr_assert_not_null(file);
    cr_assert_geq(getdelim(&text, &size, '\0', file), 0);
    fclose(file);
    cr_assert_eq(strncmp(text, first, strlen(first)), 0, "%s", text);
    memmove(text, text + strlen(first), strlen(text + strlen(first)) + 1);
    return text;
}

/* Times and hashes differ from run to run. */
static void mask(char *text)
{
    for (char *at = text; (at = strstr(at, "\"hash\":\""));)
        memset(at += strlen("\"hash\":\""), 'h', 16);
    for (char *at = text; (at = strstr(at, ",\"ms\":"));) {
        size_t size = strlen(",\"ms\":") + strspn(at + strlen(",\"ms\":"), "0123456789");

        memmove(at, at + size, strlen(at + size) + 1);
    }
}

static void expect_log(const char *expected)
{
    char *text = stop();

    mask(text);
    cr_expect_str_eq(text, expected);
    free(text);
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, part)); at++)
        found++;
    return found;
}

#define H "\"hash\":\"hhhhhhhhhhhhhhhh\""

Test(record, store_is_told_with_its_options_and_a_text_only_once)
{
    toka_schema_store *store =
        new_store((toka_schema_store_options){.cached = true, .max_entries = 7, .max_bytes = 9000});

    start();
    cr_expect_eq(ensure(store, "{\"minimum\":1}"), TOKA_OK);
    cr_expect_eq(ensure(store, "{\"minimum\":1}"), TOKA_OK);
    cr_expect_eq(ensure(store, "{\"type\":12}"), TOKA_E_SCHEMA);
    cr_expect_eq(toka_ensure_schema_compiles(store, text_of("true"), NULL, NULL), TOKA_OK);
    toka_schema_store_free(store);
#define STORE "\"store\":1,\"cached\":true,\"max_entries\":7,\"max_bytes\":9000," H
    expect_log("{\"op\":\"text\"," H ",\"text\":\"{\\\"minimum\\\":1}\"}\n"
               "{\"op\":\"compile\"," STORE ",\"which\":\"input schema\"}\n"
               "{\"op\":\"compile\"," STORE ",\"which\":\"input schema\"}\n"
               "{\"op\":\"text\"," H ",\"text\":\"{\\\"type\\\":12}\"}\n"
               "{\"op\":\"compile\"," STORE ",\"which\":\"input schema\"}\n"
               "{\"op\":\"text\"," H ",\"text\":\"true\"}\n"
               "{\"op\":\"compile\"," STORE "}\n"
               "{\"op\":\"free-store\",\"store\":1}\n");
}

Test(record, default_store_is_told_by_its_number_alone)
{
    toka_schema_store *store = new_store((toka_schema_store_options){
        .max_entries = TOKA_STORE_DEFAULT_ENTRIES, .max_bytes = TOKA_STORE_DEFAULT_BYTES});

    start();
    cr_expect_eq(toka_ensure_schema_compiles(store, text_of("true"), NULL, NULL), TOKA_OK);
    expect_log("{\"op\":\"text\"," H ",\"text\":\"true\"}\n{\"op\":\"compile\",\"store\":1," H "}\n");
    toka_schema_store_free(store);
}

Test(record, validation_names_the_text_of_its_schema)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});
    toka_schema *unknown = NULL, *schema = NULL;
    json_t *instance = json_pack("{s:[i,s]}", "a", 1, "x\ny");

    cr_assert_eq(toka_schema_store_get(store, text_of("{}"), NULL, &unknown, NULL), TOKA_OK);
    start();
    cr_assert_eq(toka_schema_store_get(store, text_of("true"), NULL, &schema, NULL), TOKA_OK);
    cr_expect_eq(toka_schema_validate(schema, instance, NULL), TOKA_OK);
    cr_expect_eq(toka_schema_validate(unknown, instance, NULL), TOKA_OK, "got before the recording");
    expect_log("{\"op\":\"text\"," H ",\"text\":\"true\"}\n"
               "{\"op\":\"get\",\"store\":1," H "}\n"
               "{\"op\":\"validate\"," H ",\"instance\":{\"a\":[1,\"x\\ny\"]}}\n");
    toka_schema_unref(schema);
    toka_schema_unref(unknown);
    toka_schema_store_free(store);
    json_decref(instance);
}

static json_t *nested(unsigned depth)
{
    json_t *value = json_array();

    for (unsigned i = 1; i < depth; i++) {
        json_t *outer = json_array();

        json_array_append_new(outer, value);
        value = outer;
    }
    return value;
}

Test(record, instance_that_no_reader_takes_is_left_out)
{
    static char large[TOKA_RECORD_MAX_INSTANCE_BYTES];
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});
    toka_schema *schema = NULL;
    json_t *instances[] = {nested(TOKA_RECORD_MAX_INSTANCE_DEPTH + 1), json_stringn("a\0b", 3),
                           json_stringn(memset(large, 'x', sizeof large), sizeof large),
                           nested(TOKA_RECORD_MAX_INSTANCE_DEPTH)};
    char *text = NULL;

    start();
    cr_assert_eq(toka_schema_store_get(store, text_of("true"), NULL, &schema, NULL), TOKA_OK);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(toka_schema_validate(schema, instances[i], NULL), TOKA_OK);
        json_decref(instances[i]);
    }
    text = stop();
    cr_expect_eq(count(text, "\"op\":\"validate\""), 4);
    cr_expect_eq(count(text, "\"instance\":"), 1);
    free(text);
    toka_schema_unref(schema);
    toka_schema_store_free(store);
}

Test(record, bytes_that_are_not_utf_8_are_told_as_bytes)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});

    start();
    cr_expect_eq(toka_ensure_schema_compiles(store, (toka_text){"\"\xff\0\x80", 4}, "\xc3(", NULL),
                 TOKA_E_SYNTAX);
    register_probe("t\t\xc3\xa9", &probe);
    cr_expect_eq(dispatch("t\xe9"), TOKA_E_NOT_FOUND);
    expect_log("{\"op\":\"text\"," H ",\"text_bytes\":\"\\\"\u00ff\\u0000\xc2\x80\"}\n"
               "{\"op\":\"compile\",\"store\":1," H ",\"which_bytes\":\"\u00c3(\"}\n"
               "{\"op\":\"register\",\"tag\":\"t\\u0009\u00e9\"}\n"
               "{\"op\":\"dispatch\",\"tag_bytes\":\"t\u00e9\"}\n");
    toka_schema_store_free(store);
}

Test(record, text_over_the_limit_is_told_by_its_size)
{
    static char large[TOKA_SCHEMA_MAX_BYTES + 1];
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});

    memset(large, ' ', sizeof large);
    start();
    cr_expect_eq(toka_ensure_schema_compiles(store, (toka_text){large, sizeof large}, NULL, NULL),
                 TOKA_E_TOO_LARGE);
    expect_log("{\"op\":\"compile\",\"store\":1,\"size\":65537}\n");
    toka_schema_store_free(store);
}

Test(record, registry_is_told_in_order_and_refused_arguments_are_not)
{
    static char long_tag[TOKA_REGISTRY_MAX_TAG_BYTES + 2];

    memset(long_tag, 'x', sizeof long_tag - 1);
    start();
    register_probe("a\"b", &probe);
    cr_expect_eq(dispatch("a\"b"), TOKA_OK);
    (void)!toka_registry_unregister("a\"b");
    toka_registry_sweep(1500, NULL);
    toka_registry_clear();
    toka_registry_set_limit(SIZE_MAX);
    cr_expect_eq(dispatch(""), TOKA_E_ARGUMENT);
    cr_expect_eq(dispatch(long_tag), TOKA_E_TOO_LARGE);
    (void)!toka_registry_unregister(NULL);
    toka_registry_set_limit(0);
    expect_log("{\"op\":\"register\",\"tag\":\"a\\\"b\"}\n"
               "{\"op\":\"dispatch\",\"tag\":\"a\\\"b\"}\n"
               "{\"op\":\"unregister\",\"tag\":\"a\\\"b\"}\n"
               "{\"op\":\"sweep\",\"idle_ms\":1500}\n"
               "{\"op\":\"clear\"}\n"
               "{\"op\":\"limit\",\"handlers\":9223372036854775807}\n");
}

Test(record, manifest_is_told_without_the_schemas_it_compiles)
{
    static const char text[] = "{\"id\":\"t\",\"name\":\"t\",\"version\":\"1\",\"description\":\"\","
                               "\"capability\":\"c\",\"transports\":[{\"kind\":\"in_process\"}],"
                               "\"input_schema\":{\"type\":\"object\"}}";
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_manifest *manifest = NULL;
    char *log = NULL;

    start();
    cr_expect_eq(toka_manifest_parse(text_of(text), store, &manifest, NULL), TOKA_OK);
    cr_expect_eq(toka_ensure_schema_compiles(store, text_of("true"), NULL, NULL), TOKA_OK);
    log = stop();
    cr_expect_eq(count(log, "\"op\":\"text\""), 2);
    cr_expect_eq(count(log, "\"op\":\"manifest\""), 1);
    cr_expect_eq(count(log, "\"op\":\"compile\""), 1, "%s", log);
    free(log);
    toka_manifest_free(manifest);
    toka_schema_store_free(store);
}

Test(record, text_that_left_the_window_is_told_again)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});
    char *log = NULL;

    start();
    for (unsigned i = 0; i <= TOKA_RECORD_WINDOW_TEXTS; i++)
        ensure_numbered(store, i);
    ensure_numbered(store, TOKA_RECORD_WINDOW_TEXTS / 2 + 2000);
    ensure_numbered(store, 0);
    log = stop();
    cr_expect_eq(count(log, "\"op\":\"compile\""), TOKA_RECORD_WINDOW_TEXTS + 3);
    /* Another text may have taken the place of the one in the middle. */
    cr_expect_geq(count(log, "\"op\":\"text\""), TOKA_RECORD_WINDOW_TEXTS + 2);
    cr_expect_leq(count(log, "\"op\":\"text\""), TOKA_RECORD_WINDOW_TEXTS + 3);
    cr_expect_eq(count(log, "{\\\"const\\\":0}"), 2);
    free(log);
    toka_schema_store_free(store);
}

Test(record, traffic_is_told_once_and_texts_after_it_again)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});

    toka_record_traffic();
    start();
    cr_expect_eq(toka_ensure_schema_compiles(store, text_of("true"), NULL, NULL), TOKA_OK);
    toka_record_traffic();
    toka_record_traffic();
    cr_expect_eq(toka_ensure_schema_compiles(store, text_of("true"), NULL, NULL), TOKA_OK);
    expect_log("{\"op\":\"text\"," H ",\"text\":\"true\"}\n{\"op\":\"compile\",\"store\":1," H "}\n"
               "{\"op\":\"traffic\"}\n"
               "{\"op\":\"text\"," H ",\"text\":\"true\"}\n{\"op\":\"compile\",\"store\":1," H "}\n");
    toka_schema_store_free(store);
}

static uint64_t read_clock(void *data)
{
    return *(const uint64_t *)data;
}

Test(record, times_are_those_of_the_registry_s_clock)
{
    static uint64_t now = 5000;
    bool has_clock = toka_registry_set_clock(read_clock, &now) == TOKA_OK;
    char *log = NULL;

    start();
    toka_registry_clear();
    now += 70000;
    toka_registry_clear();
    toka_registry_clear();
    now -= 1000;
    toka_registry_clear();
    log = stop();
    if (has_clock)
        cr_expect_str_eq(log, "{\"op\":\"clear\"}\n{\"op\":\"clear\",\"ms\":70000}\n{\"op\":\"clear\"}\n"
                              "{\"op\":\"clear\"}\n");
    else
        cr_expect_null(strstr(log, "70000"), "this build has no such clock");
    free(log);
    toka_registry_set_clock(NULL, NULL);
}

Test(record, start_refuses_what_cannot_be)
{
    toka_error error = {.status = TOKA_OK};
    toka_record_figures figures;

    cr_expect_eq(toka_record_stop(&error), TOKA_E_ARGUMENT, "none was started");
    cr_expect_eq(toka_record_start(NULL, NULL), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_record_start("", &error), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_record_start("/nonexistent/log", &error), TOKA_E_FILE);
    cr_expect_str_eq(error.message, "cannot create the log: No such file or directory");
    start();
    cr_expect_eq(toka_record_start("/tmp/another", &error), TOKA_E_ARGUMENT);
    cr_expect_str_eq(error.message, "a recording is already running");
    cr_expect_eq(toka_record_stop(NULL), TOKA_OK);
    cr_expect_eq(toka_record_start(path, &error), TOKA_E_FILE, "nothing is overwritten");
    cr_expect_str_eq(error.message, "cannot create the log: File exists");
    toka_record_read(&figures);
    cr_expect_not(figures.running);
}

Test(record, log_can_be_read_by_its_owner_only)
{
    struct stat info;

    umask(0);
    start();
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0600, "%o", (unsigned)info.st_mode);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on the file stands for a full disk: write fails alike. */
Test(record, full_disk_ends_the_recording_and_disturbs_no_op)
{
    enum { OPS = 20000 };
    toka_error error = {.status = TOKA_OK};
    toka_record_figures figures;
    char tag[64];

    start();
    limit_files(200000);
    for (unsigned i = 0; i < OPS; i++) {
        snprintf(tag, sizeof tag, "tag.%u", i);
        cr_assert_eq(dispatch(tag), TOKA_E_NOT_FOUND);
    }
    toka_record_read(&figures);
    cr_expect_not(figures.running);
    cr_expect_eq(figures.status, TOKA_E_FILE);
    cr_expect_gt(figures.ops, 1000);
    cr_expect_lt(figures.ops, OPS);
    cr_expect_eq(toka_record_stop(&error), TOKA_E_FILE);
    cr_expect_str_eq(error.message, "the log is incomplete: File too large");
    cr_expect_eq(toka_record_stop(NULL), TOKA_E_ARGUMENT, "it was told once");
}

Test(record, disk_that_is_full_from_the_beginning_fails_the_start)
{
    toka_error error = {.status = TOKA_OK};

    limit_files(4);
    cr_expect_eq(toka_record_start(path, &error), TOKA_E_FILE);
    cr_expect_str_eq(error.message, "cannot write the log: File too large");
}

Test(record, child_process_does_not_record_and_its_parent_goes_on)
{
    pid_t child = -1;
    int status = -1;

    start();
    register_probe("before", &probe);
    child = fork();
    if (child == 0) {
        toka_record_figures figures;

        register_probe("child", &probe);
        toka_record_read(&figures);
        _exit(figures.running);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    register_probe("after", &probe);
    expect_log("{\"op\":\"register\",\"tag\":\"before\"}\n{\"op\":\"register\",\"tag\":\"after\"}\n");
}

Test(record, figures_count_what_was_told)
{
    toka_record_figures figures;
    struct stat info;

    start();
    register_probe("a", &probe);
    toka_record_read(&figures);
    cr_expect(figures.running);
    cr_expect_eq(figures.ops, 1);
    cr_expect_eq(toka_record_stop(NULL), TOKA_OK);
    register_probe("b", &probe);
    toka_record_read(&figures);
    cr_expect_eq(figures.ops, 1);
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(figures.bytes, info.st_size);
}
