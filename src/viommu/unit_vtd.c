/* SPDX-License-Identifier: MIT */
/*
 * VT-d (D51397): 11.4.5 RTADDR_REG, 9.1 and 9.2 root entries, 9.3 and 9.4 context entries, 9.5 PASID
 * directory, 9.6 PASID table; 7.1.3, fault reasons.
 */
#include "unit.h"

#define PRESENT	  1ULL
#define FPD	  (1ULL << 1)
#define PAGE	  (~0xfffULL)
#define ENTRY_GAP unit_mask(11, 1) /* of root entries */

/* Context entries of scalable mode. */
#define DTE	 (1ULL << 2)
#define PASIDE	 (1ULL << 3)
#define RID_PRIV (1ULL << 20) /* word 1 */
/* PASID-table entries: word 0, word 2. */
#define SSADE (1ULL << 9)
#define SRE   (1ULL << 0)
#define WPE   (1ULL << 4)
#define NXE   (1ULL << 5)
#define EAFE  (1ULL << 7)

enum { FIRST = 1, SECOND = 2, NESTED = 3, PASS_THROUGH = 4 }; /* PGTT */

static u64 beyond(const struct find *find)
{
	return unit_beyond(find->unit, 63);
}

/* An entry's own codes: absent and reserved. */
static int judge(const struct find *find, unsigned at, u64 word, u64 reserved, unsigned absent,
		 unsigned bad)
{
	if (!(word & PRESENT))
		return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_ABSENT, absent, word);
	if (word & reserved)
		return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_RESERVED, bad, word);
	return 0;
}

static int second_walker(const struct find *find, u64 root, unsigned aw, uint32_t flags,
			 unsigned at, unsigned code, u64 entry)
{
	struct iomt_walk_cfg cfg = {
		.format = &iomt_walk_vtd_ss,
		.root = root & PAGE,
		.levels = (uint8_t)(aw + 2),
		.flags = flags,
		.oa_bits = find->unit->cfg.oa_bits,
		.page_sizes = find->unit->cfg.page_sizes,
	};

	if (!aw || aw > 3 || !unit_has_levels(find->unit, aw + 2))
		return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_ILLEGAL, code, entry);
	return iomt_find_walker(find, &find->context->second, &cfg, at, code, entry);
}

static int find_legacy_context(struct find *find, const u64 *words)
{
	const struct iomt_unit *unit = find->unit;
	unsigned type = (unsigned)unit_bits(words[0], 3, 2);
	unsigned aw = (unsigned)unit_bits(words[1], 2, 0);
	int err;

	if (words[1] & (1ULL << 7 | unit_mask(63, 24)))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_RESERVED, 0x0b,
				      words[1]);
	if (type == 3 || (type == 2 && !unit_has(unit, IOMT_UNIT_PASS)) ||
	    (type == 1 && !unit_has(unit, IOMT_UNIT_ATS)))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_ILLEGAL, 0x03,
				      words[0]);
	find->context->domain = (uint32_t)unit_bits(words[1], 23, 8);
	find->context->ats = type == 1;
	err = second_walker(find, words[0], aw,
			    unit_has(unit, IOMT_UNIT_SNOOP) ? IOMT_WALK_SNOOP : 0, IOMT_AT_DEVICE,
			    0x03, words[1]);
	find->context->stages = type == 2 ? 0 : 2;
	return err;
}

static int find_legacy(struct find *find)
{
	uint32_t bus = find->request->device >> 8, function = find->request->device & 0xff;
	u64 words[2];
	int err;

	if (find->request->pasid != IOMT_TLB_NO_PASID)
		return iomt_find_fail(find, IOMT_AT_REGISTER, IOMT_DEVICE_FAULT_REFUSED, 0x31, 0);
	err = iomt_find_read(find, NULL, IOMT_AT_ROOT, 0x08,
			     (find->unit->cfg.base & PAGE) + 16 * (u64)bus, words, 2);
	err = err ? err : judge(find, IOMT_AT_ROOT, words[0], ENTRY_GAP | beyond(find), 0x01, 0x0a);
	if (err)
		return err;
	if (words[1])
		return iomt_find_fail(find, IOMT_AT_ROOT, IOMT_DEVICE_FAULT_RESERVED, 0x0a,
				      words[1]);
	err = iomt_find_read(find, NULL, IOMT_AT_DEVICE, 0x09,
			     (words[0] & PAGE) + 16 * (u64)function, words, 2);
	if (err)
		return err;
	find->context->silent = words[0] & FPD;
	err = judge(find, IOMT_AT_DEVICE, words[0], unit_mask(11, 4) | beyond(find), 0x02, 0x0b);
	return err ? err : find_legacy_context(find, words);
}

static int reserved_words(const struct find *find, unsigned at, unsigned code, const u64 *words,
			  unsigned from, unsigned count)
{
	for (unsigned i = from; i < count; i++) {
		if (words[i])
			return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_RESERVED, code, words[i]);
	}
	return 0;
}

static bool can(const struct iomt_unit *unit, unsigned pgtt)
{
	static const uint32_t needs[] = {[FIRST] = IOMT_UNIT_STAGE_1,
					 [SECOND] = IOMT_UNIT_STAGE_2,
					 [NESTED] = IOMT_UNIT_NESTED,
					 [PASS_THROUGH] = IOMT_UNIT_PASS};

	return pgtt >= FIRST && pgtt <= PASS_THROUGH && unit_has(unit, needs[pgtt]);
}

static int first_walker(const struct find *find, const u64 *words, bool nested)
{
	unsigned fspm = (unsigned)unit_bits(words[2], 3, 2);
	struct iomt_walk_cfg cfg = {
		.format = &iomt_walk_x86_64,
		.root = words[2] & PAGE,
		.levels = (uint8_t)(4 + fspm),
		.flags = IOMT_WALK_SIGNED | IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY,
		.oa_bits = nested ? 52 : find->unit->cfg.oa_bits,
		.page_sizes = find->unit->cfg.page_sizes,
		.mem = nested ? &iomt_walk_by_stage_2 : NULL,
	};

	if (fspm > (unit_has(find->unit, IOMT_UNIT_FIVE) ? 1 : 0))
		return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_ILLEGAL, 0x5b,
				      words[2]);
	cfg.flags |= words[2] & NXE ? IOMT_WALK_NX : 0;
	cfg.flags |= words[2] & WPE ? IOMT_WALK_WP : 0;
	cfg.flags |= words[2] & EAFE ? IOMT_WALK_EXTENDED_ACCESSED : 0;
	find->context->used[0] = true;
	find->context->privileged = words[2] & SRE;
	return iomt_find_walker(find, &find->context->first[0], &cfg, IOMT_AT_PROCESS, 0x5b,
				words[2]);
}

/* What a PASID-table entry means that is present. */
static int find_stages(struct find *find, const u64 *words, uint32_t pasid)
{
	const struct iomt_unit *unit = find->unit;
	struct iomt_context *context = find->context;
	unsigned pgtt = (unsigned)unit_bits(words[0], 8, 6);
	bool first = pgtt == FIRST || pgtt == NESTED, second = pgtt == SECOND || pgtt == NESTED;
	u64 reserved_2 = unit_mask(11, 8) | (pgtt == FIRST ? beyond(find) : 0);
	uint32_t flags = IOMT_WALK_SNOOP;
	int err = 0;

	if (words[1] & unit_mask(22, 16))
		return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_RESERVED, 0x5a,
				      words[1]);
	if ((words[2] & reserved_2) ||
	    (first && (words[2] & SRE) && !unit_has(unit, IOMT_UNIT_PRIV)))
		return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_RESERVED, 0x5a,
				      words[2]);
	err = reserved_words(find, IOMT_AT_PROCESS, 0x5a, words, 3, 8);
	if (err)
		return err;
	if (!can(unit, pgtt))
		return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_ILLEGAL, 0x5b,
				      words[0]);
	context->domain = (uint32_t)unit_bits(words[1], 15, 0);
	if (words[0] & SSADE)
		flags |= IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY;
	if (second)
		err = second_walker(find, words[0], (unsigned)unit_bits(words[0], 4, 2), flags,
				    IOMT_AT_PROCESS, 0x5b, words[0]);
	if (!err && first)
		err = first_walker(find, words, second);
	context->stages = (uint8_t)((first ? 1 : 0) | (second ? 2 : 0));
	context->process = first ? pasid : IOMT_TLB_NO_PASID;
	return err;
}

static int find_pasid(struct find *find, u64 directory, uint32_t pasid)
{
	u64 words[8], reserved = unit_mask(11, 10) | 1ULL << 5 | beyond(find);
	int err = iomt_find_read(find, NULL, IOMT_AT_DIRECTORY, 0x50,
				 (directory & PAGE) + 8 * (u64)(pasid >> 6), words, 1);

	if (err)
		return err;
	find->context->silent |= words[0] & FPD;
	err = judge(find, IOMT_AT_DIRECTORY, words[0], unit_mask(11, 2) | beyond(find), 0x51, 0x52);
	err = err ? err
		  : iomt_find_read(find, NULL, IOMT_AT_PROCESS, 0x58,
				   (words[0] & PAGE) + 64 * (u64)(pasid & 63), words, 8);
	if (err)
		return err;
	find->context->silent |= words[0] & FPD;
	if (!unit_has(find->unit, IOMT_UNIT_ACCESSED | IOMT_UNIT_DIRTY))
		reserved |= SSADE;
	err = judge(find, IOMT_AT_PROCESS, words[0], reserved, 0x59, 0x5a);
	return err ? err : find_stages(find, words, pasid);
}

static int find_scalable(struct find *find)
{
	uint32_t bus = find->request->device >> 8, function = find->request->device & 0xff;
	bool has_pasid = find->request->pasid != IOMT_TLB_NO_PASID;
	u64 words[4], reserved = unit_mask(8, 5) | beyond(find), reserved_1 = unit_mask(63, 21);
	uint32_t pasid = find->request->pasid;
	int err;

	find->context->scalable = true;
	err = iomt_find_read(
		find, NULL, IOMT_AT_ROOT, 0x38,
		(find->unit->cfg.base & PAGE) + 16 * (u64)bus + (function > 127 ? 8 : 0), words, 1);
	err = err ? err : judge(find, IOMT_AT_ROOT, words[0], ENTRY_GAP | beyond(find), 0x39, 0x3a);
	err = err ? err
		  : iomt_find_read(find, NULL, IOMT_AT_DEVICE, 0x40,
				   (words[0] & PAGE) + 32 * (u64)(function & 127), words, 4);
	if (err)
		return err;
	find->context->silent = words[0] & FPD;
	if (!unit_has(find->unit, IOMT_UNIT_ATS))
		reserved |= DTE;
	if (!find->unit->cfg.pasid_bits)
		reserved |= PASIDE;
	err = judge(find, IOMT_AT_DEVICE, words[0], reserved, 0x41, 0x42);
	reserved_1 |= unit_has(find->unit, IOMT_UNIT_PRIV) ? 0 : RID_PRIV;
	if (!err && (words[1] & reserved_1))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_RESERVED, 0x42,
				      words[1]);
	err = err ? err : reserved_words(find, IOMT_AT_DEVICE, 0x42, words, 2, 4);
	if (err)
		return err;
	find->context->ats = words[0] & DTE;
	if (has_pasid && !(words[0] & PASIDE))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_REFUSED, 0x45,
				      words[0]);
	if (!has_pasid) {
		pasid = (uint32_t)unit_bits(words[1], 19, 0);
		find->context->supervisor = words[1] & RID_PRIV;
	}
	if (pasid >> (unit_bits(words[0], 11, 9) + 13) ||
	    (has_pasid && pasid >> find->unit->cfg.pasid_bits))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_RANGE,
				      has_pasid ? 0x46 : 0x48, words[has_pasid ? 0 : 1]);
	return find_pasid(find, words[0], pasid);
}

/* TTM: 0 legacy, 1 scalable; 2 is reserved, 3 aborts all. */
static int find_vtd(struct find *find)
{
	unsigned mode = (unsigned)unit_bits(find->unit->cfg.base, 11, 10);

	if (mode > 1 || (find->unit->cfg.base & beyond(find)))
		return iomt_find_fail(find, IOMT_AT_REGISTER, IOMT_DEVICE_FAULT_ILLEGAL, 0x30, 0);
	return mode ? find_scalable(find) : find_legacy(find);
}

static unsigned walk_code(const struct iomt_walk_fault *fault, bool scalable)
{
	return iomt_walk_vtd_reason(fault, scalable);
}

const struct unit_facts iomt_unit_vtd = {
	.find = find_vtd,
	.walk_code = walk_code,
	.refused_ats = 0x0d,
	.beyond_pass = 0x04,
};

const struct unit_facts iomt_unit_vtd_scalable = {
	.find = find_vtd,
	.walk_code = walk_code,
	.refused_ats = 0x44,
	.refused_priv = 0x5d,
	.beyond_pass = 0x83,
};
