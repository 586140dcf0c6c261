/*
 * A database's plan cache is keyed by the statement with its literals replaced by `?`. The mistake: negative
 * numbers are not recognised as literals because the minus is taken for an operator followed by digits that
 * belong to a name. The healthy one replaces them, and there are 60 shapes of statement.
 */
#include "pair.h"
#include <cctype>
#include <cstdio>
#include <map>
#include <string>

namespace
{

struct Plan {
    std::string text;
    double cost;
    unsigned uses;
};

std::map<std::string, Plan, std::less<>> plans;

std::string normalise(const char *sql)
{
    std::string out;
    for (const char *c = sql; *c;) {
        bool starts = c == sql || !std::isalnum(static_cast<unsigned char>(c[-1]));
        if (LEAKS && *c == '-') {
            out += *c++;
            while (std::isdigit(static_cast<unsigned char>(*c)))
                out += *c++;
        } else if (std::isdigit(static_cast<unsigned char>(*c)) && starts) {
            while (std::isdigit(static_cast<unsigned char>(*c)))
                c++;
            out += '?';
        } else {
            out += *c++;
        }
    }
    return out;
}

PAIR_NOINLINE Plan &add_plan(const std::string &key, const char *sql)
{
    Plan &plan = plans[key];
    plan.text = sql;
    plan.cost = static_cast<double>(plan.text.size()) * 1.5;
    return plan;
}

} // namespace

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    char sql[96];
    std::snprintf(sql, sizeof sql, "SELECT total FROM t%c WHERE k%c = %s%u", 'a' + static_cast<int>(r % 6),
                  'a' + static_cast<int>((r >> 8) % 10), (r >> 16) % 200 == 0 ? "-" : "",
                  static_cast<unsigned>(r >> 32));
    std::string key = normalise(sql);
    auto found = plans.find(key);
    Plan &plan = found != plans.end() ? found->second : add_plan(key, sql);
    plan.uses++;
    return 0;
}
