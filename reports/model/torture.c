/* The part of the run model that heapgate torture fills. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

const char *hg_fault_outcome_name(hg_fault_outcome outcome)
{
    static const char *const names[] = {
        "ok",        "crash",      "abort",        "hang",
        "leak",      "descriptor", "stays broken", "double free / corruption",
        "unreached",
    };
    return (unsigned)outcome < sizeof names / sizeof *names ? names[outcome] : "unknown";
}

bool hg_fault_is_finding(hg_fault_outcome outcome)
{
    return outcome != HG_FAULT_OK && outcome != HG_FAULT_UNREACHED;
}

/* NULL-terminated. */
static bool set_empty(char **const strings[])
{
    bool done = true;
    for (size_t i = 0; strings[i]; i++) {
        *strings[i] = strdup("");
        done &= *strings[i] != NULL;
    }
    return done;
}

hg_torture_pass *hg_torture_add_pass(hg_torture *torture)
{
    hg_torture_pass *grown = realloc(torture->passes, (torture->pass_count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    torture->passes = grown;
    torture->asked = 1;
    hg_torture_pass *added = &grown[torture->pass_count++];
    *added = (hg_torture_pass){0};
    char **const strings[] = {&added->workload, &added->subject, &added->message, &added->fail, NULL};
    return set_empty(strings) ? added : NULL;
}

/* Room for twice as many whenever there is none left: there may be very many. Of a run that is being made. */
hg_fault *hg_torture_add_fault(hg_torture *torture)
{
    size_t count = torture->fault_count;
    if ((count & (count - 1)) == 0) {
        hg_fault *grown = realloc(torture->faults, (count ? 2 * count : 1) * sizeof *grown);
        if (!grown)
            return NULL;
        torture->faults = grown;
    }
    hg_fault *added = &torture->faults[torture->fault_count++];
    *added = (hg_fault){0};
    char **const strings[] = {&added->id,        &added->workload, &added->subject,
                              &added->mode,      &added->function, &added->reason,
                              &added->reproduce, &added->log,      NULL};
    return set_empty(strings) ? added : NULL;
}

static void free_frames(hg_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hg_frame_clear(&frames[i]);
    free(frames);
}

void hg_fault_clear(hg_fault *fault)
{
    free(fault->id);
    free(fault->workload);
    free(fault->subject);
    free(fault->mode);
    free(fault->function);
    free(fault->reason);
    free(fault->reproduce);
    free(fault->log);
    free_frames(fault->path, fault->path_count);
    free_frames(fault->frames, fault->frame_count);
    for (size_t i = 0; i < fault->loss_count; i++)
        free_frames(fault->losses[i].frames, fault->losses[i].frame_count);
    free(fault->losses);
    memset(fault, 0, sizeof *fault);
}

void hg_torture_clear(hg_torture *torture)
{
    for (size_t i = 0; i < torture->pass_count; i++) {
        free(torture->passes[i].workload);
        free(torture->passes[i].subject);
        free(torture->passes[i].message);
        free(torture->passes[i].fail);
    }
    free(torture->passes);
    for (size_t i = 0; i < torture->fault_count; i++)
        hg_fault_clear(&torture->faults[i]);
    free(torture->faults);
    memset(torture, 0, sizeof *torture);
}
