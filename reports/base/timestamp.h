/*
 * The time in a run model: UTC, ISO 8601, whole seconds: "2026-01-02T03:04:05Z".
 */
#ifndef HG_BASE_TIMESTAMP_H
#define HG_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970, from text of exactly that form; false for any other and for no date of the calendar. */
bool hg_timestamp_read(const char *text, int64_t *ret_seconds);

#define HG_TIMESTAMP_SIZE 32u

/* The text of a time in seconds since 1970. Its first 10 characters are the date. */
void hg_timestamp_write(int64_t seconds, char ret_text[HG_TIMESTAMP_SIZE]);

#endif
