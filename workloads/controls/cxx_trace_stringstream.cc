/*
 * A profiler formats its events through one ostringstream that is used again for each. The mistake: it is
 * "emptied" with clear(), which resets the error bits and keeps the text, so that the buffer doubles again
 * and again. The healthy one also calls str("").
 */
#include "control.h"
#include "random.h"
#include <sstream>

namespace
{

std::stringstream line;
unsigned char ring[4096];
size_t ring_at;

__attribute__((noinline)) void format(uint64_t when, const char *what, unsigned depth)
{
    line << what << ' ' << when % 100000 << " d" << depth << '\n';
    line.flush();
}

void drain()
{
    char piece[64];
    std::streamsize n = line.rdbuf()->sgetn(piece, sizeof piece);
    for (std::streamsize k = 0; k < n; k++)
        ring[ring_at++ % sizeof ring] = static_cast<unsigned char>(piece[k]);
    line.clear();
    if (!LEAKS)
        line.str("");
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    static const char *const events[] = {"enter", "leave", "alloc", "frame-begin", "frame-end"};
    uint64_t r = random_mix(random_mix(heapgate_seed() + 0) ^ i);
    if (r % 7 != 0) // the others are filtered out
        return 0;
    format(i, events[(r >> 8) % 5], static_cast<unsigned>(r >> 16) % 12);
    drain();
    return 0;
}
