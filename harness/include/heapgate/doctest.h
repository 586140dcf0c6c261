/*
 * Leak tests in a doctest suite. Write HEAPGATE_TEST_CASE for TEST_CASE, HEAPGATE_TEST_CASE_FIXTURE for
 * TEST_CASE_FIXTURE, and the test is a leak test:
 *
 *     #include <heapgate/doctest.h>
 *
 *     HEAPGATE_TEST_CASE("the parser gives everything back")
 *     {
 *         CHECK(parse("[1, 2]").valid());
 *     }
 *
 *     HEAPGATE_TEST_CASE_WITH(.ops(100000).max_bytes_per_op(0.5), "the cache fills")
 *     {
 *         cache().add();
 *     }
 *
 * The test is one op; with FIXTURE, each op has a fixture of its own. The test fails if ops leave memory
 * behind, or if an op fails or throws. Memory that is allocated once, within the first fifth of the ops, is
 * not a leak. Keep state that outlives an op in static variables. An op has no SUBCASE: write a leak test for
 * each.
 *
 * The ops run in a process of their own, which heapgate/leak_test.h describes: the same program with --test-
 * case=NAME and --source-file=FILE. A main of your own must call Context::applyCommandLine.
 *
 * Requires C++11 and doctest 2.4. Where doctest.h has another place, include it before this header.
 */
#ifndef HEAPGATE_DOCTEST_H
#define HEAPGATE_DOCTEST_H

#ifndef DOCTEST_TEST_CASE
#include <doctest/doctest.h>
#endif
#include <heapgate/leak_test.h>
#include <memory>
#include <string>

/* The name of the test, with decorators, as for TEST_CASE. */
#define HEAPGATE_TEST_CASE(Name)                  HEAPGATE_TEST_CASE_WITH(, Name)
#define HEAPGATE_TEST_CASE_FIXTURE(Fixture, Name) HEAPGATE_TEST_CASE_FIXTURE_WITH(, Fixture, Name)

/* With heapgate::options: .ops(N).max_bytes_per_op(X).allocator("jemalloc"), or some of them. */
#define HEAPGATE_TEST_CASE_WITH(Options, Name)                                                               \
    HEAPGATE_DOCTEST_FUNCTION_(HEAPGATE_DOCTEST_OP_(__LINE__), Options, Name)
#define HEAPGATE_TEST_CASE_FIXTURE_WITH(Options, Fixture, Name)                                              \
    HEAPGATE_DOCTEST_METHOD_(HEAPGATE_DOCTEST_OP_(__LINE__), Fixture, Options, Name)

#define HEAPGATE_DOCTEST_OP_(Line)  HEAPGATE_DOCTEST_OP2_(Line)
#define HEAPGATE_DOCTEST_OP2_(Line) heapgate_op_at_line_##Line

#define HEAPGATE_DOCTEST_FUNCTION_(Op, Options, Name)                                                        \
    static void Op();                                                                                        \
    DOCTEST_TEST_CASE(Name)                                                                                  \
    {                                                                                                        \
        ::heapgate::doctest_test((::heapgate::options() Options).values, Op);                                \
    }                                                                                                        \
    static void Op()

#define HEAPGATE_DOCTEST_METHOD_(Op, Fixture, Options, Name)                                                 \
    namespace                                                                                                \
    {                                                                                                        \
    struct Op : Fixture {                                                                                    \
        void heapgate_body();                                                                                \
        static void heapgate_op()                                                                            \
        {                                                                                                    \
            std::unique_ptr<Op>(new Op)->heapgate_body();                                                    \
        }                                                                                                    \
    };                                                                                                       \
    }                                                                                                        \
    DOCTEST_TEST_CASE(Name)                                                                                  \
    {                                                                                                        \
        ::heapgate::doctest_test((::heapgate::options() Options).values, Op::heapgate_op);                   \
    }                                                                                                        \
    void Op::heapgate_body()

namespace heapgate
{

/* The text as a filter, in which a comma ends it. */
inline std::string doctest_filter(const char *option, const char *text)
{
    std::string filter = option;
    for (; *text; text++) {
        if (*text == ',' || *text == '\\')
            filter += '\\';
        filter += *text;
    }
    return filter;
}

inline void doctest_test(const heapgate_test_options &options, void (*op)())
{
    if (heapgate_is_measured()) {
        heapgate_ops_begin(&options);
        do
            op();
        while (heapgate_op_ended());
        return;
    }
    const auto *test = ::doctest::getContextOptions()->currentTest;
    std::string name = doctest_filter("--test-case=", test->m_name);
    std::string file = doctest_filter("--source-file=", test->m_file.c_str());
    std::unique_ptr<char[]> failure(new char[HEAPGATE_FAILURE_BYTES]());
    heapgate_child child = heapgate_child();
    child.arguments[0] = name.c_str();
    child.arguments[1] = file.c_str();
    child.arguments[2] = "--no-skip";
    if (heapgate_measure(&options, &child, failure.get()) != HEAPGATE_PASSED)
        DOCTEST_ADD_FAIL_AT(test->m_file.c_str(), test->m_line, ::doctest::String(failure.get()));
}

} // namespace heapgate

#endif
