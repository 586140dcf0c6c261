/*
 * What the probe must know of the processor: x86-64, or arm64 (AArch64).
 *
 * Where arm64 differs. A call puts the return address into a register, x30. The called function saves it in
 * a place of its own choice; next below is the caller's frame pointer, x29, where the function keeps one. So
 * the stack pointer alone does not tell the place: the walker does (walk.c). A function built with
 * -mbranch-protection signs the address that it saves. The signature is in the upper bits and depends on the
 * place of the frame, so it differs between the stacks of two threads: addresses are compared without it.
 * The kernel's configuration decides how many bits an address has, and where a signature begins.
 */
#ifndef HG_PROBE_MACHINE_H
#define HG_PROBE_MACHINE_H

#include <stdatomic.h>
#include <stdint.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "the probe reads stacks by the ABI of x86-64 or arm64 Linux"
#endif

/* Numbers of registers in unwind tables: the frame pointer, and what tells the return address. */
#if defined(__x86_64__) /* System V ABI, figure 3.36 */
enum { HG_FRAME_POINTER = 6, HG_RETURN_ADDRESS = 16, HG_STACK_ALIGNMENT = 8 };
#else /* DWARF for the Arm 64-bit architecture, 4.1 */
enum { HG_FRAME_POINTER = 29, HG_RETURN_ADDRESS = 30, HG_STACK_ALIGNMENT = 16 };
#endif

#if defined(__aarch64__)
/* The bits of an address: at most 48. */
extern uintptr_t hg_address_bits;

/* Asks the processor, which takes a signature off a word of ones; one that cannot sign leaves it as it is. */
static inline void hg_machine_start(void)
{
    register uintptr_t word __asm__("x30") = ((uintptr_t)1 << 55) - 1;
    __asm__("hint 7" : "+r"(word)); /* xpaclri */
    hg_address_bits &= word;
}
#else
static inline void hg_machine_start(void)
{
}
#endif

/* The return address that a word of the stack stands for. */
static inline __attribute__((always_inline)) uintptr_t hg_return_address(uintptr_t word)
{
#if defined(__x86_64__)
    return word;
#else
    return word & hg_address_bits;
#endif
}

/*
 * To a counter that only this thread writes, as if in one instruction: a signal handler that allocates cannot
 * come between reading and writing.
 */
static inline __attribute__((always_inline)) void hg_add_alone(_Atomic uint64_t *counter, uint64_t value)
{
#if defined(__x86_64__)
    __asm__("addq %1, %0" : "+m"(*counter) : "er"(value) : "cc");
#else
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
#endif
}

static inline __attribute__((always_inline)) void hg_subtract_alone(_Atomic uint64_t *counter, uint64_t value)
{
#if defined(__x86_64__)
    __asm__("subq %1, %0" : "+m"(*counter) : "er"(value) : "cc");
#else
    atomic_fetch_sub_explicit(counter, value, memory_order_relaxed);
#endif
}

static inline __attribute__((always_inline)) uintptr_t hg_stack_pointer(void)
{
    uintptr_t pointer;
#if defined(__x86_64__)
    __asm__("movq %%rsp, %0" : "=r"(pointer));
#else
    __asm__("mov %0, sp" : "=r"(pointer));
#endif
    return pointer;
}

/* For a thread that waits for another by looking. */
static inline void hg_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("yield");
#endif
}

/* Grows with time; read without a system call. */
static inline uint64_t hg_ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#endif
}

/* Of a second or two. */
static inline uint64_t hg_ticks_of_seconds(void)
{
#if defined(__x86_64__)
    return (uint64_t)1 << 32;
#else
    uint64_t frequency;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    return 2 * frequency;
#endif
}

#endif
