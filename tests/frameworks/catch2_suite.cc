/* A Catch2 suite with leak tests of every outcome, to be run by suite.sh. */
#if !__has_include(<catch2/catch_test_macros.hpp>) // version 3 has main in a library
#define CATCH_CONFIG_MAIN
#endif
#include <heapgate/catch2.hpp>

#include <fcntl.h>
#include <stdexcept>

static void *volatile kept;

static __attribute__((noinline)) void forget(std::size_t bytes)
{
    kept = ::operator new(bytes);
}

TEST_CASE("ordinary")
{
    CHECK(1 + 1 == 2);
}

HEAPGATE_TEST_CASE("gives_back", "[store]")
{
    forget(24);
    ::operator delete(kept);
    CHECK(kept != nullptr);
}

HEAPGATE_TEST_CASE("forgets", "[store]")
{
    forget(24);
}

HEAPGATE_TEST_CASE("forgets: a name, with [signs] and \"more\"")
{
    forget(24);
}

HEAPGATE_TEST_CASE_WITH(.ops(4096).max_bytes_per_op(24.5), "forgets_what_it_may", "[store]")
{
    forget(24);
}

HEAPGATE_TEST_CASE_WITH(.ops(2048), "opens")
{
    REQUIRE(open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
}

HEAPGATE_TEST_CASE("asserts_in_op_3000")
{
    static int calls;
    REQUIRE(++calls != 3000);
}

HEAPGATE_TEST_CASE("throws_in_op_3000")
{
    static int calls;
    if (++calls == 3000)
        throw std::runtime_error("the store is full");
}

HEAPGATE_TEST_CASE("crashes")
{
    abort();
}

HEAPGATE_TEST_CASE("exits_in_op_3000")
{
    static int calls;
    if (++calls == 3000)
        exit(0);
}

struct Fixture {
    Fixture() : text(new std::string(100, 'x'))
    {
    }
    Fixture(const Fixture &) = delete;
    Fixture &operator=(const Fixture &) = delete;
    ~Fixture()
    {
        delete text;
    }
    std::string *text;
};

HEAPGATE_TEST_CASE_METHOD(Fixture, "fixture_of_each_op", "[store]")
{
    CHECK(text->size() == 100);
}

HEAPGATE_TEST_CASE_METHOD_WITH(.ops(4096), Fixture, "fixture_and_leak", "[store]")
{
    forget(text->size());
}
