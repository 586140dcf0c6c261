/*
 * What the monitor counts, in both builds: after known operations, the figures are known.
 */
#include "registry_support.h"
#include "store_support.h"

#include <locale.h>
#include <toka/monitor.h>

static toka_monitor_figures figures_now(void)
{
    toka_monitor_figures figures;

    toka_monitor_read(&figures);
    return figures;
}

Test(monitor_figures, library_begins_at_nothing)
{
    toka_monitor_figures figures = figures_now();

    cr_expect_eq(figures.heap_bytes, 0);
    cr_expect_eq(figures.cache_limit, 0);
    cr_expect_eq(figures.dispatches, 0);
    cr_expect_eq(figures.cache_hit_ratio, 0.0);
    cr_expect_eq(figures.registry_limit, HAS_FIX ? TOKA_REGISTRY_DEFAULT_LIMIT : TOKA_MONITOR_NO_LIMIT);
}

Test(monitor_figures, store_counts_hits_misses_and_failures)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_monitor_figures figures;

    for (unsigned i = 0; i < 12; i++)
        ensure_numbered(store, i % 3);
    cr_expect_eq(ensure(store, "{\"type\":12}"), TOKA_E_SCHEMA);
    figures = figures_now();
    cr_expect_eq(figures.cache_hits, 9);
    cr_expect_eq(figures.cache_misses, 4);
    cr_expect_eq(figures.schema_failures, 1);
    cr_expect_eq(figures.cache_entries, 3);
    cr_expect_eq(figures.schemas, 3);
    cr_expect_gt(figures.cache_bytes, 0);
    cr_expect_gt(figures.schema_bytes, 0);
    cr_expect_float_eq(figures.cache_hit_ratio, 9.0 / 13, 1e-9);
    cr_expect_eq(figures.cache_limit, HAS_FIX ? TOKA_STORE_DEFAULT_ENTRIES : TOKA_MONITOR_NO_LIMIT);
    toka_schema_store_free(store);
}

Test(monitor_figures, freed_store_leaves_only_what_the_build_leaks)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_monitor_figures figures;
    char buffer[128];
    uint64_t text_bytes = 0;

    for (unsigned i = 0; i < 100; i++) {
        ensure_numbered(store, i);
        text_bytes += numbered_schema(buffer, i).size;
    }
    cr_expect_eq(ensure(store, "[1"), TOKA_E_SYNTAX);
    toka_schema_store_free(store);
    figures = figures_now();
    cr_expect_eq(figures.cache_entries, 0);
    cr_expect_eq(figures.cache_bytes, 0);
    cr_expect_eq(figures.cache_limit, 0);
    cr_expect_eq(figures.schemas, 0);
    cr_expect_eq(figures.schema_bytes, 0);
    cr_expect_eq(figures.documents, HAS_FIX ? 0 : 100);
    cr_expect_eq(figures.document_bytes, HAS_FIX ? 0 : text_bytes);
    cr_expect_eq(figures.heap_bytes, figures.document_bytes);
}

Test(monitor_figures, schema_that_outlives_its_store_is_counted)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});
    toka_schema *schema = NULL;

    cr_assert_eq(toka_schema_store_get(store, text_of("{}"), NULL, &schema, NULL), TOKA_OK);
    toka_schema_store_free(store);
    cr_expect_eq(figures_now().schemas, 1);
    cr_expect_gt(figures_now().unbounded_bytes, 0);
    toka_schema_unref(schema);
    cr_expect_eq(figures_now().schemas, 0);
    cr_expect_eq(figures_now().schema_bytes, 0);
}

Test(monitor_figures, cache_within_its_limit_is_not_unbounded)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true, .max_entries = 10});
    toka_monitor_figures figures;

    for (unsigned i = 0; i < 25; i++)
        ensure_numbered(store, i);
    figures = figures_now();
    cr_expect_eq(figures.cache_evictions, HAS_FIX ? 15 : 0);
    cr_expect_eq(figures.cache_entries, HAS_FIX ? 10 : 25);
    cr_expect_eq(figures.unbounded_bytes, HAS_FIX ? 0 : figures.heap_bytes);
    toka_schema_store_free(store);
}

Test(monitor_figures, registry_counts_what_happens_to_handlers)
{
    static struct probe probe;
    toka_monitor_figures figures;
    char tag[32];

    for (unsigned i = 0; i < 5; i++)
        register_probe(numbered_tag(tag, i % 4), &probe);
    cr_expect_eq(dispatch("tag.1"), TOKA_OK);
    cr_expect_eq(dispatch("other"), TOKA_E_NOT_FOUND);
    cr_expect_eq(toka_registry_unregister("tag.1"), HAS_FIX ? TOKA_OK : TOKA_E_NOT_SUPPORTED);
    cr_expect_eq(toka_registry_clear(), HAS_FIX ? TOKA_OK : TOKA_E_NOT_SUPPORTED);
    figures = figures_now();
    cr_expect_eq(figures.registrations, 5);
    cr_expect_eq(figures.dispatches, 1);
    cr_expect_eq(figures.unregistrations, HAS_FIX ? 1 : 0);
    cr_expect_eq(figures.sweeps, HAS_FIX ? 1 : 0);
    cr_expect_eq(figures.swept_handlers, HAS_FIX ? 3 : 0);
    cr_expect_eq(figures.registry_handlers, HAS_FIX ? 0 : 4);
    cr_expect_eq(figures.registry_bytes == 0, HAS_FIX);
}

/* Whether a line of the text is just this one. */
static bool has_line(const char *text, const char *line)
{
    const char *found = strstr(text, line);

    while (found && !((found == text || found[-1] == '\n') && found[strlen(line)] == '\n'))
        found = strstr(found + 1, line);
    return found;
}

Test(monitor_figures, text_has_every_figure_and_ends_as_openmetrics_does)
{
    static char text[TOKA_MONITOR_TEXT_BYTES];
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    size_t size = 0;

    ensure_numbered(store, 1);
    ensure_numbered(store, 1);
    cr_assert_eq(toka_monitor_write(text, sizeof text, &size), TOKA_OK);
    cr_expect_eq(size, strlen(text));
    cr_expect(has_line(text, "# TYPE toka_cache_hits counter"));
    cr_expect(has_line(text, "toka_cache_hits_total 1"));
    cr_expect(has_line(text, "# UNIT toka_heap_bytes bytes"));
    cr_expect(has_line(text, "toka_cache_entries 1"));
    cr_expect(has_line(text, "toka_cache_hit_ratio 0.500000"));
    cr_expect(has_line(text, HAS_FIX ? "toka_cache_limit 1000" : "toka_cache_limit +Inf"));
    cr_expect_str_eq(text + size - strlen("\n# EOF\n"), "\n# EOF\n");
#define EXPECT_NAMED(name, ...) cr_expect(strstr(text, "\ntoka_" #name), #name);
    TOKA_MONITOR_COUNTERS(EXPECT_NAMED)
    TOKA_MONITOR_GAUGES(EXPECT_NAMED)
    toka_schema_store_free(store);
}

Test(monitor_figures, text_fits_its_buffer_even_with_the_largest_figures)
{
    enum { FIGURES = 24, DIGITS = 20 };
    static char text[TOKA_MONITOR_TEXT_BYTES];
    size_t size = 0;

    cr_assert_eq(toka_monitor_write(text, sizeof text, &size), TOKA_OK);
    cr_expect_lt(size + (size_t)FIGURES * DIGITS, sizeof text);
}

Test(monitor_figures, text_that_does_not_fit_is_refused_at_every_size)
{
    static char text[TOKA_MONITOR_TEXT_BYTES];
    size_t size = 0, untouched = 77;

    cr_assert_eq(toka_monitor_write(text, sizeof text, &size), TOKA_OK);
    for (size_t capacity = 0; capacity <= size; capacity++) {
        text[capacity] = '#';
        cr_assert_eq(toka_monitor_write(text, capacity, &untouched), TOKA_E_TOO_LARGE, "%zu bytes", capacity);
        cr_assert_eq(text[capacity], '#', "wrote past %zu bytes", capacity);
    }
    cr_expect_eq(untouched, 77);
    cr_expect_eq(toka_monitor_write(text, size + 1, NULL), TOKA_OK);
    cr_expect_eq(toka_monitor_write(NULL, 100, NULL), TOKA_E_ARGUMENT);
}
