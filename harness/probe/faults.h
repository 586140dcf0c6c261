/*
 * Calls that fail on purpose: what heapgate torture needs of the probe (record/torture_area.h).
 *
 * A learning run notes in which op each stack makes such a call first. In the processes after it, the stacks
 * of one fault point are armed at a time: the first call from there fails, or that one and all like it from
 * then on until they are disarmed. A C++ operator new that fails asks the next one in line, which throws; so
 * the next allocation of the thread, which is that operator's, fails as well.
 *
 * A process that is tortured keeps its record in memory of its own, and a forked child of it goes on counting
 * there: it knows all blocks that it inherited. Such a child is a fault's whole world, and what it leaves
 * behind is counted in it.
 *
 * What is never made to fail: calls of the probe and of the dynamic linker, which ends the process
 * where it cannot load or make room for a thread's variables.
 *
 * Cost. A process that is not tortured pays nothing in malloc and free. One that is takes the slow way
 * through every function, as one that is to be scanned does (live.h), and is asked about faults only there.
 */
#ifndef HG_PROBE_FAULTS_H
#define HG_PROBE_FAULTS_H

#include "probe/walk.h"
#include "record/torture_area.h"
#include <stdbool.h>

/* Whether this process is tortured, or learned for that. */
extern bool hg_faults_wanted;
/* Whether the record is this process's own, and forked children go on counting. */
extern bool hg_faults_private;

/* Maps the area, before there are threads and before anything is counted. Without it nothing is wanted. */
void hg_faults_start(const char *path);

/* Whether the call is to fail; then errno says why. Any thread. */
HG_SLOW bool hg_faults_strike(hg_caller caller, hg_call call);

/* The same of any process. */
HG_QUICK bool hg_faults_due(hg_caller caller, hg_call call)
{
    return __builtin_expect(hg_faults_wanted, false) && hg_faults_strike(caller, call);
}

/* An operator new is about to ask the next one because it got nothing: if that was a fault, this one fails
 * too. */
void hg_faults_repeat(void);

/* heapgate_probe_torture_count; in faults_count.c. */
void hg_faults_count(bool is_reference, hg_torture_slot *slot);

/* The stacks that allocated first since the contexts were so many, into the slot; in faults_count.c. */
void hg_faults_note_after(uint32_t contexts, hg_torture_slot *slot);

/*
 * The runner finds these functions by name, with dlsym.
 */

/* The area; NULL: none. */
__attribute__((visibility("default"))) hg_torture_area *heapgate_probe_torture(void);
/* This process does a job from here on, and leaves what happens, also a crash, in the slot. */
__attribute__((visibility("default"))) void heapgate_probe_torture_begin(hg_torture_slot *slot);
/* From here to the next call, in which job is NULL, its fault is waited for. Which stacks allocated first
 * since then is noted, if it happened. */
__attribute__((visibility("default"))) void heapgate_probe_torture_arm(const hg_torture_job *job);
/*
 * Counts what is alive, and what is open: as the reference, or against it, into the slot. No other thread
 * allocates. Without memory, the slot stays uncounted.
 */
__attribute__((visibility("default"))) void heapgate_probe_torture_count(bool is_reference,
                                                                         hg_torture_slot *slot);

#endif
