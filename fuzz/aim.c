/* SPDX-License-Identifier: MIT */
#include "aim.h"

static unsigned lg2(uint64_t value)
{
	return 63u - (unsigned)__builtin_clzll(value | 1);
}

/* Mostly a few; evenly over all that the field has for the other half of the bytes. */
static unsigned shift_of(const struct field *field, uint8_t byte)
{
	unsigned most = lg2((field->last - field->first) >> field->kind->granule_lg2);
	unsigned shift = byte & 63;

	shift = shift < 32 ? shift / 4 : shift - 28;
	return shift < most ? shift : most;
}

static uint64_t anchor(const struct field *field, const struct model *model,
		       const struct record *record)
{
	const struct interval *near =
		model->count ? &model->intervals[record->at[1] % model->count] : NULL;

	switch (record->anchor & 7) {
	case 0:
		return field->first;
	case 1:
		return field->last + 1;
	case 2:
		return field->first + (field->last - field->first) / 2 + 1;
	case 3:
		return near ? near->first : field->first;
	case 4:
		return near ? near->last + 1 : field->first;
	case 5:
		return field->recent.first;
	case 6:
		return field->recent.last + 1;
	default:
		return field->recent.first &
		       ~(((1ULL << field->kind->granule_lg2) << shift_of(field, record->at_shift)) -
			 1);
	}
}

struct range aim_range(const struct field *field, const struct model *model,
		       const struct record *record)
{
	unsigned granule_lg2 = field->kind->granule_lg2;
	bool by_edge = (record->anchor & 7) == 3 || (record->anchor & 7) == 4;
	uint64_t distance = by_edge ? record->at[0] : record->at[0] | record->at[1] << 8;
	uint64_t span = field->last - field->first, at, left;
	uint64_t count = 1 + record->length, most;
	unsigned shift = shift_of(field, record->length_shift);
	struct range range;

	distance <<= granule_lg2 + shift_of(field, record->at_shift);
	at = anchor(field, model, record) - field->first;
	at = (record->anchor & 8 ? at - distance : at + distance) & span;
	at &= ~((1ULL << granule_lg2) - 1);
	left = (span - at) >> granule_lg2; /* granules after the first */
	most = left >> shift;
	count = count - 1 > most ? left + 1 : count << shift;
	if ((record->length_shift & 0x80) && count > 1)
		count--;
	if (count - 1 > left)
		count = left + 1;
	range.first = field->first + at;
	range.last = range.first + (((count - 1) << granule_lg2) | ((1ULL << granule_lg2) - 1));
	return range;
}

unsigned aim_level(const struct kind *kind, unsigned size_lg2)
{
	return (size_lg2 - kind->granule_lg2) / (kind->granule_lg2 - 3u);
}

unsigned aim_unit_lg2(const struct kind *kind, unsigned level)
{
	return kind->granule_lg2 + (kind->granule_lg2 - 3u) * level;
}

bool aim_needs_tables(const struct kind *kind, uint64_t sizes, unsigned size_lg2, uint64_t edge)
{
	unsigned part = size_lg2 - 1;

	while (!(sizes >> part & 1) || (edge & ((1ULL << part) - 1)))
		part--;
	return part < aim_unit_lg2(kind, aim_level(kind, size_lg2));
}

static void limit_slots(const struct field *field, uint64_t oa, struct range *range)
{
	uint64_t differ = range->first ^ oa;
	unsigned fit = differ ? (unsigned)__builtin_ctzll(differ) : 63;
	unsigned size_lg2 = lg2(field->sizes & ((2ULL << fit) - 1));
	unsigned unit_lg2 = aim_unit_lg2(field->kind, aim_level(field->kind, size_lg2));
	uint64_t most = unit_lg2 + 10 < 64 ? ((uint64_t)AIM_SLOTS << unit_lg2) - 1 : UINT64_MAX;

	if (range->last - range->first > most)
		range->last = range->first + most;
}

static uint64_t pick_output(const struct field *field, const struct model *model,
			    const struct record *record, const struct range *range)
{
	unsigned granule_lg2 = field->kind->granule_lg2;
	uint64_t some = (uint64_t)record->oa_at << granule_lg2;
	const struct interval *near;

	switch (record->oa_mode & 7) {
	case 3: /* carry on what is mapped before */
		near = range->first != field->first ? model_find(model, range->first - 1) : NULL;
		return near ? near->oa + (range->first - near->first) : some;
	case 4: /* across or below a power of two */
		return (1ULL << (granule_lg2 + record->oa_shift % (53 - granule_lg2))) - some;
	case 5:
		return some;
	case 6: /* so that what is mapped behind carries on */
		near = range->last != field->last ? model_find(model, range->last + 1) : NULL;
		return near ? near->oa - (range->last - range->first + 1) : some;
	case 7:
		return range->first + some + (1ULL << granule_lg2);
	default: /* in step with the input, as far as a bit says */
		return range->first ^ (some << shift_of(field, record->oa_shift));
	}
}

uint64_t aim_output(const struct field *field, const struct model *model,
		    const struct record *record, struct range *range)
{
	uint64_t oa = pick_output(field, model, record, range) & field->oa_last;

	oa &= ~((1ULL << field->kind->granule_lg2) - 1);
	limit_slots(field, oa, range);
	if (range->last - range->first > field->oa_last - oa)
		range->last = range->first + (field->oa_last - oa);
	return oa;
}

bool aim_expresses(const struct kind *kind, uint32_t prot)
{
	const uint32_t host = IOMT_EXEC | IOMT_PRIV | IOMT_GLOBAL | IOMT_TYPE_MASK;

	switch (kind->walk) {
	case WALK_AMDV1:
	case WALK_VTD_SS: /* IR, IW, FC; R, W, SNP */
		return !(prot & host);
	case WALK_X86_64: /* whatever is present can be read; XD needs to be honoured */
		return (prot & IOMT_READ) && !(prot & IOMT_SNOOP) &&
		       (!(prot & IOMT_EXEC) || (kind->flags & IOMT_PT_NX));
	case WALK_ARM_S1: /* AP[2:1] can always be read */
		return (prot & IOMT_READ) && !(prot & IOMT_SNOOP);
	case WALK_RISCV_S1: /* W without R is reserved; PBMT needs Svpbmt */
	case WALK_RISCV_S2:
		if (kind->walk == WALK_RISCV_S2 && (prot & (IOMT_PRIV | IOMT_GLOBAL)))
			return false;
		return (!(prot & IOMT_WRITE) || (prot & IOMT_READ)) && !(prot & IOMT_SNOOP) &&
		       (!(prot & IOMT_TYPE_MASK) || (kind->flags & IOMT_PT_PBMT));
	default: /* what is executed is read */
		return !(prot & (IOMT_PRIV | IOMT_GLOBAL | IOMT_SNOOP)) &&
		       (!(prot & IOMT_EXEC) || (prot & IOMT_READ));
	}
}

uint32_t aim_prot(const struct kind *kind, const struct record *record, uint32_t mask)
{
	static const uint32_t bits[] = {IOMT_EXEC, IOMT_SNOOP, IOMT_PRIV, IOMT_GLOBAL, IOMT_MMIO};
	uint32_t prot = record->prot & (IOMT_READ | IOMT_WRITE);
	bool raw = record->flags & RECORD_KEEP;

	if (!prot && !raw)
		prot = IOMT_READ | IOMT_WRITE;
	if (!raw && !aim_expresses(kind, prot))
		prot |= IOMT_READ;
	for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		uint32_t with = prot | (record->prot >> (2 + i) & 1 ? bits[i] & mask : 0);

		if (raw || aim_expresses(kind, with))
			prot = with;
	}
	if (record->prot & 0x80) {
		uint32_t type = record->oa_mode & 8 ? IOMT_TYPE_DEVICE : IOMT_TYPE_UNCACHED;
		uint32_t with = prot | (type & mask);

		if (raw || aim_expresses(kind, with))
			prot = with;
	}
	return prot;
}
