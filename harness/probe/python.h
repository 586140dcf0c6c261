/*
 * The frames of CPython, 3.11 to 3.13: which lines of a Python program the calling thread is in.
 *
 * Python's functions do not lie on the C stack: from 3.11 on, one call of the interpreter's loop runs any
 * number of them. The thread's state leads to a chain of frames instead, the innermost first, each with its
 * code object and the place in it.
 *
 * What may be read. A thread reads its own chain only, and only it changes it: whether it holds the
 * interpreter's lock or not, its frames are whole wherever it allocates, and they keep their code alive. The
 * exception is an interpreter that ends, which takes away the states of other threads; then nothing is read.
 * What a frame leads to is believed if it is a code object by its type.
 *
 * The layout of frames and code is internal to Python, and fixed for all releases 3.N of one N. Builds for
 * debugging and free-threaded builds have others, and are left alone. For the rest (names, lines, state) the
 * module's own functions are called, which neither allocate nor lock. All are found in its table of symbols,
 * without the dynamic linker's lock.
 */
#ifndef HG_PROBE_PYTHON_H
#define HG_PROBE_PYTHON_H

#include "probe/walk.h"
#include "record/record.h"
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames that are read of a chain: the innermost. */
enum { HG_PYTHON_DEPTH = 8 };

typedef struct hg_python_frame {
    uintptr_t code; /* the object */
    uintptr_t at;   /* the instruction */
    uint64_t
        identity; /* of what lies at that address by now: a hash of the function's name, file and lines */
} hg_python_frame;

/* Notes the module, which has this number in the record, if it is a Python whose frames can be read. The
 * caller holds the lock of contexts. */
void hg_python_look(const struct link_map *module, uint32_t number);

/* Whether there is one. Any thread. */
bool hg_python_is_there(void);

/* The frames of the calling thread, the innermost first; their number. Any thread. */
uint32_t hg_python_read(hg_python_frame ret_frames[HG_PYTHON_DEPTH]);

/*
 * Where in a stack of packed frames those of Python belong: behind the innermost frame of its loop, or else
 * of its module. 0: the stack does not pass through it.
 */
uint32_t hg_python_place(const hg_record_frame *frames, uint32_t count);

/* Of a frame just read: its line, 0 if there is none, and the names, cut to fit. */
uint32_t hg_python_line(const hg_python_frame *frame);
void hg_python_names(const hg_python_frame *frame, char *ret_function, size_t function_size, char *ret_file,
                     size_t file_size);

#endif
