/*
 * Goal: a record made by one process is read by another, and a file that is not a record is refused, never
 * believed.
 */
#include "record/record.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct made_record {
    hg_record record;
    int fd;
    char path[64];
} made_record;

static made_record make(uint32_t epochs)
{
    made_record made = {.fd = -1};
    cr_assert(eq(int, hg_record_create(epochs, &made.record, &made.fd), 0));
    snprintf(made.path, sizeof made.path, "/proc/self/fd/%d", made.fd);
    return made;
}

static void drop(made_record *made)
{
    hg_record_close(&made->record);
    close(made->fd);
}

static void refused(const made_record *made, int expected)
{
    hg_record opened = {0};
    cr_assert(eq(int, hg_record_open(made->path, &opened), expected));
    cr_assert(eq(ptr, opened.header, NULL));
}

Test(harness_record, shows_what_another_mapping_wrote)
{
    made_record made = make(12);
    hg_record other;
    cr_assert(eq(int, hg_record_open(made.path, &other), 0));
    cr_assert(ne(ptr, other.header, made.record.header));
    made.record.samples[11].ops = 4711;
    strcpy(made.record.modules[HG_MAX_MODULES - 1].path, "libsubject.so");
    made.record.frames[HG_MAX_FRAMES - 1] = hg_record_pack(7, 0x1234);
    made.record.contexts[HG_MAX_CONTEXTS - 1].frame_count = 3;
    hg_record_live_row(&made.record, HG_MAX_CONTEXTS - 1, 11)[11].bytes = -5;
    cr_assert(eq(i64, other.samples[11].ops, 4711));
    cr_assert(eq(str, other.modules[HG_MAX_MODULES - 1].path, "libsubject.so"));
    cr_assert(eq(u64, other.frames[HG_MAX_FRAMES - 1], hg_record_pack(7, 0x1234)));
    cr_assert(eq(int, other.contexts[HG_MAX_CONTEXTS - 1].frame_count, 3));
    cr_assert(eq(i64, hg_record_live_row(&other, HG_MAX_CONTEXTS - 1, 11)[11].bytes, -5));
    hg_record_close(&other);
    drop(&made);
}

Test(harness_record, finds_its_places_by_its_own_layout_whatever_the_header_says)
{
    made_record made = make(12);
    const void *const live = hg_record_live_row(&made.record, 7, 3);
    const void *const shard = hg_record_shard_at(&made.record, 1, 2);
    memset(made.record.header, 0x5a, sizeof *made.record.header);
    cr_assert(eq(ptr, hg_record_live_row(&made.record, 7, 3), (void *)live));
    cr_assert(eq(ptr, hg_record_shard_at(&made.record, 1, 2), (void *)shard));
    cr_assert(eq(u32, hg_record_contexts(&made.record), HG_MAX_CONTEXTS));
    cr_assert(eq(u32, hg_record_shards(&made.record, 1), HG_MAX_SHARDS));
    drop(&made);
}

Test(harness_record, starts_empty_with_context_and_module_zero_taken)
{
    made_record made = make(4);
    cr_assert(eq(int, atomic_load(&made.record.header->contexts), 1));
    cr_assert(eq(int, atomic_load(&made.record.header->modules), 1));
    cr_assert(eq(int, atomic_load(&made.record.header->frames), 0));
    cr_assert(eq(int, atomic_load(&made.record.header->checkpoints), 0));
    cr_assert(eq(int, atomic_load(&made.record.header->owner), 0));
    drop(&made);
}

Test(harness_record, keeps_its_descriptor_from_other_programs)
{
    made_record made = make(4);
    cr_assert(ne(int, fcntl(made.fd, F_GETFD) & FD_CLOEXEC, 0));
    drop(&made);
}

Test(harness_record, takes_one_epoch_up_to_the_limit_and_no_other_number)
{
    hg_record record;
    int fd = -1;
    cr_assert(eq(int, hg_record_create(0, &record, &fd), -EINVAL));
    cr_assert(eq(int, hg_record_create(HG_MAX_EPOCHS + 1, &record, &fd), -EINVAL));
    cr_assert(eq(int, hg_record_create(UINT32_MAX, &record, &fd), -EINVAL));
    cr_assert(eq(int, fd, -1));
    const uint32_t fine[] = {1, HG_ROW_EPOCHS, HG_ROW_EPOCHS + 1, HG_MAX_EPOCHS};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        made_record made = make(fine[i]);
        cr_assert(eq(int, made.record.live != NULL, fine[i] <= HG_ROW_EPOCHS));
        if (made.record.live)
            hg_record_live_row(&made.record, HG_MAX_CONTEXTS - 1, fine[i] - 1)[fine[i] - 1].blocks = 1;
        hg_record_shard *last = hg_record_shard_at(&made.record, HG_SHARD_CLASSES - 1, HG_MAX_SHARDS - 1);
        last->tallies[(size_t)fine[i] * HG_MAX_CONTEXTS - 1].freed_bytes = 1;
        drop(&made);
    }
}

/* A record of our own cannot be cut, but a copy of its header in another file can. */
Test(harness_record, is_refused_when_truncated)
{
    made_record made = make(6);
    const uint64_t whole = made.record.header->total_bytes;
    const uint64_t sizes[] = {whole - 1, whole - 4096, 4096, 100, 1, 0};
    int cut = memfd_create("cut", MFD_CLOEXEC);
    cr_assert(
        eq(sz, pwrite(cut, made.record.header, sizeof *made.record.header, 0), sizeof *made.record.header));
    drop(&made);
    made.fd = cut;
    snprintf(made.path, sizeof made.path, "/proc/self/fd/%d", made.fd);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert(eq(int, ftruncate(made.fd, (off_t)sizes[i]), 0));
        refused(&made, -EPROTO);
    }
    close(cut);
}

Test(harness_record, is_refused_when_longer_than_it_says)
{
    made_record made = make(6);
    cr_assert(eq(int, ftruncate(made.fd, (off_t)made.record.header->total_bytes + 4096), 0));
    refused(&made, -EPROTO);
    drop(&made);
}

Test(harness_record, is_refused_with_another_magic_or_version)
{
    made_record made = make(6);
    made.record.header->version = HG_RECORD_VERSION + 1;
    refused(&made, -EPROTO);
    made.record.header->version = HG_RECORD_VERSION;
    made.record.header->magic[0] = 'X';
    refused(&made, -EPROTO);
    drop(&made);
}

Test(harness_record, is_refused_when_its_layout_was_tampered_with)
{
    made_record made = make(6);
    hg_record_header *header = made.record.header;
    const hg_record_header intact = *header;
    header->epochs = 7;
    refused(&made, -EPROTO);
    header->epochs = 0;
    refused(&made, -EPROTO);
    header->epochs = UINT32_MAX;
    refused(&made, -EPROTO);
    header->epochs = intact.epochs;
    header->live_at += 4096;
    refused(&made, -EPROTO);
    header->live_at = intact.live_at;
    header->context_limit = UINT32_MAX;
    refused(&made, -EPROTO);
    header->context_limit = intact.context_limit;
    const uint64_t total = header->total_bytes;
    header->total_bytes = UINT64_MAX;
    refused(&made, -EPROTO);
    header->total_bytes = total;
    hg_record opened;
    cr_assert(eq(int, hg_record_open(made.path, &opened), 0));
    hg_record_close(&opened);
    drop(&made);
}

Test(harness_record, uses_the_layout_that_follows_from_its_epochs)
{
    made_record made = make(6);
    made.record.header->frames_at = UINT64_MAX / 2;
    hg_record opened = {0};
    int status = hg_record_open(made.path, &opened);
    cr_assert(eq(int, status, -EPROTO), "a section outside the file was believed");
    drop(&made);
}

Test(harness_record, says_why_a_path_cannot_be_opened)
{
    hg_record record = {0};
    cr_assert(eq(int, hg_record_open("/nowhere/at/all", &record), -ENOENT));
    cr_assert(lt(int, hg_record_open("/", &record), 0));
    cr_assert(eq(ptr, record.header, NULL));
    hg_record_close(&record);
    hg_record_close(&record);
}

/* The descriptor's file, by a path that any process may open. */
static void path_of(int fd, char *ret_path, size_t size)
{
    snprintf(ret_path, size, "/proc/self/fd/%d", fd);
}

Test(harness_record, has_the_reason_of_a_process_that_could_not_attach_until_one_does)
{
    hg_record record;
    int fd;
    char path[64];
    cr_assert(eq(int, hg_record_create(4, &record, &fd), 0));
    path_of(fd, path, sizeof path);
    hg_record_leave_message(path, 10, "no room");
    cr_assert(eq(str, record.header->message, "no room"));
    cr_assert(hg_record_own(&record, 10));
    hg_record_leave_message(path, 11, "not the one that writes");
    cr_assert(eq(str, record.header->message, "no room"));
    hg_record_leave_message(path, 10, "replaced");
    cr_assert(eq(str, record.header->message, "replaced"));
    cr_assert(hg_record_own(&record, 10), "the program was replaced again, and attaches");
    cr_assert(eq(str, record.header->message, ""));
    record.header->version++;
    hg_record_leave_message(path, 10, "of another version");
    cr_assert(eq(str, record.header->message, ""));
    hg_record_close(&record);
    close(fd);
}

Test(harness_record, cuts_a_reason_that_is_too_long)
{
    hg_record record;
    int fd;
    char path[64];
    char text[HG_MESSAGE + 10];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_assert(eq(int, hg_record_create(4, &record, &fd), 0));
    path_of(fd, path, sizeof path);
    hg_record_leave_message(path, 10, text);
    cr_assert(eq(sz, strlen(record.header->message), HG_MESSAGE - 1));
    cr_assert(hg_record_is_sound(&record));
    hg_record_close(&record);
    close(fd);
}

Test(harness_record, packs_a_frame_into_module_and_offset)
{
    hg_record_frame frame = hg_record_pack(HG_MAX_MODULES - 1, 0x7fffffffffff);
    cr_assert(eq(u64, frame >> 48, HG_MAX_MODULES - 1));
    cr_assert(eq(u64, frame & 0xffffffffffffu, 0x7fffffffffff));
    cr_assert(eq(u64, hg_record_pack(1, UINT64_MAX) >> 48, 1));
}

/* What a workload's wild write could have put there, and what was there before. */
typedef struct wild_write {
    void *at;
    uint64_t value;
    size_t size;
} wild_write;

Test(harness_record, is_not_sound_once_anything_leads_out_of_it)
{
    made_record made = make(6);
    hg_record *record = &made.record;
    atomic_store(&record->header->modules, 2);
    atomic_store(&record->header->contexts, 2);
    atomic_store(&record->header->frames, 3);
    atomic_store(&record->header->scripts, 2);
    atomic_store(&record->header->script_text, 8);
    memcpy(record->script_text, "\0run\0.p", 8);
    record->scripts[1] = (hg_record_script){.function = 1, .file = 5};
    record->frames[1] = HG_SCRIPT_FRAME | UINT64_C(1) << HG_SCRIPT_LINE_BITS | 12;
    record->contexts[1] = (hg_record_context){.first_frame = 0, .frame_count = 3};
    cr_assert(hg_record_is_sound(record));
    memset(record->modules[1].path, 'x', sizeof record->modules[1].path);
    cr_assert(not(hg_record_is_sound(record)), "a path without an end");
    record->modules[1].path[10] = '\0';
    const wild_write writes[] = {
        {&record->header->epochs, 7, 4},
        {&record->header->total_bytes, UINT64_MAX, 8},
        {&record->header->live_at, 0, 8},
        {&record->header->modules, HG_MAX_MODULES + 1, 4},
        {&record->header->contexts, HG_MAX_CONTEXTS + 1, 4},
        {&record->header->frames, HG_MAX_FRAMES + 1, 4},
        {&record->header->checkpoints, 7, 4},
        {&record->contexts[1].first_frame, 1, 4},
        {&record->contexts[1].first_frame, UINT32_MAX, 4},
        {&record->contexts[1].frame_count, 4, 2},
        {&record->contexts[1].frame_count, UINT16_MAX, 2},
        {&record->modules[1].build_id_size, HG_BUILD_ID + 1, 4},
        {&record->frames[2], hg_record_pack(2, 0), 8},
        {&record->frames[0], UINT64_MAX, 8},
        {&record->frames[1], HG_SCRIPT_FRAME | UINT64_C(2) << HG_SCRIPT_LINE_BITS, 8},
        {&record->header->scripts, HG_MAX_SCRIPTS + 1, 4},
        {&record->header->script_text, HG_SCRIPT_TEXT + 1, 4},
        {&record->header->script_text, 0, 4},
        {&record->scripts[1].function, 8, 4},
        {&record->scripts[1].file, UINT32_MAX, 4},
        {&record->script_text[7], 'x', 1},
    };
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        uint64_t before = 0;
        memcpy(&before, writes[i].at, writes[i].size);
        memcpy(writes[i].at, &writes[i].value, writes[i].size);
        cr_assert(not(hg_record_is_sound(record)), "write %zu", i);
        memcpy(writes[i].at, &before, writes[i].size);
        cr_assert(hg_record_is_sound(record), "write %zu", i);
    }
    drop(&made);
}

Test(harness_record, a_bare_one_is_small_and_holds_samples_alone)
{
    made_record made = {.fd = -1};
    hg_record other;
    cr_assert(eq(int, hg_record_create_bare(12, &made.record, &made.fd), 0));
    snprintf(made.path, sizeof made.path, "/proc/self/fd/%d", made.fd);
    cr_expect(lt(u64, made.record.mapped_bytes, 16 * HG_MOST_PAGE));
    cr_assert(eq(int, hg_record_open(made.path, &other), 0));
    made.record.samples[11].ops = 4711;
    cr_expect(eq(i64, other.samples[11].ops, 4711));
    cr_expect(hg_record_is_sound(&other));
    hg_record_close(&other);
    drop(&made);
}

Test(harness_record, a_bare_one_that_says_it_has_contexts_is_not_sound)
{
    made_record made = {.fd = -1};
    cr_assert(eq(int, hg_record_create_bare(12, &made.record, &made.fd), 0));
    atomic_store(&made.record.header->contexts, 1);
    cr_expect(not(hg_record_is_sound(&made.record)));
    atomic_store(&made.record.header->contexts, 0);
    made.record.header->context_limit = HG_MAX_CONTEXTS;
    cr_expect(not(hg_record_is_sound(&made.record)));
    drop(&made);
}

Test(harness_record, cannot_be_cut_by_who_has_its_descriptor)
{
    made_record made = make(6);
    cr_assert(eq(int, ftruncate(made.fd, 4096), -1));
    cr_assert(eq(int, errno, EPERM));
    drop(&made);
}

Test(harness_record, stays_as_it_was_checked_once_it_is_frozen)
{
    made_record made = make(6);
    hg_record other;
    cr_assert(eq(int, hg_record_open(made.path, &other), 0));
    other.header->modules = other.header->contexts = 2;
    strcpy(other.modules[1].path, "libsubject.so");
    other.header->frames = 1;
    other.frames[0] = hg_record_pack(1, 0x1234);
    other.contexts[1].frame_count = 1;
    other.samples[5].ops = 7;
    cr_assert(hg_record_freeze(&made.record));
    cr_assert(hg_record_freeze(&made.record));
    memset(other.header, 0x5a, sizeof *other.header);
    memset(other.modules[1].path, 'x', sizeof other.modules[1].path);
    other.frames[0] = UINT64_MAX;
    other.contexts[1].frame_count = UINT16_MAX;
    other.samples[5].ops = 8;
    cr_assert(hg_record_is_sound(&made.record));
    cr_assert(eq(u32, made.record.header->epochs, 6));
    cr_assert(eq(str, made.record.modules[1].path, "libsubject.so"));
    cr_assert(eq(u64, made.record.frames[0], hg_record_pack(1, 0x1234)));
    cr_assert(eq(int, made.record.contexts[1].frame_count, 1));
    cr_assert(eq(i64, made.record.samples[5].ops, 7));
    hg_record_thaw(&made.record);
    cr_assert(eq(i64, made.record.samples[5].ops, 8));
    hg_record_close(&other);
    drop(&made);
}

Test(harness_record, is_damaged_for_good_if_it_was_when_it_was_frozen)
{
    made_record made = make(6);
    hg_record other;
    cr_assert(eq(int, hg_record_open(made.path, &other), 0));
    other.header->contexts = UINT32_MAX;
    cr_assert(hg_record_freeze(&made.record));
    other.header->contexts = 1;
    cr_assert(not(hg_record_is_sound(&made.record)));
    hg_record_close(&other);
    drop(&made);
}

Test(harness_record, a_bare_one_that_says_it_has_contexts_is_not_read_past_its_end)
{
    made_record made = {.fd = -1};
    cr_assert(eq(int, hg_record_create_bare(3, &made.record, &made.fd), 0));
    made.record.header->modules = made.record.header->frames = made.record.header->contexts = HG_MAX_MODULES;
    cr_assert(hg_record_freeze(&made.record));
    cr_assert(not(hg_record_is_sound(&made.record)));
    drop(&made);
}
