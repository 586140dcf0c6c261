// C++: handlers that are registered, and, unless LEAKS, unregistered again.
#include <heapgate/mark.h>
#include <map>
#include <memory>
#include <string>

struct handler {
    std::string name;
    char state[200];
};

static std::map<int, std::unique_ptr<handler>> registry;

static void enrol(int number)
{
    registry[number] = std::make_unique<handler>();
    registry[number]->name = "a handler whose name is too long for a short string " + std::to_string(number);
}

int main()
{
    for (int i = 0; i < 2000; i++) {
        enrol(i);
        if (!LEAKS)
            registry.erase(i);
        heapgate_mark();
    }
    return 0;
}
