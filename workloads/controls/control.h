/*
 * Controls: small workloads whose verdict is known. Each source here is built twice, with LEAKS 1 as
 * leaking/NAME.so and with LEAKS 0 as healthy/NAME.so, so that the two differ in the mistake and nothing
 * else. What a leak costs per op, and the functions it is to be blamed on, stands in controls.tsv.
 *
 * They are the measure of the analysis: whatever a control does, heapgate's verdict on it must be right.
 */
#ifndef WORKLOADS_CONTROL_H
#define WORKLOADS_CONTROL_H

#include <heapgate/workload.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef LEAKS
#define LEAKS 0
#endif

#endif
