/*
 * Assertions for code that runs in the measured process, below its allocator: they print nothing, allocate
 * nothing, and stop the process at the very instruction. Builds with NDEBUG (the release preset) have none.
 */
#ifndef HG_RECORD_ASSERT_H
#define HG_RECORD_ASSERT_H

#ifdef NDEBUG
#define HG_PROBE_ASSERT(condition) ((void)(0 && (condition)))
#else
#define HG_PROBE_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())
#endif

#endif
