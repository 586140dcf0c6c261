/*
 * Goal: a declaration is of the call paths that it names and of no other; the review tells each kind of
 * memory at exit apart; suppressions of two projects come in as what they say, and hostile ones in one line.
 */
#include "known/review.h"
#include "known/suppressions.h"
#include "view/kept.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TODAY  "2026-11-27"
#define CORPUS HG_SOURCE_DIR "/tests/fuzz/corpus/suppressions/"

#define FRAME(name, where)                                                                                   \
    {                                                                                                        \
        .function = (char *)(name), .file = (char *)"src/table.c", .module = (char *)(where), .line = 7      \
    }

/* malloc is called by xmalloc (inlined into a helper), on behalf of table_new. */
static hg_frame inner[] = {FRAME("xmalloc.part.0", "/opt/lib/libshop.so.2.1"),
                           FRAME("grow", "/opt/lib/libshop.so.2.1")};
static hg_frame outer[] = {FRAME("table_new", "/opt/lib/libshop.so.2.1"), FRAME("shop::open", "plugin.so"),
                           FRAME("heapgate_iterate", "plugin.so")};

static hg_site path_site(void)
{
    return (hg_site){.inner = inner, .inner_count = 2, .frames = outer, .frame_count = 3};
}

Test(harness_known, patterns_match_whole_texts)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"table_new", "table_new", true},
        {"table_new", "table_new2", false},
        {"table_*", "table_new", true},
        {"*new", "table_new", true},
        {"*new", "table_newer", false},
        {"t?ble*", "table_new", true},
        {"?", "", false},
        {"*", "", true},
        {"", "", true},
        {"", "a", false},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "a-c-b", false},
        {"*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(eq(int, hg_leak_matches(rows[i].pattern, rows[i].text), rows[i].matches), "'%s' of '%s'",
                  rows[i].pattern, rows[i].text);
}

/* Frames end at the first NULL. */
static bool is_of_stack(const char *const frames[8], const hg_site *site)
{
    hg_leak leak = {.stack = (char **)frames};
    while (leak.depth < 8 && frames[leak.depth])
        leak.depth++;
    return hg_leak_has_path(&leak, site);
}

Test(harness_known, stacks_match_from_the_allocator_outwards)
{
    static const struct {
        const char *frames[8];
        bool matches;
    } rows[] = {
        {{"xmalloc"}, true},
        {{"xmalloc", "grow", "table_new"}, true},
        {{"table_new"}, false},
        {{"...", "table_new"}, true},
        {{"xmalloc", "table_new"}, true}, /* grow is inlined */
        {{"xmalloc", "...", "heapgate_*"}, true},
        {{"...", "shop::open in plugin.so", "heapgate_iterate"}, true},
        {{"...", "shop::open in libshop.so"}, false},
        {{"...", "open"}, true},         /* as valgrind names an inlined function */
        {{"* in libshop.so"}, true},     /* whatever the version, */
        {{"* in libshop.so.2.1"}, true}, /* or with it */
        {{"* in libshop*", "...", "* in plugin.so", "* in plugin.so"}, true},
        {{"...", "* in plugin.so", "* in plugin.so", "* in plugin.so"}, false},
        {{"...", "heapgate_iterate", "main"}, false},
        {{"...", "heapgate_iterate", "..."}, true},
        {{"...", "...", "..."}, true},
        {{NULL}, false},
    };
    hg_site site = path_site();
    inner[1].inlined = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(eq(int, is_of_stack(rows[i].frames, &site), rows[i].matches), "row %zu: %s", i,
                  rows[i].frames[0]);
    inner[1].inlined = false;
    const char *const without_grow[8] = {"xmalloc", "table_new"};
    cr_expect(not(is_of_stack(without_grow, &site)));
}

Test(harness_known, functions_of_the_c_library_have_their_public_names)
{
    static const struct {
        const char *pattern, *function;
        bool matches;
    } rows[] = {
        {"strdup", "__GI___strdup", true}, {"__GI___strdup", "__GI___strdup", true},
        {"strdup", "__strdup", true},      {"strdup", "_strdup", false},
        {"dup", "__GI___strdup", false},   {"_IO_file_*", "__GI__IO_file_doallocate", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hg_frame frame = FRAME(rows[i].function, "libc.so.6");
        hg_site site = {.frames = &frame, .frame_count = 1};
        hg_leak leak = {.function = (char *)rows[i].pattern};
        cr_expect(eq(int, hg_leak_has_path(&leak, &site), rows[i].matches), "'%s' of '%s'", rows[i].pattern,
                  rows[i].function);
    }
}

Test(harness_known, a_function_is_the_place_and_anywhere_is_any_frame)
{
    static const struct {
        hg_leak leak;
        bool matches;
    } rows[] = {
        {{.function = (char *)"table_new"}, true}, {{.function = (char *)"heapgate_iterate"}, false},
        {{.function = (char *)"grow"}, false},     {{.anywhere = (char *)"grow"}, true},
        {{.anywhere = (char *)"*table.c"}, true},  {{.anywhere = (char *)"libshop.so.2.1"}, true},
        {{.anywhere = (char *)"*libshop*"}, true}, {{.anywhere = (char *)"libshop"}, false},
        {{.function = (char *)"xmalloc"}, false},  {{.anywhere = (char *)"open"}, false},
        {{.anywhere = (char *)"xmalloc"}, true},
    };
    hg_site site = path_site();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(eq(int, hg_leak_has_path(&rows[i].leak, &site), rows[i].matches), "row %zu", i);
}

static hg_cell *add_cell(hg_run *run)
{
    hg_cell *cell = hg_run_add_cell(run);
    cr_assert(ne(ptr, cell, NULL));
    cell->kept = (hg_kept){.known = 1, .blocks = 3, .bytes = 96};
    cell->met = true;
    cell->site_count = 1;
    cell->sites = calloc(1, sizeof *cell->sites);
    cell->sites[0] = path_site();
    cell->sites[0].kept = cell->kept;
    return cell;
}

static void clear(hg_run *run)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        hg_site *site = &run->cells[i].sites[0];
        site->frames = site->inner = NULL; /* of this file */
        site->frame_count = site->inner_count = 0;
        site->held = (hg_held){0};
    }
    hg_run_free(run);
}

static const hg_bounds *const no_bounds[2];

static void review(const hg_leaks *leaks, hg_unreviewed undeclared, const hg_bounds *const bounds[2],
                   hg_cell *cell)
{
    const hg_review_rules rules = {.leaks = leaks, .today = TODAY, .undeclared = undeclared};
    cr_assert(hg_review_cell(&rules, bounds, cell));
}

Test(harness_known, reviews_what_is_declared_until_its_last_day)
{
    hg_leak leak = {.function = (char *)"table_new", .until = (char *)TODAY};
    const hg_leaks leaks = {&leak, 1};
    hg_run *run = hg_run_new();
    hg_cell *cell = add_cell(run);
    review(&leaks, HG_UNREVIEWED_FAIL, no_bounds, cell);
    cr_expect(eq(int, cell->sites[0].kept.review, HG_REVIEW_DECLARED));
    cr_expect(eq(str, cell->sites[0].kept.by, "function: table_new"));
    cr_expect(cell->met);
    leak.until = (char *)"2026-11-26";
    review(&leaks, HG_UNREVIEWED_IGNORE, no_bounds, cell);
    cr_expect(eq(int, cell->sites[0].kept.review, HG_REVIEW_EXPIRED));
    cr_expect(not(cell->met));
    clear(run);
}

Test(harness_known, a_declaration_that_counts_goes_before_one_that_has_ended)
{
    hg_leak both[] = {{.function = (char *)"table_*", .until = (char *)"2020-01-01"},
                      {.function = (char *)"table_new", .until = (char *)HG_LEAK_NEVER}};
    const hg_leaks leaks = {both, 2};
    hg_run *run = hg_run_new();
    hg_cell *cell = add_cell(run);
    review(&leaks, HG_UNREVIEWED_FAIL, no_bounds, cell);
    cr_expect(eq(int, cell->sites[0].kept.review, HG_REVIEW_DECLARED));
    clear(run);
}

Test(harness_known, reviews_no_cell_that_is_to_leak_and_no_leak_that_is_told)
{
    const hg_leaks none = {0};
    hg_run *run = hg_run_new();
    hg_cell *cell = add_cell(run);
    cell->expect = HG_EXPECT_LEAK;
    review(&none, HG_UNREVIEWED_FAIL, no_bounds, cell);
    cr_expect(cell->met);
    cell->expect = HG_EXPECT_CLEAN;
    cell->verdict = HG_VERDICT_LEAK;
    review(&none, HG_UNREVIEWED_FAIL, no_bounds, cell);
    cr_expect(eq(int, cell->sites[0].kept.review, HG_REVIEW_NONE));
    cell->sites[0].growth_class = HG_CLASS_ONE_TIME;
    review(&none, HG_UNREVIEWED_FAIL, no_bounds, cell);
    cr_expect(eq(int, cell->sites[0].kept.review, HG_REVIEW_NEEDED));
    clear(run);
}

Test(harness_known, fails_for_what_a_cell_has_no_room_to_tell)
{
    const hg_leaks none = {0};
    hg_run *run = hg_run_new();
    hg_cell *cell = add_cell(run);
    cell->sites[0].kept = (hg_kept){0};
    review(&none, HG_UNREVIEWED_WARN, no_bounds, cell);
    cr_expect(cell->met);
    review(&none, HG_UNREVIEWED_FAIL, no_bounds, cell);
    cr_expect(not(cell->met));
    cr_expect(ne(ptr, strstr(cell->reason, "more call paths keep memory at exit"), NULL), "%s", cell->reason);
    char line[HG_KEPT_LINE];
    cr_expect(hg_kept_line(cell, 0, line));
    cr_expect(ne(ptr, strstr(line, "more call paths keep memory at exit"), NULL), "%s", line);
    cr_expect(not(hg_kept_line(cell, 1, line)));
    clear(run);
}

/* Half held by a table with a bound, half by something else or by nothing. */
Test(harness_known, takes_bounds_and_holders_only_for_all_of_the_blocks)
{
    hg_holder holders[] = {{.path = (char *)"registry.table.slots[]\u2192entry", .blocks = 2},
                           {.path = (char *)"spare", .blocks = 1}};
    hg_bound bound = {.known = 1, .holder = (char *)"registry.table", .blocks = 9};
    const hg_bounds one = {&bound, 1};
    const hg_bounds *const bounds[2] = {NULL, &one};
    hg_leak leak = {.holder = (char *)"spare", .until = (char *)HG_LEAK_NEVER};
    const hg_leaks leaks = {&leak, 1}, none = {0};
    hg_run *run = hg_run_new();
    hg_cell *cell = add_cell(run);
    hg_kept *kept = &cell->sites[0].kept;
    cell->sites[0].held = (hg_held){.known = 1, .held_blocks = 3, .holders = holders, .holder_count = 2};
    review(&none, HG_UNREVIEWED_WARN, bounds, cell);
    cr_expect(eq(int, kept->review, HG_REVIEW_NEEDED));
    review(&leaks, HG_UNREVIEWED_WARN, no_bounds, cell);
    cr_expect(eq(int, kept->review, HG_REVIEW_NEEDED));
    review(&leaks, HG_UNREVIEWED_WARN, bounds, cell);
    cr_expect(eq(int, kept->review, HG_REVIEW_DECLARED));
    cell->sites[0].held.lost_blocks = 1;
    review(&leaks, HG_UNREVIEWED_WARN, bounds, cell);
    cr_expect(eq(int, kept->review, HG_REVIEW_NEEDED));
    cell->sites[0].held.lost_blocks = 0;
    cell->sites[0].held.holder_count = 1;
    review(&none, HG_UNREVIEWED_FAIL, bounds, cell);
    cr_expect(eq(int, kept->review, HG_REVIEW_BOUNDED));
    cell->sites[0].held.holders = NULL;
    clear(run);
}

static size_t left_out;
static char left_out_lines[64];

static void leave_out(size_t line, const char *why, void *user_data)
{
    size_t used = strlen(left_out_lines);
    cr_expect(ne(ptr, (void *)why, NULL));
    cr_expect(eq(ptr, user_data, NULL));
    snprintf(left_out_lines + used, sizeof left_out_lines - used, "%zu ", line);
    left_out++;
}

static const hg_import import = {
    .who = "nobody yet", .until = "2027-02-25", .since = TODAY, .leave_out = leave_out};

/* What the file becomes, one leak a line. */
static void expect_import(const char *name, const char *leaks, size_t foreign, const char *lines)
{
    char message[512] = "", path[512], all[2048] = "";
    hg_suppressions read;
    snprintf(path, sizeof path, CORPUS "%s", name);
    left_out_lines[0] = '\0';
    cr_assert(hg_suppressions_read(path, &import, &read, message, sizeof message), "%s", message);
    for (size_t i = 0; i < read.leaks.count; i++) {
        char *text = hg_leak_describe(&read.leaks.leaks[i]);
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s\n", text);
        free(text);
    }
    cr_expect(eq(str, all, (char *)leaks), "%s", name);
    cr_expect(eq(sz, read.foreign, foreign), "%s", name);
    cr_expect(eq(str, left_out_lines, (char *)lines), "%s", name);
    hg_suppressions_clear(&read);
}

Test(harness_known, imports_the_suppressions_of_a_c_library)
{
    expect_import("glib.supp",
                  "stack: g_malloc0, ..., g_type_register_*\n"
                  "stack: ..., g_quark_from_*\n"
                  "stack: ..., * in libgobject-2.0.so*, ..., call_init*, _dl_init\n"
                  "stack: allocate_dtv, _dl_allocate_tls, pthread_create\n",
                  3, "");
}

Test(harness_known, imports_the_suppressions_of_a_cxx_server)
{
    expect_import("database.supp",
                  "stack: storage::Engine::instance\n"
                  "stack: storage::cache*\n"
                  "stack: allocate, _M_create_node<const int&>, storage::Table::put\n"
                  "stack: ..., * in audit.so\n",
                  0, "25 38 44 50 ");
}

Test(harness_known, imports_the_patterns_of_leaksanitizer)
{
    expect_import("browser.lsan",
                  "anywhere: *libfontconfig*\n"
                  "anywhere: *FcConfigAppend**\n"
                  "anywhere: nss_Init\n"
                  "anywhere: *blink::Worker*::Start*\n"
                  "anywhere: *content/browser/dom_storage/*\n",
                  2, "11 ");
}

static void expect_refusal(const char *text, size_t size, const char *says)
{
    char message[512] = "";
    char path[] = HG_BUILD_DIR "/suppressions-XXXXXX";
    int file = mkstemp(path);
    hg_suppressions read;
    cr_assert(file >= 0 && write(file, text, size) == (ssize_t)size);
    close(file);
    bool done = hg_suppressions_read(path, &import, &read, message, sizeof message);
    unlink(path);
    cr_expect(not(done), "%.60s", text);
    cr_expect(ne(ptr, strstr(message, says), NULL), "'%s' does not say '%s'", message, says);
    cr_expect(eq(ptr, strchr(message, '\n'), NULL), "%s", message);
    hg_suppressions_clear(&read);
}

Test(harness_known, refuses_what_is_no_suppression_in_one_line)
{
    static const char *const texts[][2] = {
        {"{\n", ":1: the file ends within the suppression that begins in line 1"},
        {"{\nname\nMemcheck:Leak\nfun:a\n", ":4: the file ends within"},
        {"{\nname\nMemcheck:Cond\nfun:a\n", "the file ends within"},
        {"{\nname\nno kind\n}\n", ":3: expected TOOL:KIND"},
        {"{\nname\nMemcheck:Leak\nfunction\n}\n", ":4: expected fun:NAME"},
        {"{\na\nMemcheck:Leak\nfun:a\nfun:b\n}\nleak:x\n", ":7: expected {, got 'leak:x'"},
        {"leak:x\n{\n", ":2: expected leak:PATTERN, got '{'"},
        {"\x7f"
         "ELF\n",
         ":1: expected leak:PATTERN"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refusal(texts[i][0], strlen(texts[i][0]), texts[i][1]);
    expect_refusal("leak:a\nleak:\0b\n", 15, ":2: this is no text: a byte is zero");
    char *large = malloc(HG_SUPPRESSIONS_MOST_BYTES + 1);
    cr_assert(ne(ptr, large, NULL));
    memset(large, 'a', HG_SUPPRESSIONS_MOST_BYTES + 1);
    expect_refusal(large, HG_SUPPRESSIONS_MOST_BYTES + 1, "larger than 1 MiB");
    expect_refusal(large, 5000, ":1: the line is longer than 4096 bytes");
    free(large);
}

/* What a leak is in the other tool's words; NULL: nothing. */
static void expect_export(hg_leak leak, hg_suppression_format format, const char *words)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert(ne(ptr, out, NULL));
    leak.why = (char *)"why\nnot";
    bool done = hg_suppression_write(&leak, format, out);
    fclose(out);
    cr_expect(eq(int, done, words != NULL));
    cr_expect(eq(str, text, (char *)(words ? words : "")));
    free(text);
}

#define MEMCHECK(frames) "{\n   why not\n   Memcheck:Leak\n" frames "}\n"

Test(harness_known, exports_what_the_other_tools_have_words_for)
{
    char *stack[] = {(char *)"xmalloc", (char *)"...", (char *)"shop::Table::open",
                     (char *)"* in libshop.so"};
    char *module[] = {(char *)"...", (char *)"* in libshop.so"};
    char *strange[] = {(char *)"shop::Table<int>::open"};
    const hg_leak by_stack = {.stack = stack, .depth = 4}, by_module = {.stack = module, .depth = 2};
    const hg_leak by_strange = {.stack = strange, .depth = 1};
    expect_export((hg_leak){.function = (char *)"table_new"}, HG_SUPPRESSION_VALGRIND,
                  MEMCHECK("   ...\n   fun:table_new\n"));
    expect_export(
        by_stack, HG_SUPPRESSION_VALGRIND,
        MEMCHECK("   fun:*\n   fun:xmalloc\n   ...\n   fun:*4shop5Table4open*\n   obj:*libshop.so\n"));
    expect_export(by_module, HG_SUPPRESSION_VALGRIND, MEMCHECK("   ...\n   obj:*libshop.so\n"));
    expect_export(by_strange, HG_SUPPRESSION_VALGRIND, NULL);
    expect_export((hg_leak){.anywhere = (char *)"*libshop.so*"}, HG_SUPPRESSION_VALGRIND,
                  MEMCHECK("   ...\n   obj:*libshop.so*\n"));
    expect_export((hg_leak){.holder = (char *)"table"}, HG_SUPPRESSION_VALGRIND, NULL);
    expect_export((hg_leak){.function = (char *)"table_new"}, HG_SUPPRESSION_LSAN, "leak:^table_new$\n");
    expect_export((hg_leak){.function = (char *)"shop::open"}, HG_SUPPRESSION_LSAN, "leak:^shop::open(\n");
    expect_export((hg_leak){.anywhere = (char *)"*table*"}, HG_SUPPRESSION_LSAN, "leak:table\n");
    expect_export(by_stack, HG_SUPPRESSION_LSAN, "leak:^xmalloc$\n");
    expect_export(by_module, HG_SUPPRESSION_LSAN, "leak:^libshop.so$\n");
    expect_export((hg_leak){.holder = (char *)"table"}, HG_SUPPRESSION_LSAN, NULL);
}
