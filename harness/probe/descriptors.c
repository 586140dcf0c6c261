#include "probe/descriptors.h"

#include "probe/context.h"
#include "probe/counting.h"
#include <sys/mman.h>

/* Who opened a descriptor, in one word; 0: unknown. No context in the table is HG_CONTEXT_NONE. */
typedef uint32_t entry;

_Static_assert(HG_MAX_EPOCHS <= 1u << HG_DESCRIPTOR_EPOCH_BITS &&
                   HG_MAX_CONTEXTS <= UINT32_MAX >> HG_DESCRIPTOR_EPOCH_BITS,
               "they fit");

static _Atomic entry *table;
static _Atomic unsigned end; /* beyond the highest descriptor that was ever known */

static const size_t table_bytes = HG_MOST_DESCRIPTORS * sizeof(entry);

bool hg_descriptors_start(void)
{
    void *memory =
        mmap(NULL, table_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    table = memory;
    hg_counting_note_own(memory, table_bytes);
    atomic_store(&hg_counting_record.header->descriptors, (uintptr_t)memory);
    return true;
}

void hg_descriptors_reset(void)
{
    madvise((void *)table, table_bytes, MADV_DONTNEED);
    atomic_store(&hg_counting_record.header->descriptors, (uintptr_t)table);
    atomic_store(&end, 0);
}

/*
 * A child that is not attached keeps its hands off: it must not begin to count because it closes something.
 */
static bool is_counted(void)
{
    return hg_counting_attached() && !hg_counting_busy;
}

static void forget(entry known)
{
    if (known != 0)
        hg_counting_count_descriptor(known >> HG_DESCRIPTOR_EPOCH_BITS,
                                     known & ((1u << HG_DESCRIPTOR_EPOCH_BITS) - 1), true);
}

static uint32_t context_of(hg_caller caller)
{
    hg_thread *thread = hg_counting_thread_anywhere();
    hg_counting_enter();
    uint32_t context = hg_context_find_descriptor(thread, caller);
    hg_counting_leave();
    hg_counting_reach(thread, context);
    return context;
}

int hg_descriptor_opened(int descriptor, hg_caller caller)
{
    if (descriptor < 0 || (unsigned)descriptor >= HG_MOST_DESCRIPTORS || !is_counted())
        return descriptor;
    unsigned number = (unsigned)descriptor;
    uint32_t context = context_of(caller);
    uint32_t epoch = hg_counting_epoch();
    entry made = context == HG_CONTEXT_NONE ? 0 : context << HG_DESCRIPTOR_EPOCH_BITS | epoch;
    if (made != 0)
        hg_counting_count_descriptor(context, epoch, false);
    unsigned before = atomic_load(&end);
    while (before <= number && !atomic_compare_exchange_weak(&end, &before, number + 1))
        continue;
    forget(atomic_exchange(&table[number], made));
    return descriptor;
}

uint32_t hg_descriptor_context(unsigned descriptor)
{
    return descriptor < HG_MOST_DESCRIPTORS ? atomic_load(&table[descriptor]) >> HG_DESCRIPTOR_EPOCH_BITS
                                            : HG_CONTEXT_NONE;
}

void hg_descriptors_closing(unsigned first, unsigned last)
{
    if (!is_counted())
        return;
    unsigned known = atomic_load(&end);
    for (unsigned i = first; i < known && i <= last; i++)
        if (atomic_load_explicit(&table[i], memory_order_relaxed) != 0)
            forget(atomic_exchange(&table[i], 0));
}
