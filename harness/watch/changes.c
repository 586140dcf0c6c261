#include "watch/changes.h"

#include <stdlib.h>
#include <string.h>

static void apply(const hg_count_change *change, hg_record_live *alive)
{
    alive[change->birth].blocks += change->by.blocks;
    alive[change->birth].bytes += change->by.bytes;
}

/* Room for so many more; grows by half at least, so that adding stays cheap. */
static bool make_room(hg_changes *changes, uint32_t more)
{
    if (changes->room - changes->count >= more)
        return true;
    uint32_t room = changes->count + more;
    if (room < changes->room + changes->room / 2)
        room = changes->room + changes->room / 2;
    hg_count_change *list = realloc(changes->list, room * sizeof *list);
    if (!list)
        return false;
    changes->list = list;
    changes->room = room;
    return true;
}

bool hg_changes_add(hg_changes *changes, uint32_t checkpoint, const hg_record_live alive[HG_WATCHED_ROUNDS])
{
    hg_count_change differences[HG_WATCHED_ROUNDS];
    hg_record_live before[HG_WATCHED_ROUNDS] = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < changes->count; i++)
        apply(&changes->list[i], before);
    for (uint32_t birth = 0; birth < HG_WATCHED_ROUNDS; birth++) {
        hg_record_live by = {alive[birth].blocks - before[birth].blocks,
                             alive[birth].bytes - before[birth].bytes};
        if (by.blocks != 0 || by.bytes != 0)
            differences[count++] =
                (hg_count_change){.checkpoint = (uint8_t)checkpoint, .birth = (uint8_t)birth, .by = by};
    }
    if (count == 0)
        return true;
    if (!make_room(changes, count))
        return false;
    memcpy(changes->list + changes->count, differences, count * sizeof *differences);
    changes->count += count;
    return true;
}

/* In place: a merged checkpoint has no more changes than the two that it is made of. */
void hg_changes_merge(hg_changes *changes)
{
    uint32_t from = 0, to = 0;
    while (from < changes->count) {
        uint8_t checkpoint = changes->list[from].checkpoint / 2;
        hg_record_live by[HG_WATCHED_ROUNDS] = {0};
        for (; from < changes->count && changes->list[from].checkpoint / 2 == checkpoint; from++) {
            hg_count_change change = changes->list[from];
            change.birth /= 2;
            apply(&change, by);
        }
        for (uint32_t birth = 0; birth < HG_WATCHED_ROUNDS; birth++)
            if (by[birth].blocks != 0 || by[birth].bytes != 0)
                changes->list[to++] =
                    (hg_count_change){.checkpoint = checkpoint, .birth = (uint8_t)birth, .by = by[birth]};
    }
    changes->count = to;
    if (to == 0)
        hg_changes_clear(changes);
}

void hg_changes_forget_from(hg_changes *changes, uint32_t checkpoint)
{
    while (changes->count > 0 && changes->list[changes->count - 1].checkpoint >= checkpoint)
        changes->count--;
}

void hg_changes_unpack(const hg_changes *changes, uint32_t rounds, hg_record_live *ret_table)
{
    hg_record_live alive[HG_WATCHED_ROUNDS] = {0};
    uint32_t next = 0;
    for (uint32_t checkpoint = 0; checkpoint < rounds; checkpoint++) {
        for (; next < changes->count && changes->list[next].checkpoint == checkpoint; next++)
            apply(&changes->list[next], alive);
        memcpy(ret_table + (size_t)checkpoint * rounds, alive, rounds * sizeof *alive);
    }
}

void hg_changes_clear(hg_changes *changes)
{
    free(changes->list);
    *changes = (hg_changes){0};
}
