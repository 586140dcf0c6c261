/*
 * Converters of character sets that come and go: the C library unloads one that was not used for the last few
 * times that any was closed, and loads the next to where it was. Each op uses three in turn, four times each;
 * each loses a block every time.
 */
#include "cases.h"

#include <iconv.h>
#include <link.h>

static const char *const sets[] = {"HGFIRST", "HGOTHER", "HGTHIRD"};
enum { SETS = 3, TIMES = 4 };

static unsigned long long loaded;

static int count(struct dl_phdr_info *object, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    loaded = object->dlpi_adds;
    return 1;
}

int heapgate_setup(void)
{
    return setenv("GCONV_PATH", HG_PLUGIN_DIR "/gconv", 1);
}

int heapgate_iterate(uint64_t i)
{
    unsigned long long before = loaded;
    for (int k = 0; k < SETS * TIMES; k++) {
        iconv_t converter = iconv_open("UTF-8", sets[k / TIMES]);
        REQUIRE(converter != (iconv_t)-1);
        REQUIRE(iconv_close(converter) == 0);
    }
    dl_iterate_phdr(count, NULL);
    /* Otherwise the case tests nothing. */
    return i == 0 || loaded == before + SETS ? 0 : __LINE__;
}
