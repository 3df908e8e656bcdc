/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 (IHI 0070): 6.3.24 and 6.3.25 stream table registers, 5.1 level 1 stream table descriptor, 5.2
 * stream table entry, 5.3 level 1 context descriptor, 5.4 context descriptor; 7.3 events.
 */
#include "unit.h"

/* Events. */
#define C_BAD_STREAMID	  0x02
#define F_STE_FETCH	  0x03
#define C_BAD_STE	  0x04
#define F_BAD_ATS_TREQ	  0x05
#define F_STREAM_DISABLED 0x06
#define C_BAD_SUBSTREAMID 0x08
#define F_CD_FETCH	  0x09
#define C_BAD_CD	  0x0a
#define F_ADDR_SIZE	  0x11

#define STE_V	   1ULL
#define L2_POINTER unit_mask(51, 6)
#define CONTEXT	   unit_mask(51, 6) /* S1ContextPtr */
#define TTB	   unit_mask(51, 4)
#define CD_TABLE   unit_mask(51, 12)
#define S2S	   (1ULL << 57)
#define WORD_STE   8
#define WORD_CD	   8

enum { BYPASS = 4, STAGE_1 = 5, STAGE_2 = 6, NESTED = 7 }; /* Config */
enum { EATS_FULL = 1, EATS_SPLIT }; /* SMMU_IDR0.NS1ATS is set, SMMU_IDR3.DPT clear: no others */
enum { DSS_ABORT, DSS_BYPASS, DSS_SUBSTREAM_0, DSS_RESERVED };

/* PS, IPS: bits of address, no more than the hardware has. 7 is reserved, and as 6. */
static unsigned width(const struct iomt_unit *unit, u64 ps)
{
	static const uint8_t widths[] = {32, 36, 40, 42, 44, 48, 52, 52};

	return widths[ps] < unit->cfg.oa_bits ? widths[ps] : unit->cfg.oa_bits;
}

/* log2 of a granule, by TG0 (and S2TG) or TG1; 0: none, or one that the hardware does not have. */
static unsigned granule(const struct iomt_unit *unit, u64 tg, unsigned half)
{
	static const uint8_t granules[2][4] = {{12, 16, 14, 0}, {0, 14, 12, 16}};
	unsigned lg2 = granules[half][tg];

	return lg2 && (unit->cfg.granules >> lg2 & 1) ? lg2 : 0;
}

static const struct iomt_walk_format *format(unsigned stage, unsigned granule_lg2, bool ds)
{
	static const struct iomt_walk_format *const formats[2][3][2] = {
		{{&iomt_walk_arm_s1_4k, &iomt_walk_arm_s1_4k_lpa2},
		 {&iomt_walk_arm_s1_16k, &iomt_walk_arm_s1_16k_lpa2},
		 {&iomt_walk_arm_s1_64k, &iomt_walk_arm_s1_64k}},
		{{&iomt_walk_arm_s2_4k, &iomt_walk_arm_s2_4k_lpa2},
		 {&iomt_walk_arm_s2_16k, &iomt_walk_arm_s2_16k_lpa2},
		 {&iomt_walk_arm_s2_64k, &iomt_walk_arm_s2_64k}}};

	return formats[stage - 1][(granule_lg2 - 12) / 2][ds];
}

/* Without room for 52 bits entries have 48. */
static unsigned room(unsigned bits, unsigned granule_lg2, bool ds)
{
	return bits > 48 && granule_lg2 != 16 && !ds ? 48 : bits;
}

/* Hardware updates: accessed (HA), both (HA, HD). HD alone is neither; what is not there is illegal. */
static bool updates(const struct iomt_unit *unit, bool ha, bool hd, uint32_t *flags)
{
	*flags |= ha ? IOMT_WALK_ACCESSED : 0;
	*flags |= ha && hd ? IOMT_WALK_DIRTY : 0;
	return (!ha || unit_has(unit, IOMT_UNIT_ACCESSED)) &&
	       (!hd || unit_has(unit, IOMT_UNIT_DIRTY));
}

static int bad_ste(const struct find *find, u64 word)
{
	return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_ILLEGAL, C_BAD_STE, word);
}

static int bad_cd(const struct find *find, u64 word)
{
	return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_ILLEGAL, C_BAD_CD, word);
}

/* S2SL0 with S2SL0_2: how many levels a stage 2 table has (5.2, S2SL0; DDI 0487, VTCR_EL2.SL0). */
static unsigned stage_2_levels(unsigned granule_lg2, unsigned sl)
{
	static const uint8_t by_4k[] = {2, 3, 4, 1, 5, 0, 0, 0};
	static const uint8_t others[] = {1, 2, 3, 4, 0, 0, 0, 0};

	return granule_lg2 == 12 ? by_4k[sl] : others[sl];
}

static int find_stage_2(struct find *find, const u64 *ste)
{
	const struct iomt_unit *unit = find->unit;
	bool ds = ste[3] >> 3 & 1;
	unsigned lg2 = granule(unit, unit_bits(ste[2], 47, 46), 0),
		 ps = (unsigned)unit_bits(ste[2], 50, 48);
	struct iomt_walk_cfg cfg = {.root = ste[3] & TTB};

	if (!(ste[2] >> 51 & 1) || (ste[2] >> 52 & 1) || !lg2)
		return bad_ste(find, ste[2]); /* S2AA64, S2ENDI, S2TG */
	if (!updates(unit, ste[2] >> 56 & 1, ste[2] >> 55 & 1, &cfg.flags) ||
	    ((ste[2] & S2S) && !unit_has(unit, IOMT_UNIT_STALL)))
		return bad_ste(find, ste[2]);
	cfg.oa_bits = (uint8_t)room(width(unit, ps), lg2, ds);
	if (cfg.root & ~unit_low(cfg.oa_bits))
		return bad_ste(find, ste[3]);
	cfg.format = format(2, lg2, ds);
	cfg.levels = (uint8_t)stage_2_levels(lg2, (unsigned)(unit_bits(ste[2], 39, 38) |
							     unit_bits(ste[3], 2, 2) << 2));
	cfg.iova_bits = (uint8_t)(64 - unit_bits(ste[2], 37, 32));
	if (!cfg.levels || cfg.iova_bits > 52)
		return bad_ste(find, ste[2]);
	cfg.flags |= ste[2] >> 53 & 1 ? IOMT_WALK_NO_ACCESS_FAULT : 0;
	find->context->stages |= 2;
	find->context->nested = ste[2] >> 54 & 1 ? IOMT_NESTED_PROTECTED : 0;
	return iomt_find_walker(find, &find->context->second, &cfg, IOMT_AT_DEVICE, C_BAD_STE,
				ste[2]);
}

/* One half of stage 1. What one half is for stands 16 bits above the other's. */
static int find_half(struct find *find, const u64 *cd, unsigned half, uint32_t flags)
{
	const struct iomt_unit *unit = find->unit;
	u64 control = cd[0] >> 16 * half, word = cd[1 + half];
	bool ds = cd[2] >> 58 & 1, nested = find->context->stages & 2;
	unsigned lg2 = granule(unit, unit_bits(control, 7, 6), half);
	struct iomt_walk_cfg cfg = {
		.root = word & TTB,
		.mair = cd[3],
		.iova_bits = (uint8_t)(64 - unit_bits(control, 5, 0)),
		.mem = nested ? &iomt_walk_by_stage_2 : NULL,
	};

	if (control >> 14 & 1)
		return 0; /* EPD */
	if (!lg2 || cfg.iova_bits > 52)
		return bad_cd(find, cd[0]);
	cfg.oa_bits = (uint8_t)room(width(unit, unit_bits(cd[0], 34, 32)), lg2, ds);
	if (cfg.root & ~unit_low(cfg.oa_bits))
		return bad_cd(find, word);
	cfg.format = format(1, lg2, ds);
	cfg.flags = flags | (half ? IOMT_WALK_UPPER : 0);
	find->context->tagged[half] = cd[0] >> (38 + half) & 1;
	cfg.flags |= find->context->tagged[half] ? IOMT_WALK_TOP_BYTE : 0;
	cfg.flags |= word >> 1 & 1 ? IOMT_WALK_FLAT_PERMISSIONS : 0;
	find->context->used[half] = true;
	return iomt_find_walker(find, &find->context->first[half], &cfg, IOMT_AT_PROCESS, C_BAD_CD,
				cd[0]);
}

static int find_cd(struct find *find, u64 address)
{
	const struct iomt_walker *second =
		find->context->stages & 2 ? &find->context->second : NULL;
	uint32_t flags = 0;
	u64 cd[WORD_CD];
	int err = iomt_find_read(find, second, IOMT_AT_PROCESS, F_CD_FETCH, address, cd, WORD_CD);

	if (err)
		return err;
	if (!(cd[0] >> 31 & 1))
		return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_ABSENT, C_BAD_CD,
				      cd[0]);
	/* AA64, ENDI */
	if (!(cd[0] >> 41 & 1) || (cd[0] >> 15 & 1))
		return bad_cd(find, cd[0]);
	if (!updates(find->unit, cd[0] >> 43 & 1, cd[0] >> 42 & 1, &flags) ||
	    ((cd[0] >> 44 & 1) && !unit_has(find->unit, IOMT_UNIT_STALL)))
		return bad_cd(find, cd[0]);
	flags |= cd[0] >> 35 & 1 ? IOMT_WALK_NO_ACCESS_FAULT : 0;
	flags |= cd[0] >> 36 & 1 ? IOMT_WALK_WXN : 0;
	flags |= cd[0] >> 40 & 1 ? IOMT_WALK_PAN : 0;
	find->context->process = (uint32_t)unit_bits(cd[0], 63, 48);
	find->context->stages |= 1;
	err = find_half(find, cd, 0, flags);
	return err ? err : find_half(find, cd, 1, flags);
}

/* S1Fmt: linear, or tables of 4 or 64 KiB behind a table of pointers. */
static int find_substream(struct find *find, const u64 *ste, uint32_t substream)
{
	static const uint8_t splits[] = {0, 6, 10};
	const struct iomt_walker *second =
		find->context->stages & 2 ? &find->context->second : NULL;
	unsigned split = unit_bits(ste[0], 63, 59) ? splits[unit_bits(ste[0], 5, 4)] : 0;
	u64 table = ste[0] & CONTEXT, pointer;
	int err;

	if (!split)
		return find_cd(find, table + 64 * (u64)substream);
	err = iomt_find_read(find, second, IOMT_AT_DIRECTORY, F_CD_FETCH,
			     table + 8 * (u64)(substream >> split), &pointer, 1);
	if (err)
		return err;
	if (!(pointer & 1))
		return iomt_find_fail(find, IOMT_AT_DIRECTORY, IOMT_DEVICE_FAULT_ABSENT,
				      C_BAD_SUBSTREAMID, pointer);
	return find_cd(find, (pointer & CD_TABLE) + 64 * (substream & unit_low(split)));
}

static int bad_substream(const struct find *find, u64 word)
{
	return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_RANGE, C_BAD_SUBSTREAMID,
			      word);
}

static int find_stage_1(struct find *find, const u64 *ste)
{
	unsigned max = (unsigned)unit_bits(ste[0], 63, 59), dss = (unsigned)unit_bits(ste[1], 1, 0);
	bool has_substream = find->request->pasid != IOMT_TLB_NO_PASID;
	uint32_t substream = has_substream ? find->request->pasid : 0;

	if (has_substream && (substream >> max || !max))
		return bad_substream(find, ste[0]);
	/* substream 0 is for those without one, or these are not let through (7.3.7) */
	if (max && (has_substream ? dss == DSS_SUBSTREAM_0 && !substream : dss == DSS_ABORT))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_REFUSED,
				      F_STREAM_DISABLED, ste[1]);
	if (max && !has_substream && dss == DSS_BYPASS)
		return 0;
	return find_substream(find, ste, substream);
}

/* What is ILLEGAL in the words that say which stages there are (5.2.2). */
static bool is_illegal(const struct iomt_unit *unit, const u64 *ste, unsigned config)
{
	unsigned max = (unsigned)unit_bits(ste[0], 63, 59),
		 strw = (unsigned)unit_bits(ste[1], 31, 30);
	unsigned ats = (unsigned)unit_bits(ste[1], 29, 28);

	if ((config & 1) && !unit_has(unit, IOMT_UNIT_STAGE_1))
		return true;
	if ((config & 2) && !unit_has(unit, IOMT_UNIT_STAGE_2))
		return true;
	if ((config & 1) && max > unit->cfg.pasid_bits)
		return true;
	if ((config & 1) && max &&
	    (unit_bits(ste[0], 5, 4) == 3 || unit_bits(ste[1], 1, 0) == DSS_RESERVED))
		return true;
	if (config == STAGE_1 && (strw & 1))
		return true;
	if (config == BYPASS || !unit_has(unit, IOMT_UNIT_ATS))
		return false;
	return ats == EATS_SPLIT || (ats == EATS_FULL && (config & 2) && (ste[2] & S2S));
}

static int find_ste(struct find *find, u64 address)
{
	struct iomt_context *context = find->context;
	bool has_substream = find->request->pasid != IOMT_TLB_NO_PASID;
	u64 ste[WORD_STE];
	unsigned config;
	int err;

	err = iomt_find_read(find, NULL, IOMT_AT_DEVICE, F_STE_FETCH, address, ste, WORD_STE);
	if (err)
		return err;
	if (!(ste[0] & STE_V))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_ABSENT, C_BAD_STE,
				      ste[0]);
	config = (unsigned)unit_bits(ste[0], 3, 1);
	if (config < BYPASS) /* aborted, without an event */
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_REFUSED, 0, ste[0]);
	if (is_illegal(find->unit, ste, config))
		return bad_ste(find, ste[0]);
	if (config != BYPASS && unit_has(find->unit, IOMT_UNIT_STAGE_2))
		context->domain = (uint32_t)unit_bits(ste[2], 15, 0); /* else nothing has a VMID */
	context->ats = config != BYPASS && unit_has(find->unit, IOMT_UNIT_ATS) &&
		       unit_bits(ste[1], 29, 28) == EATS_FULL;
	if (config & 2) {
		err = find_stage_2(find, ste);
		if (err)
			return err;
	}
	if (config & 1)
		return find_stage_1(find, ste);
	return has_substream ? bad_substream(find, ste[0]) : 0;
}

/* FMT: 1 for two levels; SPLIT: 6, 8, 10, others are as 6. */
static int find_smmu(struct find *find)
{
	uint32_t cfg = find->unit->cfg.base_cfg, id = find->request->device, below;
	unsigned size = cfg & 0x3f, split = cfg >> 6 & 0x1f, span;
	u64 base = find->unit->cfg.base & L2_POINTER, pointer;
	int err;

	size = size > 32 ? 32 : size;
	split = split == 8 || split == 10 ? split : 6;
	if ((u64)id >> size)
		return iomt_find_fail(find, IOMT_AT_REGISTER, IOMT_DEVICE_FAULT_RANGE,
				      C_BAD_STREAMID, 0);
	if ((cfg >> 16 & 3) != 1)
		return find_ste(find, (base & ~unit_low(6 + size)) + 64 * (u64)id);
	base &= ~unit_low(3 + (size > split ? size - split : 0));
	err = iomt_find_read(find, NULL, IOMT_AT_ROOT, F_STE_FETCH, base + 8 * (u64)(id >> split),
			     &pointer, 1);
	if (err)
		return err;
	span = (unsigned)unit_bits(pointer, 4, 0);
	below = id & (uint32_t)unit_low(split);
	if (!span || span > split + 1)
		return iomt_find_fail(find, IOMT_AT_ROOT, IOMT_DEVICE_FAULT_ABSENT, C_BAD_STREAMID,
				      pointer);
	if (below >> (span - 1))
		return iomt_find_fail(find, IOMT_AT_ROOT, IOMT_DEVICE_FAULT_RANGE, C_BAD_STREAMID,
				      pointer);
	return find_ste(find, (pointer & L2_POINTER & ~unit_low(6 + span - 1)) + 64 * (u64)below);
}

static unsigned walk_code(const struct iomt_walk_fault *fault, bool scalable)
{
	(void)scalable;
	return iomt_walk_smmu_event(fault).type;
}

const struct unit_facts iomt_unit_smmu = {
	.find = find_smmu,
	.walk_code = walk_code,
	.refused_ats = F_BAD_ATS_TREQ,
	.beyond_pass = F_ADDR_SIZE,
};
