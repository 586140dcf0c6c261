#include "base/humanise.h"

#include <criterion/criterion.h>
#include <math.h>

Test(report_humanise, spans_take_the_unit_that_a_person_would)
{
    cr_expect_str_eq(hg_human_span(0).text, "0 s");
    cr_expect_str_eq(hg_human_span(42).text, "42 s");
    cr_expect_str_eq(hg_human_span(119).text, "119 s");
    cr_expect_str_eq(hg_human_span(150).text, "2.5 min");
    cr_expect_str_eq(hg_human_span(7200).text, "2 h");
    cr_expect_str_eq(hg_human_span(47 * 3600).text, "47 h");
    cr_expect_str_eq(hg_human_span(55 * 3600).text, "2.3 days");
    cr_expect_str_eq(hg_human_span(700 * 86400).text, "700 days");
    cr_expect_str_eq(hg_human_span(3 * 365.25 * 86400).text, "3 years");
    cr_expect_str_eq(hg_human_span(1e18).text, "over 1000 years");
    cr_expect_str_eq(hg_human_span(INFINITY).text, "over 1000 years");
    cr_expect_str_eq(hg_human_span(NAN).text, "?");
    cr_expect_str_eq(hg_human_span(-1).text, "?");
}

Test(report_humanise, the_time_of_an_op_is_read_from_nanoseconds_on)
{
    cr_expect_str_eq(hg_human_brief(3.2e-7).text, "320 ns");
    cr_expect_str_eq(hg_human_brief(1.15e-4).text, "115 \u00b5s");
    cr_expect_str_eq(hg_human_brief(0.0125).text, "12.5 ms");
    cr_expect_str_eq(hg_human_brief(90).text, "90 s");
    cr_expect_str_eq(hg_human_brief(INFINITY).text, "?");
}

Test(report_humanise, megabytes_are_powers_of_a_thousand)
{
    cr_expect_str_eq(hg_human_megabytes(474e6).text, "474 MB");
    cr_expect_str_eq(hg_human_megabytes(1 << 20).text, "1.05 MB");
    cr_expect_str_eq(hg_human_megabytes(999).text, "999 B");
    cr_expect_str_eq(hg_human_megabytes(NAN).text, "?");
}

Test(report_humanise, rates_are_written_out_as_long_as_they_are_whole)
{
    cr_expect_str_eq(hg_human_rate(1000).text, "1 000");
    cr_expect_str_eq(hg_human_rate(0.5).text, "0.5");
    cr_expect_str_eq(hg_human_rate(25e6).text, "25.0M");
    cr_expect_str_eq(hg_human_rate(INFINITY).text, "?");
}

Test(report_humanise, an_error_that_changes_no_digit_is_none)
{
    cr_expect_str_eq(hg_human_error(4e-6, 11).text, "0 B");
    cr_expect_str_eq(hg_human_error(4e-6, -11).text, "0 B");
    cr_expect_str_eq(hg_human_error(0.02, 11).text, "0.02 B");
    cr_expect_str_eq(hg_human_error(4e-6, 0).text, "4e-06 B");
}

Test(report_humanise, bytes_have_two_digits_or_three_down_to_a_hundredth)
{
    cr_expect_str_eq(hg_human_bytes(19763).text, "19.3 KiB");
    cr_expect_str_eq(hg_human_bytes(0.64).text, "0.64 B");
    cr_expect_str_eq(hg_human_bytes(0.0996).text, "0.1 B");
    cr_expect_str_eq(hg_human_bytes(0.0256).text, "0.026 B");
    cr_expect_str_eq(hg_human_bytes(0.0096).text, "0.01 B");
    cr_expect_str_eq(hg_human_bytes(0.0052).text, "0.005 B");
    cr_expect_str_eq(hg_human_bytes(0).text, "0 B");
}
