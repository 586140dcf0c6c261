/*
 * What heapgate needs or can use on this machine, one line per check. Changes nothing.
 *
 * Not thread-safe.
 */
#ifndef HG_DOCTOR_DOCTOR_H
#define HG_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum hg_check_status {
    HG_CHECK_OK,
    HG_CHECK_MISSING, /* heapgate measures without it */
    HG_CHECK_BAD,     /* heapgate cannot measure */
} hg_check_status;

typedef struct hg_check {
    hg_check_status status;
    char name[48];
    char found[512];  /* what is there */
    char advice[512]; /* what to do; "" if it is ok */
} hg_check;

#define HG_MOST_CHECKS 64u

typedef struct hg_checks {
    hg_check checks[HG_MOST_CHECKS];
    size_t count;
} hg_checks;

/* Adds a line with what was found; instead of the last line if there are HG_MOST_CHECKS already. */
hg_check *hg_checks_add(hg_checks *checks, hg_check_status status, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds the advice to a line. */
void hg_check_advise(hg_check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Profilers and the tools around them, with their versions. */
void hg_doctor_tools(hg_checks *checks);
/* Kernel, C library and the limits of this process. */
void hg_doctor_system(hg_checks *checks);
/* Whether frames of the C library have file and line. */
void hg_doctor_symbols(hg_checks *checks);

#endif
