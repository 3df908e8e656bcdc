/* SPDX-License-Identifier: MIT */
/*
 * 48882 (AMD): 2.2.2.1 device-table entry, 2.2.6 guest CR3 tables. IHI 0070 (SMMUv3): 5.2, 5.3, 5.4.
 * D51397 (VT-d): 9.4, 9.5, 9.6.
 */
#include "pasid_reader.h"
#include <string.h>

static uint64_t bits(uint64_t word, unsigned high, unsigned low)
{
	return word >> low & (~0ULL >> (63 - (high - low)));
}

/* One word of a table; false where there is no memory. */
static bool fetch(const struct pasid_device *device, uint64_t address, uint64_t *word)
{
	uint64_t *memory = provider_word(device->provider, address, device->shadow);

	if (memory)
		*word = __atomic_load_n(memory, __ATOMIC_ACQUIRE);
	return memory;
}

static void words_gcr3(const uint64_t *word, struct pasid_meaning *meaning)
{
	if (!(word[0] & 1))
		return;
	meaning->state = word[0] & 0xffe || word[0] >> 52 ? PASID_ILLEGAL : PASID_VALID;
	meaning->field[0] = word[0] & 0x000ffffffffff000ULL;
}

static void words_cd(const uint64_t *word, struct pasid_meaning *meaning)
{
	uint64_t *field = meaning->field;

	if (!bits(word[0], 31, 31))
		return;
	meaning->state = PASID_VALID;
	for (unsigned n = 0; n < 2; n++, field += 8) {
		uint64_t half = word[0] >> 16 * n;

		field[7] = bits(word[1 + n], 1, 1); /* HAD */
		if (bits(half, 14, 14))
			continue;
		field[0] = 1;
		field[1] = bits(half, 5, 0);
		field[2] = bits(half, 7, 6);
		field[3] = bits(half, 9, 8);
		field[4] = bits(half, 11, 10);
		field[5] = bits(half, 13, 12);
		field[6] = word[1 + n] & 0x000ffffffffffff0ULL;
		if (field[2] == (n ? 0 : 3))
			meaning->state = PASID_ILLEGAL;
	}
	/* ENDI, IPS, AFFD to HA, A, R, S, ASET, ASID; then DS */
	field[0] = word[0] & (1ULL << 15 | ~0ULL << 32);
	field[1] = bits(word[2], 58, 58);
	field[2] = word[3];
	field[3] = word[4];
	if (!bits(word[0], 41, 41) || bits(word[0], 34, 32) == 7 || bits(word[0], 43, 42) == 1 ||
	    (word[1] & 0xfff000000000000dULL) || (word[2] & 0xfbf000000000000dULL) || word[5] ||
	    word[6] || word[7])
		meaning->state = PASID_ILLEGAL;
}

static void words_vtd(const uint64_t *word, struct pasid_meaning *meaning)
{
	uint64_t *field = meaning->field, type = bits(word[0], 8, 6);
	bool first = type == 1 || type == 3, second = type == 2 || type == 3;

	if (!(word[0] & 1)) {
		field[0] = bits(word[0], 1, 1);
		return;
	}
	meaning->state = PASID_VALID;
	field[0] = bits(word[0], 1, 1);
	field[1] = type;
	field[2] = bits(word[0], 4, 2);
	field[3] = second ? word[0] >> 12 : 0;
	field[4] = second ? bits(word[0], 9, 9) : 0;
	field[5] = word[1];
	field[6] = first ? word[2] : 0;
	if (!type || type > 4 || bits(word[0], 11, 10) || bits(word[0], 5, 5) ||
	    bits(word[1], 22, 16) || bits(word[2], 11, 8) || word[3] || word[4] || word[5] ||
	    word[6] || word[7] || (field[2] != 1 && field[2] != 2 && field[2] != 3 && type != 1))
		meaning->state = PASID_ILLEGAL;
}

void pasid_words(enum iomt_pasid_format format, const uint64_t *word, struct pasid_meaning *meaning)
{
	memset(meaning, 0, sizeof(*meaning));
	if (format == IOMT_PASID_TABLE_GCR3)
		words_gcr3(word, meaning);
	else if (format == IOMT_PASID_TABLE_VTD)
		words_vtd(word, meaning);
	else
		words_cd(word, meaning);
}

/* Follows a pointer with its valid bit 0: 1 when it is valid, 0 when not, -1 when it cannot be. */
static int follow(const struct pasid_device *device, uint64_t at, uint64_t reserved, uint64_t *next)
{
	uint64_t pointer;

	if (!fetch(device, at, &pointer) || (pointer & 1 && pointer & reserved))
		return -1;
	*next = pointer & 0x000ffffffffff000ULL;
	return pointer & 1;
}

/* Where the entry stands: 1, 0 when there is none, -1 when something on the way cannot be. */
static int locate_gcr3(const struct pasid_device *device, uint32_t pasid, uint64_t *at)
{
	uint64_t root = bits(device->word[0], 60, 58) << 12 | bits(device->word[1], 31, 16) << 15 |
			bits(device->word[1], 63, 43) << 31;
	unsigned levels = (unsigned)bits(device->word[0], 57, 56) + 1;
	int found = 1;

	if (!bits(device->word[0], 55, 55) || levels > 3)
		return -1;
	if (pasid >> 9 * levels)
		return 0;
	while (--levels && found == 1)
		found = follow(device, root + 8 * (pasid >> 9 * levels & 511),
			       0xffeULL | ~0ULL << 52, &root);
	*at = root + 8 * (pasid & 511);
	return found;
}

static int locate_cd(const struct pasid_device *device, uint32_t pasid, uint64_t *at)
{
	uint64_t root = device->word[0] & 0x000fffffffffffc0ULL;
	unsigned count_lg2 = (unsigned)bits(device->word[0], 63, 59);
	unsigned fmt = (unsigned)bits(device->word[0], 5, 4), split = fmt == 2 ? 10 : 6;
	int found = 1;

	if (fmt > 2)
		return -1;
	if (pasid >> count_lg2)
		return 0;
	if (fmt && count_lg2) {
		found = follow(device, root + 8 * (pasid >> split),
			       ~0x000ffffffffff001ULL | (fmt == 2 ? 0xf000 : 0), &root);
		pasid &= (1u << split) - 1;
	} else if (count_lg2 && (root & ((64ULL << count_lg2) - 1))) {
		return -1; /* aligned to its size */
	}
	*at = root + 64 * (uint64_t)pasid;
	return found;
}

static int locate_vtd(const struct pasid_device *device, uint32_t pasid, uint64_t *at)
{
	uint64_t directory = device->word[0] & 0xfffffffffffff000ULL, table;
	unsigned entries_lg2 = (unsigned)bits(device->word[0], 11, 9) + 7;
	int found;

	if (pasid >> 6 >> entries_lg2)
		return 0;
	found = follow(device, directory + 8 * (pasid >> 6), 0xffcULL, &table);
	*at = table + 64 * (pasid & 63);
	return found;
}

void pasid_read(const struct pasid_device *device, uint32_t pasid, struct pasid_meaning *meaning)
{
	unsigned count = device->format == IOMT_PASID_TABLE_GCR3 ? 1 : 8;
	uint64_t at = 0, word[8] = {0};
	int found;

	memset(meaning, 0, sizeof(*meaning));
	if (device->format == IOMT_PASID_TABLE_GCR3)
		found = locate_gcr3(device, pasid, &at);
	else if (device->format == IOMT_PASID_TABLE_VTD)
		found = locate_vtd(device, pasid, &at);
	else
		found = locate_cd(device, pasid, &at);
	for (unsigned i = 0; found == 1 && i < count; i++)
		found = fetch(device, at + 8 * i, &word[i]) ? 1 : -1;
	if (found == 1)
		pasid_words(device->format, word, meaning);
	else if (found)
		meaning->state = PASID_ILLEGAL;
}

static void wanted_cd(const struct iomt_cd *cd, uint64_t *field)
{
	for (unsigned n = 0; n < 2; n++, field += 8) {
		const struct iomt_cd_half *half = &cd->half[n];

		field[0] = half->used;
		field[1] = half->tsz;
		field[2] = half->tg;
		field[3] = half->irgn;
		field[4] = half->orgn;
		field[5] = half->sh;
		field[6] = half->ttb;
		field[7] = half->had;
	}
	field[0] = cd->flags | (uint64_t)cd->ips << 32 | 1ULL << 41 | (uint64_t)cd->asid << 48;
	field[1] = cd->ds;
	field[2] = cd->mair;
	field[3] = cd->amair;
}

static uint64_t flag(const struct iomt_vtd_entry *vtd, uint32_t mask, unsigned bit)
{
	return vtd->flags & mask ? 1ULL << bit : 0;
}

static void wanted_vtd(const struct iomt_vtd_entry *vtd, uint64_t *field)
{
	field[0] = !!(vtd->flags & IOMT_VTD_ENTRY_FPD);
	field[1] = (uint64_t)vtd->stages;
	field[2] = vtd->aw;
	field[3] = vtd->second >> 12;
	field[4] = !!(vtd->flags & IOMT_VTD_ENTRY_SSADE);
	field[5] = vtd->domain | flag(vtd, IOMT_VTD_ENTRY_PWSNP, 23) |
		   flag(vtd, IOMT_VTD_ENTRY_PGSNP, 24) | flag(vtd, IOMT_VTD_ENTRY_CD, 25) |
		   flag(vtd, IOMT_VTD_ENTRY_EMTE, 26) | (uint64_t)vtd->emt << 27 |
		   flag(vtd, IOMT_VTD_ENTRY_PWT, 30) | flag(vtd, IOMT_VTD_ENTRY_PCD, 31) |
		   (uint64_t)vtd->pat << 32;
	field[6] = vtd->first | flag(vtd, IOMT_VTD_ENTRY_SRE, 0) | (uint64_t)vtd->fspm << 2 |
		   flag(vtd, IOMT_VTD_ENTRY_WPE, 4) | flag(vtd, IOMT_VTD_ENTRY_NXE, 5) |
		   flag(vtd, IOMT_VTD_ENTRY_EAFE, 7);
}

void pasid_wanted(enum iomt_pasid_format format, const struct iomt_pasid_entry *entry,
		  struct pasid_meaning *meaning)
{
	memset(meaning, 0, sizeof(*meaning));
	if (!entry)
		return;
	meaning->state = PASID_VALID;
	if (format == IOMT_PASID_TABLE_GCR3)
		meaning->field[0] = entry->gcr3.root;
	else if (format == IOMT_PASID_TABLE_VTD)
		wanted_vtd(&entry->vtd, meaning->field);
	else
		wanted_cd(&entry->cd, meaning->field);
}

bool pasid_same(const struct pasid_meaning *a, const struct pasid_meaning *b)
{
	return a->state == b->state && !memcmp(a->field, b->field, sizeof(a->field));
}
