/*
 * How the store and the registry of libtoka scale with threads: ./dev bench scaling [ROUNDS [MILLISECONDS]]
 *
 * Every measurement is a process of its own; in each round all of them run once, one after another, so that a
 * slow moment hits both builds and every number of threads. Medians over the rounds. What two processors of
 * the machine give at all shows in "machine", which does not call the library, and in "own-stores", where
 * threads share nothing of it but its meters: two that are halves of one core do not give twice as much.
 *
 * Contention is counted in runs of their own: locks that another thread held, and how often a thread slept
 * for one (voluntary switches of context).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 99, WORKS = 7, BUILDS = 2, COUNTS = 3 };

static const char *const works[WORKS] = {"machine", "own-stores", "hits",       "dispatches",
                                         "mixed",   "one-schema", "one-handler"};
static const char *const builds[BUILDS] = {"before", "after"};
static const unsigned threads[COUNTS] = {1, 2, 4};

typedef struct outcome {
    unsigned long long ops, locks, held;
    double seconds;
    long waits, taken;
} outcome;

static bool run(const char *folder, const char *build, const char *work, unsigned count, unsigned ms,
                const char *what, outcome *ret_outcome)
{
    char command[4096];
    snprintf(command, sizeof command, "'%s/scaling_%s' %s %u %u %s", folder, build, work, count, ms, what);
    FILE *output = popen(command, "r");
    if (!output)
        return false;
    int fields = fscanf(output, "%llu %lf %llu %llu %ld %ld", &ret_outcome->ops, &ret_outcome->seconds,
                        &ret_outcome->locks, &ret_outcome->held, &ret_outcome->waits, &ret_outcome->taken);
    return pclose(output) == 0 && fields == 6 && ret_outcome->ops > 0;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(const double *values, int count)
{
    double sorted[MOST_ROUNDS];
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static double speeds[WORKS][BUILDS][COUNTS][MOST_ROUNDS];

static bool time_all(const char *folder, int rounds, unsigned ms)
{
    for (int r = 0; r < rounds; r++)
        for (int w = 0; w < WORKS; w++)
            for (int c = 0; c < COUNTS; c++)
                for (int b = 0; b < BUILDS; b++) {
                    outcome done;
                    if (!run(folder, builds[b], works[w], threads[c], ms, "time", &done)) {
                        fprintf(stderr, "scaling: %s of %s in %u threads did not end as expected\n", works[w],
                                builds[b], threads[c]);
                        return false;
                    }
                    speeds[w][b][c][r] = (double)done.ops / done.seconds;
                }
    return true;
}

/* Of two threads against one, round by round. */
static void print_ratio(double (*of)[MOST_ROUNDS], int rounds)
{
    double ratios[MOST_ROUNDS];
    for (int r = 0; r < rounds; r++)
        ratios[r] = of[1][r] / of[0][r];
    double middle = median(ratios, rounds);
    qsort(ratios, (size_t)rounds, sizeof *ratios, compare);
    printf("  %6.2f  %.2f to %.2f", middle, ratios[0], ratios[rounds - 1]);
}

static bool print_all(const char *folder, int rounds, unsigned ms)
{
    printf("%-12s %-7s %12s %12s %12s  %6s  %-12s  %14s %14s\n", "work", "build", "1 thread", "2 threads",
           "4 threads", "2 to 1", "spread", "held in 1000", "sleeps/1000");
    for (int w = 0; w < WORKS; w++) {
        for (int b = 0; b < BUILDS; b++) {
            outcome counted;
            if (!run(folder, builds[b], works[w], 2, ms, "count", &counted))
                return false;
            printf("%-12s %-7s", works[w], builds[b]);
            for (int c = 0; c < COUNTS; c++)
                printf(" %12.0f", median(speeds[w][b][c], rounds));
            print_ratio(speeds[w][b], rounds);
            printf("  %14.3f %14.3f\n",
                   counted.locks ? 1000.0 * (double)counted.held / (double)counted.locks : 0.0,
                   1000.0 * (double)counted.waits / (double)counted.ops);
        }
    }
    puts(
        "ops a second; held: of 1,000 locks taken, those that another of two threads held; sleeps: voluntary "
        "switches of context of two threads in 1,000 ops");
    return true;
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 15;
    int ms = argc > 3 ? atoi(argv[3]) : 20;
    if (argc < 2 || rounds < 1 || rounds > MOST_ROUNDS || ms < 1 || ms > 60000) {
        fprintf(stderr, "usage: scaling_bench FOLDER [ROUNDS, 1 to %d [MILLISECONDS]]\n", MOST_ROUNDS);
        return 2;
    }
    return time_all(argv[1], rounds, (unsigned)ms) && print_all(argv[1], rounds, (unsigned)ms) ? 0 : 1;
}
