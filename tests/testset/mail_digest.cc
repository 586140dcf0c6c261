// A mailing list sends a digest every 999 ops, of 985 messages at most. The mistake: the rest stays for a
// "next time" that has the same limit. Healthy: the digest takes all that is waiting.
#include "pair.h"
#include <deque>
#include <memory>
#include <string>

namespace
{

std::deque<std::unique_ptr<std::string>> waiting;
uint64_t sent;

PAIR_NOINLINE std::unique_ptr<std::string> receive(uint64_t r)
{
    return std::make_unique<std::string>(60 + r % 8, 'm');
}

void send_digest()
{
    for (int k = 0; !waiting.empty() && (!LEAKS || k < 985); k++) {
        sent += waiting.front()->size();
        waiting.pop_front();
    }
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    waiting.push_back(receive(pair_random(i, 0)));
    if (i % 999 == 998)
        send_digest();
    return 0;
}
