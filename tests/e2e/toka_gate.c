/*
 * Goal: the Toka suite is a gate. The leaky build is caught with the function of libtoka that leaks on top,
 * the fixed build is clean; the leaky build in the place of the fixed one turns the suite red and names the
 * place; and so does the fixed build in the place of the leaky one: a harness that sees no leak any more must
 * say so.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* Fewer ops than by default: the verdicts are the same. */
#define OPS "500"

typedef struct gate {
    command_result result;
    json_t *run;
    char *folder;
} gate;

/* Runs the whole suite; suite NULL: the built-in one. */
static gate run_suite(const char *suite)
{
    gate done = {.folder = folder_make()};
    char path[4096];
    command given = {.words = {HEAPGATE, "run", "--ops", OPS, "--out", done.folder, NULL}};
    char *file = suite ? folder_write(done.folder, "suite.yaml", suite) : NULL;
    if (file) {
        given.words[6] = "-c";
        given.words[7] = file;
        given.words[8] = NULL;
    }
    done.result = command_run(&given);
    snprintf(path, sizeof path, "%s/run.json", done.folder);
    done.run = json_load_file(path, 0, NULL);
    cr_assert(done.run != NULL, "%s: %s", done.result.line, done.result.err);
    free(file);
    return done;
}

static void end(gate *done)
{
    json_decref(done->run);
    command_result_free(&done->result);
    folder_remove(done->folder);
}

/* The function that is to stand on top of a leaking cell's first site. */
static const char *leaking_function(const char *workload)
{
    return strncmp(workload, "registry", strlen("registry")) == 0 ? "registry_entry_new" : "store_parse";
}

static void expect_culprit(const json_t *cell, const char *build, const char *line)
{
    char file[64];
    const json_t *culprit = culprit_of(cell, 0);
    const char *function = text_of(culprit, "function");
    snprintf(file, sizeof file, "core/%s/%s.c", build,
             strcmp(function, "store_parse") == 0 ? "schema_store" : "registry");
    cr_assert(eq(str, (char *)function, (char *)leaking_function(text_of(cell, "workload"))), "%s", line);
    cr_assert(strstr(text_of(culprit, "file"), file) != NULL, "%s: %s", text_of(culprit, "file"), line);
    cr_assert(lt(int, 0, (int)number_of(culprit, "line")), "%s", line);
}

/* The first leaking site of which all blocks are held, or all are lost; the test ends when there is none. */
static const json_t *held_of(const json_t *cell, bool lost, const char *line)
{
    const json_t *sites = json_object_get(cell, "sites");
    for (size_t i = 0; i < json_array_size(sites); i++) {
        const json_t *site = json_array_get(sites, i);
        const json_t *held = json_object_get(site, "held");
        double kept = held ? number_of(held, "held_blocks") : 0;
        double gone = held ? number_of(held, "lost_blocks") + number_of(held, "indirectly_lost_blocks") : 0;
        if (strcmp(text_of(site, "class"), "leak") == 0 && kept + gone > 0 && (lost ? kept : gone) == 0)
            return held;
    }
    cr_fatal("%s: no site is %s: %s", text_of(cell, "workload"), lost ? "lost" : "held", line);
    return NULL;
}

/* Documents are lost; the cache and the registry are held by their static, field and line. */
static void expect_holder(const json_t *cell, const char *line)
{
    static const struct {
        const char *workload, *path, *name, *file;
    } known[] = {
        {"schema-storm", NULL, NULL, NULL},
        {"schema-storm-cached", "source.store\u2192table.buckets[].chain", "source",
         "workloads/schema_storm_cached.c"},
        {"cache-churn", "source.store\u2192table.buckets[].chain", "source", "workloads/cache_churn.c"},
        {"registry-storm", "registry.table.buckets[].chain", "registry", "core/before/registry.c"},
        {"registry-fill", "registry.table.buckets[].chain", "registry", "core/before/registry.c"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(text_of(cell, "workload"), known[i].workload) != 0)
            continue;
        const json_t *held = held_of(cell, !known[i].path, line);
        if (!known[i].path)
            continue;
        const json_t *holder = json_array_get(json_object_get(held, "holders"), 0);
        cr_assert(eq(int, strncmp(text_of(holder, "path"), known[i].path, strlen(known[i].path)), 0),
                  "%s: %s: %s", known[i].workload, text_of(holder, "path"), line);
        cr_assert(eq(str, (char *)text_of(holder, "name"), (char *)known[i].name), "%s", line);
        cr_assert(strstr(text_of(holder, "file"), known[i].file) != NULL, "%s: %s", text_of(holder, "file"),
                  line);
        cr_assert(lt(int, 0, (int)number_of(holder, "line")), "%s", line);
    }
}

/* The bound of the cache or of the registry, where the suite has one: kept by the fixed build alone. */
static size_t expect_bound(const json_t *cell, bool leaky, const char *line)
{
    const json_t *holder = json_array_get(json_object_get(cell, "holders"), 0);
    if (!holder)
        return 0;
    bool kept = json_is_true(json_object_get(holder, "within_bound"));
    cr_assert(lt(dbl, 0, number_of(json_object_get(holder, "bound"), "blocks")), "%s", line);
    cr_assert(eq(int, kept, !leaky), "%s: %g blocks: %s", text_of(cell, "workload"),
              number_of(holder, "alike_blocks"), line);
    return 1;
}

Test(toka_gate, catches_the_leaky_build_and_passes_the_fixed_one)
{
    gate done = run_suite(NULL);
    size_t bounds = 0;
    const json_t *cells = json_object_get(done.run, "cells");
    cr_assert(eq(int, done.result.exit_code, 0), "%s\n%s", done.result.line, done.result.out);
    cr_assert(eq(sz, json_array_size(cells), 32), "%s", done.result.line);
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *cell = json_array_get(cells, i);
        bool leaky = strcmp(text_of(cell, "subject"), "before") == 0;
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), leaky ? "leak" : "clean"), "%s",
                  done.result.line);
        if (leaky) {
            expect_culprit(cell, "before", done.result.line);
            expect_holder(cell, done.result.line);
        }
        bounds += expect_bound(cell, leaky, done.result.line);
    }
    cr_assert(eq(sz, bounds, 12), "%s\n%s", done.result.line, done.result.out);
    end(&done);
}

#define WORKLOADS                                                                                            \
    "allocators: [glibc]\n"                                                                                  \
    "workloads:\n"                                                                                           \
    "  schema-storm: { plugin: workloads/schema_storm.so }\n"                                                \
    "  registry-fill: { plugin: workloads/registry_fill.so }\n"

Test(toka_gate, turns_red_and_names_the_place_when_the_leaks_come_back)
{
    gate done = run_suite("suite: relapse\n"
                          "subjects: { after: { library_path: core/before, expect: clean } }\n" WORKLOADS);
    cr_assert(eq(int, done.result.exit_code, 1), "%s\n%s", done.result.line, done.result.out);
    for (size_t i = 0; i < 2; i++)
        expect_culprit(json_array_get(json_object_get(done.run, "cells"), i), "before", done.result.line);
    end(&done);
}

Test(toka_gate, turns_red_when_a_known_leak_is_not_seen)
{
    gate done = run_suite("suite: blind\n"
                          "subjects: { before: { library_path: core/after, expect: leak } }\n" WORKLOADS);
    cr_assert(eq(int, done.result.exit_code, 1), "%s\n%s", done.result.line, done.result.out);
    end(&done);
}
