/*
 * The exported symbols of the probe, and nothing else: each finds out where it was called and hands over to
 * probe.c.
 */
#include "probe/counting.h"
#include "probe/descriptors.h"
#include "probe/dormant.h"
#include "probe/exported.h"
#include "probe/faults.h"
#include "probe/operators.h"
#include "probe/own_crash.h"
#include "probe/own_names.h"
#include "probe/passing.h"
#include "probe/probe.h"
#include "probe/quickly.h"
#include "probe/real.h"
#include "probe/sampling.h"
#include "probe/scan.h"
#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The C library's own, under names that no allocator takes. */
char *__strdup(const char *text);
char *__strndup(const char *text, size_t most);

/* C23, not yet declared by the C library. */
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);

static const char *value_of(const char *name, char **environment)
{
    size_t length = strlen(name);
    for (char **entry = environment; entry && *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static void *resting_malloc(size_t size);

/*
 * The linker flag initfirst runs this before every other constructor of the process. The C library has not
 * set environ by then, but hands the environment over. There must be no second constructor: link-time
 * optimisation would make one of the two, without arguments.
 */
static __attribute__((constructor)) void attach(int argc, char **argv, char **environment)
{
    (void)argc;
    (void)argv;
    hg_operators_start();
    hg_descriptors_resolve();
    hg_own_crash_resolve();
    hg_passing_remember(environment);
    hg_sampling_malloc = resting_malloc;
    char message[256];
    const char *scan = value_of(HG_ENV_SCAN, environment);
    if (scan)
        hg_scan_start(scan);
    const char *torture = value_of(HG_ENV_TORTURE, environment);
    if (torture)
        hg_faults_start(torture);
    const char *path = value_of(HG_ENV_RECORD, environment);
    /* A program that has nothing to attach to just runs. */
    if (path && !hg_probe_attach(path, value_of(HG_ENV_CHILDREN, environment), message, sizeof message))
        hg_record_leave_message(path, (int32_t)getpid(), message);
    const char *dormant = value_of(HG_ENV_DORMANT, environment);
    if (!path && dormant && strcmp(dormant, HG_DORMANT_VALUE) == 0)
        hg_dormant_start();
}

/*
 * A dormant probe is to cost nothing but the question whether it is. With functions of their own for the
 * rest, which are reached with a jump, the compiler needs no frame for that.
 */
#ifdef __OPTIMIZE__
#define AWAKE static __attribute__((noinline, flatten))
#else
#define AWAKE static inline __attribute__((always_inline))
#endif

AWAKE void *malloc_quickly(size_t size)
{
    return hg_quickly_allocate(size, HG_EXPORTED_FRAME);
}

AWAKE void *malloc_beyond(size_t size)
{
    return hg_quickly_beyond(size, HG_EXPORTED_FRAME, HG_CALL_MALLOC);
}

AWAKE void *malloc_due(size_t size)
{
    if (!hg_sampling_is_due())
        return hg_real_allocator.malloc(size);
    return hg_quickly_may(size) ? malloc_quickly(size) : malloc_beyond(size);
}

/* All of malloc for most blocks while the probe rests. */
static void *resting_malloc(size_t size)
{
    return __builtin_expect(--hg_sampling_left > 0, true) ? hg_real_allocator.malloc(size) : malloc_due(size);
}

HG_EXPORT void *malloc(size_t size)
{
    if (__builtin_expect(hg_dormant_asleep(), true))
        return hg_real_allocator.asleep_malloc(size);
    return hg_quickly_may(size) ? malloc_quickly(size) : malloc_beyond(size);
}

HG_EXPORT void *calloc(size_t count, size_t size)
{
    return hg_probe_calloc(count, size, HG_CALLER);
}

HG_EXPORT void *realloc(void *block, size_t size)
{
    return hg_probe_realloc(block, size, HG_CALLER);
}

HG_EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return hg_probe_realloc(block, bytes, HG_CALLER);
}

/*
 * An allocator may have these, too, without a call of malloc (mimalloc 3): no tag, no count. Those of the C
 * library call malloc. Both end in a jump, so that no frame of the probe lies between.
 */
HG_EXPORT char *strdup(const char *text)
{
    return __strdup(text);
}

HG_EXPORT char *strndup(const char *text, size_t most)
{
    return __strndup(text, most);
}

HG_EXPORT __attribute__((flatten)) void free(void *block)
{
    hg_probe_free(block);
}

HG_EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    hg_probe_free(block);
}

HG_EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    hg_probe_free(block);
}

HG_EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    return hg_probe_posix_memalign(ret_block, alignment, size, HG_CALLER);
}

HG_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return hg_real_resolve()
               ? hg_probe_aligned(hg_real_allocator.aligned_alloc, alignment, size, HG_CALLER, HG_CALL_MALLOC)
               : hg_real_arena_alloc(size, alignment);
}

HG_EXPORT void *memalign(size_t alignment, size_t size)
{
    return hg_real_resolve()
               ? hg_probe_aligned(hg_real_allocator.memalign, alignment, size, HG_CALLER, HG_CALL_MALLOC)
               : hg_real_arena_alloc(size, alignment);
}

HG_EXPORT void *valloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return hg_real_resolve()
               ? hg_probe_aligned(hg_real_allocator.memalign, page, size, HG_CALLER, HG_CALL_MALLOC)
               : hg_real_arena_alloc(size, page);
}

HG_EXPORT void *pvalloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (size > SIZE_MAX - page) {
        errno = ENOMEM;
        return NULL;
    }
    size = (size + page - 1) & ~(page - 1);
    return hg_real_resolve()
               ? hg_probe_aligned(hg_real_allocator.memalign, page, size, HG_CALLER, HG_CALL_MALLOC)
               : hg_real_arena_alloc(size, page);
}

HG_EXPORT size_t malloc_usable_size(void *block)
{
    return hg_probe_usable_size(block);
}

/* gcc wants an alias to have the attributes of what it stands for. */
#if __has_attribute(copy)
#define OWN(name)                                                                                            \
    extern __typeof__(name) hg_own_##name __attribute__((alias(#name), copy(name), visibility("hidden")))
#else
#define OWN(name) extern __typeof__(name) hg_own_##name __attribute__((alias(#name), visibility("hidden")))
#endif
OWN(malloc);
OWN(calloc);
OWN(realloc);
OWN(free);
OWN(posix_memalign);
OWN(aligned_alloc);
OWN(memalign);
OWN(malloc_usable_size);

HG_EXPORT void *mmap(void *wanted, size_t size, int protection, int flags, int file, off_t offset)
{
    return hg_probe_mmap(wanted, size, protection, flags, file, offset, HG_CALLER);
}

HG_EXPORT void *mmap64(void *wanted, size_t size, int protection, int flags, int file, off64_t offset)
{
    return hg_probe_mmap(wanted, size, protection, flags, file, offset, HG_CALLER);
}

HG_EXPORT int munmap(void *place, size_t size)
{
    return hg_probe_munmap(place, size);
}

HG_EXPORT int mprotect(void *place, size_t size, int protection)
{
    return hg_probe_mprotect(place, size, protection, HG_CALLER);
}

HG_EXPORT int madvise(void *place, size_t size, int advice)
{
    return hg_probe_madvise(place, size, advice, HG_CALLER);
}

HG_EXPORT void *mremap(void *old, size_t old_size, size_t size, int flags, ...)
{
    hg_caller caller = HG_CALLER;
    void *wanted = NULL;
    va_list arguments;
    va_start(arguments, flags);
    if (flags & MREMAP_FIXED)
        wanted = va_arg(arguments, void *); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(arguments);
    return hg_probe_mremap(old, old_size, size, flags, wanted, caller);
}

HG_EXPORT int dlclose(void *handle)
{
    if (!hg_real_resolve())
        return -1;
    int status = hg_real_allocator.dlclose(handle);
    hg_probe_code_unloaded();
    return status;
}

/* The C library unloads what converts between two character sets when nobody has used it for a while. */
HG_EXPORT int iconv_close(iconv_t converter)
{
    if (!hg_real_resolve())
        return -1;
    int status = hg_real_allocator.iconv_close(converter);
    hg_probe_code_unloaded();
    return status;
}

/*
 * It allocates while it holds a lock of the thread; the probe asks it for the bounds of a new thread's stack,
 * at the first allocation. If that were this one, the thread would wait for itself.
 */
HG_EXPORT int pthread_getattr_np(pthread_t thread, pthread_attr_t *ret_attributes)
{
    if (!hg_real_resolve())
        return EAGAIN;
    hg_probe_prepare_thread();
    /* A dormant probe must not be woken in there, for the same reason. */
    bool passes = !hg_counting_attached() && hg_dormant_wanted && !hg_counting_busy;
    if (passes)
        hg_counting_enter();
    int status = hg_real_allocator.getattr_np(thread, ret_attributes);
    if (passes)
        hg_counting_leave();
    return status;
}

/* It hands over with a jump, so that no frame of the probe lies between. */
HG_EXPORT int pthread_create(pthread_t *restrict ret_thread, const pthread_attr_t *restrict attributes,
                             void *(*start)(void *), void *restrict argument)
{
    {
        int saved_errno = errno;
        if (!hg_real_resolve() || hg_faults_due(HG_CALLER, HG_CALL_PTHREAD_CREATE)) {
            errno = saved_errno;
            return EAGAIN;
        }
    }
    return hg_real_allocator.pthread_create(ret_thread, attributes, start, argument);
}
