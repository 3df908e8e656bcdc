/* SPDX-License-Identifier: MIT */
#include "wild.h"
#include "test.h"

#define PAGES_LG2    5u
#define PAGES	     (1u << PAGES_LG2)
#define LARGEST_LG2  16
#define MOST_ENTRIES 64u
#define MOST_SLOTS   512u

/* One entry, and how often it is written side by side. */
struct entry {
	uint8_t page;
	uint8_t repeat; /* lg2 of slots; bit 7: the address grows */
	uint16_t slot;
	uint64_t value;
};

static struct {
	_Alignas(1 << 20) uint64_t words[(size_t)PAGES << (LARGEST_LG2 - 3)];
	unsigned granule_lg2;
	unsigned levels;
	uint64_t keep; /* bits of entries that stand */
	bool linear;
	struct iomt_mem mem; /* as the library is told of it */
	struct {
		size_t first;
		size_t count;
	} written[MOST_ENTRIES];
	size_t writes;
} wild;

/* The pages begin with the top table, and repeat for ever. */
static void *to_virt(void *ctx, uint64_t phys)
{
	uint64_t offset = phys & (((uint64_t)PAGES << wild.granule_lg2) - 1);

	(void)ctx;
	return (char *)wild.words + offset;
}

static uint64_t to_phys(void *ctx, const void *memory)
{
	(void)ctx;
	return (uint64_t)((const char *)memory - (const char *)wild.words);
}

static void *alloc_top(void *ctx, size_t bytes)
{
	(void)ctx;
	CHECK(bytes <= (size_t)PAGES << wild.granule_lg2);
	return wild.words;
}

static void keep_top(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)memory;
	(void)bytes;
}

/* Bits from..to of an entry, both included. */
static uint64_t bits(unsigned from, unsigned to)
{
	return from > to ? 0 : (~0ULL >> (63 - to)) & ~((1ULL << from) - 1);
}

static bool is_riscv(const struct kind *kind)
{
	return kind->walk == WALK_RISCV_S1 || kind->walk == WALK_RISCV_S2;
}

/*
 * Where an entry has address bits that this table was not configured for, the two readers differ:
 * the library masks them, hardware faults. So they are taken out.
 */
static uint64_t kept_bits(const struct kind *kind, const struct iomt_pt_hw *hw)
{
	bool arm = kind->walk == WALK_ARM_S1 || kind->walk == WALK_ARM_S2;
	unsigned oa_bits = wild.linear ? wild.granule_lg2 + PAGES_LG2 : hw->oa_bits;
	unsigned top = !arm ? 51 : hw->u.arm.ds ? 49 : 47;
	uint64_t address = bits(12, top), ok = bits(wild.granule_lg2, top);

	if (is_riscv(kind)) /* the address is two bits lower */
		return ~bits(10, 53) | bits(10, oa_bits - 3);
	if (oa_bits <= top)
		ok &= bits(0, oa_bits - 1);
	if (arm && hw->u.arm.ds) { /* 51:50 stand in 9:8 */
		address |= bits(8, 9);
		ok |= oa_bits == 52 ? bits(8, 9) : 0;
	}
	if (arm && wild.granule_lg2 == 16) /* 51:48 stand in 15:12 */
		ok |= oa_bits == 52 ? bits(12, 15) : 0;
	return ~address | ok | (kind->enc_bit ? 1ULL << kind->enc_bit : 0);
}

void wild_open(struct table *table, const struct kind *kind, bool linear)
{
	struct iomt_pt_hw hw;

	memset(table, 0, sizeof(*table));
	table->kind = kind;
	wild.granule_lg2 = kind->granule_lg2;
	wild.linear = linear;
	wild.writes = 0;
	table->provider.mem = (struct iomt_mem){
		.size = sizeof(struct iomt_mem),
		.alloc = alloc_top,
		.free = keep_top,
		.to_phys = to_phys,
		.to_virt = to_virt,
		.phys_offset = 0 - (uint64_t)(uintptr_t)wild.words,
	};
	wild.mem = table->provider.mem;
	if (linear) {
		wild.mem.to_phys = NULL;
		wild.mem.to_virt = NULL;
	}
	table->cfg = (struct iomt_pt_cfg){
		.size = sizeof(table->cfg),
		.format = kind->format,
		.mem = &wild.mem,
		.flags = kind->flags,
		.iova_bits = kind->iova_bits,
		.oa_bits = kind->oa_bits,
		.levels = kind->grows ? 0 : kind->levels,
		.bbm = kind->bbm,
		.enc_bit = kind->enc_bit,
	};
	CHECK_INT(iomt_pt_init(&table->pt, &table->cfg), 0);
	iomt_pt_hw(&table->pt, &hw);
	iomt_pt_bounds(&table->pt, &table->first, &table->last);
	table->granule = 1ULL << kind->granule_lg2;
	wild.levels = hw.levels;
	wild.keep = kept_bits(kind, &hw);
}

/* For AMD V1 a page belongs to a level: the top is the first. */
static unsigned level_of(unsigned page)
{
	return (wild.levels * PAGES - 1 - page) % wild.levels;
}

/* 48882, 2.2.3: makes the size that a leaf of NextLevel 7 encodes one that the level has. */
static uint64_t fit_size(uint64_t value, unsigned level)
{
	unsigned shift = 12 + 9 * level, size_lg2 = 12;

	while (size_lg2 < 63 && (value >> size_lg2 & 1))
		size_lg2++;
	size_lg2++;
	if (size_lg2 > shift && size_lg2 < shift + 9)
		return value;
	size_lg2 = shift + 1 + size_lg2 % 8;
	value |= ((1ULL << (size_lg2 - 1)) - 1) & ~0xfffULL;
	return value & ~(1ULL << (size_lg2 - 1));
}

/* Its tables lie a level below. */
static uint64_t fit_amdv1(uint64_t value, unsigned page)
{
	unsigned level = level_of(page), next = value >> 9 & 7, to;

	if (!level || next == 0 || (next == 7 && level == 5))
		return value & ~(7ULL << 9);
	if (next == 7)
		return fit_size(value, level);
	to = (unsigned)(value >> 12 & (PAGES - 1));
	while (level_of(to) != level - 1)
		to = (to + 1) % PAGES;
	return (value & ~((uint64_t)(PAGES - 1) << 12)) | (uint64_t)to << 12;
}

/*
 * Where addresses differ by a constant the library takes an entry with a table's low bits for one of
 * its own (pt_plain_child), and hardware writes no others: what is above the address is then as the
 * library writes it.
 */
static uint64_t trusted(const struct table *table, uint64_t value)
{
	bool amdv1 = table->kind->walk == WALK_AMDV1;
	unsigned top = is_riscv(table->kind) ? 53 : table->kind->walk >= WALK_ARM_S1 ? 47 : 51;

	if (!wild.linear || !(value & 1))
		return value;
	return (value & bits(0, top)) | (amdv1 ? 3ULL << 61 : 0) |
	       (table->kind->enc_bit ? 1ULL << table->kind->enc_bit : 0);
}

static uint64_t fit(const struct table *table, uint64_t value, unsigned page)
{
	value = trusted(table, value & wild.keep);
	return table->kind->walk == WALK_AMDV1 ? fit_amdv1(value, page) : value;
}

static void write_entries(const struct table *table, const struct entry *entry)
{
	size_t slots = (size_t)1 << (wild.granule_lg2 - 3);
	size_t count = (size_t)1 << (entry->repeat & 0x7f) % 10;
	size_t slot = entry->slot % slots;
	unsigned page = entry->page % PAGES;
	uint64_t value = entry->value;

	if (count > slots - slot)
		count = slots - slot;
	wild.written[wild.writes].first = page * slots + slot;
	wild.written[wild.writes++].count = count;
	for (size_t i = 0; i < count; i++) {
		wild.words[page * slots + slot + i] = fit(table, value, page);
		if (entry->repeat & 0x80)
			value += table->granule;
	}
}

void wild_fill(struct table *table, const uint8_t *data, size_t size)
{
	struct entry entry;

	for (size_t i = 0; i < size / 12 && i < MOST_ENTRIES; i++) {
		memcpy(&entry.page, data + i * 12, 1);
		memcpy(&entry.repeat, data + i * 12 + 1, 1);
		memcpy(&entry.slot, data + i * 12 + 2, 2);
		memcpy(&entry.value, data + i * 12 + 4, 8);
		write_entries(table, &entry);
	}
}

void wild_close(void)
{
	for (size_t i = 0; i < wild.writes; i++)
		memset(&wild.words[wild.written[i].first], 0,
		       wild.written[i].count * sizeof(uint64_t));
}
