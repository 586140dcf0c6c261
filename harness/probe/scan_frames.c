#include "probe/scan_frames.h"

#include "probe/machine.h"
#include "probe/scan_memory.h"
#include <unwind.h>

/* Of one walk: the walker leaves by a jump, not by returning. */
static hg_scan_frame *frames;
static size_t count;
static uintptr_t start_pointer, start_code;
static void *back[5];

static _Unwind_Reason_Code note_frame(struct _Unwind_Context *context, void *user_data)
{
    (void)user_data;
    const hg_scan_frame frame = {_Unwind_GetCFA(context), _Unwind_GetIP(context)};
    if (count == HG_SCAN_MOST_FRAMES || frame.address == 0 ||
        (count > 0 && frame.begin < frames[count - 1].begin))
        return _URC_END_OF_STACK;
    if (frame.begin >= start_pointer)
        frames[count++] = frame;
    return _URC_NO_REASON;
}

/* Runs on the other stack, as if the code there had called it. */
#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))
#endif
static _Noreturn __attribute__((noinline, used)) void
walk(void)
{
    _Unwind_Backtrace(note_frame, NULL);
    __builtin_longjmp(back, 1);
}

static _Noreturn __attribute__((noinline)) void go_there(void)
{
#if defined(__x86_64__)
    uintptr_t *top = (uintptr_t *)start_pointer - 1;
    *top = start_code;
    __asm__ volatile("movq %0, %%rsp\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "jmpq *%1"
                     :
                     : "r"(top), "r"(walk)
                     : "memory");
#else
    register void (*to)(void) __asm__("x16") = walk; /* a jump by x16 may lead to where a call does */
    __asm__ volatile("mov sp, %0\n\t"
                     "mov x29, xzr\n\t"
                     "mov x30, %1\n\t"
                     "br %2"
                     :
                     : "r"(start_pointer), "r"(start_code), "r"(to)
                     : "memory");
#endif
    __builtin_unreachable();
}

static void walk_there(void *user_data)
{
    (void)user_data;
    if (__builtin_setjmp(back) == 0)
        go_there();
}

static void walk_here(void *user_data)
{
    (void)user_data;
    _Unwind_Backtrace(note_frame, NULL);
}

/* The walker needs some stack, and the handler of a fault, too. */
static bool has_room(uintptr_t pointer)
{
    enum { ROOM = 32 * 1024 };
    uintptr_t end = hg_scan_mapping_end(pointer);
    return end != 0 && pointer % HG_STACK_ALIGNMENT == 0 && hg_scan_mapping_end(pointer - ROOM) == end;
}

size_t hg_scan_frames(uintptr_t pointer, uintptr_t code, hg_scan_frame ret_frames[HG_SCAN_MOST_FRAMES])
{
    frames = ret_frames;
    count = 0;
    start_pointer = pointer;
    start_code = code;
    if (pointer == 0)
        hg_scan_survives(walk_here, NULL);
    else if (has_room(pointer))
        hg_scan_survives(walk_there, NULL);
    return count;
}
