/*
 * A record that the measured process wrote over: pieces of {section, place, length, bytes}. Frozen, it is
 * sound or it is not; a sound one is judged.
 */
#include "fuzz.h"

#include "record/record.h"
#include "symbols/symbol_client.h"
#include "verdict/judge.h"

#include <string.h>

enum { EPOCHS = 12, CONTEXTS = 5, FRAMES = 8, MODULES = 3, MOST_PIECES = 64, MOST_BYTES = 61 };

static hg_record record;
static hg_symbols *symbols;

static const hg_symbol *find(hg_symbol_reader *reader, const hg_module_id *module, uint64_t offset,
                             size_t *ret_count)
{
    static hg_symbol found = {.file = ""};
    (void)reader;
    found.function = offset % 3 ? "function" : "";
    found.line = (int)(module->path[0] + offset % 7);
    *ret_count = 1;
    return &found;
}

static void make(void)
{
    const hg_symbol_limits limits = {.reading = {find, 1 << 30}, .seconds = 60};
    int file;
    fuzz_require(hg_record_create(EPOCHS, &record, &file) == 0, "there is a record");
    symbols = hg_symbols_new_with(&limits);
    fuzz_require(symbols != NULL, "there is memory");
}

/* As the probe leaves it after twelve rounds, of which each lost ten blocks at each call path. */
static void fill(void)
{
    hg_record_header *header = record.header;
    header->modules = MODULES;
    header->frames = FRAMES;
    header->contexts = CONTEXTS;
    header->closed = header->checkpoints = EPOCHS;
    header->epoch = EPOCHS - 1;
    header->control_context = CONTEXTS - 1;
    header->owner = 1;
    strcpy(record.modules[1].path, "/suite/plugin.so");
    strcpy(record.modules[2].path, "/lib/libc.so.6");
    for (uint32_t i = 0; i < FRAMES; i++)
        record.frames[i] = hg_record_pack(1 + i % 2, 0x2000 + i * 64);
    for (uint32_t context = 1; context < CONTEXTS; context++) {
        record.contexts[context] = (hg_record_context){context, 3, HG_CONTEXT_LIVE, 0};
        for (uint32_t t = 0; t < EPOCHS; t++)
            for (uint32_t epoch = 0; epoch <= t; epoch++)
                hg_record_live_row(&record, context, t)[epoch] = (hg_record_live){10, 640};
    }
    for (int64_t i = 0; i < EPOCHS; i++)
        record.samples[i] = (hg_record_sample){.ops = 100 * (i + 1),
                                               .allocations = 1000 * (i + 1),
                                               .control_blocks = 10 * (i + 1),
                                               .control_bytes = 640 * (i + 1),
                                               .cpu_ns = 1000};
}

/* Where a piece is written, and how many bytes there are from there on. */
static char *place_of(uint8_t section, size_t place, size_t *ret_room)
{
    const struct {
        void *begin;
        size_t size;
    } sections[] = {
        {record.header, sizeof *record.header},
        {record.header, sizeof *record.header},
        {record.samples, EPOCHS * sizeof *record.samples},
        {record.modules, MODULES * sizeof *record.modules},
        {record.frames, FRAMES * sizeof *record.frames},
        {record.contexts, CONTEXTS * sizeof *record.contexts},
        {record.live, (size_t)CONTEXTS * EPOCHS * EPOCHS * sizeof *record.live},
    };
    size_t chosen = section % (sizeof sections / sizeof *sections);
    place %= sections[chosen].size;
    *ret_room = sections[chosen].size - place;
    return (char *)sections[chosen].begin + place;
}

static void write_over(const uint8_t *data, size_t size)
{
    for (int i = 0; i < MOST_PIECES && size >= 5; i++) {
        uint32_t place = data[1] | (uint32_t)data[2] << 8 | (uint32_t)(data[3] & 15) << 16;
        size_t length = (size_t)(data[3] >> 4) * 4 + 1;
        size_t room;
        char *at = place_of(data[0], place, &room);
        data += 4;
        size -= 4;
        length = length < size ? length : size;
        memcpy(at, data, length < room ? length : room);
        data += length;
        size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const hg_module_owners owners = {.plugin = "/suite/plugin.so", .runner = "/r", .probe = "/p"};
    hg_thinness thin;
    if (!record.header)
        make();
    memset(record.header->message, 0, sizeof record.header->message);
    hg_record_header before;
    memcpy((void *)&before, record.header, sizeof before);
    fill();
    write_over(data, size);
    fuzz_require(hg_record_freeze(&record), "there is memory");
    if (hg_record_is_sound(&record)) {
        hg_run *run = hg_run_new();
        hg_cell *cell = run ? hg_run_add_cell(run) : NULL;
        fuzz_require(cell != NULL, "there is memory");
        const hg_judge_input input = {
            .record = &record, .owners = owners, .warmup_rounds = 2, .ops_per_round = 100};
        hg_judge_remains(&record, &owners, symbols, cell);
        fuzz_require(hg_judge_cell(&input, symbols, cell, &thin), "there is memory");
        hg_run_free(run);
    }
    hg_record_thaw(&record);
    memcpy(record.header, (void *)&before, sizeof before);
    memset(record.modules, 0, MODULES * sizeof *record.modules);
    return 0;
}
