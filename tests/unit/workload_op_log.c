/* Reading a log of ops: every kind of line, and of every mistake where it is. */
#include "op_log.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/op-log-XXXXXX", path[64];
static struct op_log *oplog; /* its window is large */

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    oplog = calloc(1, sizeof *oplog);
    cr_assert_not_null(oplog);
}

static void remove_folder(void)
{
    op_log_close(oplog);
    free(oplog);
    unlink(path);
    rmdir(folder);
}

TestSuite(workload_op_log, .init = make_folder, .fini = remove_folder);

#define FIRST "{\"toka-log\":1}\n"
#define H     "\"hash\":\"0123456789abcdef\""
#define TEXT  "{\"op\":\"text\"," H ",\"text\":\"{}\"}\n"

static void write_log(const char *text, size_t size)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static void open_log(const char *text)
{
    write_log(text, strlen(text));
    cr_assert_eq(op_log_open(oplog, path), 0);
    cr_assert_eq(op_log_go(oplog, 0, (struct log_place){0, 1}), 0);
}

/* The next op that is no text. */
static struct logged_op next(void)
{
    struct logged_op op;

    do
        cr_assert_eq(op_log_next(oplog, &op), 1);
    while (op.kind == LOGGED_TEXT);
    return op;
}

static void expect_end(void)
{
    struct logged_op op;

    cr_expect_eq(op_log_next(oplog, &op), 0);
}

static void expect_string(toka_text text, const char *expected)
{
    cr_expect_eq(text.size, strlen(expected));
    cr_expect_eq(memcmp(text.data, expected, text.size), 0, "%.*s", (int)text.size, text.data);
}

Test(workload_op_log, reads_every_kind_of_op)
{
    struct logged_op op;

    open_log(FIRST TEXT
             "{\"op\":\"compile\",\"ms\":7,\"store\":3,\"cached\":true,\"max_entries\":40,\"max_bytes\":50,"
             "\"assert_format\":true," H ",\"which\":\"input\"}\n"
             "{\"op\":\"get\",\"store\":3,\"schema\":\"true\"}\n"
             "{\"op\":\"validate\"," H ",\"instance\":[1]}\n"
             "{\"op\":\"manifest\",\"store\":3,\"size\":300000}\n"
             "{\"op\":\"free-store\",\"store\":3}\n"
             "{\"op\":\"dispatch\",\"tag_bytes\":\"a\u00ff\",\"ms\":9}\n"
             "{\"op\":\"sweep\",\"idle_ms\":12}\n{\"op\":\"clear\"}\n{\"op\":\"limit\",\"handlers\":5}\n");
    op = next();
    cr_expect(op.kind == LOGGED_COMPILE && op.ms == 7 && op.store == 3 && op.hash == 0x0123456789abcdef);
    cr_expect(op.options.cached && op.options.schema.assert_format);
    cr_expect(op.options.max_entries == 40 && op.options.max_bytes == 50);
    cr_expect_str_eq(op.which, "input");
    expect_string(op.text, "{}");
    op = next();
    cr_expect(op.kind == LOGGED_GET && op.ms == 7 && !op.options.cached && !op.which && !op.hash);
    expect_string(op.text, "true");
    op = next();
    cr_expect(op.kind == LOGGED_VALIDATE && json_array_size(op.instance) == 1);
    op = next();
    cr_expect(op.kind == LOGGED_MANIFEST && op.text.size == TOKA_MANIFEST_MAX_BYTES + 1);
    cr_expect_eq(next().kind, LOGGED_FREE_STORE);
    op = next();
    cr_expect(op.kind == LOGGED_DISPATCH && op.ms == 9);
    cr_expect_str_eq(op.tag, "a\xff");
    op = next();
    cr_expect(op.kind == LOGGED_SWEEP && op.idle_ms == 12);
    cr_expect_eq(next().kind, LOGGED_CLEAR);
    op = next();
    cr_expect(op.kind == LOGGED_LIMIT && op.handlers == 5);
    expect_end();
}

Test(workload_op_log, reads_lines_as_people_write_them)
{
    open_log(FIRST "  { \"tag\" : \"a\", \"op\" : \"register\" }\r\n{\"op\":\"clear\"}");
    cr_expect_str_eq(next().tag, "a");
    cr_expect_eq(next().kind, LOGGED_CLEAR, "the last line needs no line feed");
    expect_end();
}

Test(workload_op_log, ends_where_a_killed_program_left_off)
{
    open_log(FIRST "{\"op\":\"clear\"}\n{\"op\":\"regis");
    cr_expect_eq(next().kind, LOGGED_CLEAR);
    expect_end();
}

Test(workload_op_log, goes_back_to_the_traffic_and_says_whether_there_is_any)
{
    struct log_place place;

    open_log(FIRST "{\"op\":\"dispatch\",\"tag\":\"traffic\"}\n" TEXT
                   "{ \"op\": \"traffic\" }\n{\"op\":\"clear\",\"ms\":4}\n");
    cr_expect_eq(op_log_has_traffic(oplog, 0), 1);
    cr_assert_eq(op_log_go(oplog, 0, (struct log_place){0, 1}), 0);
    cr_expect_eq(next().kind, LOGGED_DISPATCH);
    cr_expect_eq(next().kind, LOGGED_TRAFFIC);
    place = log_lines_place(&oplog->lines);
    cr_expect_eq(place.line, 5);
    for (int pass = 0; pass < 3; pass++) {
        cr_expect_eq(next().kind, LOGGED_CLEAR);
        expect_end();
        cr_assert_eq(op_log_go(oplog, 0, place), 0);
        cr_expect_null(text_window_find(&oplog->window, 0x0123456789abcdef).data);
    }
    op_log_close(oplog);
    open_log(FIRST "{\"op\":\"dispatch\",\"tag\":\"traffic\"}\n");
    cr_expect_eq(op_log_has_traffic(oplog, 0), 0);
}

/* The log's mistake, and what is said about it behind the file's name. */
static const struct {
    const char *text, *complaint;
} mistakes[] = {
    {"", "0: this is not a log: its first line must be {\"toka-log\":1}"},
    {"[]\n", "1: this is not a log: its first line must be {\"toka-log\":1}"},
    {"{\"toka-log\":2}\n", "1: unsupported log format: expected {\"toka-log\":1}"},
    {FIRST "{\"op\":\n", "2: not valid JSON: unexpected token near end of file"},
    {FIRST "\n", "2: not valid JSON: '[' or '{' expected near end of file"},
    {FIRST "[1]\n", "2: expected an object with the key \"op\""},
    {FIRST "{\"op\":7}\n", "2: expected an object with the key \"op\""},
    {FIRST "{\"op\":\"regist\",\"tag\":\"a\"}\n", "2: unknown op \"regist\""},
    {FIRST TEXT "{\"op\":\"register\"}\n", "3: \"tag\" is missing"},
    {FIRST "{\"op\":\"register\",\"tag\":7}\n", "2: \"tag\" must be a string"},
    {FIRST "{\"op\":\"register\",\"tag\":\"a\\u0000\"}\n", "2: \"tag\" contains a NUL character"},
    {FIRST "{\"op\":\"register\",\"tag\":\"a\",\"tag_bytes\":\"a\"}\n",
     "2: only one of \"tag\" and \"tag_bytes\" is allowed"},
    {FIRST "{\"op\":\"register\",\"tag_bytes\":\"\u0100\"}\n",
     "2: \"tag_bytes\" has a character above U+00FF"},
    {FIRST "{\"op\":\"clear\",\"tag\":\"a\"}\n", "2: unknown key \"tag\" in op \"clear\""},
    {FIRST "{\"op\":\"clear\",\"op\":\"clear\"}\n", "2: not valid JSON: duplicate object key near '\"op\"'"},
    {FIRST "{\"op\":\"sweep\"}\n", "2: \"idle_ms\" is missing"},
    {FIRST "{\"op\":\"sweep\",\"idle_ms\":-1}\n", "2: \"idle_ms\" must be a whole number of at least 0"},
    {FIRST "{\"op\":\"sweep\",\"idle_ms\":1.5}\n", "2: \"idle_ms\" must be a whole number of at least 0"},
    {FIRST "{\"op\":\"compile\",\"store\":1}\n", "2: \"hash\" is missing"},
    {FIRST "{\"op\":\"compile\",\"schema\":\"{}\"}\n", "2: \"store\" is missing"},
    {FIRST "{\"op\":\"compile\",\"store\":1,\"cached\":1,\"schema\":\"{}\"}\n",
     "2: \"cached\" must be true or false"},
    {FIRST "{\"op\":\"compile\",\"store\":1," H "}\n", "2: no recent text has the hash 0123456789abcdef"},
    {FIRST TEXT "{\"op\":\"compile\",\"store\":1," H ",\"size\":3}\n",
     "3: \"hash\" together with a text or a size"},
    {FIRST "{\"op\":\"compile\",\"store\":1,\"hash\":\"0123456789ABCDEF\"}\n",
     "2: \"hash\" must be 16 hexadecimal digits"},
    {FIRST "{\"op\":\"text\"," H "}\n", "2: \"text\" is missing"},
};

Test(workload_op_log, says_of_every_mistake_where_it_is)
{
    char *said = malloc(65536);
    char expected[256];
    struct logged_op op;

    cr_assert_not_null(said);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        FILE *saved = stderr;
        int got = 1;

        write_log(mistakes[i].text, strlen(mistakes[i].text));
        memset(said, 0, 65536);
        stderr = fmemopen(said, 65535, "w");
        cr_assert_not_null(stderr);
        cr_assert_eq(op_log_open(oplog, path), 0);
        got = op_log_go(oplog, 0, (struct log_place){0, 1}) ? -1 : 1;
        while (got == 1)
            got = op_log_next(oplog, &op);
        op_log_close(oplog);
        fclose(stderr);
        stderr = saved;
        cr_expect_eq(got, -1, "%s", mistakes[i].text);
        snprintf(expected, sizeof expected, "replay: %s:%s\n", path, mistakes[i].complaint);
        cr_expect_str_eq(said, expected, "%s", mistakes[i].text);
    }
    free(said);
}

Test(workload_op_log, refuses_a_nul_and_a_line_without_end)
{
    static const char nul[] = FIRST "{\"op\":\"clear\"\0}\n{\"op\":\"clear\"}\n";
    char *line = malloc(LOG_LINES_MAX_BYTES + 100);
    struct logged_op op;

    cr_assert_not_null(line);
    cr_redirect_stderr();
    write_log(nul, sizeof nul - 1);
    cr_assert_eq(op_log_open(oplog, path), 0);
    cr_assert_eq(op_log_go(oplog, 0, (struct log_place){0, 1}), 0);
    cr_expect_eq(op_log_next(oplog, &op), -1);
    memset(line, ' ', LOG_LINES_MAX_BYTES + 100);
    memcpy(line, FIRST, strlen(FIRST));
    write_log(line, LOG_LINES_MAX_BYTES + 100);
    cr_assert_eq(op_log_go(oplog, 0, (struct log_place){0, 1}), 0);
    cr_expect_eq(op_log_next(oplog, &op), -1);
    free(line);
}

Test(workload_op_log, takes_the_files_of_a_folder_in_order)
{
    static const char *const names[] = {"b.jsonl", "a.jsonl", ".hidden"};
    struct op_log *logs = calloc(1, sizeof *logs);
    char name[128];

    cr_assert_not_null(logs);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        cr_assert_eq(symlink("log", name), 0);
    }
    snprintf(name, sizeof name, "%s/c", folder);
    cr_assert_eq(mkdir(name, 0700), 0);
    write_log(FIRST, strlen(FIRST));
    cr_assert_eq(op_log_open(logs, folder), 0);
    cr_assert_eq(logs->lines.count, 3);
    cr_expect_str_eq(strrchr(logs->lines.paths[0], '/'), "/a.jsonl");
    cr_expect_str_eq(strrchr(logs->lines.paths[2], '/'), "/log");
    op_log_close(logs);
    free(logs);
    rmdir(name);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        unlink(name);
    }
}

Test(workload_op_log, refuses_what_is_no_file_and_a_folder_without_any)
{
    cr_redirect_stderr();
    cr_expect_neq(op_log_open(oplog, "/nonexistent/log"), 0);
    cr_expect_neq(op_log_open(oplog, "/dev/null"), 0);
    cr_expect_neq(op_log_open(oplog, folder), 0);
}
