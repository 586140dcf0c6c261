#include "model/model_fields.h"

_Static_assert(sizeof(hg_verdict) == sizeof(unsigned) && sizeof(hg_class) == sizeof(unsigned) &&
                   sizeof(hg_expect) == sizeof(unsigned) && sizeof(hg_cross_answer) == sizeof(unsigned) &&
                   sizeof(hg_holder_kind) == sizeof(unsigned) && sizeof(hg_reach) == sizeof(unsigned) &&
                   sizeof(hg_review) == sizeof(unsigned),
               "the reader and the writer access enumerations as unsigned");

#define COUNT(array)      (sizeof(array) / sizeof *(array))
#define REQUIRED          .required = true
#define SPARSE            .sparse = true
#define REPEATS           .repeats = true
#define UNKNOWN_IF_ABSENT .absent = (-1)
#define FROM_ZERO         .minimum = 0
#define ANY               .minimum = INT64_MIN
#define AT(type, member)  .offset = offsetof(type, member)
#define ONLY_IF_OF(t, m)  .only_if = offsetof(t, m)
#define ONLY_IF(member)   ONLY_IF_OF(hg_cell, member)
#define LIST(type, m, n)  AT(type, m), .count_offset = offsetof(type, n)

/* The name functions with the signature of the tables. */
#define NAMES_OF(kind)                                                                                       \
    static const char *kind##_name(unsigned value)                                                           \
    {                                                                                                        \
        return hg_##kind##_name((hg_##kind)value);                                                           \
    }
NAMES_OF(verdict)
NAMES_OF(class)
NAMES_OF(expect)
NAMES_OF(cross_answer)
NAMES_OF(holder_kind)
NAMES_OF(fault_outcome)
NAMES_OF(reach)
NAMES_OF(review)

/* A file with only the stable fields has a verdict and an expectation. */
static void derive_met(void *object)
{
    hg_cell *cell = object;

    cell->met = hg_expect_is_met(cell->expect, cell->verdict);
}

static void derive_held(void *object)
{
    hg_held *held = &((hg_site *)object)->held;

    held->known = held->held_blocks > 0 || held->lost_blocks > 0 || held->indirectly_lost_blocks > 0 ||
                  held->unscanned_blocks > 0;
}

static void derive_bound(void *object)
{
    hg_bound *bound = &((hg_retainer *)object)->bound;

    bound->known = bound->blocks > 0 || bound->bytes > 0;
}

static void derive_kept_of_site(void *object)
{
    hg_kept *kept = &((hg_site *)object)->kept;

    kept->known = kept->blocks > 0 || kept->bytes > 0;
}

static void derive_kept_of_cell(void *object)
{
    hg_kept *kept = &((hg_cell *)object)->kept;

    kept->known = kept->blocks > 0 || kept->bytes > 0;
}

/* A function and a line say where the call is; the offset is for code that has neither. */
static bool has_line(const void *object)
{
    const hg_frame *frame = object;

    return frame->function && frame->function[0] && frame->file && frame->file[0] && frame->line > 0;
}

static const hg_field frame_fields[] = {
    {"function", HG_FIELD_STRING, REQUIRED, AT(hg_frame, function)},
    {"file", HG_FIELD_STRING, REQUIRED, AT(hg_frame, file)},
    {"line", HG_FIELD_INT, REQUIRED, FROM_ZERO, AT(hg_frame, line)},
    {"module", HG_FIELD_STRING, REQUIRED, AT(hg_frame, module)},
    {"offset", HG_FIELD_ADDRESS, AT(hg_frame, offset), .needless = has_line},
    {"inlined", HG_FIELD_BOOL, REQUIRED, AT(hg_frame, inlined)},
};
const hg_struct hg_frame_struct = {frame_fields, COUNT(frame_fields), sizeof(hg_frame), true};

static const hg_field holder_fields[] = {
    {"kind", HG_FIELD_NAME, REQUIRED, AT(hg_holder, kind), .name_of = holder_kind_name},
    {"path", HG_FIELD_STRING, REQUIRED, AT(hg_holder, path)},
    {"name", HG_FIELD_STRING, REPEATS, AT(hg_holder, name)},
    {"file", HG_FIELD_STRING, REPEATS, AT(hg_holder, file)},
    {"line", HG_FIELD_INT, REPEATS, FROM_ZERO, AT(hg_holder, line)},
    {"module", HG_FIELD_STRING, REPEATS, AT(hg_holder, module)},
    {"threads", HG_FIELD_INT, SPARSE, FROM_ZERO, AT(hg_holder, threads)},
    {"blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_holder, blocks)},
    {"bytes", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_holder, bytes)},
    {"example", HG_FIELD_STRING, AT(hg_holder, example)},
};
static const hg_struct holder_struct = {holder_fields, COUNT(holder_fields), sizeof(hg_holder), true};

static const hg_field bound_fields[] = {
    {"holder", HG_FIELD_STRING, REQUIRED, AT(hg_retainer, bound.holder)},
    {"blocks", HG_FIELD_INT64, FROM_ZERO, AT(hg_retainer, bound.blocks)},
    {"bytes", HG_FIELD_INT64, FROM_ZERO, AT(hg_retainer, bound.bytes)},
};
static const hg_struct bound_struct = {bound_fields, COUNT(bound_fields), sizeof(hg_retainer), true};

static const hg_field retainer_fields[] = {
    {"kind", HG_FIELD_NAME, REQUIRED, AT(hg_retainer, holder.kind), .name_of = holder_kind_name},
    {"path", HG_FIELD_STRING, REQUIRED, AT(hg_retainer, holder.path)},
    {"name", HG_FIELD_STRING, AT(hg_retainer, holder.name)},
    {"file", HG_FIELD_STRING, AT(hg_retainer, holder.file)},
    {"line", HG_FIELD_INT, FROM_ZERO, AT(hg_retainer, holder.line)},
    {"module", HG_FIELD_STRING, AT(hg_retainer, holder.module)},
    {"threads", HG_FIELD_INT, SPARSE, FROM_ZERO, AT(hg_retainer, holder.threads)},
    {"blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_retainer, holder.blocks)},
    {"bytes", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_retainer, holder.bytes)},
    {"example", HG_FIELD_STRING, AT(hg_retainer, holder.example)},
    {"alike_blocks", HG_FIELD_INT64, FROM_ZERO, AT(hg_retainer, alike_blocks)},
    {"retained_bytes", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_retainer, retained_bytes)},
    {"retained_blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_retainer, retained_blocks)},
    {"growth_bytes_per_op", HG_FIELD_REAL, REQUIRED, ANY, AT(hg_retainer, growth_bytes_per_op)},
    {"bound", HG_FIELD_GROUP, SPARSE, AT(hg_retainer, bound.known), .items = &bound_struct,
     .derive = derive_bound},
    {"within_bound", HG_FIELD_BOOL, REQUIRED, AT(hg_retainer, within_bound)},
    {"undeclared", HG_FIELD_BOOL, AT(hg_retainer, undeclared)},
};
static const hg_struct retainer_struct = {retainer_fields, COUNT(retainer_fields), sizeof(hg_retainer), true};

static const hg_field held_fields[] = {
    {"held_blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_site, held.held_blocks)},
    {"lost_blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_site, held.lost_blocks)},
    {"indirectly_lost_blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_site, held.indirectly_lost_blocks)},
    {"unscanned_blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_site, held.unscanned_blocks)},
    {"holders", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_site, held.holders, held.holder_count),
     .items = &holder_struct},
};
static const hg_struct held_struct = {held_fields, COUNT(held_fields), sizeof(hg_site), true};

static const hg_field site_kept_fields[] = {
    {"blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_site, kept.blocks)},
    {"bytes", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_site, kept.bytes)},
    {"review", HG_FIELD_NAME, AT(hg_site, kept.review), .name_of = review_name},
    {"by", HG_FIELD_STRING, SPARSE, AT(hg_site, kept.by)},
};
static const hg_struct site_kept_struct = {site_kept_fields, COUNT(site_kept_fields), sizeof(hg_site), true};

static const hg_field cell_kept_fields[] = {
    {"blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_cell, kept.blocks)},
    {"bytes", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_cell, kept.bytes)},
    {"failing", HG_FIELD_INT64, FROM_ZERO, AT(hg_cell, kept.failing)},
};
static const hg_struct cell_kept_struct = {cell_kept_fields, COUNT(cell_kept_fields), sizeof(hg_cell), true};

static const hg_field site_fields[] = {
    {"class", HG_FIELD_NAME, REQUIRED, AT(hg_site, growth_class), .name_of = class_name},
    {"bytes_per_op", HG_FIELD_REAL, REQUIRED, ANY, AT(hg_site, bytes_per_op)},
    {"bytes_per_op_error", HG_FIELD_REAL, FROM_ZERO, AT(hg_site, bytes_per_op_error)},
    {"blocks_per_op", HG_FIELD_REAL, REQUIRED, ANY, AT(hg_site, blocks_per_op)},
    {"heap_bytes_per_op", HG_FIELD_REAL, FROM_ZERO, AT(hg_site, heap_bytes_per_op),
     ONLY_IF_OF(hg_site, heap_bytes_per_op)},
    {"live_bytes", HG_FIELD_INT64, REQUIRED, ANY, AT(hg_site, live_bytes)},
    {"live_blocks", HG_FIELD_INT64, REQUIRED, ANY, AT(hg_site, live_blocks)},
    {"contexts", HG_FIELD_UINT32, FROM_ZERO, AT(hg_site, contexts)},
    {"cut", HG_FIELD_BOOL, SPARSE, AT(hg_site, cut)},
    {"mapped", HG_FIELD_BOOL, SPARSE, AT(hg_site, mapped)},
    {"frames", HG_FIELD_PATH, REQUIRED, LIST(hg_site, frames, frame_count), .items = &hg_frame_struct},
    {"callers", HG_FIELD_CALLERS, FROM_ZERO, LIST(hg_site, callers, caller_count)},
    {"inner", HG_FIELD_OBJECTS, LIST(hg_site, inner, inner_count), .items = &hg_frame_struct},
    {"survivor_blocks", HG_FIELD_INTEGERS, ANY, LIST(hg_site, survivor_blocks, epoch_count)},
    {"survivor_bytes", HG_FIELD_INTEGERS, ANY, LIST(hg_site, survivor_bytes, epoch_count)},
    {"total_bytes", HG_FIELD_INTEGERS, ANY, LIST(hg_site, total_bytes, epoch_count)},
    {"held", HG_FIELD_GROUP, SPARSE, AT(hg_site, held.known), .items = &held_struct, .derive = derive_held},
    {"kept", HG_FIELD_GROUP, SPARSE, AT(hg_site, kept.known), .items = &site_kept_struct,
     .derive = derive_kept_of_site},
};
static const hg_struct site_struct = {site_fields, COUNT(site_fields), sizeof(hg_site), true};

static const hg_field sample_fields[] = {
#define SAMPLE_FIELD(type, name, unit, presence, meaning)                                                    \
    {#name, HG_FIELD_INT64, presence, ANY, AT(hg_sample, name)},
    HG_SAMPLE_FIELDS(SAMPLE_FIELD)
#undef SAMPLE_FIELD
};
static const hg_struct sample_struct = {sample_fields, COUNT(sample_fields), sizeof(hg_sample), true};

static const hg_field control_fields[] = {
    {"injected_bytes_per_op", HG_FIELD_REAL, REQUIRED, ANY, AT(hg_cell, control_injected_bytes_per_op)},
    {"recovered_bytes_per_op", HG_FIELD_REAL, REQUIRED, ANY, AT(hg_cell, control_recovered_bytes_per_op)},
};
static const hg_struct control_struct = {control_fields, COUNT(control_fields), sizeof(hg_cell), true};

static const hg_field cross_check_fields[] = {
    {"answer", HG_FIELD_NAME, REQUIRED, AT(hg_cell, cross_check.answer), .name_of = cross_answer_name},
    {"ops", HG_FIELD_INT64, FROM_ZERO, AT(hg_cell, cross_check.ops)},
    {"lost_bytes_per_op", HG_FIELD_REAL, ANY, AT(hg_cell, cross_check.lost_bytes_per_op)},
    {"lost_blocks_per_op", HG_FIELD_REAL, ANY, AT(hg_cell, cross_check.lost_blocks_per_op)},
    {"reachable_bytes_per_op", HG_FIELD_REAL, ANY, AT(hg_cell, cross_check.reachable_bytes_per_op)},
    {"reachable_blocks_per_op", HG_FIELD_REAL, ANY, AT(hg_cell, cross_check.reachable_blocks_per_op)},
};
static const hg_struct cross_check_struct = {cross_check_fields, COUNT(cross_check_fields), sizeof(hg_cell),
                                             true};

static const hg_field coverage_fields[] = {
    {"counted_bytes", HG_FIELD_REAL, REQUIRED, FROM_ZERO, AT(hg_cell, coverage.counted_bytes)},
    {"resident_bytes", HG_FIELD_REAL, REQUIRED, FROM_ZERO, AT(hg_cell, coverage.resident_bytes)},
};
static const hg_struct coverage_struct = {coverage_fields, COUNT(coverage_fields), sizeof(hg_cell), true};

#define SPREAD_FIELDS(name)                                                                                  \
    {"median", HG_FIELD_REAL, REQUIRED, FROM_ZERO, AT(hg_cell, speed.name.median)},                          \
        {"low", HG_FIELD_REAL, REQUIRED, FROM_ZERO, AT(hg_cell, speed.name.low)},                            \
    {                                                                                                        \
        "high", HG_FIELD_REAL, REQUIRED, FROM_ZERO, AT(hg_cell, speed.name.high)                             \
    }
static const hg_field speed_ops_fields[] = {SPREAD_FIELDS(ops_per_second)};
static const hg_struct speed_ops_struct = {speed_ops_fields, COUNT(speed_ops_fields), sizeof(hg_cell), true};
static const hg_field p50_fields[] = {SPREAD_FIELDS(p50_ns)};
static const hg_struct p50_struct = {p50_fields, COUNT(p50_fields), sizeof(hg_cell), true};
static const hg_field p99_fields[] = {SPREAD_FIELDS(p99_ns)};
static const hg_struct p99_struct = {p99_fields, COUNT(p99_fields), sizeof(hg_cell), true};
static const hg_field against_fields[] = {SPREAD_FIELDS(against)};
static const hg_struct against_struct = {against_fields, COUNT(against_fields), sizeof(hg_cell), true};

static const hg_field speed_fields[] = {
    {"ops", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_cell, speed.ops)},
    {"repetitions", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_cell, speed.repetitions)},
    {"ops_per_second", HG_FIELD_GROUP, REQUIRED, .items = &speed_ops_struct},
    {"p50_ns", HG_FIELD_GROUP, .items = &p50_struct, ONLY_IF(speed.p50_ns.median)},
    {"p99_ns", HG_FIELD_GROUP, .items = &p99_struct, ONLY_IF(speed.p99_ns.median)},
    {"against_before", HG_FIELD_GROUP, .items = &against_struct, ONLY_IF(speed.against.median)},
};
static const hg_struct speed_struct = {speed_fields, COUNT(speed_fields), sizeof(hg_cell), false};

static const hg_field cell_fields[] = {
    {"workload", HG_FIELD_STRING, REQUIRED, AT(hg_cell, workload)},
    {"subject", HG_FIELD_STRING, REQUIRED, AT(hg_cell, subject)},
    {"allocator", HG_FIELD_STRING, REQUIRED, AT(hg_cell, allocator)},
    {"unit", HG_FIELD_STRING, REQUIRED, AT(hg_cell, unit)},
    {"plugin", HG_FIELD_STRING, AT(hg_cell, plugin)},
    {"number", HG_FIELD_UINT32, SPARSE, FROM_ZERO, AT(hg_cell, number)},
    {"ops", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_cell, ops)},
    {"rounds", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_cell, rounds)},
    {"warmup_ops", HG_FIELD_INT64, FROM_ZERO, AT(hg_cell, warmup_ops)},
    {"warmup_rounds", HG_FIELD_INT64, FROM_ZERO, AT(hg_cell, warmup_rounds)},
    {"seed", HG_FIELD_DECIMAL, AT(hg_cell, seed)},
    {"expect", HG_FIELD_NAME, REQUIRED, AT(hg_cell, expect), .name_of = expect_name},
    {"verdict", HG_FIELD_NAME, REQUIRED, AT(hg_cell, verdict), .name_of = verdict_name},
    {"met", HG_FIELD_BOOL, AT(hg_cell, met), .derive = derive_met},
    {"too_slow", HG_FIELD_BOOL, AT(hg_cell, too_slow), ONLY_IF(max_slowdown)},
    {"blind", HG_FIELD_BOOL, AT(hg_cell, blind)},
    {"reason", HG_FIELD_STRING, AT(hg_cell, reason)},
    {"bytes_per_op", HG_FIELD_REAL, REQUIRED, ANY, AT(hg_cell, bytes_per_op)},
    {"bytes_per_op_error", HG_FIELD_REAL, REQUIRED, FROM_ZERO, AT(hg_cell, bytes_per_op_error)},
    {"blocks_per_op", HG_FIELD_REAL, REQUIRED, ANY, AT(hg_cell, blocks_per_op)},
    {"heap_bytes_per_op", HG_FIELD_REAL, FROM_ZERO, AT(hg_cell, heap_bytes_per_op),
     ONLY_IF(heap_bytes_per_op)},
    {"min_detectable_bytes_per_op", HG_FIELD_REAL, REQUIRED, FROM_ZERO,
     AT(hg_cell, min_detectable_bytes_per_op)},
    {"max_bytes_per_op", HG_FIELD_REAL, FROM_ZERO, AT(hg_cell, max_bytes_per_op)},
    {"max_slowdown", HG_FIELD_REAL, FROM_ZERO, AT(hg_cell, max_slowdown), ONLY_IF(max_slowdown)},
    {"control", HG_FIELD_GROUP, REQUIRED, .items = &control_struct},
    {"cross_check", HG_FIELD_GROUP, SPARSE, AT(hg_cell, cross_check.answer), .items = &cross_check_struct},
    {"coverage", HG_FIELD_GROUP, .items = &coverage_struct, ONLY_IF(coverage.resident_bytes)},
    {"ops_per_second", HG_FIELD_REAL, REQUIRED, FROM_ZERO, AT(hg_cell, ops_per_second)},
    {"speed", HG_FIELD_GROUP, .items = &speed_struct, ONLY_IF(speed.ops_per_second.median)},
    {"rate_per_hour", HG_FIELD_REAL, FROM_ZERO, AT(hg_cell, rate_per_hour)},
    {"duration_seconds", HG_FIELD_REAL, FROM_ZERO, AT(hg_cell, duration_seconds)},
    {"contexts", HG_FIELD_UINT64, FROM_ZERO, AT(hg_cell, contexts)},
    {"unwinds", HG_FIELD_UINT64, FROM_ZERO, AT(hg_cell, unwinds)},
    {"reproduce", HG_FIELD_STRING, AT(hg_cell, reproduce)},
    {"holders_missing", HG_FIELD_STRING, SPARSE, AT(hg_cell, holders_missing)},
    {"log", HG_FIELD_STRING, AT(hg_cell, log)},
    {"samples", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_cell, samples, sample_count), .items = &sample_struct},
    {"sites", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_cell, sites, site_count), .items = &site_struct},
    {"holders", HG_FIELD_OBJECTS, SPARSE, LIST(hg_cell, holders, holder_count), .items = &retainer_struct},
    {"kept", HG_FIELD_GROUP, SPARSE, AT(hg_cell, kept.known), .items = &cell_kept_struct,
     .derive = derive_kept_of_cell},
};
_Static_assert(COUNT(cell_fields) <= HG_FIELDS_MAX, "the reader counts a struct's fields in 64 bits");
static const hg_struct cell_struct = {cell_fields, COUNT(cell_fields), sizeof(hg_cell), false};

static const hg_field shard_fields[] = {
    {"of", HG_FIELD_UINT32, REQUIRED, .minimum = 1, .maximum = HG_MOST_SHARDS, AT(hg_run, part.shards)},
    {"numbers", HG_FIELD_INTEGERS, REQUIRED, .minimum = 1, LIST(hg_run, part.numbers, part.number_count)},
    {"cells", HG_FIELD_UINT64, REQUIRED, FROM_ZERO, AT(hg_run, part.cells)},
    {"suite_cells", HG_FIELD_UINT64, REQUIRED, FROM_ZERO, AT(hg_run, part.suite_cells)},
};
static const hg_struct shard_struct = {shard_fields, COUNT(shard_fields), sizeof(hg_run), true};

static const hg_field loss_fields[] = {
    {"blocks", HG_FIELD_INT64, REQUIRED, ANY, AT(hg_fault_loss, blocks)},
    {"bytes", HG_FIELD_INT64, REQUIRED, ANY, AT(hg_fault_loss, bytes)},
    {"lost", HG_FIELD_INT64, FROM_ZERO, AT(hg_fault_loss, lost)},
    {"held", HG_FIELD_INT64, FROM_ZERO, AT(hg_fault_loss, held)},
    {"descriptor", HG_FIELD_BOOL, AT(hg_fault_loss, descriptor)},
    {"frames", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_fault_loss, frames, frame_count),
     .items = &hg_frame_struct},
};
static const hg_struct loss_struct = {loss_fields, COUNT(loss_fields), sizeof(hg_fault_loss), false};

static const hg_field fault_fields[] = {
    {"id", HG_FIELD_STRING, REQUIRED, AT(hg_fault, id)},
    {"workload", HG_FIELD_STRING, REQUIRED, AT(hg_fault, workload)},
    {"subject", HG_FIELD_STRING, REQUIRED, AT(hg_fault, subject)},
    {"mode", HG_FIELD_STRING, REQUIRED, AT(hg_fault, mode)},
    {"function", HG_FIELD_STRING, AT(hg_fault, function)},
    {"outcome", HG_FIELD_NAME, REQUIRED, AT(hg_fault, outcome), .name_of = fault_outcome_name},
    {"accepted", HG_FIELD_BOOL, AT(hg_fault, accepted)},
    {"op", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_fault, op)},
    {"lost_blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_fault, lost_blocks)},
    {"lost_bytes", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_fault, lost_bytes)},
    {"lost_descriptors", HG_FIELD_INT64, FROM_ZERO, AT(hg_fault, lost_descriptors)},
    {"signal", HG_FIELD_INT, REQUIRED, FROM_ZERO, AT(hg_fault, signal)},
    {"duration_seconds", HG_FIELD_REAL, FROM_ZERO, AT(hg_fault, duration_seconds)},
    {"reason", HG_FIELD_STRING, AT(hg_fault, reason)},
    {"reproduce", HG_FIELD_STRING, REQUIRED, AT(hg_fault, reproduce)},
    {"log", HG_FIELD_STRING, SPARSE, AT(hg_fault, log)},
    {"path", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_fault, path, path_count), .items = &hg_frame_struct},
    {"frames", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_fault, frames, frame_count), .items = &hg_frame_struct},
    {"losses", HG_FIELD_OBJECTS, LIST(hg_fault, losses, loss_count), .items = &loss_struct},
};
static const hg_struct fault_struct = {fault_fields, COUNT(fault_fields), sizeof(hg_fault), false};

static const hg_field pass_fields[] = {
    {"workload", HG_FIELD_STRING, REQUIRED, AT(hg_torture_pass, workload)},
    {"subject", HG_FIELD_STRING, REQUIRED, AT(hg_torture_pass, subject)},
    {"message", HG_FIELD_STRING, SPARSE, AT(hg_torture_pass, message)},
    {"fail", HG_FIELD_STRING, AT(hg_torture_pass, fail)},
    {"ops", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_torture_pass, ops)},
    {"clean_ops", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_torture_pass, clean_ops)},
    {"points", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_torture_pass, points)},
    {"allocations", HG_FIELD_INT64, FROM_ZERO, AT(hg_torture_pass, allocations)},
    {"planned", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_torture_pass, planned)},
    {"made", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_torture_pass, made)},
    {"duration_seconds", HG_FIELD_REAL, FROM_ZERO, AT(hg_torture_pass, duration_seconds)},
    {"restarted", HG_FIELD_BOOL, AT(hg_torture_pass, restarted)},
    {"judges_result", HG_FIELD_BOOL, AT(hg_torture_pass, judges_result)},
};
static const hg_struct pass_struct = {pass_fields, COUNT(pass_fields), sizeof(hg_torture_pass), false};

static const hg_field torture_fields[] = {
    {"passes", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_run, torture.passes, torture.pass_count),
     .items = &pass_struct},
    {"faults", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_run, torture.faults, torture.fault_count),
     .items = &fault_struct},
};
static const hg_struct torture_struct = {torture_fields, COUNT(torture_fields), sizeof(hg_run), false};

static void derive_tortured(void *object)
{
    hg_torture *torture = &((hg_run *)object)->torture;

    torture->asked = torture->pass_count > 0;
}

static const hg_field use_fields[] = {
    {"workload", HG_FIELD_STRING, REQUIRED, AT(hg_tried_use, workload)},
    {"subject", HG_FIELD_STRING, REQUIRED, AT(hg_tried_use, subject)},
    {"blocks", HG_FIELD_INT64, REQUIRED, FROM_ZERO, AT(hg_tried_use, blocks)},
};
static const hg_struct use_struct = {use_fields, COUNT(use_fields), sizeof(hg_tried_use), true};

static const hg_field free_fields[] = {
    {"function", HG_FIELD_STRING, REQUIRED, AT(hg_tried_free, function)},
    {"file", HG_FIELD_STRING, REQUIRED, AT(hg_tried_free, file)},
    {"line", HG_FIELD_INT, REQUIRED, FROM_ZERO, AT(hg_tried_free, line)},
};
static const hg_struct free_struct = {free_fields, COUNT(free_fields), sizeof(hg_tried_free), true};

static const hg_field tried_site_fields[] = {
    {"module", HG_FIELD_STRING, REQUIRED, AT(hg_tried_site, module)},
    {"function", HG_FIELD_STRING, REQUIRED, AT(hg_tried_site, function)},
    {"file", HG_FIELD_STRING, REQUIRED, AT(hg_tried_site, file)},
    {"line", HG_FIELD_INT, REQUIRED, FROM_ZERO, AT(hg_tried_site, line)},
    {"calls", HG_FIELD_STRING, REQUIRED, AT(hg_tried_site, calls)},
    {"reach", HG_FIELD_NAME, REQUIRED, AT(hg_tried_site, reach), .name_of = reach_name},
    {"sometimes", HG_FIELD_BOOL, AT(hg_tried_site, sometimes)},
    {"changed", HG_FIELD_BOOL, AT(hg_tried_site, changed)},
    {"blocks", HG_FIELD_INT64, FROM_ZERO, AT(hg_tried_site, blocks)},
    {"freed_blocks", HG_FIELD_INT64, FROM_ZERO, AT(hg_tried_site, freed_blocks)},
    {"faults", HG_FIELD_INT64, FROM_ZERO, AT(hg_tried_site, faults)},
    {"after_faults", HG_FIELD_INT64, FROM_ZERO, AT(hg_tried_site, after_faults)},
    {"uses", HG_FIELD_OBJECTS, SPARSE, LIST(hg_tried_site, uses, use_count), .items = &use_struct},
    {"frees", HG_FIELD_OBJECTS, SPARSE, .maximum = HG_TRIED_MOST_FREES,
     LIST(hg_tried_site, frees, free_count), .items = &free_struct},
};
static const hg_struct tried_site_struct = {tried_site_fields, COUNT(tried_site_fields),
                                            sizeof(hg_tried_site), false};

static const hg_field tried_module_fields[] = {
    {"path", HG_FIELD_STRING, REQUIRED, AT(hg_tried_module, path)},
    {"message", HG_FIELD_STRING, SPARSE, AT(hg_tried_module, message)},
    {"has_lines", HG_FIELD_BOOL, AT(hg_tried_module, has_lines)},
};
static const hg_struct tried_module_struct = {tried_module_fields, COUNT(tried_module_fields),
                                              sizeof(hg_tried_module), true};

static const hg_field tried_fields[] = {
    {"since", HG_FIELD_STRING, SPARSE, AT(hg_run, tried.since)},
    {"min_percent", HG_FIELD_REAL, FROM_ZERO, AT(hg_run, tried.min_percent)},
    {"message", HG_FIELD_STRING, SPARSE, AT(hg_run, tried.message)},
    {"tortured", HG_FIELD_BOOL, AT(hg_run, tried.tortured)},
    {"modules", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_run, tried.modules, tried.module_count),
     .items = &tried_module_struct},
    {"sites", HG_FIELD_OBJECTS, REQUIRED, LIST(hg_run, tried.sites, tried.site_count),
     .items = &tried_site_struct},
};
static const hg_struct tried_struct = {tried_fields, COUNT(tried_fields), sizeof(hg_run), false};

static void derive_asked(void *object)
{
    hg_tried *tried = &((hg_run *)object)->tried;

    tried->asked = tried->module_count > 0 || (tried->message && tried->message[0]);
}

static const hg_field run_fields[] = {
    {"version", HG_FIELD_STRING, AT(hg_run, version)},
    {"suite", HG_FIELD_STRING, AT(hg_run, suite)},
    {"started", HG_FIELD_STRING, AT(hg_run, started)},
    {"machine", HG_FIELD_STRING, AT(hg_run, machine)},
    {"command", HG_FIELD_STRING, AT(hg_run, command)},
    {"unfinished", HG_FIELD_STRING, AT(hg_run, unfinished), .sparse = true},
    {"duration_seconds", HG_FIELD_REAL, FROM_ZERO, AT(hg_run, duration_seconds)},
    {"shard", HG_FIELD_GROUP, SPARSE, AT(hg_run, part.shards), .items = &shard_struct},
    {"cells", HG_FIELD_OBJECTS, REQUIRED, .maximum = HG_RUN_MAX_CELLS, LIST(hg_run, cells, cell_count),
     .items = &cell_struct},
    {"frames", HG_FIELD_OBJECTS, SPARSE, LIST(hg_run, frames, frame_count), .items = &hg_frame_struct},
    {"torture", HG_FIELD_GROUP, SPARSE, AT(hg_run, torture.asked), .items = &torture_struct,
     .derive = derive_tortured},
    {"coverage", HG_FIELD_GROUP, SPARSE, AT(hg_run, tried.asked), .items = &tried_struct,
     .derive = derive_asked},
};
const hg_struct hg_run_struct = {run_fields, COUNT(run_fields), sizeof(hg_run), false};
