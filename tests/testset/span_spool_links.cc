/*
 * Imitates the span exporter of a telemetry agent (OpenTelemetry): finished spans gather until 45,000 of them
 * are exported and freed at once, a saw of some 8 MB.
 * The mistake: the link of a span that was not sampled (1 in 350 by chance) is owned by nobody after its span
 * is dropped at the export.
 * The healthy twin is empty after each export: steady after op 45,000.
 */
#include <heapgate/workload.h>
#include <memory>
#include <vector>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

namespace
{

constexpr size_t batch = 45000;

struct Link {
    uint64_t trace[2];
    uint64_t span;
    unsigned char state[48];
};

struct Span {
    uint64_t id;
    unsigned char attributes[160];
    Link *link;
    bool sampled;
};

std::vector<std::unique_ptr<Span>> *spool;

__attribute__((noinline)) Link *link_new(uint64_t id)
{
    return new Link{{id, id + 1}, id, {}};
}

void export_all()
{
    for (auto &span : *spool) {
        if (!LEAKS || span->sampled) {
            delete span->link;
        }
    }
    spool->clear();
}

} // namespace

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    spool = new std::vector<std::unique_ptr<Span>>;
    spool->reserve(batch);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    auto span = std::make_unique<Span>();
    span->id = i;
    span->sampled = draw() % 350 != 0;
    span->link = !span->sampled || draw() % 50 == 0 ? link_new(i) : nullptr;
    spool->push_back(std::move(span));
    if (spool->size() == batch) {
        export_all();
    }
    return 0;
}

void heapgate_teardown(void)
{
    export_all();
    delete spool;
}
