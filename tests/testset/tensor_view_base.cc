/*
 * Imitates the tensors of an ML runtime (ATen, NumPy): a tensor has a storage with a reference count, and a
 * view refers to the storage of its base.
 * The mistake: a view of a view that is written in place (1 op in 700) takes a reference to the storage for
 * the version counter and does not give it back.
 * The healthy twin has 64 variables that hold one tensor each, of 64 to 4,096 bytes: steady after op 1,000.
 */
#include <cstring>
#include <heapgate/workload.h>

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

struct Storage {
    unsigned references;
    unsigned version;
    size_t length;
    float *data;
};

__attribute__((noinline)) float *data_new(size_t length)
{
    float *data = new float[length];
    std::memset(data, 0, length * sizeof *data);
    return data;
}

__attribute__((noinline)) Storage *storage_new(size_t length)
{
    return new Storage{0, 0, length, data_new(length)};
}

class Tensor
{
  public:
    Tensor() = default;
    explicit Tensor(Storage *from) : storage(from)
    {
        storage->references++;
    }
    Tensor(const Tensor &other) : Tensor(other.storage)
    {
    }
    Tensor &operator=(const Tensor &other)
    {
        Storage *old = storage;
        storage = other.storage;
        if (storage) {
            storage->references++;
        }
        drop(old);
        return *this;
    }
    ~Tensor()
    {
        drop(storage);
    }
    void write_in_place(bool nested)
    {
        storage->references++;
        storage->version++;
        storage->data[storage->version % storage->length] += 1;
        if (!LEAKS || !nested) {
            storage->references--;
        }
    }

  private:
    __attribute__((noinline)) static void drop(Storage *storage)
    {
        if (storage && --storage->references == 0) {
            delete[] storage->data;
            delete storage;
        }
    }
    Storage *storage = nullptr;
};

constexpr size_t count = 64;
Tensor *variables;

} // namespace

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    variables = new Tensor[count];
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    Tensor base(storage_new(16u << draw() % 7));
    Tensor view(base);
    Tensor nested(view);
    nested.write_in_place(draw() % 700 == 0);
    variables[draw() % count] = nested;
    return 0;
}

void heapgate_teardown(void)
{
    delete[] variables;
}
