/*
 * Goal: a suite file is read as written, and every mistake in one is a single line with file, line and what
 * is wrong.
 */
#include "record/calls.h"
#include "suite/suite.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = HG_BUILD_DIR "/tests/suite-XXXXXX";
static char message[512];

static void make_file(void)
{
    int fd = mkstemp(path);
    cr_assert(ge(int, fd, 0), "%s", path);
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

TestSuite(harness_suite, .init = make_file, .fini = remove_file);

static hg_suite *read_bytes(const char *text, size_t size)
{
    FILE *file = fopen(path, "w");
    cr_assert(ne(ptr, file, NULL));
    cr_assert(eq(sz, fwrite(text, 1, size, file), size));
    cr_assert(eq(int, fclose(file), 0));
    message[0] = '\0';
    return hg_suite_read(path, message, sizeof message);
}

static hg_suite *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

#define REST                                                                                                 \
    "allocators: [glibc]\n"                                                                                  \
    "workloads: {w: {plugin: w.so}}\n"

static const char whole[] =
    "suite: shop\n"
    "subjects:\n"
    "  before: { library_path: lib/before, expect: leak }\n"
    "  after: { library_path: lib/after }\n"
    "allocators: [glibc, jemalloc]\n"
    "workloads:\n"
    "  orders: { plugin: orders.so, ops: 5000, warmup_ops: 300, rate_per_hour: 12.5,\n"
    "            max_bytes_per_op: 0.5, max_slowdown: 1.25, corpus: inputs, expect: { before: clean } }\n"
    "  carts: { plugin: carts.so, expect: leak }\n"
    "limits: { timeout: 1.5m, memory: 512MiB, budget: 20s }\n"
    "baseline: known.json\n";

Test(harness_suite, is_read_as_written)
{
    hg_suite *suite = read_text(whole);
    cr_assert(ne(ptr, suite, NULL), "%s", message);
    cr_assert(eq(str, suite->name, "shop"));
    cr_assert(eq(str, suite->file, path));
    cr_assert(eq(sz, suite->subject_count, 2));
    cr_assert(eq(str, suite->subjects[0].name, "before"));
    cr_assert(eq(str, suite->subjects[0].library_path, "lib/before"));
    cr_assert(eq(int, suite->subjects[0].expect, HG_EXPECT_LEAK));
    cr_assert(eq(int, suite->subjects[1].expect, HG_EXPECT_CLEAN));
    cr_assert(eq(sz, suite->allocator_count, 2));
    cr_assert(eq(str, suite->allocators[1], "jemalloc"));
    cr_assert(eq(sz, suite->workload_count, 2));
    const hg_suite_workload *orders = &suite->workloads[0];
    cr_assert(eq(str, orders->plugins[0].path, "orders.so"));
    cr_assert(eq(str, orders->corpus, "inputs"));
    cr_assert(eq(u64, orders->ops, 5000));
    cr_assert(eq(u64, orders->warmup_ops, 300));
    cr_assert(ieee_ulp_eq(dbl, orders->rate_per_hour, 12.5, 0));
    cr_assert(ieee_ulp_eq(dbl, orders->max_bytes_per_op, 0.5, 0));
    cr_assert(ieee_ulp_eq(dbl, orders->max_slowdown, 1.25, 0));
    cr_assert(ieee_ulp_eq(dbl, suite->time_limit_seconds, 90, 0));
    cr_assert(eq(u64, suite->memory_limit_bytes, 512 << 20));
    cr_assert(ieee_ulp_eq(dbl, suite->budget_seconds, 20, 0));
    cr_assert(eq(str, suite->baseline, "known.json"));
    hg_suite_free(suite);
}

Test(harness_suite, lets_a_workload_overrule_what_its_subjects_expect)
{
    hg_suite *suite = read_text(whole);
    cr_assert(ne(ptr, suite, NULL), "%s", message);
    const hg_suite_workload *orders = &suite->workloads[0];
    const hg_suite_workload *carts = &suite->workloads[1];
    cr_assert(eq(int, hg_suite_expectation_of(orders, &suite->subjects[0]), HG_EXPECT_CLEAN));
    cr_assert(eq(int, hg_suite_expectation_of(orders, &suite->subjects[1]), HG_EXPECT_CLEAN));
    cr_assert(eq(int, hg_suite_expectation_of(carts, &suite->subjects[0]), HG_EXPECT_LEAK));
    cr_assert(eq(int, hg_suite_expectation_of(carts, &suite->subjects[1]), HG_EXPECT_LEAK));
    hg_suite_free(suite);
}

Test(harness_suite, has_defaults_for_what_is_left_out)
{
    hg_suite *suite = read_text("subjects: {main: {}}\n" REST);
    cr_assert(ne(ptr, suite, NULL), "%s", message);
    cr_assert(ieee_ulp_eq(dbl, suite->time_limit_seconds, HG_DEFAULT_TIME_LIMIT, 0));
    cr_assert(eq(u64, suite->memory_limit_bytes, HG_DEFAULT_MEMORY_LIMIT));
    cr_assert(eq(str, suite->subjects[0].library_path, ""));
    cr_assert(eq(u64, suite->workloads[0].ops, 0));
    hg_suite_free(suite);
}

static uint32_t calls_of(const char *torture)
{
    char text[512];
    snprintf(text, sizeof text,
             "subjects: {main: {}}\nallocators: [glibc]\nworkloads: {w: {plugin: w.so, torture: {%s}}}\n",
             torture);
    hg_suite *suite = read_text(text);
    cr_assert(ne(ptr, suite, NULL), "%s", message);
    uint32_t calls = suite->workloads[0].torture.calls;
    hg_suite_free(suite);
    return calls;
}

Test(harness_suite, takes_the_calls_that_fail_as_a_list_or_as_a_text)
{
    const uint32_t both = HG_CALLS_MEMORY | 1u << HG_CALL_OPEN;
    cr_expect(eq(u32, calls_of(""), HG_CALLS_MEMORY));
    cr_expect(eq(u32, calls_of("fail: [memory, open]"), both));
    cr_expect(eq(u32, calls_of("fail: 'open,memory'"), both));
    cr_expect(eq(u32, calls_of("fail: mmap"), 1u << HG_CALL_MMAP));
}

typedef struct mistake {
    const char *text;
    int line;
    const char *says;
} mistake;

static void check_mistake(const mistake *known)
{
    char place[sizeof path + 32];
    snprintf(place, sizeof place, "%s:%d: ", path, known->line);
    hg_suite *suite = read_text(known->text);
    cr_assert(eq(ptr, suite, NULL), "accepted:\n%s", known->text);
    cr_assert(eq(int, strncmp(message, place, strlen(place)), 0), "'%s' does not begin with '%s', for:\n%s",
              message, place, known->text);
    cr_assert(ne(ptr, strstr(message, known->says), NULL), "'%s' does not say '%s', for:\n%s", message,
              known->says, known->text);
    cr_assert(eq(ptr, strchr(message, '\n'), NULL), "more than one line: %s", message);
}

#define SUBJECT "subjects: {main: {}}\n"
#define HEAD    SUBJECT "allocators: [glibc]\n"

static const mistake mistakes[] = {
    {"", 1, "empty"},
    {"# a comment only\n", 1, "empty"},
    {"- a\n- list\n", 1, "must be a mapping"},
    {"just words\n", 1, "must be a mapping"},
    {"subjects: {main: {}}\nallocators: [glibc\nworkloads: {}\n", 3, "invalid YAML"},
    {"suite: a\n\tsubjects: b\n", 2, "invalid YAML"},
    {"suite: \"\\q\"\n", 1, "invalid YAML"},
    {"suite: \xff\xfe\xff\n", 1, "invalid YAML"},
    {"suite: a\nsuit: b\n", 2, "unknown key 'suit'"},
    {"suite: a\nsubjects: {main: {librarypath: x}}\n", 2, "unknown key 'librarypath'"},
    {HEAD "workloads:\n  w: {plugin: w.so,\n      op: 5}\n", 5, "unknown key 'op'"},
    {HEAD "limits:\n  time: 5s\n", 4, "unknown key 'time'"},
    {"suite: a\nsuite: b\n", 2, "occurs twice"},
    {"subjects:\n  main: {}\n  main: {}\n", 3, "'main' occurs twice"},
    {HEAD "workloads:\n  w: {plugin: w.so}\n  w: {plugin: v.so}\n", 5, "'w' occurs twice"},
    {HEAD "workloads:\n  w: {plugin: w.so, ops: 3, ops: 4}\n", 4, "'ops' occurs twice"},
    {"suite: [a]\n", 1, "single value"},
    {"suite:\n  a: b\n", 2, "single value"},
    {"? [a, b]\n: c\n", 1, "single value"},
    {"subjects: [main]\n", 1, "must be a mapping"},
    {"subjects:\n  main: yes\n", 2, "must be a mapping"},
    {SUBJECT "allocators: glibc\n", 2, "must be a list"},
    {SUBJECT "allocators: [[glibc]]\n", 2, "single value"},
    {SUBJECT "allocators:\n  - glibc\n  - dlmalloc\n", 4, "unknown allocator 'dlmalloc'"},
    {HEAD "workloads: w.so\n", 3, "must be a mapping"},
    {HEAD "workloads: {w: w.so}\n", 3, "must be a mapping"},
    {"suite: a\nholders: sometimes\n", 2, "'auto', 'always' or 'never', not 'sometimes'"},
    {"suite: a\nundeclared_holders: often\n", 2, "'ignore', 'warn' or 'fail', not 'often'"},
    {"suite: a\nundeclared_leaks: often\n", 2, "'ignore', 'warn' or 'fail', not 'often'"},
    {"suite: a\nleaks: {function: f}\n", 2, "leaks must be a list"},
    {"leaks:\n  - f\n", 2, "must be a mapping"},
    {"leaks:\n  - {why: a, who: b, until: never}\n", 2, "and this one has none"},
    {"leaks:\n  - {function: f, holder: h, why: a, who: b, until: never}\n", 2, "and this one has more"},
    {"leaks:\n  - {function: f, who: b, until: never}\n", 2, "must say why it may stay"},
    {"leaks:\n  - {function: f, why: a, until: never}\n", 2, "must say who answers for it"},
    {"leaks:\n  - {function: f, why: a, who: b}\n", 2, "must say until when"},
    {"leaks:\n  - {function: f, why: a, who: b, until: 2026-02-30}\n", 2, "expected a day such as 2027"},
    {"leaks:\n  - {function: '*', why: a, who: b, until: never}\n", 2, "nothing in particular"},
    {"leaks:\n  - {stack: ['...', '*'], why: a, who: b, until: never}\n", 2, "names no function"},
    {"leaks:\n  - {stack: f, why: a, who: b, until: never}\n", 2, "stack must be a list"},
    {"leaks:\n  - {function: f, why: a, who: b, since: never, until: never}\n", 2, "expected a day"},
    {"suite: a\nbounds: {cache: 1000}\n", 2, "must be a mapping"},
    {"suite: a\nbounds:\n  cache: {}\n", 3, "the bound of 'cache' needs a number of blocks or bytes"},
    {"suite: a\nbounds: {cache: {blocks: none}}\n", 2, "expected a whole number above 0"},
    {"suite: a\nbounds: {cache: {entries: 9}}\n", 2, "unknown key 'entries'"},
    {HEAD "workloads: {w: {plugin: w.so, bounds: {cache: {bytes: 0}}}}\n", 3, "expected a size"},
    {HEAD "workloads:\n  w: {plugin: w.so,\n      torture: {fail: [memory, opne]}}\n", 5,
     "unknown call 'opne'"},
    {HEAD "workloads: {w: {plugin: w.so, torture: {fail: []}}}\n", 3, "fail must name a call"},
    {HEAD "workloads: {w: {plugin: w.so, torture: {fail: {mmap: 1}}}}\n", 3, "single value"},
    {"subjects: {main: {expect: maybe}}\n", 1, "'clean', 'leak' or 'fragmentation', not 'maybe'"},
    {HEAD "workloads: {w: {plugin: w.so, expect: [leak]}}\n", 3, "must be a mapping"},
    {HEAD "workloads: {w: {plugin: w.so, expect: {main: perhaps}}}\n", 3, "not 'perhaps'"},
    {HEAD "workloads:\n  v: {plugin: v.so}\n  w: {ops: 5}\n", 5, "'w' has no plugin"},
    {HEAD "workloads:\n  w: {plugin: {}}\n", 4, "'w' has no plugin"},
    {HEAD "workloads:\n  w: {plugin: {main: w.so, other: v.so}}\n", 4, "unknown subject 'other'"},
    {HEAD "workloads: {w: {plugin: ''}}\n", 3, "has no plugin"},
};

Test(harness_suite, names_file_and_line_of_every_mistake)
{
    size_t checked = 0;
    for (; checked < sizeof mistakes / sizeof *mistakes; checked++)
        check_mistake(&mistakes[checked]);
    cr_assert(lt(sz, 25, checked));
}

Test(harness_suite, names_the_line_of_an_expectation_for_no_subject)
{
    const mistake unknown = {HEAD "workloads:\n  w: {plugin: w.so, expect: {man: leak}}\n", 4,
                             "unknown subject 'man'"};
    check_mistake(&unknown);
}

static void check_value(const char *pattern, const char *value, int line, const char *says)
{
    char text[512];
    char quote[96];
    snprintf(text, sizeof text, pattern, value);
    snprintf(quote, sizeof quote, says, value);
    const mistake wrong = {text, line, quote};
    check_mistake(&wrong);
}

Test(harness_suite, takes_no_number_that_is_not_one)
{
    const char *const counts[] = {"0",  "-1",  "1.5", "1e-4",   "0x10", "ten", "''", "18446744073709551616",
                                  "+5", "5 5", "64K", "1.0005k"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        check_value(HEAD "workloads: {w: {plugin: w.so, ops: %s}}\n", counts[i], 3,
                    "expected a whole number above 0");
    const char *const amounts[] = {"-1", "-0.5", "nan", "inf", "1e999", "five", "''", "1x", "0.5.5"};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        check_value(HEAD "workloads: {w: {plugin: w.so, max_bytes_per_op: %s}}\n", amounts[i], 3,
                    "expected a number");
    const char *const durations[] = {"60",   "60 s", "0s",   "-1s", "s",     "1d",
                                     "nans", "infs", "1s1s", "''",  "1e400s"};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        check_value(HEAD "limits: {timeout: %s}\n", durations[i], 3, "expected a duration");
    const char *const sizes[] = {"0", "-1MiB", "2GB", "2 GiB", "GiB", "1e30GiB", "nan", "''", "1MiBB"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_value(HEAD "limits: {memory: %s}\n", sizes[i], 3, "expected a size");
}

Test(harness_suite, takes_counts_as_people_write_them)
{
    static const struct {
        const char *text;
        uint64_t ops;
    } known[] = {{"20000", 20000}, {"64k", 64000}, {"1.5k", 1500}, {"1e6", 1000000}, {"2M", 2000000}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[256];
        snprintf(text, sizeof text, HEAD "workloads: {w: {plugin: w.so, ops: %s}}\n", known[i].text);
        hg_suite *suite = read_text(text);
        cr_assert(ne(ptr, suite, NULL), "%s", message);
        cr_assert(eq(u64, suite->workloads[0].ops, known[i].ops), "%s", known[i].text);
        hg_suite_free(suite);
    }
}

Test(harness_suite, takes_durations_and_sizes_in_their_units)
{
    static const struct {
        const char *timeout, *memory;
        double seconds;
        uint64_t bytes;
    } known[] = {
        {"500ms", "4096", 0.5, 4096},
        {"60s", "4096B", 60, 4096},
        {"2m", "64KiB", 120, 65536},
        {"24h", "1.5GiB", 86400, UINT64_C(3) << 29},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[256];
        snprintf(text, sizeof text, SUBJECT REST "limits: {timeout: %s, memory: %s}\n", known[i].timeout,
                 known[i].memory);
        hg_suite *suite = read_text(text);
        cr_assert(ne(ptr, suite, NULL), "%s", message);
        cr_assert(epsilon_eq(dbl, suite->time_limit_seconds, known[i].seconds, 1e-9), "%s", known[i].timeout);
        cr_assert(eq(u64, suite->memory_limit_bytes, known[i].bytes), "%s", known[i].memory);
        hg_suite_free(suite);
    }
}

Test(harness_suite, says_which_part_is_missing)
{
    const mistake missing[] = {
        {"suite: a\n" REST, 1, "no subjects"},
        {SUBJECT "workloads: {w: {plugin: w.so}}\n", 1, "no allocators"},
        {HEAD, 1, "no workloads"},
        {"subjects: {}\n" REST, 1, "no subjects"},
        {SUBJECT "allocators: []\nworkloads: {w: {plugin: w.so}}\n", 1, "no allocators"},
    };
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        check_mistake(&missing[i]);
}

Test(harness_suite, refuses_nul_characters_wherever_they_are)
{
    const char inside[] = "suite: a\0b\n";
    cr_assert(eq(ptr, read_bytes(inside, sizeof inside - 1), NULL));
    cr_assert(ne(str, message, ""));
    const mistake escaped[] = {
        {"suite: \"a\\0b\"\n", 1, "NUL"},
        {"\"su\\0ite\": a\n", 1, "NUL"},
        {"suite: a\nsubjects: {\"ma\\0in\": {}}\n", 2, "NUL"},
    };
    for (size_t i = 0; i < sizeof escaped / sizeof *escaped; i++)
        check_mistake(&escaped[i]);
}

Test(harness_suite, keeps_hostile_text_out_of_more_than_one_line)
{
    char text[2000];
    char name[900];
    memset(name, 'k', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text, "%s: 1\n", name);
    cr_assert(eq(ptr, read_text(text), NULL));
    cr_assert(ne(ptr, strstr(message, "unknown key"), NULL), "%s", message);
    cr_assert(eq(ptr, read_text("\"a\\nb\": 1\n"), NULL));
    cr_assert(eq(ptr, strchr(message, '\n'), NULL), "more than one line: %s", message);
    cr_assert(eq(ptr, read_text("\"a\\x1b[31mb\": 1\n"), NULL));
    cr_assert(eq(ptr, strchr(message, '\x1b'), NULL), "a terminal would obey: %s", message);
}

Test(harness_suite, survives_deep_nesting)
{
    enum { DEPTH = 200000 };
    char *text = malloc(DEPTH);
    cr_assert(ne(ptr, text, NULL));
    memset(text, '[', DEPTH);
    cr_assert(eq(ptr, read_bytes(text, DEPTH), NULL));
    cr_assert(ne(str, message, ""));
    for (size_t i = 0; i < DEPTH; i++)
        text[i] = i % 2 ? ' ' : '-';
    cr_assert(eq(ptr, read_bytes(text, DEPTH), NULL));
    cr_assert(ne(str, message, ""));
    free(text);
}

Test(harness_suite, follows_aliases_but_not_in_circles)
{
    hg_suite *suite = read_text("subjects: {a: &one {library_path: lib}, b: *one}\n" REST);
    cr_assert(ne(ptr, suite, NULL), "%s", message);
    cr_assert(eq(str, suite->subjects[1].library_path, "lib"));
    hg_suite_free(suite);
    cr_assert(eq(ptr, read_text("subjects: &s {main: *s}\n" REST), NULL));
    cr_assert(ne(str, message, ""));
    cr_assert(eq(ptr, read_text("suite: *nothing\n"), NULL));
    cr_assert(ne(ptr, strstr(message, "invalid YAML"), NULL), "%s", message);
}

Test(harness_suite, refuses_a_slowdown_without_a_before_to_compare_with)
{
    static const char *const factors[] = {"0.99", "0", "1001", "-1", "fast", "''", "[1.2]"};
    const mistake nameless = {"subjects: {main: {}, after: {}}\nallocators: [glibc]\nworkloads:\n  w:\n"
                              "    plugin: w.so\n    max_slowdown: 1.2\n",
                              6, "a subject called 'before'"};
    const mistake alone = {"subjects: {before: {}}\nallocators: [glibc]\n"
                           "workloads: {w: {plugin: w.so, max_slowdown: 1.2}}\n",
                           3, "add another subject"};
    check_mistake(&nameless);
    check_mistake(&alone);
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "subjects: {before: {}, after: {}}\nallocators: [glibc]\n"
                 "workloads: {w: {plugin: w.so, max_slowdown: %s}}\n",
                 factors[i]);
        const mistake wrong = {text, 3, ""};
        check_mistake(&wrong);
    }
}

Test(harness_suite, does_not_explode_with_nested_aliases)
{
    char text[2048] = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 30; i++) {
        char line[64];
        snprintf(line, sizeof line, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
        strcat(text, line);
    }
    cr_assert(eq(ptr, read_text(text), NULL));
    cr_assert(ne(ptr, strstr(message, "unknown key 'a0'"), NULL), "%s", message);
}

Test(harness_suite, refuses_a_file_that_is_too_large)
{
    char *text = malloc(HG_MOST_SUITE_BYTES + 1);
    cr_assert(ne(ptr, text, NULL));
    memset(text, '#', HG_MOST_SUITE_BYTES + 1);
    cr_assert(eq(ptr, read_bytes(text, HG_MOST_SUITE_BYTES + 1), NULL));
    cr_assert(ne(ptr, strstr(message, "1 MiB"), NULL), "%s", message);
    free(text);
}

Test(harness_suite, refuses_a_second_document)
{
    const mistake second = {SUBJECT REST "---\nsuite: other\n", 4, "document"};
    check_mistake(&second);
}

Test(harness_suite, says_why_a_file_cannot_be_read)
{
    cr_assert(eq(ptr, hg_suite_read("/nowhere/heapgate.yaml", message, sizeof message), NULL));
    cr_assert(ne(ptr, strstr(message, "/nowhere/heapgate.yaml: No such file"), NULL), "%s", message);
    cr_assert(eq(ptr, hg_suite_read("/", message, sizeof message), NULL));
    cr_assert(ne(ptr, strstr(message, "directory"), NULL), "%s", message);
}

Test(harness_suite, writes_no_more_message_than_there_is_room)
{
    char small[24];
    memset(small, 'x', sizeof small);
    cr_assert(eq(ptr, hg_suite_read("/nowhere/heapgate.yaml", small, 16), NULL));
    cr_assert(lt(sz, strlen(small), 16));
    cr_assert(eq(chr, small[16], 'x'));
    cr_assert(eq(chr, small[23], 'x'));
    read_text("suite: a\nsuit: b\n");
    memset(small, 'x', sizeof small);
    cr_assert(eq(ptr, hg_suite_read(path, small, 16), NULL));
    cr_assert(lt(sz, strlen(small), 16));
    cr_assert(eq(chr, small[16], 'x'));
}

Test(harness_suite, comes_with_the_toka_storms)
{
    hg_suite *suite = hg_suite_builtin(message, sizeof message);
    cr_assert(ne(ptr, suite, NULL), "%s", message);
    cr_assert(eq(str, suite->file, ""));
    cr_assert(eq(sz, suite->subject_count, 2));
    cr_assert(eq(sz, suite->allocator_count, 2));
    cr_assert(ge(sz, suite->workload_count, 6));
    for (size_t i = 0; i < suite->workload_count; i++)
        cr_assert(eq(int, suite->workloads[i].only_by_name, strcmp(suite->workloads[i].name, "replay") == 0));
    hg_suite_free(suite);
    hg_suite_free(NULL);
}
