/*
 * Replays a log that libtoka recorded (toka/record.h, docs/replay.md), or a folder of logs, again and again:
 * --corpus LOG. One op is one line of the log.
 *
 * The lines before the line "traffic" are the start of the program; setup plays them once. The lines after it
 * are its traffic, which each pass plays again as if the program had continued. So whatever the traffic
 * introduced is new in each pass: a tag gets "#" and the number of the pass, a schema gets a "$comment".
 * Names from the start stay the same, and so do manifests, which are files that are loaded again.
 *
 * Stores and their caches live on from pass to pass; the traffic frees only stores that it created. A log is
 * rarely balanced: at its end handlers are still registered and schemas still in use. These belong to the
 * recorded program and are not leaks. Therefore, at every checkpoint the schemas are dropped, the registry is
 * cleared if the build can do that, and the handlers of the start are registered again. Whatever is left was
 * lost by the library.
 *
 * The registry's clock shows the times of the log, so a sweep finds the same handlers idle. One thread
 * replays the log in its order, whatever threads the program had.
 */
#include "name_set.h"
#include "op_log.h"
#include "schema_source.h"

#include <heapgate/workload.h>
#include <inttypes.h>
#include <string.h>
#include <toka/registry.h>

enum {
    MOST_STORES = 256,      /* alive at once */
    RECENT_SCHEMAS = 64,    /* the traffic's, ready to validate */
    LASTING_SCHEMAS = 1024, /* the start's */
    PASS_BYTES = 24,        /* of "#" and a number */
};

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "replay",
    .unit = "op",
    .default_ops = 20000,
    .warmup_ops = 20000,
};

struct store {
    size_t file; /* of the log; each file numbers its own stores */
    uint64_t number;
    bool lasting;             /* the start's */
    toka_schema_store *store; /* NULL: free */
};

struct held {
    uint64_t name;
    toka_schema *schema; /* NULL: free */
};

/* Where the traffic of a file begins, and when. */
struct traffic {
    struct log_place place;
    uint64_t ms;
};

/* A handler of the start. */
struct lasting {
    struct lasting *next;
    char tag[];
};

static struct {
    struct op_log log;
    struct traffic *traffic;        /* of each file */
    bool starting;                  /* setup plays */
    uint64_t pass;                  /* from 0 */
    uint64_t played, played_before; /* ops, now and when this pass began */
    uint64_t file_ms;               /* what the clock shows is so much more than the log */
    uint64_t now_ms;                /* the registry's clock */
    struct name_set names;          /* that the start named */
    struct lasting *handlers;
    struct store stores[MOST_STORES];
    struct held recent[RECENT_SCHEMAS], lasting[LASTING_SCHEMAS];
    char text[TEXT_WINDOW_MAX_TEXT + 1 + SCHEMA_COMMENT_BYTES];
    char tag[TOKA_REGISTRY_MAX_TAG_BYTES + PASS_BYTES];
    json_t *null;
} replay;

static uint64_t read_clock(void *data)
{
    return *(const uint64_t *)data;
}

static int complain(const char *problem)
{
    return log_lines_complain(&replay.log.lines, "%s", problem);
}

/* The library may answer what it likes, but for want of memory. */
static int check(toka_status status)
{
    return status == TOKA_E_NO_MEMORY ? complain(toka_status_name(status)) : 0;
}

/* Whether a name is the start's, after remembering it while that is played. */
static int is_lasting(uint64_t name, bool *ret_lasting)
{
    if (replay.starting && name_set_add(&replay.names, name))
        return complain("the start uses more than 65,536 texts and tags");
    *ret_lasting = name_set_has(&replay.names, name);
    return 0;
}

/* The name of a text in this file of the log. */
static uint64_t name_of(const struct logged_op *op)
{
    return op->hash ? random_mix(op->hash ^ replay.log.lines.file) | 1
                    : name_hash(op->text.data, op->text.size);
}

/* The text as it is in this pass. */
static int name_text(const struct logged_op *op, toka_text *ret_text)
{
    struct text_writer out = {.data = replay.text, .capacity = sizeof replay.text};
    bool lasting = false;

    *ret_text = op->text;
    if (is_lasting(name_of(op), &lasting))
        return -1;
    if (lasting || replay.pass == 0 || op->text.size > TOKA_SCHEMA_MAX_BYTES - SCHEMA_COMMENT_BYTES)
        return 0;
    schema_text_write_new(&out, op->text, "pass", replay.pass);
    *ret_text = (toka_text){out.data, out.size};
    return 0;
}

/* The tag as it is in this pass. */
static int name_tag(const struct logged_op *op, const char **ret_tag)
{
    size_t size = strlen(op->tag);
    bool lasting = false;

    *ret_tag = op->tag;
    if (is_lasting(name_hash(op->tag, size), &lasting))
        return -1;
    if (lasting || replay.pass == 0 || size + PASS_BYTES > TOKA_REGISTRY_MAX_TAG_BYTES)
        return 0;
    snprintf(replay.tag, sizeof replay.tag, "%s#%" PRIu64, op->tag, replay.pass);
    *ret_tag = replay.tag;
    return 0;
}

static struct store *find_store(uint64_t number)
{
    for (size_t i = 0; i < MOST_STORES; i++)
        if (replay.stores[i].store && replay.stores[i].number == number &&
            replay.stores[i].file == replay.log.lines.file)
            return &replay.stores[i];
    return NULL;
}

/* The op's store, made when it is first named. */
static toka_schema_store *need_store(const struct logged_op *op)
{
    struct store *found = find_store(op->store);

    for (size_t i = 0; i < MOST_STORES && !found; i++)
        found = replay.stores[i].store ? NULL : &replay.stores[i];
    if (!found) {
        complain("more than 256 stores are open at once");
        return NULL;
    }
    if (!found->store) {
        if (check(toka_schema_store_new(&op->options, &found->store)))
            return NULL;
        found->file = replay.log.lines.file;
        found->number = op->store;
        found->lasting = replay.starting;
    }
    return found->store;
}

static int free_store(uint64_t number)
{
    struct store *found = find_store(number);

    if (found && (replay.starting || !found->lasting)) {
        toka_schema_store_free(found->store);
        *found = (struct store){0};
    }
    return 0;
}

/* Where a schema of the start is, or would be; NULL when there is no room. */
static struct held *lasting_place(uint64_t name)
{
    for (size_t i = 0; i < LASTING_SCHEMAS; i++) {
        struct held *held = &replay.lasting[(name + i) % LASTING_SCHEMAS];

        if (!held->schema || held->name == name)
            return held;
    }
    return NULL;
}

/* Keeps a schema to validate with, in the place of an older one. */
static void hold(uint64_t name, toka_schema *schema)
{
    struct held *held = replay.starting ? lasting_place(name) : &replay.recent[name % RECENT_SCHEMAS];

    if (!held) {
        toka_schema_unref(schema);
        return;
    }
    toka_schema_unref(held->schema);
    *held = (struct held){name, schema};
}

static void drop(struct held *held, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        toka_schema_unref(held[i].schema);
        held[i] = (struct held){0};
    }
}

static int compile(const struct logged_op *op)
{
    toka_schema_store *store = need_store(op);
    toka_schema *schema = NULL;
    toka_text text = {NULL, 0};
    toka_status status = TOKA_OK;

    if (!store || name_text(op, &text))
        return -1;
    if (op->kind == LOGGED_COMPILE)
        return check(toka_ensure_schema_compiles(store, text, op->which, NULL));
    status = toka_schema_store_get(store, text, op->which, &schema, NULL);
    if (schema)
        hold(name_of(op), schema);
    return check(status);
}

/* A schema that was got before the recording began, or long ago, is not at hand: nothing is done. */
static int validate(const struct logged_op *op)
{
    uint64_t name = name_of(op);
    const struct held *recent = &replay.recent[name % RECENT_SCHEMAS], *lasting = lasting_place(name);
    const toka_schema *schema = recent->name == name ? recent->schema : lasting ? lasting->schema : NULL;

    return schema ? check(toka_schema_validate(schema, op->instance ? op->instance : replay.null, NULL)) : 0;
}

static int load_manifest(const struct logged_op *op)
{
    toka_schema_store *store = need_store(op);
    toka_manifest *manifest = NULL;
    toka_status status = TOKA_OK;

    if (!store)
        return -1;
    status = toka_manifest_parse(op->text, store, &manifest, NULL);
    toka_manifest_free(manifest);
    return check(status);
}

static toka_status run(void *user_data, toka_text payload)
{
    uint64_t *calls = user_data;

    (void)payload;
    ++*calls;
    return TOKA_OK;
}

static int register_handler(const char *tag)
{
    uint64_t *calls = calloc(1, sizeof *calls);
    toka_status status = TOKA_E_NO_MEMORY;

    if (calls)
        status = toka_registry_register(tag, (toka_handler){.run = run, .user_data = calls, .destroy = free});
    if (status)
        free(calls);
    return check(status);
}

static struct lasting **find_handler(const char *tag)
{
    struct lasting **link = &replay.handlers;

    while (*link && strcmp((*link)->tag, tag) != 0)
        link = &(*link)->next;
    return link;
}

static int keep_handler(const char *tag)
{
    size_t size = strlen(tag) + 1;
    struct lasting **link = find_handler(tag);
    struct lasting *handler = *link ? NULL : malloc(sizeof *handler + size);

    if (*link)
        return 0;
    if (!handler)
        return check(TOKA_E_NO_MEMORY);
    handler->next = NULL;
    memcpy(handler->tag, tag, size);
    *link = handler;
    return 0;
}

static void forget_handler(const char *tag)
{
    struct lasting **link = find_handler(tag), *handler = *link;

    if (handler)
        *link = handler->next;
    free(handler);
}

static void forget_all_handlers(void)
{
    while (replay.handlers)
        forget_handler(replay.handlers->tag);
}

static int use_tag(const struct logged_op *op)
{
    const char *tag = NULL;

    if (name_tag(op, &tag))
        return -1;
    if (op->kind == LOGGED_REGISTER)
        return (replay.starting && keep_handler(tag)) || register_handler(tag) ? -1 : 0;
    if (op->kind == LOGGED_DISPATCH)
        return check(toka_registry_dispatch(tag, (toka_text){"", 0}));
    if (replay.starting)
        forget_handler(tag);
    return check(toka_registry_unregister(tag));
}

static int play(const struct logged_op *op)
{
    uint64_t ms = replay.file_ms + op->ms;

    replay.now_ms = ms > replay.now_ms ? ms : replay.now_ms;
    switch (op->kind) {
    case LOGGED_COMPILE:
    case LOGGED_GET:
        return compile(op);
    case LOGGED_VALIDATE:
        return validate(op);
    case LOGGED_MANIFEST:
        return load_manifest(op);
    case LOGGED_FREE_STORE:
        return free_store(op->store);
    case LOGGED_REGISTER:
    case LOGGED_UNREGISTER:
    case LOGGED_DISPATCH:
        return use_tag(op);
    case LOGGED_SWEEP:
        return check(toka_registry_sweep(op->idle_ms, NULL));
    case LOGGED_CLEAR:
        if (replay.starting)
            forget_all_handlers();
        return check(toka_registry_clear());
    case LOGGED_LIMIT:
        return check(toka_registry_set_limit(op->handlers));
    case LOGGED_TEXT:
    case LOGGED_TRAFFIC:
        break;
    }
    return 0;
}

/* Goes to where the traffic of a file begins. */
static int go(size_t file)
{
    const struct traffic *traffic = &replay.traffic[file];

    if (op_log_go(&replay.log, file, traffic->place))
        return -1;
    replay.log.ms = traffic->ms;
    replay.file_ms = replay.now_ms - traffic->ms;
    return 0;
}

/* At the end of a file; after the last one a new pass begins. */
static int go_on(void)
{
    size_t next = replay.log.lines.file + 1;

    if (next < replay.log.lines.count)
        return go(next);
    if (replay.played == replay.played_before)
        return complain("there is no op after the line \"traffic\"");
    replay.played_before = replay.played;
    replay.pass++;
    return go(0);
}

/* The next op of the traffic. */
static int next_op(struct logged_op *ret_op)
{
    int got = 0;

    do {
        got = op_log_next(&replay.log, ret_op);
        if (got < 0 || (got == 0 && go_on()))
            return -1;
    } while (got == 0 || ret_op->kind == LOGGED_TEXT || ret_op->kind == LOGGED_TRAFFIC);
    return 0;
}

/* Plays what comes before the line "traffic", where a file has one. */
static int play_start(size_t file)
{
    struct logged_op op = {.kind = LOGGED_TEXT};
    int got = op_log_has_traffic(&replay.log, file);

    replay.traffic[file].place = (struct log_place){0, 1};
    if (got <= 0)
        return got;
    if (op_log_go(&replay.log, file, replay.traffic[file].place))
        return -1;
    while (op.kind != LOGGED_TRAFFIC)
        if (op_log_next(&replay.log, &op) != 1 || play(&op))
            return -1;
    replay.traffic[file] = (struct traffic){log_lines_place(&replay.log.lines), replay.log.ms};
    return 0;
}

static int start(void)
{
    replay.starting = true;
    for (size_t file = 0; file < replay.log.lines.count; file++) {
        replay.file_ms = replay.now_ms;
        if (play_start(file))
            return -1;
    }
    replay.starting = false;
    return go(0);
}

int heapgate_setup(void)
{
    const char *path = heapgate_corpus();
    toka_status status = TOKA_OK;

    if (!path) {
        fprintf(stderr, "replay: no log given: add --corpus LOG, a log that libtoka recorded\n");
        return 1;
    }
    if (op_log_open(&replay.log, path))
        return 1;
    replay.traffic = calloc(replay.log.lines.count, sizeof *replay.traffic);
    replay.null = json_null();
    status = toka_registry_set_clock(read_clock, &replay.now_ms);
    if (!replay.traffic || name_set_open(&replay.names) || status == TOKA_E_NO_MEMORY)
        fprintf(stderr, "replay: %s: out of memory\n", path);
    else if (start() == 0)
        return 0;
    heapgate_teardown();
    return 1;
}

int heapgate_iterate(uint64_t i)
{
    struct logged_op op;

    (void)i; /* the ops come in the order of the log */
    if (next_op(&op))
        return 1;
    replay.played++;
    return play(&op) ? 1 : 0;
}

void heapgate_quiesce(void)
{
    drop(replay.recent, RECENT_SCHEMAS);
    if (toka_registry_clear() != TOKA_OK)
        return;
    for (const struct lasting *handler = replay.handlers; handler; handler = handler->next)
        if (register_handler(handler->tag))
            abort(); /* there may be no next op that could say so */
}

void heapgate_teardown(void)
{
    drop(replay.recent, RECENT_SCHEMAS);
    drop(replay.lasting, LASTING_SCHEMAS);
    toka_registry_clear(); /* where the build can */
    toka_registry_set_clock(NULL, NULL);
    toka_registry_set_limit(TOKA_REGISTRY_DEFAULT_LIMIT);
    forget_all_handlers();
    for (size_t i = 0; i < MOST_STORES; i++)
        toka_schema_store_free(replay.stores[i].store);
    name_set_close(&replay.names);
    free(replay.traffic);
    op_log_close(&replay.log);
    memset(&replay, 0, sizeof replay);
}
