/*
 * What the line of an alert says of the leak, in soak and exec.
 */
#ifndef HG_CLI_ALERT_LINE_H
#define HG_CLI_ALERT_LINE_H

#include "model/model.h"
#include <stdio.h>

/* " 134 KiB per minute, 22.6 GiB per hour at this rate: parse a.c:49 < compile ..."; without a call path that
 * grows, ": " and what grows instead. ops_per_second: 0 where it is not known. */
void hg_alert_describe(const hg_cell *cell, double ops_per_second, FILE *out);

#endif
