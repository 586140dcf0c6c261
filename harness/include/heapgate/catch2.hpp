/*
 * Leak tests in a Catch2 suite. Write HEAPGATE_TEST_CASE for TEST_CASE, HEAPGATE_TEST_CASE_METHOD for
 * TEST_CASE_METHOD, and the test is a leak test:
 *
 *     #include <heapgate/catch2.hpp>
 *
 *     HEAPGATE_TEST_CASE("the parser gives everything back", "[parser]")
 *     {
 *         REQUIRE(parse("[1, 2]").valid());
 *     }
 *
 *     HEAPGATE_TEST_CASE_WITH(.ops(100000).max_bytes_per_op(0.5), "the cache fills", "[cache]")
 *     {
 *         cache().add();
 *     }
 *
 * The test is one op; with METHOD, each op has a fixture of its own. The test fails if ops leave memory
 * behind, or if an op fails or throws. Memory that is allocated once, within the first fifth of the ops, is
 * not a leak. Keep state that outlives an op in static variables. An op has no SECTION and no GENERATE: write
 * a leak test for each.
 *
 * The ops run in a process of their own, which heapgate/leak_test.h describes: the same program with the name
 * of the test as its argument. A main of your own must give its arguments to Catch::Session.
 *
 * Requires C++11 and Catch2 2.13 or 3. Where the header of your Catch2 has another place, include it before
 * this one.
 */
#ifndef HEAPGATE_CATCH2_HPP
#define HEAPGATE_CATCH2_HPP

#ifndef TEST_CASE
#if defined __has_include && __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/interfaces/catch_interfaces_capture.hpp>
#else
#include <catch2/catch.hpp>
#endif
#endif
#include <heapgate/leak_test.h>
#include <memory>
#include <string>

/* The name of the test, and its tags, as for TEST_CASE. */
#define HEAPGATE_TEST_CASE(...)                 HEAPGATE_TEST_CASE_WITH(, __VA_ARGS__)
#define HEAPGATE_TEST_CASE_METHOD(Fixture, ...) HEAPGATE_TEST_CASE_METHOD_WITH(, Fixture, __VA_ARGS__)

/* With heapgate::options: .ops(N).max_bytes_per_op(X).allocator("jemalloc"), or some of them. */
#define HEAPGATE_TEST_CASE_WITH(Options, ...)                                                                \
    HEAPGATE_CATCH_FUNCTION_(HEAPGATE_CATCH_OP_(__LINE__), Options, __VA_ARGS__)
#define HEAPGATE_TEST_CASE_METHOD_WITH(Options, Fixture, ...)                                                \
    HEAPGATE_CATCH_METHOD_(HEAPGATE_CATCH_OP_(__LINE__), Fixture, Options, __VA_ARGS__)

#define HEAPGATE_CATCH_OP_(Line)  HEAPGATE_CATCH_OP2_(Line)
#define HEAPGATE_CATCH_OP2_(Line) heapgate_op_at_line_##Line

#define HEAPGATE_CATCH_BODY_(Options, Op)                                                                    \
    std::string heapgate_failure = ::heapgate::catch_test((::heapgate::options() Options).values, Op);       \
    if (!heapgate_failure.empty())                                                                           \
    FAIL(heapgate_failure)

#define HEAPGATE_CATCH_FUNCTION_(Op, Options, ...)                                                           \
    static void Op();                                                                                        \
    TEST_CASE(__VA_ARGS__)                                                                                   \
    {                                                                                                        \
        HEAPGATE_CATCH_BODY_(Options, Op);                                                                   \
    }                                                                                                        \
    static void Op()

#define HEAPGATE_CATCH_METHOD_(Op, Fixture, Options, ...)                                                    \
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
    TEST_CASE(__VA_ARGS__)                                                                                   \
    {                                                                                                        \
        HEAPGATE_CATCH_BODY_(Options, Op::heapgate_op);                                                      \
    }                                                                                                        \
    void Op::heapgate_body()

namespace heapgate
{

/* The name as a test specification, in which some characters have a meaning. */
inline std::string catch_filter(const std::string &name)
{
    std::string filter;
    for (char c : name) {
        if (std::string("\\,[]\"~").find(c) != std::string::npos)
            filter += '\\';
        filter += c;
    }
    return filter;
}

/* Gives why the test failed; empty if it passed. */
inline std::string catch_test(const heapgate_test_options &options, void (*op)())
{
    if (heapgate_is_measured()) {
        heapgate_ops_begin(&options);
        do
            op();
        while (heapgate_op_ended());
        return std::string();
    }
    std::string filter = catch_filter(Catch::getResultCapture().getCurrentTestName());
    std::unique_ptr<char[]> failure(new char[HEAPGATE_FAILURE_BYTES]());
    heapgate_child child = heapgate_child();
    child.arguments[0] = filter.c_str();
    child.forget[0] = "CATCH_";
    child.forget[1] = "TESTBRIDGE_"; // of Bazel
    bool passed = heapgate_measure(&options, &child, failure.get()) == HEAPGATE_PASSED;
    return passed ? std::string() : std::string(failure.get());
}

} // namespace heapgate

#endif
