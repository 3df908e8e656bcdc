/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3's stream table (IHI 0070): 5.1 level 1 descriptor, 5.2 stream table entry, 6.3.24 and 6.3.25
 * base registers, 3.21.3 what may change how.
 */
#include "table.h"

#define VALID	       (1ULL << 0)
#define CONFIG(config) ((uint64_t)(config) << 1)
#define S1FMT(fmt)     ((uint64_t)(fmt) << 4)
#define CONTEXT	       0x000fffffffffffc0ULL
#define S1CDMAX(bits)  ((uint64_t)(bits) << 59)

/* Word 1 */
#define S1DSS(dss)	((uint64_t)(dss) << 0)
#define S1CIR(cir)	((uint64_t)(cir) << 2)
#define S1COR(cor)	((uint64_t)(cor) << 4)
#define S1CSH(csh)	((uint64_t)(csh) << 6)
#define S2FWB		(1ULL << 25)
#define S1STALLD	(1ULL << 27)
#define EATS(eats)	((uint64_t)(eats) << 28)
#define STRW(strw)	((uint64_t)(strw) << 30)
#define MEMATTR(attr)	((uint64_t)(attr) << 32)
#define MTCFG		(1ULL << 36)
#define ALLOCCFG(alloc) ((uint64_t)(alloc) << 37)
#define SHCFG(sh)	((uint64_t)(sh) << 44)
#define PRIVCFG(priv)	((uint64_t)(priv) << 48)
#define INSTCFG(inst)	((uint64_t)(inst) << 50)

/* Word 2: VTCR_EL2's fields stand 32 bits above their place there */
#define VMID	     0xffffULL
#define S2T0SZ(tsz)  ((uint64_t)(tsz) << 32)
#define S2SL0(sl)    ((uint64_t)(sl) << 38)
#define S2IR0(irgn)  ((uint64_t)(irgn) << 40)
#define S2OR0(orgn)  ((uint64_t)(orgn) << 42)
#define S2SH0(sh)    ((uint64_t)(sh) << 44)
#define S2TG(tg)     ((uint64_t)(tg) << 46)
#define S2PS(ps)     ((uint64_t)(ps) << 48)
#define S2AA64	     (1ULL << 51)
#define S2PTW	     (1ULL << 54)
#define S2_RECORDING (3ULL << 57) /* S2S, S2R: not in IOTLBs */

/* Word 3 */
#define S2SL0_2 (1ULL << 2)
#define S2TTB	0x000ffffffffffff0ULL

#define OVERRIDES (MEMATTR(0xf) | MTCFG | ALLOCCFG(0xf) | SHCFG(3))
#define RESERVED  1 /* of two bits that say how to take an attribute */

#define FMT_MAX	   2
#define CDMAX_MAX  20
#define DSS_BYPASS 1
#define DSS_MAX	   2
#define STRW_EL2   2
#define TG_64K	   1
#define TG_MAX	   2
#define PS_MAX	   6

#define OF_STAGE_1 (1u << IOMT_STE_STAGE_1 | 1u << IOMT_STE_NESTED)
#define OF_STAGE_2 (1u << IOMT_STE_STAGE_2 | 1u << IOMT_STE_NESTED)
#define OF_NESTED  (1u << IOMT_STE_NESTED)
#define OF_ANY	   (OF_STAGE_1 | OF_STAGE_2)

static const struct device_flag flags[] = {
	{IOMT_STE_DRE, 1, 12},	 {IOMT_STE_DCP, 1, 17},	   {IOMT_STE_PPAR, 1, 18},
	{IOMT_STE_MEV, 1, 19},	 {IOMT_STE_S2FWB, 1, 25},  {IOMT_STE_S1STALLD, 1, 27},
	{IOMT_STE_MTCFG, 1, 36}, {IOMT_STE_S2ENDI, 2, 52}, {IOMT_STE_S2AFFD, 2, 53},
	{IOMT_STE_S2PTW, 2, 54}, {IOMT_STE_S2HD, 2, 55},   {IOMT_STE_S2HA, 2, 56},
	{IOMT_STE_S2S, 2, 57},	 {IOMT_STE_S2R, 2, 58},	   {IOMT_STE_S2DS, 3, 3},
};

#define FLAGS	  (sizeof(flags) / sizeof(flags[0]))
#define ALL_FLAGS 0x7fffu

#define STAGE_2_FLAGS                                                                          \
	(IOMT_STE_S2FWB | IOMT_STE_S2ENDI | IOMT_STE_S2AFFD | IOMT_STE_S2PTW | IOMT_STE_S2HD | \
	 IOMT_STE_S2HA | IOMT_STE_S2S | IOMT_STE_S2R | IOMT_STE_S2DS)

static bool is_one_of(unsigned config, unsigned configs)
{
	return configs >> config & 1;
}

/* Stage 1 gives attributes of its own, where it translates: the overrides are then ignored. */
static bool has_overrides(unsigned config, unsigned cdmax, unsigned dss)
{
	return config == IOMT_STE_BYPASS || config == IOMT_STE_STAGE_2 ||
	       (is_one_of(config, OF_STAGE_1) && cdmax && dss == DSS_BYPASS);
}

static bool stage_1_fits(const struct iomt_smmu_ste *ste)
{
	u64 bytes = 64ULL << ste->s1_cdmax % 64;

	if (!is_one_of(ste->config, OF_STAGE_1))
		return !(ste->context | ste->s1_fmt | ste->s1_cdmax | ste->s1_dss | ste->s1_cir |
			 ste->s1_cor | ste->s1_csh | ste->strw);
	if (ste->s1_fmt > FMT_MAX || ste->s1_cdmax > CDMAX_MAX || ste->s1_dss > DSS_MAX)
		return false;
	if (!ste->s1_cdmax && (ste->s1_fmt || ste->s1_dss))
		return false;
	if (!ste->s1_fmt && (ste->context & (bytes - 1)))
		return false;
	if (ste->s1_cir > 3 || ste->s1_cor > 3 || ste->s1_csh > 3 || ste->s1_csh == RESERVED)
		return false;
	return !ste->strw || (ste->strw == STRW_EL2 && ste->config == IOMT_STE_STAGE_1);
}

/* 52 bits of address: of the root, and of input. */
static bool is_wide(const struct iomt_smmu_ste *ste)
{
	return (ste->flags & IOMT_STE_S2DS) || ste->s2_tg == TG_64K;
}

static bool stage_2_fits(const struct iomt_smmu_ste *ste)
{
	if (!is_one_of(ste->config, OF_STAGE_2))
		return !(ste->s2_tsz | ste->s2_sl | ste->s2_irgn | ste->s2_orgn | ste->s2_sh |
			 ste->s2_tg | ste->s2_ps | ste->s2_ttb | (ste->flags & STAGE_2_FLAGS));
	if (ste->s2_tg > TG_MAX || ste->s2_ps > PS_MAX || ste->s2_sl > 7)
		return false;
	if ((ste->flags & IOMT_STE_S2DS) && ste->s2_tg == TG_64K)
		return false;
	if (ste->s2_sl > 3 && !(ste->flags & IOMT_STE_S2DS))
		return false;
	if (ste->s2_tsz < (is_wide(ste) ? 12 : 16) ||
	    ste->s2_tsz > (ste->s2_tg == TG_64K ? 47 : 48))
		return false;
	if ((ste->flags & IOMT_STE_S2HD) && !(ste->flags & IOMT_STE_S2HA))
		return false;
	if ((ste->flags & IOMT_STE_S2PTW) && ste->config != IOMT_STE_NESTED)
		return false;
	return ste->s2_irgn <= 3 && ste->s2_orgn <= 3 && ste->s2_sh <= 3;
}

static bool ats_fits(const struct iomt_smmu_ste *ste)
{
	switch (ste->ats) {
	case IOMT_ATS_OFF:
		return true;
	case IOMT_ATS_FULL:
		return is_one_of(ste->config, OF_ANY) && !(ste->flags & IOMT_STE_S2S);
	case IOMT_ATS_SPLIT:
		return ste->config == IOMT_STE_NESTED && !(ste->flags & IOMT_STE_S2S);
	default:
		return false;
	}
}

static bool attributes_fit(const struct iomt_smmu_ste *ste)
{
	uint32_t translating = IOMT_STE_DRE | IOMT_STE_DCP | IOMT_STE_PPAR | IOMT_STE_MEV;
	bool overrides = has_overrides(ste->config, ste->s1_cdmax, ste->s1_dss);

	if (ste->mem_attr > 15 || ste->alloc > 15 || ste->shcfg > 3 || ste->privcfg > 3 ||
	    ste->instcfg > 3 || ste->privcfg == RESERVED || ste->instcfg == RESERVED)
		return false;
	if (ste->mem_attr && !(ste->flags & IOMT_STE_MTCFG))
		return false;
	if (!overrides && (ste->alloc || ste->shcfg || (ste->flags & IOMT_STE_MTCFG)))
		return false;
	if (ste->config == IOMT_STE_ABORT && (ste->privcfg || ste->instcfg))
		return false;
	if (!is_one_of(ste->config, OF_ANY) && (ste->flags & translating))
		return false;
	return is_one_of(ste->config, OF_STAGE_1) || !(ste->flags & IOMT_STE_S1STALLD);
}

/* VMIDs tag what is of EL1 (and EL0), or of stage 2. */
static bool has_vmid(unsigned config, unsigned strw)
{
	return is_one_of(config, OF_ANY) && strw != STRW_EL2;
}

static int check_addresses(const struct iomt_device_table *table, const struct iomt_smmu_ste *ste)
{
	static const uint8_t widths[PS_MAX + 1] = {32, 36, 40, 42, 44, 48, 52};
	unsigned bits = widths[ste->s2_ps];
	int err = entry_check_address(ste->s2_ttb, 16, table->oa_last);

	if (bits > 48 && !is_wide(ste))
		bits = 48;
	if (!err && ste->s2_ttb >> bits)
		return IOMT_ERANGE;
	if (err)
		return err;
	/* an IPA when nested */
	return entry_check_address(
		ste->context, 64, ste->config == IOMT_STE_NESTED ? CONTEXT | 0x3f : table->oa_last);
}

static void encode_stage_2(const struct iomt_smmu_ste *ste, u64 *words)
{
	words[2] |= S2T0SZ(ste->s2_tsz) | S2SL0(ste->s2_sl & 3) | S2IR0(ste->s2_irgn) |
		    S2OR0(ste->s2_orgn) | S2SH0(ste->s2_sh) | S2TG(ste->s2_tg) | S2PS(ste->s2_ps) |
		    S2AA64;
	words[3] = ste->s2_ttb | (ste->s2_sl & 4 ? S2SL0_2 : 0);
}

static int encode(const struct iomt_device_table *table, const struct iomt_device_entry *entry,
		  u64 *words)
{
	const struct iomt_smmu_ste *ste = &entry->ste;

	if ((ste->flags & ~ALL_FLAGS) ||
	    (ste->config != IOMT_STE_ABORT &&
	     (ste->config < IOMT_STE_BYPASS || ste->config > IOMT_STE_NESTED)))
		return IOMT_EINVAL;
	if (!stage_1_fits(ste) || !stage_2_fits(ste) || !ats_fits(ste) || !attributes_fit(ste))
		return IOMT_EINVAL;
	if (ste->vmid && !has_vmid(ste->config, ste->strw))
		return IOMT_EINVAL;
	if (ste->vmid >> table->vmid_bits)
		return IOMT_ERANGE;
	words[0] = VALID | CONFIG(ste->config) | S1FMT(ste->s1_fmt) | ste->context |
		   S1CDMAX(ste->s1_cdmax);
	words[1] = S1DSS(ste->s1_dss) | S1CIR(ste->s1_cir) | S1COR(ste->s1_cor) |
		   S1CSH(ste->s1_csh) | EATS(ste->ats) | STRW(ste->strw) | MEMATTR(ste->mem_attr) |
		   ALLOCCFG(ste->alloc) | SHCFG(ste->shcfg) | PRIVCFG(ste->privcfg) |
		   INSTCFG(ste->instcfg);
	words[2] = ste->vmid;
	if (is_one_of(ste->config, OF_STAGE_2))
		encode_stage_2(ste, words);
	device_set_flags(flags, FLAGS, ste->flags, words);
	return check_addresses(table, ste);
}

static void decode(const struct iomt_device_table *table, const u64 *words,
		   struct iomt_device_entry *entry)
{
	(void)table;
	entry->ste = (struct iomt_smmu_ste){
		.config = (enum iomt_smmu_config)entry_bits(words[0], 3, 1),
		.flags = device_get_flags(flags, FLAGS, words),
		.context = words[0] & CONTEXT,
		.s1_fmt = (uint8_t)entry_bits(words[0], 5, 4),
		.s1_cdmax = (uint8_t)entry_bits(words[0], 63, 59),
		.s1_dss = (uint8_t)entry_bits(words[1], 1, 0),
		.s1_cir = (uint8_t)entry_bits(words[1], 3, 2),
		.s1_cor = (uint8_t)entry_bits(words[1], 5, 4),
		.s1_csh = (uint8_t)entry_bits(words[1], 7, 6),
		.strw = (uint8_t)entry_bits(words[1], 31, 30),
		.ats = (enum iomt_smmu_ats)entry_bits(words[1], 29, 28),
		.mem_attr = (uint8_t)entry_bits(words[1], 35, 32),
		.alloc = (uint8_t)entry_bits(words[1], 40, 37),
		.shcfg = (uint8_t)entry_bits(words[1], 45, 44),
		.privcfg = (uint8_t)entry_bits(words[1], 49, 48),
		.instcfg = (uint8_t)entry_bits(words[1], 51, 50),
		.vmid = (uint16_t)words[2],
		.s2_tsz = (uint8_t)entry_bits(words[2], 37, 32),
		.s2_sl = (uint8_t)(entry_bits(words[2], 39, 38) | entry_bits(words[3], 2, 2) << 2),
		.s2_irgn = (uint8_t)entry_bits(words[2], 41, 40),
		.s2_orgn = (uint8_t)entry_bits(words[2], 43, 42),
		.s2_sh = (uint8_t)entry_bits(words[2], 45, 44),
		.s2_tg = (uint8_t)entry_bits(words[2], 47, 46),
		.s2_ps = (uint8_t)entry_bits(words[2], 50, 48),
		.s2_ttb = words[3] & S2TTB,
	};
}

static unsigned config_of(const u64 *words)
{
	return words[0] & VALID ? (unsigned)entry_bits(words[0], 3, 1) : IOMT_STE_ABORT;
}

static unsigned strw_of(const u64 *words)
{
	return config_of(words) == IOMT_STE_STAGE_1 ? (unsigned)entry_bits(words[1], 31, 30) : 0;
}

static void used_by_stage_1(const u64 *words, u64 *bits)
{
	bits[0] |= CONTEXT | S1CDMAX(0x1f);
	bits[1] |= S1CIR(3) | S1COR(3) | S1CSH(3) | S1STALLD;
	if (entry_bits(words[0], 63, 59)) {
		bits[0] |= S1FMT(3);
		bits[1] |= S1DSS(3);
	}
}

/* What is said to be ignored (5.2), by Config, S1CDMax, S1DSS and STRW. */
static void used(const u64 *words, u64 *bits)
{
	unsigned config = config_of(words);
	unsigned cdmax = (unsigned)entry_bits(words[0], 63, 59), dss = words[1] & S1DSS(3);

	bits[0] = VALID;
	if (!(words[0] & VALID))
		return;
	bits[0] |= CONFIG(7);
	if (config == IOMT_STE_ABORT)
		return;
	bits[1] |= PRIVCFG(3) | INSTCFG(3);
	if (has_overrides(config, cdmax, dss))
		bits[1] |= OVERRIDES;
	if (!is_one_of(config, OF_ANY))
		return;
	bits[1] |= EATS(3) | 1ULL << 12 | 7ULL << 17; /* DRE; DCP, PPAR, MEV */
	if (is_one_of(config, OF_STAGE_1))
		used_by_stage_1(words, bits);
	if (config == IOMT_STE_STAGE_1)
		bits[1] |= STRW(3);
	if (has_vmid(config, strw_of(words)))
		bits[2] |= VMID;
	if (is_one_of(config, OF_STAGE_2)) {
		bits[1] |= S2FWB;
		bits[2] |= ~VMID;
		bits[3] = ~0ULL;
	}
	if (config == IOMT_STE_STAGE_2)
		bits[2] &= ~S2PTW;
}

/*
 * Stage 2's fields may be in IOTLBs (5.2), under the VMID; those of stage 1 are not, and the
 * descriptors that an entry led to are forgotten with it (4.3.1).
 */
static void stale(const u64 *before, const u64 *after, struct iomt_device_inv *inv)
{
	unsigned config = config_of(before);
	bool tagged = has_vmid(config, strw_of(before));
	bool same = has_vmid(config_of(after), strw_of(after)) && !((before[2] ^ after[2]) & VMID);

	inv->domain = tagged ? (uint16_t)(before[2] & VMID) : 0;
	inv->what = IOMT_DEVICE_INV_ENTRY;
	if (is_one_of(config, OF_STAGE_2))
		same = same && is_one_of(config_of(after), OF_STAGE_2) &&
		       !((before[2] ^ after[2]) & ~S2_RECORDING) && before[3] == after[3] &&
		       !((before[1] ^ after[1]) & S2FWB);
	else
		same = same || inv->domain == 0;
	if (tagged && !same)
		inv->what |= IOMT_DEVICE_INV_IOTLB;
	if (is_one_of(config, OF_ANY) && (before[1] & EATS(3)))
		inv->what |= IOMT_DEVICE_INV_DEVICE_TLB;
}

/* What is not valid may be cached, too (3.21.3). */
static void fresh(const struct iomt_device_table *table, const u64 *words,
		  struct iomt_device_inv *inv)
{
	(void)table;
	inv->what = IOMT_DEVICE_INV_ENTRY;
	inv->domain = (uint16_t)(words[2] & VMID);
}

/* Span: 2^(Span - 1) entries */
static u64 pointer(const struct iomt_device_table *table)
{
	return table->leaf_lg2 + 1u;
}

#define BASE_RA	   (1ULL << 62)
#define CFG_SPLIT  6
#define CFG_LEVELS (1u << 16)

static void hw(const struct iomt_device_table *table, struct iomt_device_table_hw *hw)
{
	hw->base = hw->root | (table->mem->clean ? 0 : BASE_RA);
	hw->cfg = table->id_bits;
	if (hw->levels == 2)
		hw->cfg |= CFG_LEVELS | (uint32_t)hw->split << CFG_SPLIT;
}

const struct device_facts iomt_device_smmu = {
	.entry = {.words = 8, .valid = VALID, .stays = ~VALID, .any_order = true, .used = used},
	.stride = 1,
	.pointer = pointer,
	.encode = encode,
	.decode = decode,
	.stale = stale,
	.fresh = fresh,
	.hw = hw,
};
