/*
 * Goal: a function has one name, however a tool writes it, and two functions have two.
 */
#include "analysis/function_name.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(harness_function_name, leaves_out_types_and_parameters)
{
    static const struct {
        const char *name, *plain;
    } cases[] = {
        {"keep", "keep"},
        {"app::store::keep(unsigned long)", "app::store::keep"},
        {"void app::put<int, std::less<int> >(int, char const*) const", "app::put"},
        {"std::vector<int, std::allocator<int> >::push_back(int&&)", "std::vector::push_back"},
        {"app::(anonymous namespace)::handle(int)", "app::handle"},
        {"app::make[abi:cxx11](int)", "app::make"},
        {"operator new(unsigned long)", "operator new"},
        {"operator new[](unsigned long)", "operator new[]"},
        {"app::text::operator bool() const", "app::text::operator bool"},
        {"app::text::operator<<(int)", "app::text::operator<<"},
        {"std::ostream& app::operator<< <char>(std::ostream&, app::text const&)", "app::operator<< "},
        {"app::text::operator()(int) const", "app::text::operator()"},
        {"app::text::operator->() const", "app::text::operator->"},
        {"app::run()::{lambda(int)#1}::operator()(int) const", "app::run::{lambda#1}::operator()"},
        {"cooperator(int)", "cooperator"},
        {"<alloc::vec::Vec<T> as core::fmt::Debug>::fmt", "::fmt"},
        {"unclosed<<<<(", "unclosed"},
        {")))", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char plain[HG_PLAIN_NAME_BYTES];
        hg_plain_name(cases[i].name, plain);
        cr_expect(eq(str, plain, (char *)cases[i].plain), "%s", cases[i].name);
    }
}

Test(harness_function_name, of_two_tools_are_compared)
{
    cr_expect(hg_same_function("app::store::keep(unsigned long)", "app::store::keep"));
    cr_expect(hg_same_function("keep", "app::store::keep"), "valgrind's name of an inlined function");
    cr_expect(hg_same_function("std::vector<>::push_back(int&&)", "std::vector<int>::push_back"),
              "heaptrack's short form");
    cr_expect(hg_same_function("app::operator()(int) const", "app::operator()"));
    cr_expect(not(hg_same_function("app::store::keep", "app::store::keeper")));
    cr_expect(not(hg_same_function("upkeep", "app::store::keep")));
    cr_expect(not(hg_same_function("keep", "app::upkeep")));
    cr_expect(not(hg_same_function("app::one::keep", "app::two::keep")));
    cr_expect(not(hg_same_function("", "app::store::keep")));
}

Test(harness_function_name, tells_whose_a_function_is)
{
    cr_expect(hg_is_language_function("std::vector<int>::push_back", ""));
    cr_expect(hg_is_language_function("void std::__fill<int>(int*)", ""));
    cr_expect(hg_is_language_function("allocate", "/usr/include/c++/12/bits/new_allocator.h"));
    cr_expect(hg_is_language_function("f", "/usr/bin/../lib/gcc/x/12/../../../../include/c++/12/bits/a.h"));
    cr_expect(hg_is_language_function("<alloc::vec::Vec<T>>::push", ""));
    cr_expect(hg_is_language_function("push", "/rustc/59807616/library/alloc/src/vec/mod.rs"));
    cr_expect(hg_is_language_function("push", "/usr/src/rustc-1.63.0/library/alloc/src/vec/mod.rs"));
    cr_expect_not(hg_is_language_function("push", "/home/me/rustc-1.63.0/compiler/push.rs"));
    cr_expect(not(hg_is_language_function("std::hash<app::key>::operator()", "src/key.h")),
              "the user's own specialisation");
    cr_expect(not(hg_is_language_function("app::std::keep", "")));
    cr_expect(not(hg_is_language_function("stdlib_wrapper", "")));
    cr_expect(not(hg_is_language_function("keep", "src/keep.cc")));
}
