/* SPDX-License-Identifier: MIT */
/*
 * 48882 (AMD): 2.2.2 device table, 3.4.1 base register. IHI 0070 (SMMUv3): 5.1, 5.2, 6.3.24, 6.3.25.
 * D51397 (VT-d): 9.1 to 9.4, 10.4.
 */
#include "device_reader.h"
#include <string.h>

static uint64_t bits(uint64_t word, unsigned high, unsigned low)
{
	return word >> low & (~0ULL >> (63 - (high - low)));
}

/* One word of a table; false where there is no memory. */
static bool fetch(const struct device_unit *unit, uint64_t address, uint64_t *word)
{
	uint64_t *memory = provider_word(unit->provider, address, unit->shadow);

	if (memory)
		*word = __atomic_load_n(memory, __ATOMIC_ACQUIRE);
	return memory;
}

static bool is_smmu(enum iomt_device_format format)
{
	return format >= IOMT_DEVICE_TABLE_SMMU && format <= IOMT_DEVICE_TABLE_SMMU_10;
}

unsigned device_word_count(enum iomt_device_format format)
{
	if (format == IOMT_DEVICE_TABLE_AMD || format == IOMT_DEVICE_TABLE_VTD_SCALABLE)
		return 4;
	return is_smmu(format) ? 8 : 2;
}

static void words_amd(const uint64_t *word, struct device_meaning *meaning)
{
	uint64_t *field = meaning->field, mode = bits(word[0], 11, 9), had = bits(word[0], 8, 7);
	bool guest = bits(word[0], 55, 55);

	if (bits(word[0], 1, 0) != 3) {
		meaning->state = word[0] & 1 ? DEVICE_BLOCKED : DEVICE_OPEN;
		return;
	}
	meaning->state = DEVICE_VALID;
	field[0] = mode;
	field[1] = mode ? bits(word[0], 51, 12) << 12 : 0;
	field[2] = mode ? had : 0;
	field[3] = bits(word[0], 53, 52); /* GPRP, PPR */
	field[4] = bits(word[0], 62, 61); /* IW, IR */
	field[5] = bits(word[1], 15, 0);  /* DomainID */
	field[6] = bits(word[1], 34, 32); /* SA, SE, I */
	field[7] = bits(word[1], 39, 37); /* EX, SD, Cache */
	field[8] = bits(word[1], 36, 35); /* IoCtl */
	field[9] = bits(word[1], 41, 40); /* SysMgt */
	field[10] = guest;
	if (guest) {
		field[11] = bits(word[0], 54, 54); /* GIOV */
		field[12] = bits(word[0], 57, 56); /* GLX */
		field[13] = bits(word[0], 60, 58) << 12 | bits(word[1], 31, 16) << 15 |
			    bits(word[1], 63, 43) << 31;
		field[14] = bits(word[2], 55, 54); /* GuestPagingMode */
	}
	if (mode == 7 || (mode && had == 2) || bits(word[0], 6, 2) || bits(word[0], 63, 63) ||
	    bits(word[1], 42, 42) || (guest && (field[12] == 3 || field[14] > 1)))
		meaning->state = DEVICE_ILLEGAL;
}

/* Stage 1: where descriptors are, and what to do without a SubstreamID. */
static bool words_stage_1(const uint64_t *word, uint64_t *field)
{
	uint64_t max = bits(word[0], 63, 59), fmt = bits(word[0], 5, 4), dss = bits(word[1], 1, 0);

	field[1] = bits(word[0], 51, 6) << 6;
	field[2] = max;
	field[3] = max ? fmt : 0;
	field[4] = max ? dss : 0;
	field[5] = bits(word[1], 7, 2); /* S1CIR, S1COR, S1CSH */
	field[6] = bits(word[1], 27, 27);
	return max <= 20 && bits(word[1], 7, 6) != 1 && !bits(word[0], 58, 52) &&
	       (!max || (fmt != 3 && dss != 3));
}

static bool words_stage_2(const uint64_t *word, bool nested, uint64_t *field)
{
	field[10] = bits(word[2], 53, 32); /* S2T0SZ to S2AFFD */
	field[11] = nested ? bits(word[2], 54, 54) : 0;
	field[12] = bits(word[2], 58, 55); /* S2HD, S2HA, S2S, S2R */
	field[13] = word[3];
	field[14] = bits(word[1], 25, 25); /* S2FWB */
	return bits(word[2], 51, 51) && bits(word[2], 47, 46) != 3 && bits(word[2], 50, 48) != 7 &&
	       bits(word[2], 56, 55) != 1 && !bits(word[2], 63, 59) && !(word[3] & 3) &&
	       !bits(word[3], 63, 52) && !bits(word[2], 31, 16);
}

static void words_smmu(const uint64_t *word, struct device_meaning *meaning)
{
	uint64_t *field = meaning->field, config = bits(word[0], 3, 1);
	bool first = config & 1, second = config & 2, legal = true, el2 = false;

	if (!(word[0] & 1))
		return;
	meaning->state = DEVICE_VALID;
	if (config < 4)
		return; /* aborts silently; the other fields are ignored */
	field[0] = config;
	if (first)
		legal = words_stage_1(word, field);
	if (config == 5)
		field[7] = bits(word[1], 31, 30); /* STRW */
	el2 = field[7] == 2;
	if (second)
		legal = words_stage_2(word, first, field) && legal;
	if (first || second) {
		field[8] = bits(word[1], 29, 28); /* EATS */
		field[9] = bits(word[1], 12, 12) | bits(word[1], 19, 17) << 1;
		field[15] = el2 ? 0 : bits(word[2], 15, 0);
	}
	if (!first || (field[2] && field[4] == 1)) {
		field[16] = bits(word[1], 40, 32); /* MemAttr, MTCFG, ALLOCCFG */
		field[17] = bits(word[1], 45, 44); /* SHCFG */
	}
	field[18] = bits(word[1], 51, 48); /* PRIVCFG, INSTCFG */
	if (!legal || field[7] == 1 || field[7] == 3 || field[8] == 3 ||
	    (field[8] == 2 && config != 7) || (field[8] && bits(field[12], 2, 2)) || word[4] ||
	    word[5] || word[6] || word[7])
		meaning->state = DEVICE_ILLEGAL;
}

static void words_vtd(const uint64_t *word, struct device_meaning *meaning)
{
	uint64_t *field = meaning->field, type = bits(word[0], 3, 2);

	field[0] = bits(word[0], 1, 1); /* FPD */
	if (!(word[0] & 1))
		return;
	meaning->state = DEVICE_VALID;
	field[1] = type;
	field[2] = bits(word[0], 63, 12);
	field[3] = bits(word[1], 2, 0);
	field[4] = bits(word[1], 23, 8);
	if (type == 3 || bits(word[0], 11, 4) || !field[3] || field[3] > 3 || bits(word[1], 7, 3) ||
	    bits(word[1], 63, 24))
		meaning->state = DEVICE_ILLEGAL;
}

static void words_scalable(const uint64_t *word, struct device_meaning *meaning)
{
	uint64_t *field = meaning->field;

	field[0] = bits(word[0], 1, 1); /* FPD */
	if (!(word[0] & 1))
		return;
	meaning->state = DEVICE_VALID;
	field[1] = bits(word[0], 4, 2); /* DTE, PASIDE, PRE */
	field[2] = bits(word[0], 11, 9);
	field[3] = bits(word[0], 63, 12);
	field[4] = bits(word[1], 20, 0); /* RID_PASID, RID_PRIV */
	if (bits(word[0], 8, 5) || bits(word[1], 63, 21) || word[2] || word[3])
		meaning->state = DEVICE_ILLEGAL;
}

void device_words(enum iomt_device_format format, const uint64_t *word,
		  struct device_meaning *meaning)
{
	memset(meaning, 0, sizeof(*meaning));
	if (format == IOMT_DEVICE_TABLE_AMD)
		words_amd(word, meaning);
	else if (format == IOMT_DEVICE_TABLE_VTD)
		words_vtd(word, meaning);
	else if (format == IOMT_DEVICE_TABLE_VTD_SCALABLE)
		words_scalable(word, meaning);
	else
		words_smmu(word, meaning);
}

/* AMD passes on what lies beyond the table's size. */
static int locate_amd(const struct device_unit *unit, uint32_t id, uint64_t *at)
{
	uint64_t bytes = (bits(unit->base, 8, 0) + 1) << 12;

	*at = (bits(unit->base, 51, 12) << 12) + 32 * (uint64_t)id;
	return 32 * (uint64_t)id < bytes && !bits(unit->base, 11, 9) ? 1 : -1;
}

static int locate_smmu(const struct device_unit *unit, uint32_t id, uint64_t *at)
{
	uint64_t base = bits(unit->base, 51, 6) << 6, pointer, span;
	unsigned size = unit->cfg & 0x3f, split = unit->cfg >> 6 & 0x1f, fmt = unit->cfg >> 16 & 3;

	if ((uint64_t)id >> size)
		return 0;
	*at = base + 64 * (uint64_t)id;
	if (!fmt)
		return base & ((64ULL << size) - 1) ? -1 : 1;
	if (fmt != 1 || (split != 6 && split != 8 && split != 10))
		return -1;
	if ((base & ((8ULL << (size - split)) - 1)) ||
	    !fetch(unit, base + 8 * (uint64_t)(id >> split), &pointer))
		return -1;
	span = bits(pointer, 4, 0);
	id &= (1u << split) - 1;
	if (!span || span > split + 1 || id >> (span - 1))
		return 0;
	*at = (bits(pointer, 51, 6) << 6 & ~((64ULL << (span - 1)) - 1)) + 64 * (uint64_t)id;
	return bits(pointer, 63, 52) || bits(pointer, 5, 5) ? -1 : 1;
}

static int locate_vtd(const struct device_unit *unit, uint32_t id, uint64_t *at)
{
	uint64_t root = bits(unit->base, 63, 12) << 12, entry[2], pointer;
	bool scalable = unit->format == IOMT_DEVICE_TABLE_VTD_SCALABLE;
	unsigned bus = id >> 8, function = id & 255;

	if (bits(unit->base, 11, 10) != scalable || bits(unit->base, 9, 0) || id >> 16)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		if (!fetch(unit, root + 16 * (uint64_t)bus + 8 * i, &entry[i]))
			return -1;
	}
	pointer = scalable && function > 127 ? entry[1] : entry[0];
	if (!scalable && entry[1])
		return -1; /* reserved */
	if (!(pointer & 1))
		return 0;
	*at = (pointer & ~0xfffULL) + (scalable ? 32 * (function & 127) : 16 * function);
	return bits(pointer, 11, 1) ? -1 : 1;
}

int device_locate(const struct device_unit *unit, uint32_t id, uint64_t *at)
{
	if (unit->format == IOMT_DEVICE_TABLE_AMD)
		return locate_amd(unit, id, at);
	return is_smmu(unit->format) ? locate_smmu(unit, id, at) : locate_vtd(unit, id, at);
}

void device_read(const struct device_unit *unit, uint32_t id, struct device_meaning *meaning)
{
	unsigned count = device_word_count(unit->format);
	uint64_t at = 0, word[8] = {0};
	int found = device_locate(unit, id, &at);

	memset(meaning, 0, sizeof(*meaning));
	for (unsigned i = 0; found == 1 && i < count; i++)
		found = fetch(unit, at + 8 * i, &word[i]) ? 1 : -1;
	if (found == 1)
		device_words(unit->format, word, meaning);
	else if (found)
		meaning->state = DEVICE_ILLEGAL;
}

/* A bit where a flag is set. */
static uint64_t flag(uint32_t flags, uint32_t mask, unsigned bit)
{
	return flags & mask ? 1ULL << bit : 0;
}

static void wanted_amd(const struct iomt_amd_dte *dte, uint64_t *field)
{
	uint32_t f = dte->flags;

	field[0] = dte->mode;
	field[1] = dte->root;
	field[2] = dte->had;
	field[3] = flag(f, IOMT_DTE_PPR, 0) | flag(f, IOMT_DTE_GPRP, 1);
	field[4] = flag(f, IOMT_DTE_IR, 0) | flag(f, IOMT_DTE_IW, 1);
	field[5] = dte->domain;
	field[6] = flag(f, IOMT_DTE_I, 0) | flag(f, IOMT_DTE_SE, 1) | flag(f, IOMT_DTE_SA, 2);
	field[7] = flag(f, IOMT_DTE_CACHE, 0) | flag(f, IOMT_DTE_SD, 1) | flag(f, IOMT_DTE_EX, 2);
	field[8] = dte->ioctl;
	field[9] = dte->sysmgt;
	field[10] = flag(f, IOMT_DTE_GV, 0);
	field[11] = flag(f, IOMT_DTE_GIOV, 0);
	field[12] = dte->glx;
	field[13] = dte->gcr3;
	field[14] = dte->paging_mode;
}

static void wanted_smmu(const struct iomt_smmu_ste *ste, uint64_t *field)
{
	uint32_t f = ste->flags;

	field[0] = (uint64_t)ste->config;
	field[1] = ste->context;
	field[2] = ste->s1_cdmax;
	field[3] = ste->s1_fmt;
	field[4] = ste->s1_dss;
	field[5] = (uint64_t)ste->s1_cir | (uint64_t)ste->s1_cor << 2 | (uint64_t)ste->s1_csh << 4;
	field[6] = flag(f, IOMT_STE_S1STALLD, 0);
	field[7] = ste->strw;
	field[8] = (uint64_t)ste->ats;
	field[9] = flag(f, IOMT_STE_DRE, 0) | flag(f, IOMT_STE_DCP, 1) | flag(f, IOMT_STE_PPAR, 2) |
		   flag(f, IOMT_STE_MEV, 3);
	if (ste->config & 2) {
		field[10] = (uint64_t)ste->s2_tsz | (uint64_t)(ste->s2_sl & 3) << 6 |
			    (uint64_t)ste->s2_irgn << 8 | (uint64_t)ste->s2_orgn << 10 |
			    (uint64_t)ste->s2_sh << 12 | (uint64_t)ste->s2_tg << 14 |
			    (uint64_t)ste->s2_ps << 16 | 1ULL << 19 | flag(f, IOMT_STE_S2ENDI, 20) |
			    flag(f, IOMT_STE_S2AFFD, 21);
		field[11] = flag(f, IOMT_STE_S2PTW, 0);
		field[12] = flag(f, IOMT_STE_S2HD, 0) | flag(f, IOMT_STE_S2HA, 1) |
			    flag(f, IOMT_STE_S2S, 2) | flag(f, IOMT_STE_S2R, 3);
		field[13] = ste->s2_ttb | (ste->s2_sl & 4) | flag(f, IOMT_STE_S2DS, 3);
		field[14] = flag(f, IOMT_STE_S2FWB, 0);
	}
	field[15] = ste->vmid;
	field[16] =
		(uint64_t)ste->mem_attr | flag(f, IOMT_STE_MTCFG, 4) | (uint64_t)ste->alloc << 5;
	field[17] = ste->shcfg;
	field[18] = (uint64_t)ste->privcfg | (uint64_t)ste->instcfg << 2;
}

static void wanted_vtd(const struct iomt_vtd_context *context, uint64_t *field)
{
	field[0] = flag(context->flags, IOMT_VTD_CONTEXT_FPD, 0);
	field[1] = (uint64_t)context->type;
	field[2] = context->second >> 12;
	field[3] = context->aw;
	field[4] = context->domain;
}

static void wanted_scalable(const struct iomt_vtd_context *context, uint64_t *field)
{
	uint32_t f = context->flags;

	field[0] = flag(f, IOMT_VTD_CONTEXT_FPD, 0);
	field[1] = flag(f, IOMT_VTD_CONTEXT_DTE, 0) | flag(f, IOMT_VTD_CONTEXT_PASIDE, 1) |
		   flag(f, IOMT_VTD_CONTEXT_PRE, 2);
	field[2] = context->pdts;
	field[3] = context->directory >> 12;
	field[4] = context->rid_pasid | flag(f, IOMT_VTD_CONTEXT_RID_PRIV, 20);
}

void device_wanted(enum iomt_device_format format, const struct iomt_device_entry *entry,
		   struct device_meaning *meaning)
{
	memset(meaning, 0, sizeof(*meaning));
	if (!entry)
		return;
	meaning->state = DEVICE_VALID;
	if (format == IOMT_DEVICE_TABLE_AMD)
		wanted_amd(&entry->dte, meaning->field);
	else if (format == IOMT_DEVICE_TABLE_VTD)
		wanted_vtd(&entry->context, meaning->field);
	else if (format == IOMT_DEVICE_TABLE_VTD_SCALABLE)
		wanted_scalable(&entry->context, meaning->field);
	else
		wanted_smmu(&entry->ste, meaning->field);
}

bool device_same(const struct device_meaning *a, const struct device_meaning *b)
{
	return a->state == b->state && !memcmp(a->field, b->field, sizeof(a->field));
}
