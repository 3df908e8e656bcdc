/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 context descriptors (IHI 0070): 5.3 level 1 descriptor, 5.4 context descriptor, 5.2 stream
 * table entry, 3.21.3 what may change how.
 */
#include "table.h"

#define VALID (1ULL << 31)
#define AA64  (1ULL << 41)
#define FLAGS                                                                                     \
	(IOMT_CD_ENDI | IOMT_CD_AFFD | IOMT_CD_WXN | IOMT_CD_UWXN | IOMT_CD_TBI0 | IOMT_CD_TBI1 | \
	 IOMT_CD_PAN | IOMT_CD_HD | IOMT_CD_HA | IOMT_CD_S | IOMT_CD_R | IOMT_CD_A | IOMT_CD_ASET)

/* T1SZ, TG1, IR1, OR1, SH1 and EPD1 stand 16 bits above those of TTB0 */
#define HALF(half)	 (16 * (half))
#define HALF_CONTROL	 0x3fffULL /* TxSZ 5:0, TGx 7:6, IRx 9:8, ORx 11:10, SHx 13:12 */
#define HALF_EPD	 (1ULL << 14)
#define IPS(ips)	 ((uint64_t)(ips) << 32)
#define ASID(asid)	 ((uint64_t)(asid) << 48)
#define TTB		 0x000ffffffffffff0ULL /* words 1 and 2 */
#define HAD		 (1ULL << 1)
#define DS		 (1ULL << 58) /* word 2 */
#define MAIR		 3
#define AMAIR		 4
#define IPS_MAX		 6
#define FAULT_MODEL	 (IOMT_CD_S | IOMT_CD_R | IOMT_CD_A)
#define BAD_TG(half, tg) ((tg) == ((half) ? 0 : 3)) /* reserved */
#define TG_64K(half)	 ((half) ? 3 : 1)
#define STE_FMT(fmt)	 ((uint64_t)(fmt) << 4)
#define STE_CONTEXT	 0x000fffffffffffc0ULL
#define STE_CDMAX(bits)	 ((uint64_t)(bits) << 59)
#define STE_DSS(dss)	 ((uint64_t)(dss))
#define STE_WRITE_BACK	 (1ULL << 2 | 1ULL << 4) /* S1CIR, S1COR: 0b01 */
#define STE_INNER	 (3ULL << 6)		 /* S1CSH */
#define STE_CACHE_MASK	 (0x3fULL << 2)
#define DSS_BYPASS	 1
#define DSS_SUBSTREAM_0	 2

static bool is_zero(const struct iomt_cd_half *half)
{
	return !(half->ttb | half->had | half->tsz | half->tg | half->irgn | half->orgn | half->sh);
}

/* 52 bits of address: in the table's entries, of its root, and of input (5.4, TTB0, T0SZ). */
static bool is_wide(const struct iomt_cd *cd, unsigned n)
{
	return cd->ds || cd->half[n].tg == TG_64K(n);
}

static bool fields_fit(const struct iomt_cd *cd, unsigned n)
{
	const struct iomt_cd_half *half = &cd->half[n];

	if (half->tg > 3 || BAD_TG(n, half->tg))
		return false;
	if (half->tsz < (is_wide(cd, n) ? 12 : 16) || half->tsz > (half->tg == TG_64K(n) ? 47 : 48))
		return false;
	return half->irgn <= 3 && half->orgn <= 3 && half->sh <= 3;
}

/* The root lies within what the table's entries may point to. */
static bool root_fits(const struct iomt_cd *cd, unsigned n)
{
	static const uint8_t widths[IPS_MAX + 1] = {32, 36, 40, 42, 44, 48, 52};
	unsigned bits = widths[cd->ips];

	if (bits > 48 && !is_wide(cd, n))
		bits = 48;
	return !(cd->half[n].ttb >> bits);
}

static int encode_half(const struct iomt_pasid_table *table, const struct iomt_cd *cd, unsigned n,
		       u64 *words)
{
	const struct iomt_cd_half *half = &cd->half[n];
	u64 control = half->tsz | (u64)half->tg << 6 | (u64)half->irgn << 8 |
		      (u64)half->orgn << 10 | (u64)half->sh << 12;
	int err;

	if (!half->used) {
		words[0] |= HALF_EPD << HALF(n);
		return is_zero(half) ? 0 : IOMT_EINVAL;
	}
	if (!fields_fit(cd, n))
		return IOMT_EINVAL;
	words[0] |= control << HALF(n);
	words[1 + n] |= half->ttb | (half->had ? HAD : 0);
	err = entry_check_address(half->ttb, 16, table->oa_last);
	return err || root_fits(cd, n) ? err : IOMT_ERANGE;
}

static int encode(const struct iomt_pasid_table *table, const struct iomt_pasid_entry *entry,
		  u64 *words)
{
	const struct iomt_cd *cd = &entry->cd;
	int err;

	if ((cd->flags & ~FLAGS) || cd->ips > IPS_MAX)
		return IOMT_EINVAL;
	if ((cd->flags & IOMT_CD_HD) && !(cd->flags & IOMT_CD_HA))
		return IOMT_EINVAL;
	if (cd->asid >> table->asid_bits)
		return IOMT_ERANGE;
	words[0] = VALID | AA64 | cd->flags | IPS(cd->ips) | ASID(cd->asid);
	words[2] = cd->ds ? DS : 0;
	words[MAIR] = cd->mair;
	words[AMAIR] = cd->amair;
	err = encode_half(table, cd, 0, words);
	return err ? err : encode_half(table, cd, 1, words);
}

static void decode(const struct iomt_pasid_table *table, const u64 *words,
		   struct iomt_pasid_entry *entry)
{
	struct iomt_cd *cd = &entry->cd;

	(void)table;
	*cd = (struct iomt_cd){
		.flags = words[0] & FLAGS,
		.mair = words[MAIR],
		.amair = words[AMAIR],
		.asid = (uint16_t)entry_bits(words[0], 63, 48),
		.ips = (uint8_t)entry_bits(words[0], 34, 32),
		.ds = words[2] & DS,
	};
	for (unsigned n = 0; n < 2; n++) {
		u64 control = words[0] >> HALF(n);

		if (control & HALF_EPD)
			continue;
		cd->half[n] = (struct iomt_cd_half){
			.ttb = words[1 + n] & TTB,
			.used = true,
			.had = words[1 + n] & HAD,
			.tsz = (uint8_t)entry_bits(control, 5, 0),
			.tg = (uint8_t)entry_bits(control, 7, 6),
			.irgn = (uint8_t)entry_bits(control, 9, 8),
			.orgn = (uint8_t)entry_bits(control, 11, 10),
			.sh = (uint8_t)entry_bits(control, 13, 12),
		};
	}
}

/* A half with EPD set is ignored, but for what is not said to be (5.4, EPD0; 5.4.1.1). */
static void used(const u64 *words, u64 *bits)
{
	if (!(words[0] & VALID)) {
		bits[0] = VALID;
		return;
	}
	for (unsigned i = 0; i < PASID_WORDS; i++)
		bits[i] = ~0ULL;
	for (unsigned n = 0; n < 2; n++) {
		if (!(words[0] & HALF_EPD << HALF(n)))
			continue;
		bits[0] &= ~(HALF_CONTROL << HALF(n));
		bits[1 + n] &= ~TTB;
	}
}

/* All fields but A, R and S may be in IOTLBs (5.4.1), under the old ASID. */
static uint32_t stale(const u64 *before, const u64 *after, uint16_t *tag)
{
	u64 differs = (before[0] ^ after[0]) & ~FAULT_MODEL;

	for (unsigned i = 1; i < PASID_WORDS; i++)
		differs |= before[i] ^ after[i];
	*tag = (uint16_t)entry_bits(before[0], 63, 48);
	if (!differs)
		return IOMT_PASID_INV_ENTRY;
	return IOMT_PASID_INV_ENTRY | IOMT_PASID_INV_IOTLB | IOMT_PASID_INV_DEVICE_TLB;
}

/* What is not valid may be cached, too (3.21.3). */
static uint32_t fresh(const struct iomt_pasid_table *table, const u64 *words, uint16_t *tag)
{
	(void)table;
	*tag = (uint16_t)entry_bits(words[0], 63, 48);
	return IOMT_PASID_INV_ENTRY;
}

static void hw(const struct iomt_pasid_table *table, struct iomt_pasid_table_hw *hw)
{
	u64 fmt = table->format - IOMT_PASID_TABLE_CD;

	hw->word[0] = hw->root | STE_FMT(fmt) | STE_CDMAX(table->pasid_bits);
	hw->mask[0] = STE_CONTEXT | STE_FMT(3) | STE_CDMAX(0x1f);
	if (table->flags & IOMT_PASID_TABLE_RID)
		hw->word[1] = STE_DSS(DSS_SUBSTREAM_0);
	else if (table->flags & IOMT_PASID_TABLE_BYPASS)
		hw->word[1] = STE_DSS(DSS_BYPASS);
	if (!table->mem->clean)
		hw->word[1] |= STE_WRITE_BACK | STE_INNER;
	hw->mask[1] = STE_DSS(3) | STE_CACHE_MASK;
}

const struct pasid_facts iomt_pasid_cd = {
	.entry = {.words = PASID_WORDS,
		  .valid = VALID,
		  .stays = ~VALID,
		  .any_order = true,
		  .used = used},
	.encode = encode,
	.decode = decode,
	.stale = stale,
	.fresh = fresh,
	.hw = hw,
};

int iomt_cd_use(struct iomt_cd *cd, const struct iomt_pt_hw *hw, unsigned half)
{
	u64 updates = (hw->u.arm.ha ? IOMT_CD_HA : 0) | (hw->u.arm.hd ? IOMT_CD_HD : 0);

	if (half > 1)
		return IOMT_EINVAL;
	if (cd->half[!half].used &&
	    (cd->ips != hw->u.arm.ps || cd->mair != hw->u.arm.mair || cd->ds != hw->u.arm.ds ||
	     (cd->flags & (IOMT_CD_HA | IOMT_CD_HD)) != updates))
		return IOMT_EINVAL;
	cd->half[half] = (struct iomt_cd_half){
		.ttb = hw->root, /* in place, other than in TTBR (5.4) */
		.used = true,
		.tsz = hw->u.arm.tsz,
		.tg = hw->u.arm.tg,
		.irgn = hw->u.arm.irgn,
		.orgn = hw->u.arm.orgn,
		.sh = hw->u.arm.sh,
	};
	cd->ips = hw->u.arm.ps;
	cd->mair = hw->u.arm.mair;
	cd->ds = hw->u.arm.ds;
	cd->flags = (cd->flags & ~(IOMT_CD_HA | IOMT_CD_HD)) | updates;
	return 0;
}
