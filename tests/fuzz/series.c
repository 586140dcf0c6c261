/* A series of two files of the same bytes, as heapgate judge reads and judges them. */
#include "fuzz.h"
#include "series/order.h"
#include "series/outcome.h"
#include "series/readers.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const hg_series_file files[] = {{"a1", 1}, {"a2", 2}, {"a3", 3}, {"a4", 4},
                                           {"a5", 5}, {"a6", 6}, {"a7", 7}, {"a8", 8}};
    hg_series *series = calloc(1, sizeof *series);
    char *bytes = malloc(size + 1);
    hg_cell cell = {0};
    if (!series || !bytes)
        abort();
    series->symbols = hg_symbols_new();
    bool done = series->symbols != NULL;
    for (size_t i = 0; done && i < sizeof files / sizeof *files && (i == 0 || !series->many); i++) {
        memcpy(bytes, data, size);
        bytes[size] = '\0';
        done = hg_series_read_bytes(series, bytes, size) && !hg_series_failed(series);
    }
    if (done && !series->many)
        done = hg_series_order(series, files);
    if (done)
        hg_series_conclude(series, 0, &cell);
    hg_cell_clear(&cell);
    hg_symbols_free(series->symbols);
    hg_series_free(series);
    free(series);
    free(bytes);
    return 0;
}
