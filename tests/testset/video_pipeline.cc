// Frames go through a worker thread, 16 at a time every 256 ops. The mistake: a frame that comes too late
// to be shown (1 in 50) is skipped by the worker and not deleted. Healthy: every frame is deleted; the
// queue is empty between the batches.
#include "pair.h"
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace
{

struct Frame {
    uint64_t number;
    unsigned char luma[240];
};
std::mutex lock;
std::condition_variable changed;
std::deque<Frame *> queue;
size_t unfinished;
bool stopping;
uint64_t shown;
std::thread worker;

PAIR_NOINLINE Frame *capture(uint64_t number)
{
    auto *frame = new Frame;
    frame->number = number;
    memset(frame->luma, static_cast<int>(number), sizeof frame->luma);
    return frame;
}

void show(Frame *frame)
{
    bool late = frame->number % 50 == 17;
    if (late && LEAKS)
        return;
    shown += late ? 0 : frame->luma[9];
    delete frame;
}

void run()
{
    std::unique_lock<std::mutex> guard(lock);
    for (;;) {
        changed.wait(guard, [] { return stopping || !queue.empty(); });
        if (queue.empty())
            return;
        Frame *frame = queue.front();
        queue.pop_front();
        show(frame);
        if (--unfinished == 0)
            changed.notify_all();
    }
}

} // namespace

extern "C" int heapgate_setup()
{
    worker = std::thread(run);
    return 0;
}

extern "C" int heapgate_iterate(uint64_t i)
{
    if (i % 256 != 255)
        return 0;
    std::unique_lock<std::mutex> guard(lock);
    for (uint64_t k = 0; k < 16; k++)
        queue.push_back(capture(i / 256 * 16 + k));
    unfinished = 16;
    changed.notify_all();
    changed.wait(guard, [] { return unfinished == 0; });
    return 0;
}

extern "C" void heapgate_teardown()
{
    {
        std::lock_guard<std::mutex> guard(lock);
        stopping = true;
    }
    changed.notify_all();
    worker.join();
}
