/* A doctest suite with leak tests of every outcome, to be run by suite.sh. */
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <heapgate/doctest.h>

#include <fcntl.h>
#include <stdexcept>
#include <string>

static void *volatile kept;

static __attribute__((noinline)) void forget(std::size_t bytes)
{
    kept = ::operator new(bytes);
}

TEST_CASE("ordinary")
{
    CHECK(1 + 1 == 2);
}

HEAPGATE_TEST_CASE("gives_back")
{
    forget(24);
    ::operator delete(kept);
    CHECK(kept != nullptr);
}

HEAPGATE_TEST_CASE("forgets")
{
    forget(24);
}

HEAPGATE_TEST_CASE("forgets: a name, with [signs] and \"more\"")
{
    forget(24);
}

HEAPGATE_TEST_CASE_WITH(.ops(4096).max_bytes_per_op(24.5), "forgets_what_it_may")
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

HEAPGATE_TEST_CASE_FIXTURE(Fixture, "fixture_of_each_op")
{
    CHECK(text->size() == 100);
}

HEAPGATE_TEST_CASE_FIXTURE_WITH(.ops(4096), Fixture, "fixture_and_leak")
{
    forget(text->size());
}
