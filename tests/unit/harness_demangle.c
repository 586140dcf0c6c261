/* Mangled names, and names that only look so: each is shown as its author wrote it, or as it is. */
#include "symbols/demangle.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_name(const char *mangled, const char *expected)
{
    hg_demangler demangler = {0};
    const char *shown = hg_demangle(&demangler, mangled);
    cr_assert(ne(ptr, (void *)shown, NULL));
    cr_expect(eq(str, (char *)shown, (char *)expected), "%s", mangled);
    hg_demangler_clear(&demangler);
}

Test(harness_demangle, shows_cxx_names_with_their_scopes_and_template_arguments)
{
    expect_name("_ZN3net6Server6acceptEi", "net::Server::accept");
    expect_name("_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back");
    expect_name("_ZN12_GLOBAL__N_18lose_newEm", "lose_new");
    expect_name("_ZnwmRKSt9nothrow_t", "operator new");
    expect_name("_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()");
}

Test(harness_demangle, shows_rust_names_without_their_hash)
{
    expect_name("_ZN5alloc7raw_vec11finish_grow17h0123456789abcdefE", "alloc::raw_vec::finish_grow");
    expect_name("_RNvCs1234_7mycrate3foo", "mycrate::foo");
    expect_name("_RNvNtCs1234_7mycrate5cache6insert", "mycrate::cache::insert");
}

Test(harness_demangle, leaves_other_names_as_they_are)
{
    const char *const names[] = {
        "",      "main", "heapgate_iterate", "_Z",         "_R",        "_Znothing?", "_ZN3abc",
        "_init", "Zone", "std::sort",        "_Z\xff\xfe", "_R\x1b[2J", "_RB_",       "_RB_insert"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_name(names[i], names[i]);
}

Test(harness_demangle, works_a_name_out_once)
{
    hg_demangler demangler = {0};
    char copy[] = "_ZN3net6Server6acceptEi";
    const char *first = hg_demangle(&demangler, "_ZN3net6Server6acceptEi");
    cr_assert(eq(ptr, (void *)hg_demangle(&demangler, copy), (void *)first));
    hg_demangler_clear(&demangler);
    hg_demangler_clear(&demangler);
}

/* f<a_map_of_long_names<... >>, longer than what libiberty takes by default. */
Test(harness_demangle, shows_names_of_several_kilobytes)
{
    enum { DEPTH = 250 };
    char *mangled = malloc(HG_MANGLED_MOST);
    char *at = stpcpy(mangled, "_Z1fI");
    for (int i = 0; i < DEPTH; i++)
        at = stpcpy(at, "19a_map_of_long_namesI");
    at = stpcpy(at, "i");
    for (int i = 0; i < DEPTH; i++)
        at = stpcpy(at, "E");
    stpcpy(at, "Evv");
    hg_demangler demangler = {0};
    const char *shown = hg_demangle(&demangler, mangled);
    cr_assert(eq(int, strncmp(shown, "f<a_map_of_long_names<a_map", 27), 0), "%.60s", shown);
    cr_assert(lt(sz, 20 * (size_t)DEPTH, strlen(shown)));
    hg_demangler_clear(&demangler);
    free(mangled);
}

Test(harness_demangle, cuts_names_that_unfold_without_end)
{
    /* f<T0>, T0 = pair<i, i>, and each further parameter a pair of the one before. */
    char mangled[1024] = "_Z1fI";
    char *at = stpcpy(mangled + 5, "1pIiiE");
    const char *last = "S0_";
    char buffer[8];
    for (int i = 1; i < 34; i++) {
        at += sprintf(at, "1qI%s%sE", last, last);
        snprintf(buffer, sizeof buffer, "S%c_", i < 10 ? '0' + i : 'A' + i - 10);
        last = buffer;
    }
    stpcpy(at, "Evv");
    hg_demangler demangler = {0};
    const char *shown = hg_demangle(&demangler, mangled);
    cr_assert(le(sz, strlen(shown), HG_DEMANGLED_MOST));
    hg_demangler_clear(&demangler);
}

Test(harness_demangle, survives_the_deepest_name_it_takes)
{
    static const char *const starts[] = {"_Z1f", "_ZN", "_RNvC", "_R"};
    static const char pieces[] = "PIXNTRKFALSOM";
    char *mangled = malloc(HG_MANGLED_MOST + 2);
    hg_demangler demangler = {0};
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++)
        for (const char *piece = pieces; *piece; piece++)
            for (size_t length = HG_MANGLED_MOST; length <= HG_MANGLED_MOST + 1; length++) {
                size_t start = strlen(starts[s]);
                memcpy(mangled, starts[s], start);
                memset(mangled + start, *piece, length - start);
                mangled[length] = '\0';
                const char *shown = hg_demangle(&demangler, mangled);
                cr_assert(ne(ptr, (void *)shown, NULL));
                cr_assert(le(sz, strlen(shown), HG_DEMANGLED_MOST));
            }
    hg_demangler_clear(&demangler);
    free(mangled);
}
