#include "driver/foresee.h"

#include "analysis/looks.h"

double hg_foresee_factor(const hg_record *record)
{
    int64_t ops[HG_MAX_EPOCHS];
    int64_t cpu_ns[HG_MAX_EPOCHS];
    for (uint32_t i = 0; i < record->epochs; i++) {
        ops[i] = record->samples[i].ops;
        cpu_ns[i] = record->samples[i].cpu_ns;
    }
    return hg_look_longer_takes(ops, cpu_ns, record->epochs);
}

int64_t hg_foresee_allocations(const hg_record *record)
{
    return record->samples[record->epochs - 1].allocations;
}

/* The next look's last checkpoint, if growth goes on. */
static double foresee(int64_t begin, int64_t end)
{
    double growth = (double)(end - begin);
    return (double)end + (growth > 0 ? growth * HG_LOOK_FACTOR : 0);
}

bool hg_foresee_fits(const hg_record *record, uint32_t warmup_rounds, double memory)
{
    const double room = 0.9;
    const hg_record_header *header = record->header;
    const hg_record_sample *begin = &record->samples[warmup_rounds - 1];
    const hg_record_sample *end = &record->samples[record->epochs - 1];
    return foresee(begin->open_files, end->open_files) < room * (double)header->most_files &&
           foresee(begin->mappings, end->mappings) < room * (double)header->most_mappings &&
           foresee(begin->resident_bytes, end->resident_bytes) < memory / 2;
}
