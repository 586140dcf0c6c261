/* Stands in for the walker's look-up of unwind tables (--wrap): see without_tables.h. */
#include "probe/exported.h"
#include "probe/without_tables.h"
#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* As in libgcc. */
typedef struct eh_bases {
    void *text, *data, *function;
} eh_bases;

/* The format of .eh_frame: LSB Core, 10.6; instructions: DWARF 5, 6.4.2. */
typedef struct __attribute__((packed, aligned(8))) frame_table {
    uint32_t common_bytes;
    int32_t common_id;
    uint8_t version, augmentation, code_alignment, data_alignment, return_column;
    uint8_t instructions[7];
    uint32_t entry_bytes;
    int32_t to_common;
    uint64_t begin, size; /* nobody reads them */
} frame_table;

enum { DEFINE_CFA = 0x0c, SAVED_AT = 0x80, MINUS_8 = 0x78 };

/* The frame ends two words above the frame pointer; of these, the upper has the return address. */
static const frame_table by_frame_pointer = {
    .common_bytes = offsetof(frame_table, entry_bytes) - sizeof(uint32_t),
    .version = 1,
    .code_alignment = 1,
    .data_alignment = MINUS_8,
    .return_column = HG_RETURN_ADDRESS,
    .instructions = {DEFINE_CFA, HG_FRAME_POINTER, 16, SAVED_AT | HG_RETURN_ADDRESS, 1,
                     SAVED_AT | HG_FRAME_POINTER, 2},
    .entry_bytes = sizeof(frame_table) - offsetof(frame_table, to_common),
    .to_common = offsetof(frame_table, to_common),
};

/*
 * The kernel's code that ends a signal handler. On arm64 it has no tables since Linux 5.8: the walker knows
 * it by its instructions, mov x8, 139 and svc 0. It is looked for only in the module that the kernel brings.
 */
static bool is_signal_return(uintptr_t address)
{
#if defined(__aarch64__)
    static const uint32_t instructions[] = {0xd2801168, 0xd4000001};
    struct dl_find_object object;
    return address % sizeof *instructions == 0 && _dl_find_object((void *)address, &object) == 0 &&
           strstr(object.dlfo_link_map->l_name, "vdso") &&
           (uintptr_t)object.dlfo_map_end - address > sizeof instructions &&
           memcmp((const void *)address, instructions, sizeof instructions) == 0;
#else
    (void)address;
    return false;
#endif
}

/* NOLINTBEGIN(bugprone-reserved-identifier): names that the linker makes */
const void *__real__Unwind_Find_FDE(void *code, eh_bases *ret_bases);
const void *__wrap__Unwind_Find_FDE(void *code, eh_bases *ret_bases);

__attribute__((used)) const void *__wrap__Unwind_Find_FDE(void *code, eh_bases *ret_bases)
{
    const void *found = __real__Unwind_Find_FDE(code, ret_bases);
    if (found || is_signal_return((uintptr_t)code + 1))
        return found;
    *ret_bases = (eh_bases){.function = (void *)HG_WITHOUT_TABLES};
    return &by_frame_pointer.entry_bytes;
}
/* NOLINTEND(bugprone-reserved-identifier) */
