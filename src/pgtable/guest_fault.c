/* SPDX-License-Identifier: MIT */
/* Faults as architectures report them. */
#include <iomt/walk.h>

/* 48882, 2.5.3 and 2.5.5: flags of the event log's entries, in place. */
#define AMD_GN		 (1ULL << 48)
#define AMD_NX		 (1ULL << 49)
#define AMD_US		 (1ULL << 50)
#define AMD_PR		 (1ULL << 52)
#define AMD_RW		 (1ULL << 53)
#define AMD_PE		 (1ULL << 54)
#define AMD_RZ		 (1ULL << 55)
#define AMD_TR		 (1ULL << 56)
#define AMD_MASTER_ABORT (1ULL << 57) /* Type of a hardware error */
#define AMD_PAGE_FAULT	 (2ULL << 60)
#define AMD_TABLE_ERROR	 (4ULL << 60)

static bool is_memory(const struct iomt_walk_fault *fault)
{
	return fault->kind == IOMT_WALK_FAULT_TABLE || fault->kind == IOMT_WALK_FAULT_UPDATE;
}

static bool is_permission(const struct iomt_walk_fault *fault)
{
	return fault->kind == IOMT_WALK_FAULT_PERMISSION || fault->kind == IOMT_WALK_FAULT_USER;
}

/*
 * 48882, 2.5.3: RW has a meaning where an entry was present and a transaction asked; PE and RZ say why not,
 * neither that a level cannot be.
 */
static uint64_t amd_flags(const struct iomt_walk_fault *fault)
{
	uint64_t flags = 0;

	if (fault->kind == IOMT_WALK_FAULT_ABSENT || fault->kind == IOMT_WALK_FAULT_INPUT)
		return 0;
	flags |= AMD_PR;
	flags |= is_permission(fault) ? AMD_PE : 0;
	flags |= fault->kind == IOMT_WALK_FAULT_RESERVED ? AMD_RZ : 0;
	if ((fault->access & IOMT_WRITE) && !(fault->access & IOMT_WALK_ATS))
		flags |= AMD_RW;
	return flags;
}

struct iomt_walk_amd_event iomt_walk_amd_event(const struct iomt_walk_fault *fault, bool guest)
{
	uint64_t flags = fault->access & IOMT_WALK_ATS ? AMD_TR : 0;

	flags |= guest ? AMD_GN : 0;
	if (is_memory(fault)) {
		flags |= (fault->access & IOMT_WRITE) && !(flags & AMD_TR) ? AMD_RW : 0;
		return (struct iomt_walk_amd_event){
			{AMD_TABLE_ERROR | AMD_MASTER_ABORT | flags, fault->address}};
	}
	if (guest) {
		flags |= fault->access & IOMT_EXEC ? AMD_NX : 0;
		flags |= fault->access & IOMT_PRIV ? 0 : AMD_US;
	}
	return (struct iomt_walk_amd_event){
		{AMD_PAGE_FAULT | flags | amd_flags(fault), fault->iova}};
}

/* D51397, table "Fault reason encodings": LGN, LSL, LCT. */
static uint8_t vtd_legacy(const struct iomt_walk_fault *fault)
{
	switch (fault->kind) {
	case IOMT_WALK_FAULT_INPUT:
		return 0x04;
	case IOMT_WALK_FAULT_ABSENT: /* neither read nor write */
		return fault->access & IOMT_WRITE ? 0x05 : 0x06;
	case IOMT_WALK_FAULT_PERMISSION:
		return fault->denied & IOMT_WRITE ? 0x05 : 0x06;
	case IOMT_WALK_FAULT_TABLE:
		return fault->top ? 0x03 : 0x07;
	case IOMT_WALK_FAULT_UPDATE:
		return 0x07;
	default:
		return 0x0c;
	}
}

/* SFS, SGN */
static uint8_t vtd_first(const struct iomt_walk_fault *fault)
{
	switch (fault->kind) {
	case IOMT_WALK_FAULT_INPUT:
		return 0x80;
	case IOMT_WALK_FAULT_ABSENT:
		return 0x71;
	case IOMT_WALK_FAULT_USER:
		return 0x81;
	case IOMT_WALK_FAULT_PERMISSION:
		if (fault->denied & IOMT_WRITE)
			return 0x85;
		return fault->denied & IOMT_READ ? 0x86 : 0x82;
	case IOMT_WALK_FAULT_TABLE:
		return fault->top ? 0x73 : 0x70;
	case IOMT_WALK_FAULT_UPDATE:
		return 0x91;
	default:
		return 0x72;
	}
}

/* SFS.5 to SFS.8: stage 2 under an entry of the first stage. 0: as for any other address. */
static uint8_t vtd_on_table(const struct iomt_walk_fault *fault)
{
	if (fault->kind == IOMT_WALK_FAULT_INPUT)
		return 0x74;
	if (fault->kind != IOMT_WALK_FAULT_PERMISSION)
		return 0;
	if (fault->denied & IOMT_WRITE)
		return 0x77;
	return fault->on_top ? 0x75 : 0x76;
}

/* SSL, SGN */
static uint8_t vtd_second(const struct iomt_walk_fault *fault)
{
	switch (fault->kind) {
	case IOMT_WALK_FAULT_INPUT:
		return 0x84;
	case IOMT_WALK_FAULT_ABSENT:
		return 0x79;
	case IOMT_WALK_FAULT_PERMISSION:
		return fault->denied & IOMT_WRITE ? 0x85 : 0x86;
	case IOMT_WALK_FAULT_TABLE:
		return fault->top ? 0x7b : 0x78;
	case IOMT_WALK_FAULT_UPDATE:
		return 0x7c;
	default:
		return 0x7a;
	}
}

uint8_t iomt_walk_vtd_reason(const struct iomt_walk_fault *fault, bool scalable)
{
	if (!scalable)
		return fault->stage == 1 ? 0 : vtd_legacy(fault);
	if (fault->stage == 1)
		return vtd_first(fault);
	if (fault->on_table && vtd_on_table(fault))
		return vtd_on_table(fault);
	return vtd_second(fault);
}

/*
 * TTD, 1, where a table of stage 1 was at fault: stage 2 does not let it be read, or there is no memory.
 * Else IN, 2: a table of stage 2 is on the way of its input (IHI 0070, 7.3.12).
 */
static uint8_t smmu_class(const struct iomt_walk_fault *fault)
{
	return fault->on_table || (is_memory(fault) && fault->stage == 1) ? 1 : 2;
}

struct iomt_walk_smmu_event iomt_walk_smmu_event(const struct iomt_walk_fault *fault)
{
	struct iomt_walk_smmu_event event = {
		.input = fault->iova,
		.ipa = fault->stage == 2 ? fault->input & ~0xfffULL : 0,
		.fetch = is_memory(fault) ? fault->address : 0,
		.type = 0x10,
		.cls = smmu_class(fault),
		.s2 = fault->stage == 2,
		.rnw = !(fault->access & IOMT_WRITE),
		.ind = (fault->access & IOMT_EXEC) && !(fault->access & IOMT_WRITE),
		.pnu = fault->access & IOMT_PRIV,
	};

	if (is_memory(fault))
		event.type = 0x0b;
	else if (fault->kind == IOMT_WALK_FAULT_OUTPUT)
		event.type = 0x11;
	else if (fault->kind == IOMT_WALK_FAULT_ACCESSED)
		event.type = 0x12;
	else if (is_permission(fault))
		event.type = 0x13;
	return event;
}

/*
 * Arm's levels count down to 3. Level -1 has codes of its own; where no entry was read Arm says
 * level 0.
 */
uint8_t iomt_walk_arm_status(const struct iomt_walk_fault *fault)
{
	bool below = fault->level > 3 && fault->entry;
	uint8_t level = fault->level > 3 ? 0 : 3 - fault->level;

	switch (fault->kind) {
	case IOMT_WALK_FAULT_INPUT:
		return 0x04;
	case IOMT_WALK_FAULT_OUTPUT:
		if (!fault->entry)
			return 0x00;
		return below ? 0x29 : level;
	case IOMT_WALK_FAULT_ACCESSED:
		return 0x08 | level;
	case IOMT_WALK_FAULT_PERMISSION:
	case IOMT_WALK_FAULT_USER:
		return 0x0c | level;
	case IOMT_WALK_FAULT_TABLE:
	case IOMT_WALK_FAULT_UPDATE:
		return fault->level > 3 ? 0x13 : 0x14 | level;
	default:
		return fault->level > 3 ? 0x2b : 0x04 | level;
	}
}

int iomt_walk_x86_error(const struct iomt_walk_fault *fault, bool nx)
{
	int error = fault->access & IOMT_WRITE ? 1 << 1 : 0;

	if (fault->kind == IOMT_WALK_FAULT_INPUT)
		return IOMT_ERANGE;
	if (is_memory(fault))
		return IOMT_EIO;
	error |= fault->access & IOMT_PRIV ? 0 : 1 << 2;
	error |= nx && (fault->access & IOMT_EXEC) ? 1 << 4 : 0;
	if (fault->kind == IOMT_WALK_FAULT_ABSENT)
		return error;
	return error | 1 << 0 | (fault->kind == IOMT_WALK_FAULT_RESERVED ? 1 << 3 : 0);
}

/* What is asked for decides which of three causes it is: execution first, then writing. */
uint8_t iomt_walk_riscv_cause(const struct iomt_walk_fault *fault)
{
	bool access = is_memory(fault) || fault->kind == IOMT_WALK_FAULT_OUTPUT;
	uint8_t first = access ? 0x01 : fault->stage == 1 ? 0x0c : 0x14;

	if (fault->access & IOMT_EXEC)
		return first;
	if (fault->access & IOMT_WRITE)
		return access ? 0x07 : first + 3;
	return access ? 0x05 : first + 1;
}

uint64_t iomt_walk_riscv_iotval2(const struct iomt_walk_fault *fault)
{
	if (iomt_walk_riscv_cause(fault) < 20)
		return 0;
	return (fault->input & ~3ULL) | (fault->on_table ? 1 : 0) | (fault->on_update ? 2 : 0);
}

enum iomt_walk_completion iomt_walk_ats(const struct iomt_walk_fault *fault)
{
	return is_memory(fault) ? IOMT_WALK_COMPLETION_ABORT : IOMT_WALK_COMPLETION_EMPTY;
}

const char *iomt_walk_fault_text(unsigned kind)
{
	static const char *const texts[] = {
		[IOMT_WALK_FAULT_INPUT] = "the tables do not translate such an address",
		[IOMT_WALK_FAULT_ABSENT] = "an entry is not present",
		[IOMT_WALK_FAULT_RESERVED] = "a reserved bit is set, or a level or size cannot be",
		[IOMT_WALK_FAULT_SKIPPED] = "address bits of skipped levels are not zero",
		[IOMT_WALK_FAULT_OUTPUT] = "an address is beyond the output address size",
		[IOMT_WALK_FAULT_ACCESSED] = "the accessed bit is clear",
		[IOMT_WALK_FAULT_PERMISSION] = "the access is not allowed",
		[IOMT_WALK_FAULT_USER] = "only privileged requests may use the page",
		[IOMT_WALK_FAULT_TABLE] = "there is no memory where a table should be",
		[IOMT_WALK_FAULT_UPDATE] = "accessed and dirty bits cannot be written",
		[IOMT_WALK_FAULT_LEVEL] = "there is no such level or page size",
	};

	if (!kind || kind >= sizeof(texts) / sizeof(texts[0]))
		return "no such fault";
	return texts[kind];
}
