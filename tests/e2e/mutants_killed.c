/*
 * Goal: the Toka suite guards the fixes. Every mutant, libtoka `after` with one realistic mistake put back,
 * turns its workload red with the function that leaks on top; without a mistake all workloads are clean.
 */
#include "checked.h"
#include "truth.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#define SUITE HG_BUILD_DIR "/tests/mutants/heapgate.yaml"
/* Fewer ops than by default: the verdicts are the same. */
#define OPS "500"

typedef struct mutant {
    char name[64], workload[64];
    truth known;
} mutant;

static json_t *run_subject(const char *subject, const char *workload, bool quick, command_result *ret_result)
{
    char path[4096];
    char *folder = folder_make();
    const command given = {.words = {HEAPGATE, "run", quick ? "--quick" : "--no-speed", "--no-speed",
                                     "--holders", "never", "-c", SUITE, "--ops", OPS, "--out", folder,
                                     "--subject", subject, workload ? "--workload" : NULL, workload, NULL}};
    *ret_result = command_run(&given);
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    cr_assert(run != NULL, "%s: %s", ret_result->line, ret_result->err);
    folder_remove(folder);
    return run;
}

/* The first look tells nearly all of them; only the others are looked at again, as by default. */
static void expect_killed(const mutant *given)
{
    enum { INCONCLUSIVE = 3 };
    command_result result;
    json_t *run = run_subject(given->name, given->workload, true, &result);
    if (result.exit_code == INCONCLUSIVE) {
        json_decref(run);
        command_result_free(&result);
        run = run_subject(given->name, given->workload, false, &result);
    }
    const json_t *cells = json_object_get(run, "cells");
    cr_expect(eq(int, result.exit_code, 1), "%s survived: %s\n%s", given->name, result.line, result.out);
    cr_assert(eq(sz, json_array_size(cells), 2), "%s", result.line);
    for (size_t i = 0; i < 2; i++) {
        char mistake[TRUTH_MOST_MISTAKE];
        bool wrong = truth_mistake(&given->known, true, json_array_get(cells, i), mistake);
        cr_expect(not(wrong), "%s: %s", given->name, mistake);
    }
    json_decref(run);
    command_result_free(&result);
}

Test(mutants, each_turns_its_workload_red_with_the_culprit_on_top, .timeout = 500)
{
    enum { FEWEST = 12 };
    char line[256];
    size_t count = 0;
    FILE *file = fopen(HG_SOURCE_DIR "/tests/mutants/mutants.tsv", "r");
    cr_assert(file != NULL);
    while (fgets(line, sizeof line, file)) {
        mutant given = {.known = {.bytes_per_op = -1}};
        if (line[0] == '#')
            continue;
        cr_assert(
            eq(int, sscanf(line, "%63s %63s %159s", given.name, given.workload, given.known.culprit), 3),
            "%s", line);
        expect_killed(&given);
        count++;
    }
    fclose(file);
    cr_assert(ge(sz, count, FEWEST));
}

Test(mutants, are_clean_without_their_mistake)
{
    command_result result;
    json_t *run = run_subject("after", NULL, false, &result);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    cr_assert(eq(sz, json_array_size(json_object_get(run, "cells")), 16), "%s", result.line);
    json_decref(run);
    command_result_free(&result);
}
