#include "growth_watch.h"
#include "meters.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

_Atomic uint64_t toka_meters[TOKA_METERS];
toka_op_meters toka_ops[TOKA_PLACES];
void (*toka_registry_show_meters)(void);

/* With the ops of all places. */
static uint64_t total_of(toka_meter meter)
{
    uint64_t sum = toka_meter_read(meter);

    for (unsigned place = 0; place < TOKA_PLACES; place++)
        sum += atomic_load_explicit(&toka_ops[place].counts[meter], memory_order_relaxed);
    return sum;
}

static struct {
    pthread_mutex_t lock; /* guards what follows; held for a few comparisons only */
    toka_growth_watch watch;
    uint64_t next_alert_bytes; /* below this, growth has been told already */
    toka_alert_fn alert;
    void *user_data;
} monitor = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t heap_bytes(void)
{
    return toka_meter_read(TOKA_METER_document_bytes) + toka_meter_read(TOKA_METER_schema_bytes) +
           toka_meter_read(TOKA_METER_cache_bytes) + toka_meter_read(TOKA_METER_registry_bytes);
}

/* Contents within a limit, in bytes: they may grow, and end by themselves. */
static uint64_t bounded_bytes(toka_meter count, toka_meter limit, uint64_t bytes)
{
    uint64_t bound = toka_meter_read(limit);

    return bound < TOKA_METER_NO_LIMIT && toka_meter_read(count) <= bound ? bytes : 0;
}

static uint64_t unbounded_bytes(uint64_t held)
{
    uint64_t cached =
        toka_meter_read(TOKA_METER_cache_bytes) + toka_meter_read(TOKA_METER_cached_schema_bytes);
    uint64_t bounded = bounded_bytes(TOKA_METER_cache_entries, TOKA_METER_cache_limit, cached) +
                       bounded_bytes(TOKA_METER_registry_handlers, TOKA_METER_registry_limit,
                                     toka_meter_read(TOKA_METER_registry_bytes));

    /* Other threads may have counted one side only. */
    return held > bounded ? held - bounded : 0;
}

static uint64_t limit_of(toka_meter limit)
{
    uint64_t bound = toka_meter_read(limit);

    return bound < TOKA_METER_NO_LIMIT ? bound : TOKA_MONITOR_NO_LIMIT;
}

void toka_monitor_read(toka_monitor_figures *ret_figures)
{
    toka_monitor_figures figures;
    uint64_t lookups = 0;

    if (toka_registry_show_meters)
        toka_registry_show_meters();
    figures = (toka_monitor_figures){
#define READ(name, ...) .name = total_of(TOKA_METER_##name),
        TOKA_MONITOR_COUNTERS(READ) TOKA_MONITOR_GAUGES(READ)
#undef READ
    };
    lookups = figures.cache_hits + figures.cache_misses;

    figures.heap_bytes = heap_bytes();
    figures.unbounded_bytes = unbounded_bytes(figures.heap_bytes);
    figures.cache_limit = limit_of(TOKA_METER_cache_limit);
    figures.registry_limit = limit_of(TOKA_METER_registry_limit);
    figures.cache_hit_ratio = lookups ? (double)figures.cache_hits / (double)lookups : 0;
    *ret_figures = figures;
}

struct text {
    char *data;
    size_t size, capacity; /* bytes; the NUL is not in size */
    bool full;
};

static void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void text_add(struct text *text, const char *format, ...)
{
    size_t room = text->capacity - text->size;
    va_list arguments;
    int size = 0;

    if (text->full)
        return;
    va_start(arguments, format);
    size = vsnprintf(text->data + text->size, room, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= room)
        text->full = true;
    else
        text->size += (size_t)size;
}

static void text_add_counter(struct text *text, const char *name, uint64_t value, const char *meaning)
{
    text_add(text, "# TYPE toka_%s counter\n# HELP toka_%s %s\ntoka_%s_total %" PRIu64 "\n", name, name,
             meaning, name, value);
}

static void text_add_gauge(struct text *text, const char *name, uint64_t value, const char *unit,
                           const char *meaning)
{
    text_add(text, "# TYPE toka_%s gauge\n", name);
    if (unit[0])
        text_add(text, "# UNIT toka_%s %s\n", name, unit);
    text_add(text, "# HELP toka_%s %s\ntoka_%s ", name, meaning, name);
    if (value == TOKA_MONITOR_NO_LIMIT)
        text_add(text, "+Inf\n");
    else
        text_add(text, "%" PRIu64 "\n", value);
}

/* In millionths: printf would write the locale's decimal sign. */
static void text_add_ratio(struct text *text, double ratio)
{
    unsigned millionths = (unsigned)(ratio * 1e6 + 0.5);

    text_add(text,
             "# TYPE toka_cache_hit_ratio gauge\n# UNIT toka_cache_hit_ratio ratio\n"
             "# HELP toka_cache_hit_ratio Share of the requested schemas that were found in a cache.\n"
             "toka_cache_hit_ratio %u.%06u\n",
             millionths / 1000000, millionths % 1000000);
}

toka_status toka_monitor_write(char *buffer, size_t capacity, size_t *ret_size)
{
    struct text text = {.data = buffer, .capacity = capacity};
    toka_monitor_figures figures;

    if (!buffer)
        return TOKA_E_ARGUMENT;
    toka_monitor_read(&figures);
#define ADD_COUNTER(name, meaning)     text_add_counter(&text, #name, figures.name, meaning);
#define ADD_GAUGE(name, unit, meaning) text_add_gauge(&text, #name, figures.name, unit, meaning);
    TOKA_MONITOR_COUNTERS(ADD_COUNTER)
    TOKA_MONITOR_GAUGES(ADD_GAUGE)
#undef ADD_COUNTER
#undef ADD_GAUGE
    text_add_ratio(&text, figures.cache_hit_ratio);
    text_add(&text, "# EOF\n");
    if (text.full)
        return TOKA_E_TOO_LARGE;
    if (ret_size)
        *ret_size = text.size;
    return TOKA_OK;
}

static toka_alert alert_of(uint64_t held, const toka_growth *growth)
{
    toka_alert alert = {
        .unbounded_bytes = held,
        .grown_bytes = growth->grown,
        .ops = growth->samples * TOKA_METER_OPS_PER_SAMPLE,
    };

    snprintf(alert.line, sizeof alert.line,
             "libtoka grows steadily: %" PRIu64 " bytes held outside any limit, %" PRIu64
             " more than %" PRIu64 " ops ago",
             alert.unbounded_bytes, alert.grown_bytes, alert.ops);
    return alert;
}

/*
 * One sample at a time; a thread that finds another at it goes on, and its sample is lost. So samples may be
 * further apart than the ops they stand for, which makes rounds longer and harms no verdict.
 */
void toka_monitor_sample(void)
{
    uint64_t held = unbounded_bytes(heap_bytes());
    toka_growth growth = {0};
    toka_alert_fn tell = NULL;
    void *user_data = NULL;
    bool alerts = false;

    assert(toka_places_hold_none());
    if (pthread_mutex_trylock(&monitor.lock) != 0)
        return;
    if (toka_growth_watch_add(&monitor.watch, held, &growth) && held >= monitor.next_alert_bytes) {
        monitor.next_alert_bytes = 2 * held;
        tell = monitor.alert;
        user_data = monitor.user_data;
        alerts = true;
    }
    pthread_mutex_unlock(&monitor.lock);
    if (!alerts)
        return;
    toka_meter_add(TOKA_METER_alerts, 1);
    if (tell) {
        toka_alert alert = alert_of(held, &growth);

        tell(user_data, &alert);
    }
}

void toka_monitor_on_alert(toka_alert_fn alert, void *user_data)
{
    assert(toka_places_hold_none());
    pthread_mutex_lock(&monitor.lock);
    monitor.alert = alert;
    monitor.user_data = user_data;
    pthread_mutex_unlock(&monitor.lock);
}
