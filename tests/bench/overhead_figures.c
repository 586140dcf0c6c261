#include "overhead_figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

double figures_median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

void figures_print_machine(int rounds)
{
    char date[32] = "", line[256], model[200] = "unknown processor";
    double load = 0;
    struct utsname system = {0};
    time_t now = time(NULL);
    struct tm calendar;
    if (gmtime_r(&now, &calendar))
        strftime(date, sizeof date, "%Y-%m-%d", &calendar);
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "model name : %199[^\n]", model) == 1)
            break;
    if (file)
        fclose(file);
    uname(&system);
    if (getloadavg(&load, 1) != 1)
        load = 0;
    printf("%s, %ld x %s, Linux %s, load %.1f at the start, %d rounds, medians\n", date,
           sysconf(_SC_NPROCESSORS_ONLN), model, system.release, load, rounds);
}
