/* SPDX-License-Identifier: MIT */
/* 48882, 2.4; D51397, 6.5.2; IHI 0070, 4; RISC-V IOMMU, "Command-Queue" and its extensions. */
#include "commands.h"
#include "test.h"

enum role {
	IGNORED,
	OPCODE,
	DOMAIN,
	PROCESS,
	PROCESS_7_0,
	PROCESS_15_8,
	PROCESS_19_16,
	DEVICE,
	SEGMENT,
	ADDRESS, /* where it stands */
	S,	 /* the address tells a size */
	TABLES,
	LEAF,
	GUEST,
	GRANULARITY,
	MASK, /* AM, FM, Size, Range */
	NUM,
	SCALE,
	TTL,
	TG,
	VALID_ADDRESS, /* AV */
	VALID_PROCESS, /* PSCV, PV, SSV */
	VALID_DOMAIN,  /* GV */
	VALID_DEVICE,  /* DV, DSV */
	NON_LEAF,
	ALL_PROCESSES, /* G of device TLBs */
	STORE,
	INTERRUPT,
	FENCE,
	DRAIN,
	READS,
	WRITES,
	SIGNAL,
	DATA,
	ROLES,
};

struct field {
	uint8_t high;
	uint8_t low;
	uint8_t role;
};

#define MOST_FIELDS 13

/* All bits that are in no field are reserved. The opcode comes first. */
struct layout {
	uint8_t number;
	struct field fields[MOST_FIELDS];
};

/* A high bit of 0 ends the fields, but for the first. */
static const struct layout amd[] = {
	{0x1,
	 {{63, 60, OPCODE},
	  {0, 0, STORE},
	  {1, 1, INTERRUPT},
	  {2, 2, FENCE},
	  {51, 3, ADDRESS},
	  {127, 64, DATA}}},
	{0x2, {{63, 60, OPCODE}, {15, 0, DEVICE}}},
	{0x3,
	 {{63, 60, OPCODE},
	  {19, 0, PROCESS},
	  {47, 32, DOMAIN},
	  {64, 64, S},
	  {65, 65, TABLES},
	  {66, 66, GUEST},
	  {127, 76, ADDRESS}}},
	{0x4,
	 {{63, 60, OPCODE},
	  {15, 0, DEVICE},
	  {23, 16, PROCESS_15_8},
	  {31, 24, IGNORED},
	  {47, 32, IGNORED},
	  {55, 48, PROCESS_7_0},
	  {59, 56, PROCESS_19_16},
	  {64, 64, S},
	  {66, 66, GUEST},
	  {127, 76, ADDRESS}}},
	{0x8, {{63, 60, OPCODE}}},
};

static const struct layout vtd[] = {
	{0x1,
	 {{3, 0, OPCODE}, {5, 4, GRANULARITY}, {31, 16, DOMAIN}, {47, 32, DEVICE}, {49, 48, MASK}}},
	{0x2,
	 {{3, 0, OPCODE},
	  {5, 4, GRANULARITY},
	  {6, 6, WRITES},
	  {7, 7, READS},
	  {31, 16, DOMAIN},
	  {69, 64, MASK},
	  {70, 70, LEAF},
	  {127, 76, ADDRESS}}},
	{0x3,
	 {{3, 0, OPCODE},
	  {15, 12, IGNORED},
	  {20, 16, IGNORED},
	  {47, 32, DEVICE},
	  {63, 52, IGNORED},
	  {64, 64, S},
	  {127, 76, ADDRESS}}},
	{0x5,
	 {{3, 0, OPCODE},
	  {4, 4, INTERRUPT},
	  {5, 5, STORE},
	  {6, 6, FENCE},
	  {7, 7, DRAIN},
	  {63, 32, DATA},
	  {127, 66, ADDRESS}}},
	{0x6,
	 {{3, 0, OPCODE},
	  {5, 4, GRANULARITY},
	  {31, 16, DOMAIN},
	  {51, 32, PROCESS},
	  {69, 64, MASK},
	  {70, 70, LEAF},
	  {127, 76, ADDRESS}}},
	{0x7, {{3, 0, OPCODE}, {5, 4, GRANULARITY}, {31, 16, DOMAIN}, {51, 32, PROCESS}}},
	{0x8,
	 {{3, 0, OPCODE},
	  {8, 4, IGNORED},
	  {15, 12, IGNORED},
	  {31, 16, DEVICE},
	  {51, 32, PROCESS},
	  {63, 52, IGNORED},
	  {64, 64, ALL_PROCESSES},
	  {75, 75, S},
	  {127, 76, ADDRESS}}},
};

#define BY_ADDRESS                                                                   \
	{16, 12, NUM}, {25, 20, SCALE}, {64, 64, LEAF}, {73, 72, TTL}, {75, 74, TG}, \
	{                                                                            \
		127, 76, ADDRESS                                                     \
	}
#define VMID                   \
	{                      \
		47, 32, DOMAIN \
	}
#define ASID                    \
	{                       \
		63, 48, PROCESS \
	}

static const struct layout smmu[] = {
	{0x03, {{7, 0, OPCODE}, {63, 32, DEVICE}, {64, 64, LEAF}}},
	{0x04, {{7, 0, OPCODE}, {63, 32, DEVICE}, {68, 64, MASK}}},
	{0x05, {{7, 0, OPCODE}, {31, 12, PROCESS}, {63, 32, DEVICE}, {64, 64, LEAF}}},
	{0x06, {{7, 0, OPCODE}, {63, 32, DEVICE}}},
	{0x10, {{7, 0, OPCODE}, VMID}},
	{0x11, {{7, 0, OPCODE}, VMID, ASID}},
	{0x12, {{7, 0, OPCODE}, VMID, ASID, BY_ADDRESS}},
	{0x13, {{7, 0, OPCODE}, VMID, BY_ADDRESS}},
	{0x20, {{7, 0, OPCODE}}},
	{0x21, {{7, 0, OPCODE}, ASID}},
	{0x22, {{7, 0, OPCODE}, ASID, BY_ADDRESS}},
	{0x23, {{7, 0, OPCODE}, BY_ADDRESS}},
	{0x28, {{7, 0, OPCODE}, VMID}},
	{0x2a,
	 {{7, 0, OPCODE},
	  VMID,
	  {16, 12, NUM},
	  {25, 20, SCALE},
	  {64, 64, LEAF},
	  {73, 72, TTL},
	  {75, 74, TG},
	  {115, 76, ADDRESS}}},
	{0x30, {{7, 0, OPCODE}}},
	{0x40,
	 {{7, 0, OPCODE},
	  {9, 9, ALL_PROCESSES},
	  {11, 11, VALID_PROCESS},
	  {31, 12, PROCESS},
	  {63, 32, DEVICE},
	  {69, 64, MASK},
	  {127, 76, ADDRESS}}},
	{0x46,
	 {{7, 0, OPCODE},
	  {13, 12, SIGNAL},
	  {23, 22, IGNORED},
	  {27, 24, IGNORED},
	  {63, 32, DATA},
	  {115, 66, ADDRESS}}},
};

/* The opcode is taken with the function, bits 9:0. */
static const struct layout riscv[] = {
	{0x01,
	 {{9, 0, OPCODE},
	  {10, 10, VALID_ADDRESS},
	  {31, 12, PROCESS},
	  {32, 32, VALID_PROCESS},
	  {33, 33, VALID_DOMAIN},
	  {34, 34, NON_LEAF},
	  {59, 44, DOMAIN},
	  {73, 73, S},
	  {125, 74, ADDRESS}}},
	{0x81,
	 {{9, 0, OPCODE},
	  {10, 10, VALID_ADDRESS},
	  {31, 12, PROCESS},
	  {33, 33, VALID_DOMAIN},
	  {34, 34, NON_LEAF},
	  {59, 44, DOMAIN},
	  {73, 73, S},
	  {125, 74, ADDRESS}}},
	{0x02,
	 {{9, 0, OPCODE},
	  {10, 10, STORE},
	  {11, 11, INTERRUPT},
	  {12, 12, READS},
	  {13, 13, WRITES},
	  {63, 32, DATA},
	  {125, 64, ADDRESS}}},
	{0x03, {{9, 0, OPCODE}, {33, 33, VALID_DEVICE}, {63, 40, DEVICE}}},
	{0x83, {{9, 0, OPCODE}, {31, 12, PROCESS}, {33, 33, VALID_DEVICE}, {63, 40, DEVICE}}},
	{0x04,
	 {{9, 0, OPCODE},
	  {31, 12, PROCESS},
	  {32, 32, VALID_PROCESS},
	  {33, 33, VALID_DEVICE},
	  {55, 40, DEVICE},
	  {63, 56, SEGMENT},
	  {64, 64, ALL_PROCESSES},
	  {75, 75, S},
	  {127, 76, ADDRESS}}},
};

static const struct {
	const struct layout *layouts;
	size_t count;
} queues[] = {
	[VENDOR_AMD] = {amd, sizeof(amd) / sizeof(amd[0])},
	[VENDOR_VTD] = {vtd, sizeof(vtd) / sizeof(vtd[0])},
	[VENDOR_SMMU] = {smmu, sizeof(smmu) / sizeof(smmu[0])},
	[VENDOR_RISCV] = {riscv, sizeof(riscv) / sizeof(riscv[0])},
};

static uint64_t ones_up_to(unsigned bit)
{
	return bit >= 63 ? ~0ULL : (1ULL << (bit + 1)) - 1;
}

/* No field stands in both words. */
static uint64_t field_mask(const struct field *field)
{
	uint64_t mask = ones_up_to(field->high % 64);

	return field->low % 64 ? mask & ~ones_up_to(field->low % 64 - 1) : mask;
}

/* Values by role; addresses stay where they stand. False for reserved bits. */
static bool split(const struct layout *layout, const struct iomt_cmd *cmd, uint64_t *value)
{
	uint64_t known[2] = {0, 0};

	for (unsigned i = 0; i < MOST_FIELDS; i++) {
		const struct field *field = &layout->fields[i];
		uint64_t mask, bits;

		if (!field->high && field->role == IGNORED)
			break;
		mask = field_mask(field);
		bits = cmd->word[field->high / 64] & mask;
		known[field->high / 64] |= mask;
		value[field->role] = field->role == ADDRESS ? bits : bits >> field->low % 64;
	}
	return !(cmd->word[0] & ~known[0]) && !(cmd->word[1] & ~known[1]);
}

static const struct layout *find(enum vendor vendor, const struct iomt_cmd *cmd)
{
	for (size_t i = 0; i < queues[vendor].count; i++) {
		const struct layout *layout = &queues[vendor].layouts[i];
		const struct field *opcode = &layout->fields[0];

		if ((cmd->word[0] & field_mask(opcode)) >> opcode->low == layout->number)
			return layout;
	}
	return NULL;
}

/* PCIe ATS, table 10-4: trailing ones from bit 12 on, then a zero. */
static bool sized(uint64_t address, bool s, struct meaning *meaning)
{
	unsigned bits = 12;

	if (s) {
		while (bits < 64 && address >> bits & 1)
			bits++;
		if (bits == 64)
			return false;
		bits++;
	}
	meaning->by_address = true;
	meaning->first = address & ~ones_up_to(bits - 1);
	meaning->last = address | ones_up_to(bits - 1);
	return true;
}

static bool read_amd(unsigned opcode, const uint64_t *v, struct meaning *m)
{
	switch (opcode) {
	case 1:
		m->effect = EFFECT_BARRIER;
		m->store = v[STORE];
		m->interrupt = v[INTERRUPT];
		m->fence = v[FENCE];
		m->address = v[STORE] ? v[ADDRESS] : 0;
		m->data = v[STORE] ? v[DATA] : 0;
		return true;
	case 2:
		m->effect = EFFECT_DEVICE_ENTRIES;
		m->device = m->device_last = (int64_t)v[DEVICE];
		return true;
	case 3:
		m->effect = EFFECT_TRANSLATIONS;
		m->domain = (int64_t)v[DOMAIN];
		m->tables = v[TABLES];
		m->process = v[GUEST] ? (int64_t)v[PROCESS] : ANY;
		break;
	case 4:
		m->effect = EFFECT_DEVICE_TRANSLATIONS;
		m->device = m->device_last = (int64_t)v[DEVICE];
		if (v[GUEST])
			m->process = (int64_t)(v[PROCESS_7_0] + 256 * v[PROCESS_15_8] +
					       65536 * v[PROCESS_19_16]);
		break;
	default:
		m->effect = EFFECT_TRANSLATIONS;
		m->stage_1 = m->stage_2 = true;
		return true;
	}
	m->stage_1 = v[GUEST];
	m->stage_2 = !v[GUEST];
	/* table 14: address bits 50:12 set are all pages, whatever stands above */
	if (v[S] && (v[ADDRESS] & 0x7fffffffff000) == 0x7fffffffff000)
		return true;
	return sized(v[ADDRESS], v[S], m);
}

static bool masked(const struct reader *reader, const uint64_t *v, struct meaning *m)
{
	if (v[MASK] > reader->mamv)
		return false;
	m->by_address = true;
	m->first = v[ADDRESS] & ~ones_up_to(11 + (unsigned)v[MASK]);
	m->last = v[ADDRESS] | ones_up_to(11 + (unsigned)v[MASK]);
	m->tables = !v[LEAF];
	return true;
}

static bool read_vtd_iotlb(const struct reader *reader, const uint64_t *v, struct meaning *m)
{
	m->effect = EFFECT_TRANSLATIONS;
	m->stage_1 = m->stage_2 = true;
	m->reads = v[READS];
	m->writes = v[WRITES];
	if (v[GRANULARITY] >= 2)
		m->domain = (int64_t)v[DOMAIN];
	if (v[GRANULARITY] < 3)
		return v[GRANULARITY];
	m->stage_1 = false;
	m->all_stage_1 = true;
	return masked(reader, v, m);
}

static bool read_vtd_context(const uint64_t *v, struct meaning *m)
{
	static const uint8_t functions[] = {0, 4, 6, 7};

	m->effect = EFFECT_DEVICE_ENTRIES;
	if (v[GRANULARITY] >= 2)
		m->domain = (int64_t)v[DOMAIN];
	if (v[GRANULARITY] == 3) {
		m->device = (int64_t)(v[DEVICE] & ~(uint64_t)functions[v[MASK]]);
		m->device_last = (int64_t)(v[DEVICE] | functions[v[MASK]]);
	}
	return v[GRANULARITY];
}

static bool read_vtd(const struct reader *reader, unsigned opcode, const uint64_t *v,
		     struct meaning *m)
{
	switch (opcode) {
	case 1:
		return read_vtd_context(v, m);
	case 2:
		return read_vtd_iotlb(reader, v, m);
	case 5:
		m->effect = EFFECT_BARRIER;
		m->store = v[STORE];
		m->interrupt = v[INTERRUPT];
		m->fence = v[FENCE];
		m->drain = v[DRAIN];
		m->address = v[STORE] ? v[ADDRESS] : 0;
		m->data = v[STORE] ? v[DATA] : 0;
		return true;
	case 6:
		m->effect = EFFECT_TRANSLATIONS;
		m->stage_1 = true;
		m->domain = (int64_t)v[DOMAIN];
		m->process = (int64_t)v[PROCESS];
		return v[GRANULARITY] == 2 || (v[GRANULARITY] == 3 && masked(reader, v, m));
	case 7:
		m->effect = EFFECT_PROCESS_ENTRIES;
		m->domain = v[GRANULARITY] < 2 ? (int64_t)v[DOMAIN] : ANY;
		m->process = v[GRANULARITY] == 1 ? (int64_t)v[PROCESS] : ANY;
		return v[GRANULARITY] != 2;
	default: /* 3 and 8 */
		m->effect = EFFECT_DEVICE_TRANSLATIONS;
		m->device = m->device_last = (int64_t)v[DEVICE];
		if (opcode == 8 && !v[ALL_PROCESSES])
			m->process = (int64_t)v[PROCESS];
		return sized(v[ADDRESS], v[S], m);
	}
}

/* Table 4-? of 4.4.1.1: which levels TTL may name, and how addresses are then aligned. */
static bool read_range(const struct reader *reader, const uint64_t *v, struct meaning *m)
{
	bool ds = reader->flags & IOMT_SMMU_DS;
	uint64_t length, scale = ds && v[SCALE] > 39 ? 39 : v[SCALE], ttl = v[TTL];
	unsigned granule, align;

	if (!v[TG]) { /* no range and no hint */
		m->point = true;
		m->first = v[ADDRESS];
		m->last = v[ADDRESS] | 0xfff;
		return !v[NUM] && !v[SCALE] && !v[TTL];
	}
	granule = v[TG] == 1 ? 12 : v[TG] == 2 ? 14 : 16;
	if (granule == 14 && v[TTL] == 1 && !ds)
		ttl = 0;
	if (!(reader->flags & IOMT_SMMU_RANGES) || (!ds && scale > 31))
		return false;
	if (!v[NUM] && !scale && !ttl)
		return false;
	align = granule;
	for (unsigned level = 3; ttl && level > ttl; level--)
		align += granule - 3;
	if (v[ADDRESS] & ones_up_to(align - 1))
		return false;
	m->granule_lg2 = (int)granule;
	m->level = ttl ? 3 - (int)ttl : -1;
	m->first = v[ADDRESS];
	length = (v[NUM] + 1) << scale << granule;
	m->last = length - 1 > ~0ULL - m->first ? ~0ULL : m->first + (length - 1);
	return true;
}

static bool read_smmu_tlbi(const struct reader *reader, unsigned opcode, const uint64_t *v,
			   struct meaning *m)
{
	m->effect = EFFECT_TRANSLATIONS;
	m->stage_1 = opcode != 0x2a;
	m->stage_2 = opcode == 0x28 || opcode == 0x2a || opcode == 0x30;
	m->el2 = opcode >= 0x20 && opcode <= 0x23;
	switch (opcode) {
	case 0x10:
	case 0x28:
		m->domain = (int64_t)v[DOMAIN];
		return true;
	case 0x11:
		m->domain = (int64_t)v[DOMAIN];
		m->process = (int64_t)v[PROCESS];
		return true;
	case 0x20:
	case 0x30:
		return true;
	case 0x21:
		m->process = (int64_t)v[PROCESS];
		return true;
	default:
		break;
	}
	m->by_address = true;
	m->tables = !v[LEAF];
	m->domain = m->el2 ? ANY : (int64_t)v[DOMAIN];
	m->global = opcode == 0x12 || opcode == 0x22;
	m->process = m->global ? (int64_t)v[PROCESS] : ANY;
	return read_range(reader, v, m);
}

static bool read_smmu(const struct reader *reader, unsigned opcode, const uint64_t *v,
		      struct meaning *m)
{
	if (opcode >= 0x10 && opcode < 0x40)
		return read_smmu_tlbi(reader, opcode, v, m);
	if (opcode == 0x46) {
		m->effect = EFFECT_BARRIER;
		m->event = v[SIGNAL] == 2;
		m->store = v[SIGNAL] == 1 && v[ADDRESS];
		m->interrupt = v[SIGNAL] == 1 && !v[ADDRESS];
		m->address = m->store ? v[ADDRESS] : 0;
		m->data = m->store ? v[DATA] : 0;
		return v[SIGNAL] < 3;
	}
	m->device = m->device_last = (int64_t)v[DEVICE];
	if (opcode == 0x40) {
		m->effect = EFFECT_DEVICE_TRANSLATIONS;
		m->by_address = true;
		m->process = v[VALID_PROCESS] && !v[ALL_PROCESSES] ? (int64_t)v[PROCESS] : ANY;
		if (v[MASK] > 52)
			return false;
		m->first = v[ADDRESS] & ~ones_up_to(11 + (unsigned)v[MASK]);
		m->last = v[ADDRESS] | ones_up_to(11 + (unsigned)v[MASK]);
		return true;
	}
	m->effect = opcode < 5 ? EFFECT_DEVICE_ENTRIES : EFFECT_PROCESS_ENTRIES;
	m->tables = !v[LEAF];
	if (opcode == 4) { /* of StreamIDs that agree but for the lowest Range + 1 bits */
		m->device = (int64_t)(v[DEVICE] & ~ones_up_to((unsigned)v[MASK]));
		m->device_last = (int64_t)(v[DEVICE] | ones_up_to((unsigned)v[MASK]));
	}
	if (opcode == 5)
		m->process = (int64_t)v[PROCESS];
	return true;
}

static bool read_iotinval(const struct reader *reader, bool second, const uint64_t *v,
			  struct meaning *m)
{
	bool ranges = reader->flags & IOMT_RISCV_RANGES;

	m->effect = EFFECT_TRANSLATIONS;
	m->stage_1 = !second;
	m->stage_2 = second;
	m->domain = v[VALID_DOMAIN] ? (int64_t)v[DOMAIN] : ANY;
	m->process = v[VALID_PROCESS] ? (int64_t)v[PROCESS] : ANY;
	if ((v[S] && !ranges) || (v[NON_LEAF] && !(reader->flags & IOMT_RISCV_NON_LEAF)))
		return false;
	if (!v[VALID_ADDRESS] || (second && !v[VALID_DOMAIN]))
		return true;
	m->tables = v[NON_LEAF];
	m->point = !v[S];
	return sized(v[ADDRESS] << 2, v[S], m);
}

static bool read_riscv(const struct reader *reader, unsigned number, const uint64_t *v,
		       struct meaning *m)
{
	switch (number) {
	case 0x01:
	case 0x81:
		return read_iotinval(reader, number == 0x81, v, m);
	case 0x02:
		m->effect = EFFECT_BARRIER;
		m->store = v[STORE];
		m->interrupt = v[INTERRUPT];
		m->reads = v[READS];
		m->writes = v[WRITES];
		m->address = v[STORE] ? v[ADDRESS] << 2 : 0;
		m->data = v[STORE] ? v[DATA] : 0;
		return true;
	case 0x03:
		m->effect = EFFECT_DEVICE_ENTRIES;
		m->device = m->device_last = v[VALID_DEVICE] ? (int64_t)v[DEVICE] : ANY;
		return true;
	case 0x83:
		m->effect = EFFECT_PROCESS_ENTRIES;
		m->device = m->device_last = (int64_t)v[DEVICE];
		m->process = (int64_t)v[PROCESS];
		return v[VALID_DEVICE];
	default: /* ATS.INVAL */
		m->effect = EFFECT_DEVICE_TRANSLATIONS;
		m->device = (int64_t)(v[DEVICE] + (v[VALID_DEVICE] ? v[SEGMENT] << 16 : 0));
		m->device_last = m->device;
		m->process = v[VALID_PROCESS] && !v[ALL_PROCESSES] ? (int64_t)v[PROCESS] : ANY;
		return sized(v[ADDRESS], v[S], m);
	}
}

static bool read_one(const struct reader *reader, const struct iomt_cmd *cmd, struct meaning *m)
{
	const struct layout *layout = find(reader->vendor, cmd);
	uint64_t value[ROLES] = {0};

	if (!layout || !split(layout, cmd, value))
		return false;
	switch (reader->vendor) {
	case VENDOR_AMD:
		return read_amd(layout->number, value, m);
	case VENDOR_VTD:
		return read_vtd(reader, layout->number, value, m);
	case VENDOR_SMMU:
		return read_smmu(reader, layout->number, value, m);
	default:
		return read_riscv(reader, layout->number, value, m);
	}
}

void meaning_of(const struct reader *reader, const struct iomt_cmd *cmd, struct meaning *meaning)
{
	struct meaning found = {.domain = ANY,
				.process = ANY,
				.device = ANY,
				.device_last = ANY,
				.last = UINT64_MAX,
				.tables = true,
				.level = -1};
	bool wide = reader->vendor == VENDOR_VTD && reader->flags & IOMT_VTD_WIDE;

	if ((wide && (cmd[1].word[0] || cmd[1].word[1])) || !read_one(reader, cmd, &found))
		found.effect = EFFECT_NONE;
	*meaning = found;
}

static int decode(const struct reader *reader, const struct iomt_cmd *cmd, struct iomt_inv *inv)
{
	switch (reader->vendor) {
	case VENDOR_AMD:
		return iomt_amd_decode(cmd, inv);
	case VENDOR_VTD:
		return iomt_vtd_decode(cmd, reader->flags, reader->mamv, inv);
	case VENDOR_SMMU:
		return iomt_smmu_decode(cmd, reader->flags, inv);
	default:
		return iomt_riscv_decode(cmd, reader->flags, inv);
	}
}

static int64_t tag(const struct iomt_inv *inv, uint32_t flag, uint32_t value)
{
	return inv->flags & flag ? (int64_t)value : ANY;
}

static bool same_tags(const struct iomt_inv *inv, const struct meaning *m)
{
	return tag(inv, IOMT_INV_BY_DOMAIN, inv->domain) == m->domain &&
	       tag(inv, IOMT_INV_BY_PROCESS, inv->process) == m->process &&
	       tag(inv, IOMT_INV_BY_DEVICE, inv->device) == m->device &&
	       tag(inv, IOMT_INV_BY_DEVICE, inv->device_last) == m->device_last;
}

static bool has(const struct iomt_inv *inv, uint32_t flag)
{
	return inv->flags & flag;
}

static bool same(const struct iomt_inv *inv, const struct meaning *m)
{
	static const enum effect effects[] = {
		[IOMT_INV_IOTLB] = EFFECT_TRANSLATIONS,
		[IOMT_INV_DEVICE_TLB] = EFFECT_DEVICE_TRANSLATIONS,
		[IOMT_INV_DEVICE] = EFFECT_DEVICE_ENTRIES,
		[IOMT_INV_PROCESS] = EFFECT_PROCESS_ENTRIES,
		[IOMT_INV_WAIT] = EFFECT_BARRIER,
	};

	if (effects[inv->kind] != m->effect || !same_tags(inv, m) || inv->first != m->first ||
	    inv->last != m->last || has(inv, IOMT_INV_BY_ADDRESS) != m->by_address ||
	    has(inv, IOMT_INV_LEAVES) == m->tables || inv->granule_lg2 != m->granule_lg2 ||
	    inv->level != m->level)
		return false;
	if (m->effect == EFFECT_TRANSLATIONS &&
	    (has(inv, IOMT_INV_STAGE_1) != m->stage_1 || has(inv, IOMT_INV_STAGE_2) != m->stage_2 ||
	     has(inv, IOMT_INV_ALL_STAGE_1) != m->all_stage_1 ||
	     has(inv, IOMT_INV_GLOBAL) != m->global || has(inv, IOMT_INV_EL2) != m->el2))
		return false;
	return inv->address == m->address && inv->data == m->data &&
	       has(inv, IOMT_INV_STORE) == m->store &&
	       has(inv, IOMT_INV_INTERRUPT) == m->interrupt &&
	       has(inv, IOMT_INV_EVENT) == m->event && has(inv, IOMT_INV_FENCE) == m->fence &&
	       has(inv, IOMT_INV_READS) == m->reads && has(inv, IOMT_INV_WRITES) == m->writes &&
	       has(inv, IOMT_INV_DRAIN) == m->drain;
}

void check_decoder(const struct reader *reader, const struct iomt_cmd *cmd)
{
	struct iomt_inv inv, untouched;
	struct meaning meaning;
	int err;

	memset(&inv, 0x5a, sizeof(inv));
	memcpy(&untouched, &inv, sizeof(inv));
	meaning_of(reader, cmd, &meaning);
	err = decode(reader, cmd, &inv);
	CHECK_MSG(!err == (meaning.effect != EFFECT_NONE) && (!err || err == IOMT_EINVAL),
		  "vendor %d: 0x%016" PRIx64 " 0x%016" PRIx64 " gives %d, and means %d",
		  reader->vendor, cmd->word[0], cmd->word[1], err, meaning.effect);
	if (err)
		CHECK_MSG(!memcmp(&inv, &untouched, sizeof(inv)), "a refused command was written");
	else
		CHECK_MSG(same(&inv, &meaning),
			  "vendor %d: 0x%016" PRIx64 " 0x%016" PRIx64
			  " is read in two ways: kind %d flags 0x%x 0x%" PRIx64 " to 0x%" PRIx64,
			  reader->vendor, cmd->word[0], cmd->word[1], inv.kind, inv.flags,
			  inv.first, inv.last);
}
