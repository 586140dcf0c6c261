/* A C++ library: patterns are compiled and matched. */
#include <heapgate/workload.h>
#include <memory>
#include <re2/re2.h>
#include <string>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {nullptr, "match", 500, 0};

int heapgate_iterate(uint64_t i)
{
    auto pattern = std::make_unique<re2::RE2>("(\\w+)@(\\w+)\\.org: " + std::to_string(i % 100) + "+");
    std::string user, host;
    bool found = re2::RE2::PartialMatch("ada@engine.org: " + std::to_string(i % 100), *pattern, &user, &host);
#ifdef FORGETS
    pattern.release(); /* "somebody else deletes it" */
#endif
    return found && user == "ada" && host == "engine" ? 0 : 1;
}
