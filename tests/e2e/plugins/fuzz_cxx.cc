// A libFuzzer target in C++ as projects have them: with an initializer, a custom mutator, and state that is
// reachable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT int LLVMFuzzerInitialize(int *argc, char ***argv);
EXPORT int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
EXPORT size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most_size, unsigned seed);
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most_size);

static std::map<std::string, int> *cache;
static std::vector<std::string *> *log_of_all;
static std::string chosen;

int LLVMFuzzerInitialize(int *, char ***)
{
    const char *asked = getenv("HEAPGATE_TEST_CASE");
    chosen = asked ? asked : "";
    cache = new std::map<std::string, int>;
    log_of_all = new std::vector<std::string *>;
    return 0;
}

// Never called here, but without libFuzzer's function the target would not even be loaded.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most_size, unsigned)
{
    return LLVMFuzzerMutate(data, size, most_size);
}

static void remember(const std::string &text)
{
    log_of_all->push_back(new std::string(text)); // here: remember
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    std::string text(reinterpret_cast<const char *>(data), size);
    std::string copy = text + "longer than what a string holds without the heap";
    bool marked = size > 0 && data[0] == '!';
    if (chosen == "cache")
        (*cache)[copy]++;
    if (chosen == "grows")
        remember(copy);
    if (chosen == "one" && marked)
        remember(copy);
    if (chosen == "exits" && marked)
        exit(3);
    if (chosen == "aborts" && marked)
        abort();
    if (chosen == "throws" && marked)
        throw std::runtime_error("an input that nobody catches");
    return 0;
}
