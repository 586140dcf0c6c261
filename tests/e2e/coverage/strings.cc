/* Strings, streams and exceptions of C++, whose allocations are made in its library. */
#include "containers.h"

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#ifdef __clang__
#define NOT_INLINED __attribute__((noinline))
#else
#define NOT_INLINED __attribute__((noipa))
#endif

static volatile int never;
static const std::string nothing;

static void keep(const std::string &text)
{
    __asm__ volatile("" : : "r"(text.data()) : "memory");
}

NOT_INLINED static void make(unsigned long size)
{
    std::string text(size, 'x'); // tried
    keep(text);
}

NOT_INLINED static void append(const std::string &start)
{
    std::string text = start + " and so much more that it is not short any longer"; // tried
    keep(text);
}

NOT_INLINED static void copy(const std::string &other)
{
    std::string text = other; // tried
    keep(text);
}

/* It ran, and the text is short. */
NOT_INLINED static void copy_short(const std::string &other)
{
    int *block = new int; // tried
    __asm__ volatile("" : : "r"(block) : "memory");
    std::string text = other; // unclear
    keep(text);
    delete block;
}

/* The map is the site; the text in it is short. */
NOT_INLINED static void fill(int key)
{
    std::map<int, std::string> texts;
    texts[key] = "short"; // tried
    keep(texts[0]);       // tried
}

NOT_INLINED static unsigned long fail(int key)
{
    try {
        throw std::runtime_error(key > 3 ? "more than three" : "not more than three"); // tried
    } catch (const std::runtime_error &error) {
        return error.what()[0];
    }
}

NOT_INLINED static void never_made(unsigned long size)
{
    std::string text(size, 'z'); // untried
    keep(text);
}

NOT_INLINED static void never_appended(const std::string &start)
{
    std::string text = start + " which nobody ever appends to any text, be it long or not"; // untried
    keep(text);
}

NOT_INLINED static void never_printed(int number)
{
    std::ostringstream out;
    out << number << " in a stream";
    keep(out.str()); // untried
}

NOT_INLINED static void never_failed(int key)
{
    if (key > 3)
        throw std::out_of_range("much more than three"); // untried
}

NOT_INLINED static void never_read(const char *path)
{
    std::ifstream file(path);                         // untried
    keep(file ? nothing : std::string(100, path[0])); // untried
}

void library_use()
{
    make(100);
    append(nothing);
    copy_short(nothing);
    copy(std::string(50, 'y')); // tried
    fill(3);
    fail(2);
    if (never) {
        never_made(100ul + never);
        never_appended(nothing);
        never_printed(3);
        never_failed(never);
        never_read("/");
    }
}
