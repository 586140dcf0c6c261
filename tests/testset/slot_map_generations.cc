/*
 * A slot map hands out handles of index and generation. The mistake: a slot whose generation of eight bits is
 * used up is retired, so that an old handle can never match, and nothing ever brings it back: 200 bytes every
 * 255 uses. The healthy one starts again at 1 and puts the slot back; 128 slots are in use.
 */
#include "pair.h"
#include <deque>
#include <vector>

namespace
{

struct Slot {
    uint8_t generation = 1;
    bool used = false;
    unsigned char body[198] = {};
};

struct Handle {
    uint32_t index;
    uint8_t generation;
};

std::deque<Slot> slots;
std::vector<uint32_t> free_slots;

PAIR_NOINLINE uint32_t add_slot()
{
    slots.emplace_back();
    slots.back().body[0] = 1;
    return static_cast<uint32_t>(slots.size() - 1);
}

Handle acquire()
{
    uint32_t index;
    if (free_slots.empty()) {
        index = add_slot();
    } else {
        index = free_slots.back();
        free_slots.pop_back();
    }
    slots[index].used = true;
    return {index, slots[index].generation};
}

void release(Handle handle)
{
    Slot &slot = slots[handle.index];
    if (!slot.used || slot.generation != handle.generation)
        return;
    slot.used = false;
    if (slot.generation == 255) {
        if (LEAKS)
            return;
        slot.generation = 0;
    }
    slot.generation++;
    free_slots.push_back(handle.index);
}

Handle held[128];

} // namespace

int heapgate_iterate(uint64_t i)
{
    Handle &handle = held[pair_random(i, 0) % 128];
    if (handle.generation)
        release(handle);
    handle = acquire();
    return 0;
}
