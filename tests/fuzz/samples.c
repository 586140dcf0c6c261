/* The samples of a soak: the file as it is, and slots of any numbers whose sums are right. */
#include "fuzz.h"

#include "soak/samples.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SLOT = 256, FIELDS = 11, MOST_SLOTS = 32 };

static void read_samples(const uint8_t *data, size_t size)
{
    static hg_soak_samples samples;
    static uint16_t order[HG_SOAK_SAMPLES];
    bool running;
    if (hg_soak_samples_read(fuzz_file(data, size), &samples, &running) != 0)
        return;
    hg_soak_samples_sort(&samples, order);
    (void)hg_soak_samples_last(&samples);
}

static uint32_t sum_of(const char *text, size_t size)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ (unsigned char)text[i]) * 16777619u;
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char file[(MOST_SLOTS + 1) * SLOT];
    size_t slots = size / (FIELDS * 2);
    read_samples(data, size);
    memset(file, ' ', sizeof file);
    slots = slots < MOST_SLOTS ? slots : MOST_SLOTS;
    for (size_t i = 0; i <= slots; i++) {
        char line[SLOT] = "# heapgate-soak/1 planned_ms 5 started_ms 6:";
        size_t used = i == 0 ? strlen(line) : 0;
        for (size_t k = 0; i > 0 && k < FIELDS; k++) {
            uint16_t bits;
            memcpy(&bits, data + ((i - 1) * FIELDS + k) * sizeof bits, sizeof bits);
            int64_t value = (int64_t)((uint64_t)bits << (bits % 48));
            used +=
                (size_t)snprintf(line + used, sizeof line - used, "%" PRId64 " ", bits & 1 ? -value : value);
        }
        if (i > 0)
            used += (size_t)snprintf(line + used, sizeof line - used, "%08" PRIx32, sum_of(line, used));
        memcpy(file + i * SLOT, line, used);
        file[(i + 1) * SLOT - 1] = '\n';
    }
    read_samples((const uint8_t *)file, (slots + 1) * SLOT);
    return 0;
}
