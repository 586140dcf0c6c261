/*
 * The probe is passed on to the programs that a process starts, whatever environment it gives them.
 */
#ifndef HG_PROBE_PASSING_H
#define HG_PROBE_PASSING_H

/* Notes what is to be passed on from the environment that the process was started with. Once, before it
 * starts anything. */
void hg_passing_remember(char **environment);

#endif
