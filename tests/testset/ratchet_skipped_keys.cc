// A messenger with a double ratchet keeps the keys of skipped messages until these arrive; 1 message in 10 is
// skipped, and about 28 % of them never arrive. The mistake: no key is dropped when there are 2,000. Healthy:
// the oldest is dropped, from about op 75,000 on.
#include "pair.h"
#include <array>
#include <map>

namespace
{

enum { MOST_SKIPPED = 2000, DELAYS = 4096 };

struct MessageKey {
    uint32_t conversation, number;
    std::array<uint8_t, 32> cipher, mac;
};

std::map<uint64_t, MessageKey> skipped; // by the op that skipped it, so the oldest is the first
std::array<uint64_t, DELAYS> arrivals;  // op of the key that is wanted then, plus 1
std::array<uint64_t, 4> chain{1, 2, 3, 4};

void ratchet_step(uint64_t input)
{
    for (unsigned k = 0; k < 16; k++) {
        chain[k % 4] ^= (input + chain[(k + 1) % 4]) * UINT64_C(0x9e3779b97f4a7c15);
        chain[(k + 2) % 4] += chain[k % 4] >> 7;
    }
}

PAIR_NOINLINE void skip_message(uint64_t i, uint64_t r)
{
    MessageKey key{static_cast<uint32_t>(r % 500), static_cast<uint32_t>(i), {}, {}};
    memcpy(key.cipher.data(), chain.data(), key.cipher.size());
    memcpy(key.mac.data(), chain.data(), key.mac.size());
    skipped.emplace(i, key);
    if (!LEAKS && skipped.size() > MOST_SKIPPED)
        skipped.erase(skipped.begin());
    if ((r >> 16) % 4 != 0)
        arrivals[(i + 1 + (r >> 32) % (DELAYS - 1)) % DELAYS] = i + 1;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t &wanted = arrivals[i % DELAYS];
    if (wanted)
        skipped.erase(wanted - 1);
    wanted = 0;
    uint64_t r = pair_random(i, 0);
    ratchet_step(r);
    if (pair_random(i, 1) % 10 == 0)
        skip_message(i, r);
    return 0;
}
