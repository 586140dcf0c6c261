/*
 * Leak tests in a GoogleTest suite. Write HEAPGATE_TEST for TEST, HEAPGATE_TEST_F for TEST_F, HEAPGATE_TEST_P
 * for TEST_P, and the test is a leak test:
 *
 *     #include <heapgate/gtest.h>
 *
 *     HEAPGATE_TEST(Parser, GivesEverythingBack)
 *     {
 *         EXPECT_TRUE(parse("[1, 2]").valid());
 *     }
 *
 *     HEAPGATE_TEST_F_WITH(Cache, Fills, .ops(100000).max_bytes_per_op(0.5))
 *     {
 *         cache.add();
 *     }
 *
 * The test is one op, and each op has a fixture of its own: constructor, SetUp, body, TearDown, destructor.
 * The test fails if ops leave memory behind, or if an op fails or throws. Memory that is allocated once,
 * within the first fifth of the ops, is not a leak. Keep state that outlives an op in static variables or in
 * SetUpTestSuite.
 *
 * The ops run in a process of their own, which heapgate/leak_test.h describes: the same program with the same
 * arguments and --gtest_filter=SUITE.NAME. A main of your own must call InitGoogleTest.
 *
 * Requires C++11 and GoogleTest 1.10.
 */
#ifndef HEAPGATE_GTEST_H
#define HEAPGATE_GTEST_H

#include <gtest/gtest.h>
#include <heapgate/leak_test.h>
#include <memory>
#include <string>

#define HEAPGATE_TEST(Suite, Name)   HEAPGATE_TEST_WITH(Suite, Name, )
#define HEAPGATE_TEST_F(Suite, Name) HEAPGATE_TEST_F_WITH(Suite, Name, )
#define HEAPGATE_TEST_P(Suite, Name) HEAPGATE_TEST_P_WITH(Suite, Name, )

/* With heapgate::options: .ops(N).max_bytes_per_op(X).allocator("jemalloc"), or some of them. */
#define HEAPGATE_TEST_WITH(Suite, Name, Options)                                                             \
    HEAPGATE_GTEST_OP_(Suite, Name, ::testing::Test);                                                        \
    TEST(Suite, Name)                                                                                        \
    HEAPGATE_GTEST_BODY_(Suite, Name, Options)

/* The fixture of the test itself is not set up: those of the ops are. */
#define HEAPGATE_TEST_F_WITH(Suite, Name, Options)                                                           \
    HEAPGATE_GTEST_OP_(Suite, Name, Suite);                                                                  \
    GTEST_TEST_(Suite, Name, ::heapgate::gtest_not_set_up<Suite>, ::testing::internal::GetTypeId<Suite>())   \
    HEAPGATE_GTEST_BODY_(Suite, Name, Options)

#define HEAPGATE_TEST_P_WITH(Suite, Name, Options)                                                           \
    HEAPGATE_GTEST_OP_(Suite, Name, Suite);                                                                  \
    TEST_P(Suite, Name)                                                                                      \
    HEAPGATE_GTEST_BODY_(Suite, Name, Options)

#define HEAPGATE_GTEST_OP_(Suite, Name, Fixture)                                                             \
    class heapgate_op_##Suite##_##Name : public Fixture                                                      \
    {                                                                                                        \
      public:                                                                                                \
        void TestBody() override;                                                                            \
        void heapgate_op()                                                                                   \
        {                                                                                                    \
            this->SetUp();                                                                                   \
            if (!::testing::Test::HasFatalFailure() && !::testing::Test::IsSkipped())                        \
                TestBody();                                                                                  \
            this->TearDown();                                                                                \
        }                                                                                                    \
    }

#define HEAPGATE_GTEST_BODY_(Suite, Name, Options)                                                           \
    {                                                                                                        \
        if (heapgate_is_measured()) {                                                                        \
            ::heapgate::gtest_ops<heapgate_op_##Suite##_##Name>((::heapgate::options() Options).values);     \
            return;                                                                                          \
        }                                                                                                    \
        std::string heapgate_failure;                                                                        \
        switch (::heapgate::gtest_measure((::heapgate::options() Options).values, &heapgate_failure)) {      \
        case HEAPGATE_PASSED:                                                                                \
            break;                                                                                           \
        case HEAPGATE_SKIPPED:                                                                               \
            GTEST_SKIP() << "the op skips itself";                                                           \
            break;                                                                                           \
        case HEAPGATE_FAILED:                                                                                \
            FAIL() << heapgate_failure;                                                                      \
        }                                                                                                    \
    }                                                                                                        \
    void heapgate_op_##Suite##_##Name::TestBody()

namespace heapgate
{

template <class Fixture> class gtest_not_set_up : public Fixture
{
  protected:
    void SetUp() override
    {
    }
    void TearDown() override
    {
    }
};

/* In the measured process: the first op that fails is the last. */
template <class Op> void gtest_ops(const heapgate_test_options &options)
{
    heapgate_ops_begin(&options);
    do {
        std::unique_ptr<Op> op(new Op);
        op->heapgate_op();
        op.reset();
        if (::testing::Test::HasFailure())
            return;
        if (::testing::Test::IsSkipped()) {
            fflush(nullptr);
            fprintf(stderr, HEAPGATE_SKIPS "\n");
            return;
        }
    } while (heapgate_op_ended());
}

inline heapgate_outcome gtest_measure(const heapgate_test_options &options, std::string *failure)
{
    const ::testing::TestInfo *test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string filter = std::string("--gtest_filter=") + test->test_suite_name() + "." + test->name();
    std::unique_ptr<char[]> text(new char[HEAPGATE_FAILURE_BYTES]());
    heapgate_child child = heapgate_child();
    child.arguments[0] = filter.c_str();
    child.arguments[1] = "--gtest_also_run_disabled_tests";
    child.forget[0] = "GTEST_";
    child.forget[1] = "TESTBRIDGE_"; // of Bazel
    child.forget[2] = "XML_OUTPUT_FILE";
    child.keeps_arguments = 1;
    child.drop = "--gtest_";
    heapgate_outcome outcome = heapgate_measure(&options, &child, text.get());
    *failure = text.get();
    return outcome;
}

} // namespace heapgate

#endif
