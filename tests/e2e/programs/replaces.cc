// A program that replaces plain new and delete alone, as the standard allows, and puts a word before each
// block. What the C++ library's other forms make of them is checked; at each mark one block is lost.
#include <cstdint>
#include <cstdlib>
#include <heapgate/mark.h>
#include <new>
#include <unistd.h>

namespace
{

const std::uint64_t ours = 0x6f757273;
long made, destroyed;
void *volatile kept;

struct item {
    long words[5];
};

void *take(std::size_t size)
{
    made++;
    auto *word = static_cast<std::uint64_t *>(std::malloc(size + 16)); /* here: replaced */
    if (!word)
        throw std::bad_alloc();
    *word = ours;
    return word + 2;
}

} // namespace

void *operator new(std::size_t size)
{
    return take(size);
}

void operator delete(void *block) noexcept
{
    if (!block)
        return;
    auto *word = static_cast<std::uint64_t *>(block) - 2;
    if (*word != ours)
        std::_Exit(3);
    destroyed++;
    std::free(word);
}

int main()
{
    // The probe starts before the libraries are initialised, and must not disturb that.
    if (!environ)
        return 5;
    for (int i = 0; i < 200; i++) {
        kept = new item;
        ::operator delete(kept, sizeof(item));
        kept = ::operator new[](40);
        ::operator delete[](kept);
        kept = ::operator new[](40);
        ::operator delete[](kept, std::size_t(40));
        kept = ::operator new(40, std::nothrow);
        ::operator delete(kept, std::nothrow);
        kept = ::operator new[](40, std::nothrow);
        ::operator delete[](kept, std::nothrow);
        if (made != 6 * i + 5 || destroyed != 5 * i + 5)
            return 4;
        kept = new item;
        heapgate_mark();
    }
    return 0;
}
