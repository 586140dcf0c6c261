// A chat server whose sessions are closed in order of age, 4,000 being open. The mistake: the keepalive
// handler of a session captures a shared_ptr to it, a cycle. Healthy: it captures a weak_ptr, and a closed
// session goes.
#include "pair.h"
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace
{

struct Session : std::enable_shared_from_this<Session> {
    std::string nick;
    unsigned beats = 0;
    std::function<void()> keepalive;

    explicit Session(uint64_t id) : nick("participant-" + std::to_string(id % 1000000) + "@chat.example")
    {
    }
    void arm()
    {
        if (LEAKS) {
            keepalive = [self = shared_from_this()] { self->beats++; };
        } else {
            keepalive = [weak = weak_from_this()] {
                if (auto self = weak.lock())
                    self->beats++;
            };
        }
        keepalive();
    }
};

std::vector<std::shared_ptr<Session>> open_sessions(4000);

PAIR_NOINLINE void session_open(uint64_t id)
{
    auto session = std::make_shared<Session>(id);
    if (id % 30 == 0)
        session->arm();
    open_sessions[id % open_sessions.size()] = std::move(session);
}

} // namespace

extern "C" int heapgate_iterate(uint64_t i)
{
    session_open(i);
    return 0;
}
