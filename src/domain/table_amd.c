/* SPDX-License-Identifier: MIT */
/*
 * AMD's device table (48882): 2.2.2.1 device-table entry, 3.4.1 base address register.
 *
 * An entry with V and without TV blocks: requests that want a translation are aborted. With neither,
 * addresses are passed on. So V is always set, and TV is what makes an entry valid. The words about
 * interrupts hold whatever V and TV are.
 */
#include "table.h"

#define V		(1ULL << 0)
#define TV		(1ULL << 1)
#define HAD(had)	((uint64_t)(had) << 7)
#define MODE(mode)	((uint64_t)(mode) << 9)
#define ROOT		0x000ffffffffff000ULL
#define GIOV		(1ULL << 54)
#define GV		(1ULL << 55)
#define GLX(glx)	((uint64_t)(glx) << 56)
#define GCR3_LOW(at)	(entry_bits(at, 14, 12) << 58)
#define IR_IW		(3ULL << 61)
#define GCR3_MID(at)	(entry_bits(at, 30, 15) << 16) /* word 1 */
#define I		(1ULL << 32)
#define IOCTL(ioctl)	((uint64_t)(ioctl) << 35)
#define SYSMGT(sysmgt)	((uint64_t)(sysmgt) << 40)
#define GCR3_HIGH(at)	(entry_bits(at, 51, 31) << 43)
#define PAGING_MODE(m)	((uint64_t)(m) << 54) /* word 2 */
#define MODE_MAX	6
#define GLX_MAX		2
#define PAGING_MODE_MAX 1

#define GUEST_0 (GIOV | GLX(3) | GCR3_LOW(~0ULL))
#define GUEST_1 (GCR3_MID(~0ULL) | GCR3_HIGH(~0ULL))

static const struct device_flag flags[] = {
	{IOMT_DTE_IR, 0, 61},	 {IOMT_DTE_IW, 0, 62},	 {IOMT_DTE_PPR, 0, 52},
	{IOMT_DTE_GPRP, 0, 53},	 {IOMT_DTE_GIOV, 0, 54}, {IOMT_DTE_GV, 0, 55},
	{IOMT_DTE_I, 1, 32},	 {IOMT_DTE_SE, 1, 33},	 {IOMT_DTE_SA, 1, 34},
	{IOMT_DTE_CACHE, 1, 37}, {IOMT_DTE_SD, 1, 38},	 {IOMT_DTE_EX, 1, 39},
};

#define FLAGS	  (sizeof(flags) / sizeof(flags[0]))
#define ALL_FLAGS 0xfffu

static bool fields_fit(const struct iomt_amd_dte *dte)
{
	bool guest = dte->flags & IOMT_DTE_GV;

	if ((dte->flags & ~ALL_FLAGS) || dte->mode > MODE_MAX || dte->ioctl > 3 || dte->sysmgt > 3)
		return false;
	if (dte->had == 2 || dte->had > 3 || (!dte->mode && (dte->root || dte->had)))
		return false;
	if (dte->glx > GLX_MAX || dte->paging_mode > PAGING_MODE_MAX)
		return false;
	return guest ||
	       !(dte->gcr3 || dte->glx || dte->paging_mode || (dte->flags & IOMT_DTE_GIOV));
}

static int encode(const struct iomt_device_table *table, const struct iomt_device_entry *entry,
		  u64 *words)
{
	const struct iomt_amd_dte *dte = &entry->dte;
	u64 gcr3 = dte->gcr3 | table->enc;
	int err;

	if (!fields_fit(dte))
		return IOMT_EINVAL;
	words[0] = V | TV | HAD(dte->had) | MODE(dte->mode);
	words[1] = dte->domain | IOCTL(dte->ioctl) | SYSMGT(dte->sysmgt);
	if (dte->mode)
		words[0] |= dte->root | table->enc;
	if (dte->flags & IOMT_DTE_GV) {
		words[0] |= GLX(dte->glx) | GCR3_LOW(gcr3);
		words[1] |= GCR3_MID(gcr3) | GCR3_HIGH(gcr3);
		words[2] = PAGING_MODE(dte->paging_mode);
	}
	device_set_flags(flags, FLAGS, dte->flags, words);
	err = entry_check_address(dte->root, 4096, table->oa_last);
	return err ? err : entry_check_address(dte->gcr3, 4096, table->oa_last);
}

static void decode(const struct iomt_device_table *table, const u64 *words,
		   struct iomt_device_entry *entry)
{
	u64 gcr3 = entry_bits(words[0], 60, 58) << 12 | entry_bits(words[1], 31, 16) << 15 |
		   entry_bits(words[1], 63, 43) << 31;

	entry->dte = (struct iomt_amd_dte){
		.root = words[0] & ROOT & ~table->enc,
		.gcr3 = gcr3 & ~table->enc,
		.flags = device_get_flags(flags, FLAGS, words),
		.domain = (uint16_t)words[1],
		.mode = (uint8_t)entry_bits(words[0], 11, 9),
		.glx = (uint8_t)entry_bits(words[0], 57, 56),
		.paging_mode = (uint8_t)entry_bits(words[2], 55, 54),
		.had = (uint8_t)entry_bits(words[0], 8, 7),
		.ioctl = (uint8_t)entry_bits(words[1], 36, 35),
		.sysmgt = (uint8_t)entry_bits(words[1], 41, 40),
	};
}

static void used(const u64 *words, u64 *bits)
{
	bits[0] = V | TV;
	bits[2] = ~PAGING_MODE(3);
	bits[3] = ~0ULL;
	if (!(words[0] & TV))
		return;
	bits[0] = bits[1] = ~0ULL;
	if (!(words[0] & MODE(7)))
		bits[0] &= ~(ROOT | HAD(3));
	if (words[0] & GV) {
		bits[2] = ~0ULL;
	} else {
		bits[0] &= ~GUEST_0;
		bits[1] &= ~GUEST_1;
	}
}

static void stale(const u64 *before, const u64 *after, struct iomt_device_inv *inv)
{
	(void)after;
	inv->what = IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_IOTLB;
	if (before[1] & I)
		inv->what |= IOMT_DEVICE_INV_DEVICE_TLB;
	inv->domain = (uint16_t)before[1];
}

/* An absent entry is one that blocks, and may be remembered. */
static void fresh(const struct iomt_device_table *table, const u64 *words,
		  struct iomt_device_inv *inv)
{
	(void)table;
	inv->what = IOMT_DEVICE_INV_ENTRY;
	inv->domain = (uint16_t)words[1];
}

static void hw(const struct iomt_device_table *table, struct iomt_device_table_hw *hw)
{
	hw->base = hw->root | table->enc | (table->bytes / 4096 - 1);
}

const struct device_facts iomt_device_amd = {
	.entry = {.words = 4, .valid = TV, .stays = V, .used = used},
	.absent = V,
	.others = {0, 0, ~PAGING_MODE(3), ~0ULL},
	.encode = encode,
	.decode = decode,
	.stale = stale,
	.fresh = fresh,
	.hw = hw,
};
