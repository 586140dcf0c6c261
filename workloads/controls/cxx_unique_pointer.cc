/* An owner changes hands; leaking, by release() where move was meant. */
#include "control.h"

#include <memory>

struct request {
    uint64_t number;
    char body[104];
};

static void finish(std::unique_ptr<request> finished)
{
    finished->number++;
}

static void finish_borrowed(request *borrowed)
{
    borrowed->number++;
}

static void serve(uint64_t i)
{
    std::unique_ptr<request> served(new request());
    served->number = i;
    if (LEAKS)
        finish_borrowed(served.release());
    else
        finish(std::move(served));
}

int heapgate_iterate(uint64_t i)
{
    serve(i);
    return 0;
}
