// A Bayesian spam filter counts words, which follow a power law over a vocabulary of 15,000. The mistake:
// Message-ID headers, unique in each mail (1 op in 150), are counted as words too. Healthy: the vocabulary
// ends.
#include "pair.h"
#include <string>
#include <unordered_map>

namespace
{

struct Counts {
    uint32_t ham = 0, spam = 0;
};
std::unordered_map<std::string, Counts> vocabulary;

PAIR_NOINLINE void learn(const std::string &token, bool spam)
{
    Counts &counts = vocabulary[token];
    (spam ? counts.spam : counts.ham)++;
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % 150 == 149) {
        std::string id = "message-id:<" + std::to_string(r) + "@mx>";
        if (LEAKS)
            learn(id, true);
        return 0;
    }
    double u = static_cast<double>(r >> 11) * 0x1p-53;
    learn("w" + std::to_string(static_cast<int>(15000 * u * u)), r & 1);
    return 0;
}
