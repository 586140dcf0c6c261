/*
 * One step for what a path repeats. A list whose nodes several functions allocate has a kind of block for
 * each of them, and its path as many steps: "list→(next→next)*→next" is "list→next*".
 *
 * Pure. Any thread.
 */
#ifndef HG_HOLDERS_PATH_REPEATS_H
#define HG_HOLDERS_PATH_REPEATS_H

/* In place; the path becomes no longer. A step and a repeated one beside it that has it become one. */
void hg_path_join_repeats(char *path);

#endif
