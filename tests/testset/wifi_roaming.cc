// A wireless controller with up to 4,000 stations; fast roaming is switched on at op 12,000. The mistake: a
// station that roams (1 op in 90) gets a new key object and the raw pointer to the old one is overwritten.
// Healthy: one key for each of the 50 stations that roam.
#include "pair.h"
#include <map>

namespace
{

struct RoamingKey {
    unsigned char pmk[32], name[16], holder[48];
};
struct Station {
    uint64_t frames = 0;
    RoamingKey *key = nullptr;
};
std::map<uint32_t, Station> stations;

PAIR_NOINLINE RoamingKey *derive(uint64_t r)
{
    auto *key = new RoamingKey();
    memcpy(key->pmk, &r, sizeof r);
    return key;
}

void roam(Station &station, uint64_t r)
{
    if (!LEAKS)
        delete station.key;
    station.key = derive(r);
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = static_cast<double>(r >> 11) * 0x1p-53;
    Station &station = stations[static_cast<uint32_t>(4000 * u * u)];
    station.frames++;
    if (i >= 12000 && i % 90 == 0)
        roam(i / 90 % 2 ? stations[r % 50] : stations[0], r);
    return 0;
}
