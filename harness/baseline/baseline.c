#include "baseline/baseline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hg_baseline *hg_baseline_new(void)
{
    return calloc(1, sizeof(hg_baseline));
}

static void clear_entry(hg_baseline_entry *entry)
{
    for (size_t i = 0; i < entry->depth; i++)
        free(entry->stack[i]);
    free(entry->stack);
    free(entry->workload);
    free(entry->subject);
    free(entry->outcome);
    free(entry->function);
    free(entry->date);
    free(entry->version);
    free(entry->command);
    free(entry->waiver_reason);
    free(entry->waiver_until);
    *entry = (hg_baseline_entry){0};
}

void hg_baseline_free(hg_baseline *baseline)
{
    if (!baseline)
        return;
    for (size_t i = 0; i < baseline->count; i++)
        clear_entry(&baseline->entries[i]);
    free(baseline->entries);
    free(baseline);
}

hg_baseline_entry *hg_baseline_add(hg_baseline *baseline)
{
    hg_baseline_entry *grown = realloc(baseline->entries, (baseline->count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    baseline->entries = grown;
    grown[baseline->count] = (hg_baseline_entry){0};
    return &grown[baseline->count++];
}

void hg_baseline_remove(hg_baseline *baseline, size_t index)
{
    assert(index < baseline->count);
    clear_entry(&baseline->entries[index]);
    baseline->count--;
    memmove(&baseline->entries[index], &baseline->entries[index + 1],
            (baseline->count - index) * sizeof *baseline->entries);
}

/* NULL comes first. */
static int compare_texts(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

int hg_baseline_entry_compare(const hg_baseline_entry *a, const hg_baseline_entry *b)
{
    int order = strcmp(a->workload, b->workload);
    if (order == 0)
        order = strcmp(a->subject, b->subject);
    for (size_t i = 0; order == 0 && i < a->depth && i < b->depth; i++)
        order = strcmp(a->stack[i], b->stack[i]);
    if (order == 0)
        order = (a->depth > b->depth) - (a->depth < b->depth);
    if (order == 0)
        order = compare_texts(a->outcome, b->outcome);
    return order != 0 ? order : compare_texts(a->function, b->function);
}

bool hg_baseline_is_date(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year;
    int month;
    int day;
    int end = 0;
    if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 || text[5] == '-' || text[8] == '-' ||
        sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || end != 10)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && leap);
}
