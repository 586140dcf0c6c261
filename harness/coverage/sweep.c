#include "coverage/sweep.h"

#include "symbols/growing.h"
#include <capstone/capstone.h>
#include <string.h>

/* What is known of a register, from one instruction to the next. */
typedef enum register_state {
    REGISTER_UNKNOWN,
    REGISTER_NUMBER,
    REGISTER_ZERO,
    REGISTER_FUNCTION
} register_state;

enum { ARGUMENTS = 2, REGISTERS = 16, PRESERVED = 10, MOST_TARGETS = 32 };

typedef struct known_registers {
    register_state states[REGISTERS];
    hg_code_callee callees[REGISTERS];
} known_registers;

/* Where a jump further on in the function leads, and with what. */
typedef struct jump_target {
    uint64_t address; /* 0: this place is free */
    known_registers known;
} jump_target;

typedef struct sweep_state {
    hg_sweeper *sweeper;
    hg_swept *swept;
    const hg_code_function *function;
    known_registers known;
    bool beyond; /* nothing gets here from the instruction before */
    jump_target targets[MOST_TARGETS];
    bool frame_pointer; /* rbp is one */
} sweep_state;

/* The arguments first; those that a call preserves from PRESERVED on. */
static const x86_reg wide[REGISTERS] = {
    X86_REG_RDI, X86_REG_RSI, X86_REG_RDX, X86_REG_RCX, X86_REG_R8,  X86_REG_R9,  X86_REG_RAX, X86_REG_R10,
    X86_REG_R11, X86_REG_RSP, X86_REG_RBX, X86_REG_RBP, X86_REG_R12, X86_REG_R13, X86_REG_R14, X86_REG_R15};
static const x86_reg narrow[REGISTERS] = {X86_REG_EDI,  X86_REG_ESI,  X86_REG_EDX,  X86_REG_ECX,
                                          X86_REG_R8D,  X86_REG_R9D,  X86_REG_EAX,  X86_REG_R10D,
                                          X86_REG_R11D, X86_REG_ESP,  X86_REG_EBX,  X86_REG_EBP,
                                          X86_REG_R12D, X86_REG_R13D, X86_REG_R14D, X86_REG_R15D};

static size_t number_of(unsigned named)
{
    size_t i = 0;
    while (i < REGISTERS && named != wide[i] && named != narrow[i])
        i++;
    return i;
}

bool hg_sweeper_start(const hg_module_code *code, hg_sweeper *ret_sweeper)
{
    size_t functions;
    csh handle;
    (void)hg_module_code_functions(code, &functions);
    *ret_sweeper = (hg_sweeper){.code = code, .functions = calloc(functions + 1, sizeof(hg_swept))};
    if (ret_sweeper->functions && cs_open(CS_ARCH_X86, CS_MODE_64, &handle) == CS_ERR_OK) {
        ret_sweeper->handle = handle;
        if (cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK)
            return true;
    }
    hg_sweeper_stop(ret_sweeper);
    return false;
}

void hg_sweeper_stop(hg_sweeper *sweeper)
{
    csh handle = sweeper->handle;
    if (handle != 0)
        cs_close(&handle);
    free(sweeper->functions);
    free(sweeper->calls);
    *sweeper = (hg_sweeper){0};
}

static bool is_cold(const sweep_state *now, uint64_t target)
{
    size_t count;
    const hg_code_function *functions = hg_module_code_functions(now->sweeper->code, &count);
    size_t at = hg_module_code_function_at(now->sweeper->code, target);
    return at != SIZE_MAX && strstr(functions[at].name, ".cold") != NULL;
}

static void add_call(sweep_state *now, hg_sweep_call call)
{
    hg_sweeper *sweeper = now->sweeper;
    hg_sweep_call *larger =
        hg_growing_room(sweeper->calls, sweeper->call_count, &sweeper->call_room, sizeof *larger);
    if (!larger) {
        sweeper->failed = true;
        return;
    }
    for (size_t i = 0; i < ARGUMENTS; i++) {
        call.null[i] = now->known.states[i] == REGISTER_ZERO;
        call.fixed[i] = call.null[i] || now->known.states[i] == REGISTER_NUMBER;
    }
    sweeper->calls = larger;
    larger[sweeper->call_count++] = call;
    now->swept->count++;
}

static bool is_by_slot(const cs_x86_op *operand)
{
    return operand->type == X86_OP_MEM && operand->mem.base == X86_REG_RIP &&
           operand->mem.index == X86_REG_INVALID;
}

static bool is_same_callee(hg_code_callee a, hg_code_callee b)
{
    return a.import == b.import && a.function == b.function;
}

/* What is known whichever way it came here. */
static void join(known_registers *known, const known_registers *other)
{
    for (size_t i = 0; i < REGISTERS; i++) {
        register_state a = known->states[i], b = other->states[i];
        bool numbers =
            (a == REGISTER_NUMBER || a == REGISTER_ZERO) && (b == REGISTER_NUMBER || b == REGISTER_ZERO);
        if (a == b && (a != REGISTER_FUNCTION || is_same_callee(known->callees[i], other->callees[i])))
            continue;
        known->states[i] = numbers ? REGISTER_NUMBER : REGISTER_UNKNOWN;
    }
}

/* A jump within the function. Of more than there is room for, nothing is known behind them but what is known
 * on the way straight on. */
static void note_target(sweep_state *now, uint64_t from, uint64_t to)
{
    jump_target *target = NULL;
    for (size_t i = 0; i < MOST_TARGETS && to > from; i++) {
        if (now->targets[i].address == to) {
            join(&now->targets[i].known, &now->known);
            return;
        }
        if (now->targets[i].address == 0 && !target)
            target = &now->targets[i];
    }
    if (target)
        *target = (jump_target){to, now->known};
}

/* The instruction at the address is next. */
static void arrive(sweep_state *now, uint64_t address)
{
    for (size_t i = 0; i < MOST_TARGETS; i++) {
        jump_target *target = &now->targets[i];
        if (target->address == address && now->beyond)
            now->known = target->known;
        else if (target->address == address)
            join(&now->known, &target->known);
        if (target->address != 0 && target->address <= address)
            target->address = 0;
    }
    now->beyond = false;
}

/* A call, or a jump that may leave the function. */
static void note_transfer(sweep_state *now, const cs_insn *instruction, bool jump)
{
    const cs_x86 *detail = &instruction->detail->x86;
    const cs_x86_op *operand = &detail->operands[0];
    uint64_t after = instruction->address + instruction->size;
    hg_sweep_call call = {.after = after, .callee = {.function = SIZE_MAX}, .jump = jump};
    if (detail->op_count != 1)
        return;
    if (operand->type == X86_OP_IMM) {
        uint64_t target = (uint64_t)operand->imm;
        if (jump && target >= now->function->begin && target < now->function->end) {
            note_target(now, instruction->address, target);
            return;
        }
        call.callee = hg_module_code_callee(now->sweeper->code, target);
        call.cold = jump && is_cold(now, target);
    } else if (is_by_slot(operand)) {
        call.callee = hg_module_code_callee_by_slot(now->sweeper->code, after + (uint64_t)operand->mem.disp);
    } else if (operand->type == X86_OP_REG) {
        size_t from = number_of(operand->reg);
        if (from < REGISTERS && now->known.states[from] == REGISTER_FUNCTION)
            call.callee = now->known.callees[from];
    }
    add_call(now, call);
}

/* Whether memory of the operand is on the function's own stack. */
static bool is_on_stack(const sweep_state *now, const cs_x86_op *operand)
{
    return operand->mem.segment == X86_REG_INVALID &&
           (operand->mem.base == X86_REG_RSP || (operand->mem.base == X86_REG_RBP && now->frame_pointer));
}

static bool only_reads(unsigned id)
{
    return id == X86_INS_CMP || id == X86_INS_TEST || id == X86_INS_NOP || id == X86_INS_PUSH ||
           id == X86_INS_CALL || id == X86_INS_JMP || id == X86_INS_LEA || id == X86_INS_BT;
}

/* What a compiler makes of memset and memcpy, which allocating.h allows. */
static bool is_fill(const cs_insn *instruction)
{
    switch (instruction->id) {
    case X86_INS_STOSB:
    case X86_INS_STOSD:
    case X86_INS_STOSQ:
    case X86_INS_MOVSB:
    case X86_INS_MOVSQ:
        return instruction->detail->x86.prefix[0] == X86_PREFIX_REP;
    default:
        return false;
    }
}

static void note_writes(sweep_state *now, const cs_insn *instruction)
{
    const cs_x86 *detail = &instruction->detail->x86;
    for (uint8_t i = 0; i < detail->op_count; i++) {
        const cs_x86_op *operand = &detail->operands[i];
        bool written = (operand->access & CS_AC_WRITE) != 0 || (i == 0 && operand->access == CS_AC_INVALID);
        if (operand->type == X86_OP_MEM && written && !only_reads(instruction->id) && !is_fill(instruction))
            now->swept->writes |= !is_on_stack(now, operand);
    }
}

/* What registers hold after it. */
static void follow_registers(sweep_state *now, const cs_insn *instruction)
{
    const cs_x86 *detail = &instruction->detail->x86;
    cs_regs reads, writes;
    uint8_t read_count, write_count;
    if (cs_regs_access((csh)now->sweeper->handle, instruction, reads, &read_count, writes, &write_count) !=
        CS_ERR_OK)
        write_count = 0;
    for (uint8_t i = 0; i < write_count; i++) {
        size_t to = number_of(writes[i]);
        if (to < REGISTERS)
            now->known.states[to] = REGISTER_UNKNOWN;
    }
    if (detail->op_count != 2 || detail->operands[0].type != X86_OP_REG)
        return;
    size_t to = number_of(detail->operands[0].reg);
    const cs_x86_op *from = &detail->operands[1];
    if (instruction->id == X86_INS_XOR && to < REGISTERS && from->type == X86_OP_REG &&
        from->reg == detail->operands[0].reg)
        now->known.states[to] = REGISTER_ZERO;
    if (instruction->id != X86_INS_MOV)
        return;
    if (detail->operands[0].reg == X86_REG_RBP && from->type == X86_OP_REG && from->reg == X86_REG_RSP)
        now->frame_pointer = true;
    if (to == REGISTERS)
        return;
    size_t source = from->type == X86_OP_REG ? number_of(from->reg) : REGISTERS;
    if (source < REGISTERS) {
        now->known.states[to] = now->known.states[source];
        now->known.callees[to] = now->known.callees[source];
    } else if (from->type == X86_OP_IMM) {
        now->known.states[to] = from->imm == 0 ? REGISTER_ZERO : REGISTER_NUMBER;
    } else if (is_by_slot(from)) {
        now->known.states[to] = REGISTER_FUNCTION;
        now->known.callees[to] = hg_module_code_callee_by_slot(
            now->sweeper->code, instruction->address + instruction->size + (uint64_t)from->mem.disp);
    }
}

static void follow(sweep_state *now, const cs_insn *instruction)
{
    csh handle = (csh)now->sweeper->handle;
    arrive(now, instruction->address);
    bool call = cs_insn_group(handle, instruction, CS_GRP_CALL);
    if (cs_insn_group(handle, instruction, CS_GRP_RET))
        now->swept->returns = true;
    if (call || cs_insn_group(handle, instruction, CS_GRP_JUMP))
        note_transfer(now, instruction, !call);
    note_writes(now, instruction);
    if (call)
        memset(now->known.states, 0, PRESERVED * sizeof *now->known.states);
    else
        follow_registers(now, instruction);
    now->beyond = instruction->id == X86_INS_JMP || instruction->id == X86_INS_RET;
}

const hg_swept *hg_sweep(hg_sweeper *sweeper, size_t function)
{
    size_t count, size;
    hg_swept *swept = &sweeper->functions[function];
    if (swept->done)
        return swept;
    sweep_state now = {.sweeper = sweeper,
                       .swept = swept,
                       .function = hg_module_code_functions(sweeper->code, &count) + function};
    const uint8_t *bytes = hg_module_code_bytes(sweeper->code, now.function->begin, &size);
    uint64_t address = now.function->begin;
    cs_insn *instruction = cs_malloc((csh)sweeper->handle);
    *swept = (hg_swept){.done = true, .first = sweeper->call_count};
    if (!instruction)
        sweeper->failed = true;
    if (!instruction || !bytes)
        return swept;
    if (size > now.function->end - address)
        size = now.function->end - address;
    while (size > 0 && !sweeper->failed) {
        if (cs_disasm_iter((csh)sweeper->handle, &bytes, &size, &address, instruction)) {
            follow(&now, instruction);
            continue;
        }
        /* Data, or what capstone does not know. */
        swept->writes = true;
        bytes++;
        size--;
        address++;
    }
    cs_free(instruction, 1);
    return swept;
}
