/* SPDX-License-Identifier: MIT */
/*
 * AMD (48882): 3.4.1 Device Table Base Address Register, 2.2.2.1 device-table entry, 2.2.6.3 GCR3
 * tables, 2.5 events.
 */
#include "unit.h"

/* Events. */
#define ILLEGAL_DTE	1
#define IO_PAGE_FAULT	2
#define DTE_HARDWARE	3
#define PAGES_HARDWARE	4
#define INVALID_REQUEST 8

/* Word 0 of an entry. */
#define V	   (1ULL << 0)
#define TV	   (1ULL << 1)
#define RESERVED_0 (unit_mask(6, 2) | 1ULL << 63)
#define ADDRESS	   unit_mask(51, 12)
#define GIOV	   (1ULL << 54)
#define GV	   (1ULL << 55)
#define GUEST_0	   unit_mask(60, 54)
#define IR	   (1ULL << 61)
#define IW	   (1ULL << 62)
/* Word 1. */
#define I	   (1ULL << 32)
#define SA	   (1ULL << 34)
#define RESERVED_1 (1ULL << 42)
#define GUEST_1	   (unit_mask(63, 43) | unit_mask(31, 16))
/* GCR3 entries. */
#define GCR3_VALID    1ULL
#define GCR3_RESERVED (unit_mask(11, 1) | unit_mask(63, 52))

static uint32_t denied(u64 word)
{
	return (word & IR ? 0 : IOMT_READ | IOMT_EXEC) | (word & IW ? 0 : IOMT_WRITE);
}

static u64 gcr3_root(const u64 *words)
{
	return unit_bits(words[0], 60, 58) << 12 | unit_bits(words[1], 31, 16) << 15 |
	       unit_bits(words[1], 63, 43) << 31;
}

/* What must not be set, or not together; the word that is wrong, or 0. */
static u64 reserved(const struct iomt_unit *unit, const u64 *words)
{
	u64 first = RESERVED_0 | unit_beyond(unit, 51);
	u64 second = RESERVED_1;

	if (!unit_has(unit, IOMT_UNIT_STAGE_1)) {
		first |= GUEST_0;
		second |= GUEST_1;
	} else if (!unit_has(unit, IOMT_UNIT_GIOV)) {
		first |= GIOV;
	}
	if (!unit_has(unit, IOMT_UNIT_ATS))
		second |= I;
	if (words[0] & first)
		return words[0];
	if (words[1] & second)
		return words[1];
	if (unit_has(unit, IOMT_UNIT_GCR3_GPA) && unit_bits(words[0], 11, 9))
		return 0; /* a guest's address */
	return (words[0] & GV) && (gcr3_root(words) & unit_beyond(unit, 51)) ? words[0] : 0;
}

/* Encodings that mean nothing, or nothing for this hardware. */
static bool is_illegal(const struct iomt_unit *unit, u64 word)
{
	unsigned mode = (unsigned)unit_bits(word, 11, 9), had = (unsigned)unit_bits(word, 8, 7);

	if (mode == 7 || (mode && !unit_has_levels(unit, mode)) || had == 2)
		return true;
	if (had && !unit_has(unit, IOMT_UNIT_ACCESSED))
		return true;
	if (had == 3 && !unit_has(unit, IOMT_UNIT_DIRTY))
		return true;
	return (word & GV) && unit_bits(word, 57, 56) == 3;
}

/* The GCR3 entry of a PASID. Its tables lie in system physical memory, or are a guest's (GCR3TRPMode). */
static int find_gcr3(struct find *find, const u64 *words, uint32_t pasid, u64 *entry)
{
	bool nested = find->context->stages & 2;
	bool behind = nested && unit_has(find->unit, IOMT_UNIT_GCR3_GPA);
	const struct iomt_walker *second = behind ? &find->context->second : NULL;
	unsigned level = (unsigned)unit_bits(words[0], 57, 56);
	u64 table = gcr3_root(words);
	int err;

	if (pasid >> 9 * (level + 1) || pasid >> find->unit->cfg.pasid_bits)
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_RANGE, IO_PAGE_FAULT,
				      words[0]);
	for (;; level--) {
		unsigned at = level ? IOMT_AT_DIRECTORY : IOMT_AT_PROCESS;
		u64 slot = pasid >> 9 * level & 511, reserved = GCR3_RESERVED;

		err = iomt_find_read(find, second, at, PAGES_HARDWARE, table + 8 * slot, entry, 1);
		if (err)
			return err;
		if (!(*entry & GCR3_VALID))
			return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_ABSENT, IO_PAGE_FAULT,
					      *entry);
		if (!(level ? behind : nested)) /* else a guest's address */
			reserved |= unit_beyond(find->unit, 51);
		if (*entry & reserved)
			return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_RESERVED, IO_PAGE_FAULT,
					      *entry);
		table = *entry & ADDRESS;
		if (!level)
			return 0;
	}
}

static int find_guest(struct find *find, const u64 *words)
{
	struct iomt_context *context = find->context;
	bool has_pasid = find->request->pasid != IOMT_TLB_NO_PASID;
	uint32_t pasid = has_pasid ? find->request->pasid : 0;
	u64 mode = unit_bits(words[2], 55, 54), entry = 0;
	struct iomt_walk_cfg cfg = {.format = &iomt_walk_x86_64};
	int err;

	if (mode > (unit_has(find->unit, IOMT_UNIT_FIVE) ? 1 : 0))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_ILLEGAL, ILLEGAL_DTE,
				      words[2]);
	err = find_gcr3(find, words, pasid, &entry);
	if (err == IOMT_EFAULT)
		find->fault->guest = true;
	if (err)
		return err;
	context->stages |= 1;
	context->process = pasid;
	context->used[0] = true;
	cfg.root = entry & ADDRESS;
	cfg.levels = (uint8_t)(4 + mode);
	cfg.flags = IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY | IOMT_WALK_TOP_GLOBAL_RESERVED;
	cfg.flags |= has_pasid ? IOMT_WALK_SIGNED : 0;
	cfg.flags |= unit_has(find->unit, IOMT_UNIT_NX) ? IOMT_WALK_NX : 0;
	cfg.oa_bits = context->stages & 2 ? 52 : find->unit->cfg.oa_bits;
	cfg.mem = context->stages & 2 ? &iomt_walk_by_stage_2 : NULL;
	cfg.deny = context->stages & 2 ? 0 : context->deny;
	return iomt_find_walker(find, &context->first[0], &cfg, IOMT_AT_PROCESS, IO_PAGE_FAULT,
				entry);
}

static int find_host(struct find *find, const u64 *words)
{
	static const uint32_t updates[] = {0, IOMT_WALK_ACCESSED, 0,
					   IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY};
	struct iomt_walk_cfg cfg = {
		.format = &iomt_walk_amdv1,
		.root = words[0] & ADDRESS,
		.levels = (uint8_t)unit_bits(words[0], 11, 9),
		.deny = find->context->deny,
		.flags = updates[unit_bits(words[0], 8, 7)],
		.oa_bits = find->unit->cfg.oa_bits,
	};

	if (!cfg.levels)
		return 0;
	find->context->stages = 2;
	return iomt_find_walker(find, &find->context->second, &cfg, IOMT_AT_DEVICE, ILLEGAL_DTE,
				words[0]);
}

static int find_amd(struct find *find)
{
	const struct iomt_unit *unit = find->unit;
	struct iomt_context *context = find->context;
	u64 base = unit->cfg.base, offset = 32 * (u64)find->request->device, words[3], wrong;
	bool has_pasid = find->request->pasid != IOMT_TLB_NO_PASID;
	int err;

	if (offset >= (unit_bits(base, 8, 0) + 1) << 12)
		return iomt_find_fail(find, IOMT_AT_REGISTER, IOMT_DEVICE_FAULT_RANGE,
				      IO_PAGE_FAULT, 0);
	err = iomt_find_read_at_once(find, IOMT_AT_DEVICE, DTE_HARDWARE, (base & ADDRESS) + offset,
				     words, 3);
	if (err || !(words[0] & V))
		return err;
	context->domain = (uint32_t)unit_bits(words[1], 15, 0);
	wrong = reserved(unit, words);
	if (wrong)
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_RESERVED, ILLEGAL_DTE,
				      wrong);
	if (is_illegal(unit, words[0]))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_ILLEGAL, ILLEGAL_DTE,
				      words[0]);
	context->silent = words[1] & SA;
	context->ats = words[1] & I;
	context->deny = denied(words[0]);
	if (!(words[0] & TV) || (has_pasid && !(words[0] & GV)))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_REFUSED,
				      IO_PAGE_FAULT, words[0]);
	err = find_host(find, words);
	if (!err && (words[0] & GV) && (has_pasid || (words[0] & GIOV)))
		err = find_guest(find, words);
	return err;
}

static unsigned walk_code(const struct iomt_walk_fault *fault, bool scalable)
{
	(void)scalable;
	return (unsigned)(iomt_walk_amd_event(fault, false).word[0] >> 60);
}

const struct unit_facts iomt_unit_amd = {
	.find = find_amd,
	.walk_code = walk_code,
	.refused_ats = INVALID_REQUEST,
	.refused_pass = IO_PAGE_FAULT,
};
