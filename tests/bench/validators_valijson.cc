// valijson's part of validators/validators.js, on RapidJSON: validators_valijson accept|time FILE.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <valijson/adapters/rapidjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

namespace
{

struct item {
    std::string text;
    std::unique_ptr<valijson::Schema> schema;
    std::vector<std::unique_ptr<rapidjson::Document>> instances;
};

std::unique_ptr<valijson::Schema> compile(const std::string &text)
{
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    if (document.HasParseError())
        return nullptr;
    try {
        auto schema = std::make_unique<valijson::Schema>();
        valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
        parser.populateSchema(valijson::adapters::RapidJsonAdapter(document), *schema);
        return schema;
    } catch (const std::exception &) {
        return nullptr;
    }
}

bool is_valid(const valijson::Schema &schema, const rapidjson::Document &instance)
{
    try {
        valijson::Validator validator;
        return validator.validate(schema, valijson::adapters::RapidJsonAdapter(instance), nullptr);
    } catch (const std::exception &) {
        return false; // a pattern that std::regex does not take
    }
}

std::vector<item> read_items(const char *path)
{
    std::vector<item> items;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line[0] == 'S') {
            items.emplace_back();
            items.back().text = line.substr(1);
        } else if (!items.empty()) {
            auto instance = std::make_unique<rapidjson::Document>();
            instance->Parse(line.data() + 1, line.size() - 1);
            items.back().instances.push_back(std::move(instance));
        }
    }
    return items;
}

long long processor_ns()
{
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<long long>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

void pass(std::vector<item> &items, bool tell)
{
    std::size_t valid = 0, count = 0;
    const long long started = processor_ns();
    for (item &one : items)
        one.schema = compile(one.text);
    const long long compiled = processor_ns();
    for (const item &one : items) {
        for (const auto &instance : one.instances)
            valid += is_valid(*one.schema, *instance);
        count += one.instances.size();
    }
    const long long ended = processor_ns();
    if (tell)
        std::printf("%lld %lld %zu %zu\n", compiled - started, ended - compiled, count, valid);
    for (item &one : items)
        one.schema.reset();
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    std::vector<item> items = read_items(argv[2]);
    if (std::strcmp(argv[1], "accept") == 0) {
        for (const item &one : items)
            std::putchar(compile(one.text) ? '1' : '0');
        std::putchar('\n');
        return 0;
    }
    pass(items, false);
    pass(items, true);
    return 0;
}
