/* A GoogleTest suite with leak tests of every outcome, to be run by suite.sh. */
#include <fcntl.h>
#include <heapgate/gtest.h>
#include <stdexcept>
#include <thread>

static void *volatile kept;

static __attribute__((noinline)) void forget(std::size_t bytes)
{
    kept = ::operator new(bytes);
}

TEST(Store, ordinary)
{
}

HEAPGATE_TEST(Store, gives_back)
{
    forget(24);
    ::operator delete(kept);
    EXPECT_NE(kept, nullptr);
}

HEAPGATE_TEST(Store, forgets)
{
    forget(24);
}

HEAPGATE_TEST_WITH(Store, forgets_what_it_may, .ops(4096).max_bytes_per_op(24.5))
{
    forget(24);
}

HEAPGATE_TEST_WITH(Store, opens, .ops(2048))
{
    EXPECT_GE(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
}

HEAPGATE_TEST_WITH(Store, threads, .ops(200))
{
    std::thread([] { pause(); }).detach();
}

HEAPGATE_TEST(Store, asserts_in_op_3000)
{
    static int calls;
    EXPECT_NE(++calls, 3000);
}

HEAPGATE_TEST(Store, throws_in_op_3000)
{
    static int calls;
    if (++calls == 3000)
        throw std::runtime_error("the store is full");
}

HEAPGATE_TEST(Store, crashes)
{
    abort();
}

HEAPGATE_TEST(Store, exits_in_op_3000)
{
    static int calls;
    if (++calls == 3000)
        exit(0);
}

HEAPGATE_TEST(Store, skips)
{
    GTEST_SKIP() << "not here";
}

class Fixture : public ::testing::TestWithParam<int>
{
  protected:
    static int alive;
    void SetUp() override
    {
        EXPECT_EQ(alive++, 0) << "one fixture at a time";
        text = new std::string(100, 'x');
    }
    void TearDown() override
    {
        alive--;
        delete text;
    }
    std::string *text = nullptr;
};
int Fixture::alive;

class Ordinary : public Fixture
{
};

TEST_F(Ordinary, beside_a_leak_test)
{
    EXPECT_EQ(text->size(), 100u);
}

HEAPGATE_TEST_F(Ordinary, fixture_of_each_op)
{
    EXPECT_EQ(text->size(), 100u);
}

HEAPGATE_TEST_F_WITH(Ordinary, fixture_and_leak, .ops(4096))
{
    forget(text->size());
}

class Sizes : public ::testing::TestWithParam<int>
{
};

HEAPGATE_TEST_P(Sizes, forgets_odd)
{
    if (GetParam() % 2)
        forget(16);
}

INSTANTIATE_TEST_SUITE_P(All, Sizes, ::testing::Values(1, 2));
