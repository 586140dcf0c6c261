#include "exec/scans.h"

#include <string.h>

void hg_scans_ask(hg_session *session, bool at_end)
{
    hg_scanned_ask(&session->scanned, session->program.process, at_end);
    for (uint32_t i = 0; i < session->child_count; i++)
        hg_scanned_ask(&session->child_scanned[i], session->children[i].process, at_end);
    session->awaits_answers |= !at_end;
}

static bool is_awaited(const hg_session *session)
{
    bool awaited = session->scanned.is_awaited;
    for (uint32_t i = 0; i < session->child_count; i++)
        awaited |= session->child_scanned[i].is_awaited;
    return awaited;
}

void hg_scans_step(hg_session *session, const char *probe)
{
    hg_scanned_step(&session->scanned, session->program.process, probe);
    for (uint32_t i = 0; i < session->child_count; i++) {
        const hg_watched *child = &session->children[i];
        if (child->rounds.count >= hg_session_fewest_rounds())
            hg_scanned_allow(&session->child_scanned[i]);
        hg_scanned_step(&session->child_scanned[i], child->process, probe);
    }
    /* Who asked is told of all together. */
    bool awaited = is_awaited(session);
    session->answers += session->awaits_answers && !awaited;
    session->awaits_answers = awaited;
}

bool hg_scans_are_due(const hg_session *session)
{
    bool due = hg_scanned_is_due(&session->scanned);
    for (uint32_t i = 0; i < session->child_count; i++)
        due |= hg_scanned_is_due(&session->child_scanned[i]);
    return due;
}

void hg_scans_finish(hg_session *session)
{
    for (uint32_t i = 0; i < session->child_count; i++)
        hg_scanned_finish(&session->child_scanned[i], session->children[i].process);
}

void hg_scans_forget(hg_session *session, uint32_t child)
{
    hg_scanned *scanned = &session->child_scanned[child];
    hg_scanned_free(scanned);
    memmove(scanned, scanned + 1, (session->child_count - child) * sizeof *scanned);
    session->child_scanned[session->child_count] = (hg_scanned){0};
}

uint32_t hg_scans_scanners(const hg_session *session, pid_t ret_scanners[HG_MOST_CHILDREN])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < session->child_count; i++) {
        const hg_scan_header *header = session->child_scanned[i].file.header;
        if (header)
            ret_scanners[count++] = atomic_load(&header->process);
    }
    return count;
}

void hg_scans_free(hg_session *session)
{
    hg_scanned_free(&session->scanned);
    for (uint32_t i = 0; i < session->child_count; i++)
        hg_scanned_free(&session->child_scanned[i]);
}
