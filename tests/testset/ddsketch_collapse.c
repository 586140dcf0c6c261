/*
 * Imitates a telemetry agent that keeps quantile sketches with sparse buckets (DDSketch): a value far from
 * all others makes a new bucket, ever more rarely; a sketch with 192 buckets collapses its lowest into the
 * next.
 * The mistake: the bucket that is collapsed first after an export is merged and not freed.
 * The healthy twin has 24 sketches of 192 buckets at most and frees all of a sketch when it is exported,
 * every 40,000 ops in turn: steady after op 40,000.
 */
#include <heapgate/workload.h>
#include <math.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { SKETCHES = 24, INDEXES = 1024, MOST = 192, EXPORT = 40000 };

struct bucket {
    uint64_t count;
    double least, most, sum;
    uint64_t first, last;
};

struct sketch {
    struct bucket *buckets[INDEXES];
    unsigned used, lowest;
    int collapsed;
};

static struct sketch sketches[SKETCHES];

__attribute__((noinline)) static struct bucket *bucket_new(double value)
{
    struct bucket *bucket = malloc(sizeof *bucket);
    if (bucket != NULL) {
        *bucket = (struct bucket){.least = value, .most = value};
    }
    return bucket;
}

static unsigned next_used(const struct sketch *sketch, unsigned from)
{
    while (from < INDEXES && sketch->buckets[from] == NULL) {
        from++;
    }
    return from;
}

static void sketch_collapse(struct sketch *sketch)
{
    unsigned from = next_used(sketch, 0);
    unsigned to = next_used(sketch, from + 1);
    sketch->buckets[to]->count += sketch->buckets[from]->count;
    sketch->buckets[to]->least = sketch->buckets[from]->least;
    if (!LEAKS || sketch->collapsed) {
        free(sketch->buckets[from]);
    }
    sketch->buckets[from] = NULL;
    sketch->collapsed = 1;
    sketch->lowest = to;
    sketch->used--;
}

static int sketch_add(struct sketch *sketch, double value)
{
    double place = log(value) * 40 + 200;
    unsigned index = place < 0 ? 0 : place >= INDEXES ? INDEXES - 1 : (unsigned)place;
    if (index < sketch->lowest) {
        index = sketch->lowest;
    }
    if (sketch->buckets[index] == NULL) {
        if ((sketch->buckets[index] = bucket_new(value)) == NULL) {
            return 1;
        }
        if (++sketch->used > MOST) {
            sketch_collapse(sketch);
        }
    }
    if (sketch->buckets[index] != NULL) {
        sketch->buckets[index]->count++;
    }
    return 0;
}

static void sketch_export(struct sketch *sketch)
{
    for (unsigned n = 0; n < INDEXES; n++) {
        free(sketch->buckets[n]);
        sketch->buckets[n] = NULL;
    }
    sketch->used = sketch->lowest = 0;
    sketch->collapsed = 0;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    uint64_t turn = i % EXPORT;
    if (turn % (EXPORT / SKETCHES) == 0 && turn / (EXPORT / SKETCHES) < SKETCHES) {
        sketch_export(&sketches[turn / (EXPORT / SKETCHES)]);
    }
    double u = (double)((draw() >> 11) + 1) * 0x1p-53;
    double v = (double)((draw() >> 11) + 1) * 0x1p-53;
    return sketch_add(&sketches[draw() % SKETCHES], exp(sqrt(-2 * log(u)) * cos(6.283185307 * v) * 2 + 2));
}

void heapgate_teardown(void)
{
    for (int n = 0; n < SKETCHES; n++) {
        sketch_export(&sketches[n]);
    }
}
