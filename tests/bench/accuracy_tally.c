#include "accuracy_tally.h"

#include <math.h>
#include <stdlib.h>

bool tally_add(tally *all, const tally_cell *cell)
{
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 256;
        tally_cell *grown = realloc(all->cells, capacity * sizeof *grown);
        if (!grown)
            return false;
        all->cells = grown;
        all->capacity = capacity;
    }
    all->cells[all->count++] = *cell;
    return true;
}

void tally_free(tally *all)
{
    free(all->cells);
    *all = (tally){0};
}

size_t tally_count(const tally *all, bool leaks)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        count += all->cells[i].leaks == leaks;
    return count;
}

/* The probability of at most k of n, each with probability p. */
static double at_most(size_t k, size_t n, double p)
{
    double sum = 0;
    for (size_t i = 0; i <= k; i++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) +
                   (double)i * log(p) + (double)(n - i) * log1p(-p));
    return sum;
}

/* The p with which at most k of n has this probability, which falls as p rises. */
static double share_of(size_t k, size_t n, double probability)
{
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (at_most(k, n, middle) > probability)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void tally_bounds(size_t k, size_t n, double *ret_low, double *ret_high)
{
    const double tail = 0.025;
    *ret_low = k == 0 ? 0 : share_of(k - 1, n, 1 - tail);
    *ret_high = k == n ? 1 : share_of(k, n, tail);
}

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

double tally_median(double *values, size_t n, double *ret_low, double *ret_high)
{
    *ret_low = *ret_high = 0;
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, compare_numbers);
    double reach = 0.98 * sqrt((double)n);
    double first = floor((double)n / 2 - reach);
    double last = ceil((double)n / 2 + reach);
    *ret_low = values[first < 0 ? 0 : (size_t)first];
    *ret_high = values[last > (double)n - 1 ? n - 1 : (size_t)last];
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static bool any(const tally_cell *cell)
{
    (void)cell;
    return true;
}

static bool is_leaking_control(const tally_cell *cell)
{
    return cell->leaks && cell->kind == TALLY_CONTROL;
}

static bool is_leaking_library(const tally_cell *cell)
{
    return cell->leaks && cell->kind == TALLY_LIBRARY;
}

static bool is_mutant(const tally_cell *cell)
{
    return cell->leaks && cell->kind == TALLY_MUTANT;
}

static bool is_found_leak(const tally_cell *cell)
{
    return cell->leaks && cell->found;
}

static bool is_clean(const tally_cell *cell)
{
    return !cell->leaks;
}

static bool is_clean_control(const tally_cell *cell)
{
    return !cell->leaks && cell->kind == TALLY_CONTROL;
}

static bool is_clean_library(const tally_cell *cell)
{
    return !cell->leaks && cell->kind == TALLY_LIBRARY;
}

static bool is_clean_toka(const tally_cell *cell)
{
    return !cell->leaks && cell->kind == TALLY_TOKA;
}

static bool is_clean_in_one_thread(const tally_cell *cell)
{
    return !cell->leaks && !cell->several_threads;
}

static bool is_clean_in_threads(const tally_cell *cell)
{
    return !cell->leaks && cell->several_threads;
}

static bool is_clean_on_glibc(const tally_cell *cell)
{
    return !cell->leaks && !cell->jemalloc;
}

static bool is_clean_on_jemalloc(const tally_cell *cell)
{
    return !cell->leaks && cell->jemalloc;
}

static bool is_clean_when_idle(const tally_cell *cell)
{
    return !cell->leaks && !cell->busy;
}

static bool is_clean_when_busy(const tally_cell *cell)
{
    return !cell->leaks && cell->busy;
}

static bool has_rate(const tally_cell *cell)
{
    return cell->found && cell->rate_error >= 0;
}

static bool has_right_rate(const tally_cell *cell)
{
    return cell->rate_error <= 0.05;
}

static bool is_found(const tally_cell *cell)
{
    return cell->found;
}

static bool is_culprit(const tally_cell *cell)
{
    return cell->culprit;
}

static bool is_inconclusive(const tally_cell *cell)
{
    return cell->inconclusive;
}

static bool is_failed(const tally_cell *cell)
{
    return cell->failed;
}

/* A line of the table: of the cells that are one thing, how many are another. */
static const struct {
    const char *label;
    bool (*of)(const tally_cell *);
    bool (*share)(const tally_cell *);
} shares[] = {
    {"leaks found: controls", is_leaking_control, is_found},
    {"leaks found: libraries of the system", is_leaking_library, is_found},
    {"leaks found: mutants of libtoka", is_mutant, is_found},
    {"right function on top, of leaks found", is_found_leak, is_culprit},
    {"rate within 5 % of the truth", has_rate, has_right_rate},
    {"false alarms: all clean cells", is_clean, is_found},
    {"  healthy controls", is_clean_control, is_found},
    {"  libraries of the system", is_clean_library, is_found},
    {"  Toka, after", is_clean_toka, is_found},
    {"  one thread", is_clean_in_one_thread, is_found},
    {"  several threads", is_clean_in_threads, is_found},
    {"  glibc", is_clean_on_glibc, is_found},
    {"  jemalloc", is_clean_on_jemalloc, is_found},
    {"  machine idle", is_clean_when_idle, is_found},
    {"  machine busy", is_clean_when_busy, is_found},
    {"inconclusive: all cells", any, is_inconclusive},
    {"failed: all cells", any, is_failed},
};

static void print_shares(const tally *all, FILE *out)
{
    fprintf(out, "%-40s %6s %6s %8s   %s\n", "what", "seen", "of", "share", "95 % bounds");
    for (size_t row = 0; row < sizeof shares / sizeof *shares; row++) {
        size_t n = 0;
        size_t k = 0;
        double low, high;
        for (size_t i = 0; i < all->count; i++) {
            bool counts = shares[row].of(&all->cells[i]);
            n += counts;
            k += counts && shares[row].share(&all->cells[i]);
        }
        tally_bounds(k, n, &low, &high);
        fprintf(out, "%-40s %6zu %6zu %6.2f %%   %.2f to %.2f %%\n", shares[row].label, k, n,
                n ? 100.0 * (double)k / (double)n : 0, 100 * low, 100 * high);
    }
}

static double rate_error_of(const tally_cell *cell)
{
    return has_rate(cell) ? 100 * cell->rate_error : -1;
}

static double seconds_of(const tally_cell *cell)
{
    return cell->seconds;
}

/* A line on a quantity that some cells have: its value, or below 0. */
static bool print_quantity(const tally *all, const char *label, const char *unit,
                           double (*value)(const tally_cell *), FILE *out)
{
    double low, high;
    size_t n = 0;
    const tally_cell *worst = NULL;
    double *values = malloc((all->count + 1) * sizeof *values);
    if (!values)
        return false;
    for (size_t i = 0; i < all->count; i++) {
        const tally_cell *cell = &all->cells[i];
        if (value(cell) < 0)
            continue;
        values[n++] = value(cell);
        if (!worst || value(cell) > value(worst))
            worst = cell;
    }
    double median = tally_median(values, n, &low, &high);
    fprintf(out, "%-40s %6zu cells, median %.3f %s (%.3f to %.3f), worst %.3f %s (%s)\n", label, n, median,
            unit, low, high, worst ? value(worst) : 0, unit, worst ? worst->name : "none");
    free(values);
    return true;
}

bool tally_print(const tally *all, FILE *out)
{
    print_shares(all, out);
    fputc('\n', out);
    return print_quantity(all, "error of the rate", "%", rate_error_of, out) &&
           print_quantity(all, "time to the verdict", "s", seconds_of, out);
}
