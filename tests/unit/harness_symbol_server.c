/*
 * Goal: whatever happens to the process that reads symbols, the caller gets an answer, in time. Method: a
 * reader that does on purpose what libdw may do on a hostile file.
 */
#include "symbols/symbol_client.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const hg_symbol *find(hg_symbol_reader *reader, const hg_module_id *module, uint64_t offset,
                             size_t *ret_count)
{
    enum { MANY = 1000 };
    static hg_symbol symbols[MANY];
    char *text;
    (void)reader;
    if (strcmp(module->path, "crashes") == 0)
        abort();
    if (strcmp(module->path, "exits") == 0)
        exit(1);
    for (volatile int spins = strcmp(module->path, "spins") == 0; spins;)
        continue;
    if (strcmp(module->path, "hangs") == 0)
        for (;;)
            pause();
    if (strcmp(module->path, "grows") == 0)
        do {
            text = malloc(1 << 20);
            if (text)
                memset(text, 'x', 1 << 20);
        } while (text);
    if (strcmp(module->path, "grows") == 0)
        return NULL;
    *ret_count = strcmp(module->path, "many") == 0 ? MANY : 1;
    for (size_t i = 0; i < MANY; i++)
        symbols[i] = (hg_symbol){"", "", (int)i, false};
    symbols[0] = (hg_symbol){"name", "file.c", (int)offset, true};
    if (strcmp(module->path, "long") == 0) {
        text = malloc(1 << 20);
        memset(text, 'x', (1 << 20) - 1);
        text[(1 << 20) - 1] = '\0';
        symbols[0].function = text;
    }
    return symbols;
}

static hg_symbols *start(double seconds)
{
    const hg_symbol_limits limits = {.reading = {find, 256 << 20}, .seconds = seconds};
    hg_symbols *symbols = hg_symbols_new_with(&limits);
    cr_assert(ne(ptr, symbols, NULL));
    return symbols;
}

static const char *name_in(hg_symbols *symbols, const char *module, uint64_t offset)
{
    size_t count = 0;
    const hg_symbol *found = hg_symbols_find(symbols, &(hg_module_id){.path = module}, offset, &count);
    cr_assert(ne(ptr, (void *)found, NULL), "%s", module);
    cr_assert(lt(sz, 0, count), "%s", module);
    return found[0].function;
}

static void expect_trouble(hg_symbols *symbols, const char *module, const char *why)
{
    char expected[256];
    snprintf(expected, sizeof expected,
             "functions of %s have no names, because the process that read them %s", module, why);
    for (uint64_t offset = 1; offset < 100; offset++)
        cr_assert(eq(str, (char *)name_in(symbols, module, offset), ""), "%s", module);
    const char *trouble = hg_symbols_take_trouble(symbols);
    cr_assert(eq(str, (char *)(trouble ? trouble : "none"), expected));
    cr_assert(eq(str, (char *)name_in(symbols, "healthy", 7), "name"), "after %s", module);
    cr_assert(eq(ptr, (void *)hg_symbols_take_trouble(symbols), NULL), "after %s", module);
}

Test(harness_symbol_server, loses_one_module_and_not_the_others)
{
    hg_symbols *symbols = start(0.2);
    expect_trouble(symbols, "crashes", "ended with signal 6");
    expect_trouble(symbols, "exits", "ended with exit code 1");
    expect_trouble(symbols, "hangs", "took more than 0.2 s for one address");
    expect_trouble(symbols, "spins", "took more than 0.2 s for one address");
    hg_symbols_free(symbols);
}

/* A sanitizer ends a process that comes to its limit of memory, instead of answering NULL. */
Test(harness_symbol_server, has_a_limit_of_memory)
{
    hg_symbols *symbols = start(60);
    cr_assert(eq(str, (char *)name_in(symbols, "grows", 1), ""));
    const char *trouble = hg_symbols_take_trouble(symbols);
    cr_assert(ne(ptr, (void *)trouble, NULL));
#if !defined __SANITIZE_ADDRESS__
    cr_assert(ne(ptr, (void *)strstr(trouble, "took too much memory"), NULL), "%s", trouble);
#endif
    cr_assert(eq(str, (char *)name_in(symbols, "healthy", 7), "name"));
    hg_symbols_free(symbols);
}

Test(harness_symbol_server, is_not_started_for_ever)
{
    hg_symbols *symbols = start(10);
    for (uint8_t i = 0; i < 20; i++) {
        size_t count = 0;
        const hg_module_id id = {.path = "crashes", .build_id = &i, .build_id_size = 1};
        cr_assert(eq(str, (char *)hg_symbols_find(symbols, &id, 1, &count)->function, ""));
    }
    cr_assert(eq(str, (char *)name_in(symbols, "healthy", 7), ""));
    cr_assert(eq(str, (char *)hg_symbols_take_trouble(symbols),
                 "functions of healthy have no names, because the process that reads them ended too often"));
    hg_symbols_free(symbols);
}

Test(harness_symbol_server, bounds_what_it_answers)
{
    hg_symbols *symbols = start(60);
    cr_assert(eq(sz, strlen(name_in(symbols, "long", 1)), HG_ANSWERED_TEXT));
    size_t count = 0;
    const hg_symbol *found = hg_symbols_find(symbols, &(hg_module_id){.path = "many"}, 5, &count);
    cr_assert(eq(sz, count, HG_ANSWERED_SYMBOLS));
    cr_assert(eq(str, (char *)found[0].file, "file.c"));
    cr_assert(eq(int, found[0].line, 5));
    cr_assert(found[0].inlined);
    cr_assert(eq(int, found[63].line, 63));
    hg_symbols_free(symbols);
}

/* Opening a pipe waits for somebody who writes to it. */
Test(harness_symbol_server, opens_nothing_but_files)
{
    char folder[] = "/tmp/heapgate-symbols-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[2][sizeof folder + 16];
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    snprintf(path[0], sizeof path[0], "%s/pipe", folder);
    snprintf(path[1], sizeof path[1], "%s/socket", folder);
    cr_assert(eq(int, mkfifo(path[0], 0600), 0));
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(address.sun_path, path[1], strlen(path[1]));
    cr_assert(eq(int, bind(listener, (struct sockaddr *)&address, sizeof address), 0));
    hg_symbols *symbols = start(60);
    const char *const others[] = {path[0], path[1], "/dev/zero", "/proc/self/fd/0"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect(eq(str, (char *)name_in(symbols, others[i], 1), ""), "%s", others[i]);
    cr_assert(eq(ptr, (void *)hg_symbols_take_trouble(symbols), NULL));
    hg_symbols_free(symbols);
    close(listener);
    unlink(path[0]);
    unlink(path[1]);
    rmdir(folder);
}

/* The one that is killed while nobody asks it is started again, and no module is to blame. */
Test(harness_symbol_server, is_started_again_when_somebody_killed_it)
{
    char command[64];
    hg_symbols *symbols = start(60);
    cr_assert(eq(str, (char *)name_in(symbols, "healthy", 1), "name"));
    snprintf(command, sizeof command, "pkill -KILL -P %d -x heapgate-syms", (int)getpid());
    cr_assert(eq(int, system(command), 0));
    usleep(100000);
    cr_assert(eq(str, (char *)name_in(symbols, "healthy", 2), "name"));
    cr_assert(eq(ptr, (void *)hg_symbols_take_trouble(symbols), NULL));
    hg_symbols_free(symbols);
}
