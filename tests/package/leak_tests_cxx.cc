/* Leak tests in a suite in C++, beside a parameterized test. */
#include <heapgate/criterion.h>

#include <criterion/parameterized.h>
#include <string>

ParameterizedTestParameters(ordinary, has_parameters)
{
    static int numbers[] = {1, 2, 3};
    return cr_make_param_array(int, numbers, 3);
}

ParameterizedTest(int *number, ordinary, has_parameters)
{
    cr_assert(*number > 0);
}

static std::string *volatile kept;

HEAPGATE_TEST(cxx, forgets)
{
    kept = new std::string(100, 'x');
}

HEAPGATE_TEST(cxx, gives_back)
{
    kept = new std::string(100, 'x');
    delete kept;
}

HEAPGATE_TEST_WITH(cxx, forgets_what_it_may, .max_bytes_per_op = 200)
{
    kept = new std::string(100, 'x');
}
