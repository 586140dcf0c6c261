#include "accuracy_tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

double tally_quantile(double *values, size_t n, double share)
{
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, compare_numbers);
    size_t rank = (size_t)ceil(share * (double)n);
    return values[rank > 0 ? rank - 1 : 0];
}

static const char *const verdict_names[TALLY_VERDICTS] = {"clean", "leak", "fragmentation", "inconclusive",
                                                          "failed"};

tally_verdict tally_verdict_of(const char *name)
{
    size_t verdict = 0;
    while (verdict < TALLY_FAILED && strcmp(name, verdict_names[verdict]) != 0)
        verdict++;
    return (tally_verdict)verdict;
}

/* Truth by verdict; kinds without a cell are left out. */
static void print_matrix(const tally *all, FILE *out)
{
    static const char *const kinds[TALLY_KINDS] = {"pairs of the test set", "controls",
                                                   "libraries of the system", "libtoka, after",
                                                   "mutants of libtoka"};
    size_t counts[2 * TALLY_KINDS][TALLY_VERDICTS] = {0};
    bool any[2 * TALLY_KINDS] = {false};
    for (size_t i = 0; i < all->count; i++) {
        size_t row = 2 * (size_t)all->cells[i].kind + all->cells[i].leaks;
        counts[row][all->cells[i].verdict]++;
        any[row] = true;
    }
    fprintf(out, "%-40s", "truth, and the verdict");
    for (size_t verdict = 0; verdict < TALLY_VERDICTS; verdict++)
        fprintf(out, " %13s", verdict_names[verdict]);
    fputc('\n', out);
    for (size_t row = 0; row < 2 * TALLY_KINDS; row++) {
        if (!any[row])
            continue;
        fprintf(out, "%s: %-31s", row % 2 ? "leaking" : "healthy", kinds[row / 2]);
        for (size_t verdict = 0; verdict < TALLY_VERDICTS; verdict++)
            fprintf(out, " %13zu", counts[row][verdict]);
        fputc('\n', out);
    }
}

static bool is_healthy(const tally_cell *cell)
{
    return !cell->leaks;
}

static bool is_alarm(const tally_cell *cell)
{
    return cell->verdict == TALLY_LEAK || cell->verdict == TALLY_FRAGMENTATION;
}

static bool leaks(const tally_cell *cell)
{
    return cell->leaks;
}

static bool is_called_clean(const tally_cell *cell)
{
    return cell->verdict == TALLY_CLEAN;
}

static bool is_undecided(const tally_cell *cell)
{
    return cell->verdict == TALLY_INCONCLUSIVE || cell->verdict == TALLY_FAILED;
}

static bool is_found(const tally_cell *cell)
{
    return cell->leaks && cell->verdict == TALLY_LEAK;
}

static bool has_culprit(const tally_cell *cell)
{
    return cell->culprit;
}

static bool is_found_at_known_rate(const tally_cell *cell)
{
    return is_found(cell) && cell->rate_known;
}

static bool has_right_rate(const tally_cell *cell)
{
    return cell->rate_right;
}

/* A line of the table: of the cells that are one thing, how many are another. */
static const struct {
    const char *label;
    bool (*of)(const tally_cell *);
    bool (*share)(const tally_cell *);
} shares[] = {
    {"false alarms", is_healthy, is_alarm},
    {"leaks called clean", leaks, is_called_clean},
    {"healthy, and exit 3 or 4", is_healthy, is_undecided},
    {"culprit on top, of leaks found", is_found, has_culprit},
    {"rate within its stated error", is_found_at_known_rate, has_right_rate},
};

static void print_shares(const tally *all, FILE *out)
{
    fprintf(out, "\n%-40s %6s %6s %8s   %s\n", "what", "seen", "of", "share", "95 % bounds");
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

bool tally_print(const tally *all, FILE *out)
{
    const tally_cell *slowest = NULL;
    double *seconds = malloc((all->count + 1) * sizeof *seconds);
    if (!seconds)
        return false;
    for (size_t i = 0; i < all->count; i++) {
        seconds[i] = all->cells[i].seconds;
        if (!slowest || seconds[i] > slowest->seconds)
            slowest = &all->cells[i];
    }
    print_matrix(all, out);
    print_shares(all, out);
    double median = tally_quantile(seconds, all->count, 0.5);
    double late = tally_quantile(seconds, all->count, 0.95);
    fprintf(out, "\nseconds to a verdict: median %.3f, 95th percentile %.3f, longest %.3f (%s)\n", median,
            late, slowest ? slowest->seconds : 0, slowest ? slowest->name : "none");
    free(seconds);
    return true;
}
