/* A mail reader that opens a character set converter for every 16th part. The mistake: a part with an
 * invalid byte returns before iconv_close(). Healthy: the converter is closed whatever the part holds. */
#include "pair.h"
#include <iconv.h>

PAIR_NOINLINE static iconv_t charset_open(const char *from)
{
    iconv_t converter = iconv_open("UTF-8", from);
    if (converter == (iconv_t)-1)
        abort();
    return converter;
}

static int part_convert(bool broken)
{
    char input[] = "Gr\xc3\xbc\xc3\x9f"
                   "e";
    char output[64];
    if (broken)
        input[3] = (char)0xff;
    char *from = input;
    char *to = output;
    size_t left = sizeof input - 1;
    size_t room = sizeof output;
    iconv_t converter = charset_open("UTF-8");
    if (iconv(converter, &from, &left, &to, &room) == (size_t)-1) {
        if (!LEAKS)
            iconv_close(converter);
        return -1;
    }
    iconv_close(converter);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 16 != 0)
        return 0;
    bool broken = i / 16 % 100 == 41;
    return (part_convert(broken) != 0) != broken;
}
