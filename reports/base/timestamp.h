/*
 * Times as run.json has them: UTC, ISO 8601, whole seconds: "2026-01-02T03:04:05Z".
 */
#ifndef HG_BASE_TIMESTAMP_H
#define HG_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#define HG_TIMESTAMP_SIZE sizeof "2026-01-02T03:04:05Z"

/* Reads seconds since 1970 from text of exactly this form. False for any other text, and for a date that the
 * calendar does not have. */
bool hg_timestamp_read(const char *text, int64_t *ret_seconds);

/* Writes seconds since 1970 in this form; "" for a year beyond 9999. */
void hg_timestamp_write(int64_t seconds, char ret_text[HG_TIMESTAMP_SIZE]);

#endif
