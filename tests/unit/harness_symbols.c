/*
 * Goal: a return address is told as function, file and line, with every inlined call; and where that is not
 * known, nothing is made up. Method: a small library calls back, and the return address of the callback is
 * looked up.
 */
#include "symbols/symbols.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY(name) HG_BUILD_DIR "/tests/plugins/" name ".so"

static uintptr_t returns_to;

static __attribute__((noinline)) void note_caller(void)
{
    returns_to = (uintptr_t)__builtin_return_address(0);
}

/* Where the call to note_caller in a function of the library returns to, from the library's load address. */
static uint64_t offset_of_call(const char *library, const char *function)
{
    void (*call)(void (*)(void));
    Dl_info info;
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    cr_assert(ne(ptr, handle, NULL), "%s", library);
    void *found = dlsym(handle, function);
    cr_assert(ne(ptr, found, NULL), "%s", function);
    memcpy(&call, &found, sizeof call);
    call(note_caller);
    cr_assert(ne(int, dladdr(found, &info), 0));
    return returns_to - (uintptr_t)info.dli_fbase;
}

static int marked_line(const char *name)
{
    char marker[64];
    char line[512];
    FILE *file = fopen(HG_SOURCE_DIR "/tests/e2e/plugins/inlined.c", "r");
    cr_assert(ne(ptr, file, NULL));
    snprintf(marker, sizeof marker, "/* here: %s */", name);
    int number = 0;
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        number++;
        found = strstr(line, marker) != NULL;
    }
    fclose(file);
    cr_assert(found, "%s", marker);
    return number;
}

static bool is_file(const hg_symbol *symbol, const char *name)
{
    const char *slash = strrchr(symbol->file, '/');
    return strcmp(slash ? slash + 1 : symbol->file, name) == 0;
}

Test(harness_symbols, tells_function_file_and_line_of_every_inlined_call)
{
    static const char *const functions[] = {"innermost", "middle", "outermost"};
    uint64_t offset = offset_of_call(LIBRARY("inlined"), "outermost");
    hg_symbols *symbols = hg_symbols_new();
    hg_module_id id = {.path = LIBRARY("inlined")};
    size_t count = 0;
    const hg_symbol *found = hg_symbols_find(symbols, &id, offset, &count);
    cr_assert(eq(sz, count, 3));
    for (size_t i = 0; i < 3; i++) {
        cr_assert(eq(str, (char *)found[i].function, (char *)functions[i]));
        cr_assert(is_file(&found[i], "inlined.c"), "%s", found[i].file);
        cr_assert(eq(int, found[i].line, marked_line(functions[i])), "%s", functions[i]);
        cr_assert(eq(int, found[i].inlined, i < 2), "%s", functions[i]);
    }
    hg_symbols_free(symbols);
}

Test(harness_symbols, tells_the_function_of_a_hidden_one)
{
    uint64_t offset = offset_of_call(LIBRARY("inlined"), "call_hidden");
    hg_symbols *symbols = hg_symbols_new();
    hg_module_id id = {.path = LIBRARY("inlined")};
    size_t count = 0;
    const hg_symbol *found = hg_symbols_find(symbols, &id, offset, &count);
    cr_assert(eq(sz, count, 1));
    cr_assert(eq(str, (char *)found[0].function, "hidden"));
    cr_assert(eq(int, found[0].line, marked_line("hidden")));
    hg_symbols_free(symbols);
}

Test(harness_symbols, remembers_its_answers)
{
    uint64_t offset = offset_of_call(LIBRARY("inlined"), "outermost");
    hg_symbols *symbols = hg_symbols_new();
    hg_module_id id = {.path = LIBRARY("inlined")};
    size_t count[2] = {0};
    const hg_symbol *first = hg_symbols_find(symbols, &id, offset, &count[0]);
    for (uint64_t other = 1; other < 5000; other += 7)
        cr_assert(ne(ptr, (void *)hg_symbols_find(symbols, &id, other, &count[1]), NULL));
    cr_assert(eq(ptr, (void *)hg_symbols_find(symbols, &id, offset, &count[1]), (void *)first));
    cr_assert(eq(sz, count[0], count[1]));
    hg_symbols_free(symbols);
}

Test(harness_symbols, knows_exported_names_only_in_a_stripped_library)
{
    uint64_t offset = offset_of_call(LIBRARY("inlined_stripped"), "outermost");
    hg_symbols *symbols = hg_symbols_new();
    hg_module_id id = {.path = LIBRARY("inlined_stripped")};
    size_t count = 0;
    const hg_symbol *found = hg_symbols_find(symbols, &id, offset, &count);
    cr_assert(eq(sz, count, 1));
    cr_assert(eq(str, (char *)found[0].function, "outermost"));
    cr_assert(eq(str, (char *)found[0].file, ""));
    cr_assert(eq(int, found[0].line, 0));
    offset = offset_of_call(LIBRARY("inlined_stripped"), "call_hidden");
    found = hg_symbols_find(symbols, &id, offset, &count);
    cr_assert(eq(str, (char *)found[0].function, ""), "a neighbour's name was borrowed");
    hg_symbols_free(symbols);
}

static void expect_unknown(const hg_module_id *id, uint64_t offset)
{
    hg_symbols *symbols = hg_symbols_new();
    size_t count = 0;
    const hg_symbol *found = hg_symbols_find(symbols, id, offset, &count);
    cr_assert(eq(sz, count, 1), "%s", id->path);
    cr_assert(eq(str, (char *)found[0].function, ""), "%s", id->path);
    cr_assert(eq(str, (char *)found[0].file, ""), "%s", id->path);
    cr_assert(eq(int, found[0].line, 0), "%s", id->path);
    cr_assert(not(found[0].inlined), "%s", id->path);
    hg_symbols_free(symbols);
}

Test(harness_symbols, makes_nothing_up_for_a_file_it_cannot_read)
{
    const char *const paths[] = {"/nowhere/lib.so", "/", "/etc/passwd", "linux-vdso.so.1",
                                 HG_SOURCE_DIR "/tests/e2e/plugins/inlined.c"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect_unknown(&(hg_module_id){.path = paths[i]}, 0x1234);
}

Test(harness_symbols, says_of_code_in_no_file_that_it_was_made_at_run_time)
{
    const hg_module_id id = {.path = ""};
    hg_symbols *symbols = hg_symbols_new();
    size_t count = 0;
    const hg_symbol *found = hg_symbols_find(symbols, &id, 0x1234, &count);
    cr_assert(eq(sz, count, 1));
    cr_assert(eq(str, (char *)found[0].function, HG_SYMBOLS_NO_NAME));
    hg_symbols_free(symbols);
}

Test(harness_symbols, makes_nothing_up_for_an_offset_outside_the_library)
{
    const uint64_t offsets[] = {0, 1 << 24, UINT64_C(0xffffffffffff), UINT64_MAX};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
        expect_unknown(&(hg_module_id){.path = LIBRARY("inlined")}, offsets[i]);
}

Test(harness_symbols, does_not_read_another_build_of_the_library)
{
    const uint8_t other[20] = {0xde, 0xad, 0xbe, 0xef};
    uint64_t offset = offset_of_call(LIBRARY("inlined"), "outermost");
    expect_unknown(
        &(hg_module_id){.path = LIBRARY("inlined"), .build_id = other, .build_id_size = sizeof other},
        offset);
}

Test(harness_symbols, keeps_many_libraries_apart)
{
    hg_symbols *symbols = hg_symbols_new();
    uint64_t offset = offset_of_call(LIBRARY("inlined"), "outermost");
    const char *const others[] = {LIBRARY("inlined_stripped"), LIBRARY("stacks_O0"), LIBRARY("operators"),
                                  "/nowhere"};
    size_t count;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert(ne(
            ptr, (void *)hg_symbols_find(symbols, &(hg_module_id){.path = others[i]}, offset, &count), NULL));
    const hg_symbol *found =
        hg_symbols_find(symbols, &(hg_module_id){.path = LIBRARY("inlined")}, offset, &count);
    cr_assert(eq(str, (char *)found[0].function, "innermost"));
    hg_symbols_free(symbols);
    hg_symbols_free(NULL);
}
