/* SPDX-License-Identifier: MIT */
#include "walker.h"

static struct walk bad(const char *why)
{
	return (struct walk){.result = WALK_BAD, .why = why};
}

/*
 * The walk ends at an entry that is not present, whose other bits hardware ignores. The library
 * leaves them zero but where another call makes a leaf of Arm's anew.
 */
static struct walk absent(const struct walker *walker, uint64_t entry, unsigned level)
{
	bool arm = walker->format == WALK_ARM_S1 || walker->format == WALK_ARM_S2;
	bool held = walker->live && arm;

	if (entry && !held)
		return bad("an entry that is not present and not zero");
	return (struct walk){.result = WALK_EMPTY, .level = level - 1};
}

static uint64_t bits(uint64_t value, unsigned high, unsigned low)
{
	return value >> low & (~0ULL >> (63 - (high - low)));
}

static uint64_t *entry_at(const struct walker *walker, uint64_t table, uint64_t index)
{
	if (walker->word)
		return walker->word(walker->ctx, table + 8 * index);
	return provider_word(walker->provider, table + 8 * index, walker->shadow);
}

/* Entries are read whole, as hardware does. */
static uint64_t get(const uint64_t *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/*
 * AMD 48882, 2.2.3: PR 0, D 6, NextLevel 11:9, address 51:12, FC 60, IR 61, IW 62. Table entries
 * reserve 60:52 but the address; leaves reserve 58:52.
 */
static struct walk walk_amdv1(const struct walker *walker, uint64_t iova, uint64_t table,
			      unsigned level, struct walk_path *path)
{
	bool read = true, write = true, dirty = false;

	for (;;) {
		unsigned shift = 12 + 9 * (level - 1), next, size = shift;
		uint64_t index = bits(iova, shift + 8 > 63 ? 63 : shift + 8, shift), entry, run;
		uint64_t *slot = entry_at(walker, table, index);

		if (!slot)
			return bad("a table that is not there");
		path->table[level - 1] = table;
		entry = get(slot);
		if (!(entry & 1))
			return absent(walker, entry, level);
		if (bits(entry, 58, 52))
			return bad("reserved bits");
		read &= bits(entry, 61, 61);
		write &= bits(entry, 62, 62);
		next = (unsigned)bits(entry, 11, 9);
		if (next != 0 && next != 7) {
			if (next != level - 1)
				return bad("NextLevel skips");
			if (~entry & walker->enc)
				return bad("a table that is not encrypted");
			table = entry & 0xffffffffff000ULL & ~walker->enc;
			level--;
			continue;
		}
		if (next == 7) {
			size = 12;
			while (entry >> size & 1)
				size++;
			size++;
			if (size <= shift || size >= shift + 9)
				return bad("an encoded size of another level");
		}
		run = walker->live ? 0 : 1ULL << (size - shift);
		dirty = bits(entry, 6, 6);
		for (uint64_t i = 0; i < run; i++) {
			uint64_t *twin = entry_at(walker, table, (index & ~(run - 1)) + i);

			if ((get(twin) ^ entry) & ~(1ULL << 6))
				return bad("slots of one leaf differ");
			dirty |= get(twin) >> 6 & 1;
		}
		return (struct walk){
			.result = WALK_MAPPED,
			.oa = (entry & 0xffffffffff000ULL & ~walker->enc & ~((1ULL << size) - 1)) |
			      (iova & ((1ULL << size) - 1)),
			.size_lg2 = size,
			.level = level - 1,
			.read = read,
			.write = write,
			.dirty = dirty,
			.slot = slot,
			.entry = entry,
		};
	}
}

/* Intel SDM 3A, 4.5: P 0, RW 1, US 2, A 5, D 6, PS 7, address 51:12, XD 63. */
static struct walk walk_x86_64(const struct walker *walker, uint64_t iova, uint64_t table,
			       unsigned level, struct walk_path *path)
{
	bool write = true, exec = walker->nx;

	for (;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t *slot = entry_at(walker, table, bits(iova, shift + 8, shift)), entry;

		if (!slot)
			return bad("a table that is not there");
		path->table[level - 1] = table;
		entry = get(slot);
		if (!(entry & 1))
			return absent(walker, entry, level);
		if (!(entry >> 5 & 1))
			return bad("accessed is not set");
		write &= bits(entry, 1, 1);
		exec &= !bits(entry, 63, 63);
		if (entry >> 63 && !walker->nx)
			return bad("XD is reserved here");
		if (level > 1 && !(entry >> 7 & 1)) {
			if (~entry & walker->enc)
				return bad("a table that is not encrypted");
			table = entry & 0xffffffffff000ULL & ~walker->enc;
			continue;
		}
		if (level > 3)
			return bad("PS above 1G");
		if (level > 1 && bits(entry, shift - 1, 12))
			return bad("reserved address bits of a large leaf");
		return (struct walk){
			.result = WALK_MAPPED,
			.oa = (entry & 0xffffffffff000ULL & ~walker->enc & ~((1ULL << shift) - 1)) |
			      (iova & ((1ULL << shift) - 1)),
			.size_lg2 = shift,
			.level = level - 1,
			.read = true,
			.write = write,
			.exec = exec,
			.dirty = entry >> 6 & 1,
			.slot = slot,
			.entry = entry,
		};
	}
}

/* Intel D51397, 9.9: R 0, W 1, PS 7, A 8, D 9, SNP 11, address 51:12. */
static struct walk walk_vtd_ss(const struct walker *walker, uint64_t iova, uint64_t table,
			       unsigned level, struct walk_path *path)
{
	bool read = true, write = true;

	for (;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t *slot = entry_at(walker, table, bits(iova, shift + 8, shift)), entry;

		if (!slot)
			return bad("a table that is not there");
		path->table[level - 1] = table;
		entry = get(slot);
		if (!(entry & 3))
			return absent(walker, entry, level);
		read &= bits(entry, 0, 0);
		write &= bits(entry, 1, 1);
		if (level > 1 && !(entry >> 7 & 1)) {
			if (bits(entry, 11, 11))
				return bad("SNP in a table");
			table = entry & 0xffffffffff000ULL;
			continue;
		}
		if (level > 3)
			return bad("PS above 1G");
		if (level > 1 && bits(entry, shift - 1, 12))
			return bad("reserved address bits of a large leaf");
		return (struct walk){
			.result = WALK_MAPPED,
			.oa = (entry & 0xffffffffff000ULL & ~((1ULL << shift) - 1)) |
			      (iova & ((1ULL << shift) - 1)),
			.size_lg2 = shift,
			.level = level - 1,
			.read = read,
			.write = write,
			.dirty = entry >> 9 & 1,
			.slot = slot,
			.entry = entry,
		};
	}
}

/* DDI 0487, D8.3.1: where the output address stands. */
static uint64_t arm_address(const struct walker *walker, uint64_t entry)
{
	if (walker->hw.u.arm.ds)
		return bits(entry, 49, 12) << 12 | bits(entry, 9, 8) << 50;
	if (walker->granule_lg2 == 16)
		return bits(entry, 47, 16) << 16 | bits(entry, 15, 12) << 48;
	return bits(entry, 47, 12) << 12;
}

/* D8.7.1: slots that the contiguous bit joins at a level that maps 2^shift bytes. */
static unsigned arm_contiguous_lg2(unsigned granule_lg2, unsigned shift)
{
	if (granule_lg2 == 12)
		return 4;
	if (granule_lg2 == 16)
		return 5;
	return shift == 14 ? 7 : 5;
}

/* D8.5: a writable-clean page has DBM and no write permission. Bit 56 is software's. */
static bool arm_dirty(const struct walker *walker, uint64_t entry)
{
	bool writes = walker->format == WALK_ARM_S1 ? !bits(entry, 7, 7) : bits(entry, 7, 7);

	return (bits(entry, 51, 51) && writes) || bits(entry, 56, 56);
}

/* What the walk met in the slot is all it knows: another thread may change it meanwhile. */
static struct walk arm_leaf(const struct walker *walker, uint64_t iova, uint64_t table,
			    uint64_t index, uint64_t entry, unsigned shift)
{
	uint64_t *slot = entry_at(walker, table, index);
	unsigned run_lg2 = bits(entry, 52, 52) ? arm_contiguous_lg2(walker->granule_lg2, shift) : 0;
	unsigned size = shift + run_lg2;
	uint64_t first = index & ~((1ULL << run_lg2) - 1), oa = arm_address(walker, entry);
	const uint64_t dirty_bits = 1ULL << 7 | 1ULL << 56;
	bool s1 = walker->format == WALK_ARM_S1;
	struct walk found = {.result = WALK_MAPPED, .size_lg2 = size, .slot = slot, .entry = entry};

	if (!bits(entry, 10, 10))
		return bad("access flag is not set");
	if (oa & ((1ULL << shift) - 1))
		return bad("an output address that is not aligned");
	found.oa = (oa & ~((1ULL << size) - 1)) | (iova & ((1ULL << size) - 1));
	if ((found.oa ^ oa) & ~((1ULL << shift) - 1))
		return bad("a slot of a run with another address");
	found.dirty = arm_dirty(walker, entry);
	for (uint64_t i = 0; !walker->live && i < 1ULL << run_lg2; i++) {
		uint64_t twin = get(entry_at(walker, table, first + i));
		uint64_t want = (oa & ~((1ULL << size) - 1)) + (i << shift);

		if (arm_address(walker, twin) != want)
			return bad("a run whose addresses do not follow one another");
		if ((twin ^ entry) & (0xfff0000000000c7fULL & ~dirty_bits))
			return bad("attributes differ within a run");
		found.dirty |= arm_dirty(walker, twin);
	}
	found.read = s1 || bits(entry, 6, 6);
	found.write = (s1 ? !bits(entry, 7, 7) : bits(entry, 7, 7)) || bits(entry, 51, 51);
	found.level = (shift - walker->granule_lg2) / (walker->granule_lg2 - 3);
	found.exec = s1 ? !bits(entry, 53, 53) : bits(entry, 54, 53) != 2;
	return found;
}

/* D8.2: the top table's index is what TxSZ leaves above the levels that the walk has below it. */
static struct walk walk_arm(const struct walker *walker, uint64_t iova, uint64_t table,
			    unsigned level, struct walk_path *path)
{
	unsigned granule = walker->granule_lg2, index_lg2 = granule - 3;
	unsigned width = 64 - walker->hw.u.arm.tsz;

	iova &= ~0ULL >> (64 - width);
	for (;; level--) {
		unsigned shift = granule + index_lg2 * (level - 1);
		unsigned high = level == walker->hw.levels ? width - 1 : shift + index_lg2 - 1;
		uint64_t index = bits(iova, high, shift), entry;
		uint64_t *slot = entry_at(walker, table, index);

		if (!slot)
			return bad("a table that is not there");
		path->table[level - 1] = table;
		entry = get(slot);
		if (!(entry & 1))
			return absent(walker, entry, level);
		if (level > 1 && (entry & 2)) {
			table = arm_address(walker, entry);
			continue;
		}
		if (level == 1 && !(entry & 2))
			return bad("a reserved descriptor at the last level");
		return arm_leaf(walker, iova, table, index, entry, shift);
	}
}

/*
 * RISC-V privileged architecture, Sv39, Sv48, Sv57: V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, PPN
 * 53:10, PBMT 62:61, N 63. What a walk raises no page fault for, the access aside; and what an
 * access may not fail at, A and D.
 */
static const char *riscv_reserved(const struct walker *walker, uint64_t entry, bool leaf,
				  unsigned level)
{
	if (bits(entry, 60, 54))
		return "bits that are reserved";
	if (!leaf && (entry & 0xe0000000000000d0))
		return "D, A, U, PBMT or N in a table";
	if (!leaf && level == 1)
		return "a table below the last level";
	if (bits(entry, 62, 61) == 3 || (bits(entry, 62, 61) && !walker->pbmt))
		return "a memory type that is reserved";
	if (bits(entry, 2, 2) && !bits(entry, 1, 1))
		return "writable and not readable";
	if (leaf && bits(entry, 63, 63) &&
	    (!walker->napot || level > 1 || bits(entry, 13, 10) != 8))
		return "a reserved encoding of Svnapot";
	if (leaf && walker->format == WALK_RISCV_S2 && bits(entry, 5, 4) != 1)
		return "a leaf of a second stage with G, or without U";
	if (leaf && !bits(entry, 6, 6))
		return "accessed is not set";
	if (leaf && bits(entry, 2, 2) && !bits(entry, 7, 7) && !walker->hw.u.riscv.ade)
		return "a writable leaf without D, which nobody sets";
	return NULL;
}

/* Svnapot: the low bits of the input replace those of the PPN; A and D are of all slots together. */
static struct walk riscv_leaf(const struct walker *walker, uint64_t iova, uint64_t table,
			      uint64_t index, uint64_t entry, unsigned shift)
{
	unsigned size = bits(entry, 63, 63) ? 16 : shift;
	uint64_t offset = iova & ((1ULL << size) - 1), oa = bits(entry, 53, 10) << 12;
	uint64_t run = walker->live ? 0 : 1ULL << (size - shift);
	struct walk found = {
		.result = WALK_MAPPED,
		.oa = (oa & ~((1ULL << size) - 1)) | offset,
		.size_lg2 = size,
		.level = (shift - 12) / 9,
		.read = bits(entry, 1, 1),
		.write = bits(entry, 2, 2),
		.exec = bits(entry, 3, 3),
		.dirty = bits(entry, 7, 7),
		.slot = entry_at(walker, table, index),
		.entry = entry,
	};

	if (size == shift && (oa & ((1ULL << size) - 1)))
		return bad("an output address that is not aligned");
	for (uint64_t i = 0; i < run; i++) {
		uint64_t twin = get(entry_at(walker, table, (index & ~(run - 1)) + i));

		if ((twin ^ entry) & ~0xc0ULL)
			return bad("slots of one leaf differ");
		found.dirty |= bits(twin, 7, 7);
	}
	return found;
}

/* The levels that MODE says; a second stage has two more bits at the top. */
static struct walk walk_riscv(const struct walker *walker, uint64_t iova, uint64_t table,
			      unsigned level, struct walk_path *path)
{
	bool s2 = walker->format == WALK_RISCV_S2;
	unsigned levels = (unsigned)bits(walker->hw.u.riscv.atp, 63, 60) - 5;
	unsigned width = 12 + 9 * levels + (s2 ? 2 : 0);
	uint64_t above = s2 ? iova >> width : iova >> (width - 1);

	/* the first stage wants copies of the top bit, the second zeros */
	if (above && (s2 || above != ~0ULL >> (width - 1)))
		return (struct walk){.result = WALK_EMPTY, .level = levels - 1};
	for (;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		unsigned high = level == levels ? width - 1 : shift + 8;
		uint64_t index = bits(iova, high, shift), entry;
		uint64_t *slot = entry_at(walker, table, index);
		const char *why;
		bool leaf;

		if (!slot)
			return bad("a table that is not there");
		path->table[level - 1] = table;
		entry = get(slot);
		if (!(entry & 1))
			return absent(walker, entry, level);
		leaf = bits(entry, 3, 1);
		why = riscv_reserved(walker, entry, leaf, level);
		if (why)
			return bad(why);
		if (leaf)
			return riscv_leaf(walker, iova, table, index, entry, shift);
		table = bits(entry, 53, 10) << 12;
	}
}

/* Whether an entry at this level points to a table, and where that is. */
static bool is_table(const struct walker *walker, uint64_t entry, unsigned level, uint64_t *next)
{
	unsigned pointer = (unsigned)bits(entry, 11, 9);

	*next = entry & 0xffffffffff000ULL & ~walker->enc;
	switch (walker->format) {
	case WALK_AMDV1:
		return (entry & 1) && pointer != 0 && pointer != 7;
	case WALK_X86_64:
		return (entry & 1) && !(entry >> 7 & 1) && level > 1;
	case WALK_VTD_SS:
		return (entry & 3) && !(entry >> 7 & 1) && level > 1;
	case WALK_RISCV_S1:
	case WALK_RISCV_S2:
		*next = bits(entry, 53, 10) << 12;
		return bits(entry, 3, 0) == 1 && level > 1;
	default:
		*next = arm_address(walker, entry);
		return (entry & 3) == 3 && level > 1;
	}
}

struct walk walk_from(const struct walker *walker, uint64_t iova, uint64_t table, unsigned level,
		      struct walk_path *path)
{
	*path = (struct walk_path){{0}};
	switch (walker->format) {
	case WALK_AMDV1:
		return walk_amdv1(walker, iova, table, level, path);
	case WALK_X86_64:
		return walk_x86_64(walker, iova, table, level, path);
	case WALK_VTD_SS:
		return walk_vtd_ss(walker, iova, table, level, path);
	case WALK_RISCV_S1:
	case WALK_RISCV_S2:
		return walk_riscv(walker, iova, table, level, path);
	default:
		return walk_arm(walker, iova, table, level, path);
	}
}

/* Where hardware begins: what the driver programmed. */
static uint64_t root(const struct walker *walker)
{
	uint64_t table = walker->hw.root;

	if (walker->format == WALK_ARM_S1 || walker->format == WALK_ARM_S2) {
		table = walker->hw.u.arm.ttbr;
		if (walker->hw.oa_bits == 52)
			table = (table & 0xffffffffffc0ULL) | bits(table, 5, 2) << 48;
	}
	if (walker->format == WALK_RISCV_S1 || walker->format == WALK_RISCV_S2)
		table = bits(walker->hw.u.riscv.atp, 43, 0) << 12;
	return table;
}

static unsigned depth(const struct walker *walker)
{
	switch (walker->format) {
	case WALK_AMDV1:
		return walker->hw.u.amdv1.mode;
	case WALK_X86_64:
		return 4 + walker->hw.u.x86.paging_mode;
	case WALK_VTD_SS:
		return 2 + walker->hw.u.vtd.aw;
	case WALK_RISCV_S1:
	case WALK_RISCV_S2:
		return (unsigned)bits(walker->hw.u.riscv.atp, 63, 60) - 5;
	default:
		return walker->hw.levels;
	}
}

struct walk walk_with_path(const struct walker *walker, uint64_t iova, struct walk_path *path)
{
	unsigned levels = depth(walker);

	*path = (struct walk_path){{0}};
	/* 48882, 2.2.3: address bits above those that Mode translates must be zero */
	if (walker->format == WALK_AMDV1 && levels < 6 && iova >> (12 + 9 * levels))
		return (struct walk){.result = WALK_EMPTY};
	return walk_from(walker, iova, root(walker), levels, path);
}

struct walk walk(const struct walker *walker, uint64_t iova)
{
	struct walk_path path;

	return walk_with_path(walker, iova, &path);
}

/* The tables below one, itself included: the slots of tables that are not tops are all used. */
static uint64_t count_below(const struct walker *walker, uint64_t table, unsigned level,
			    uint64_t slots)
{
	uint64_t count = 1;

	for (uint64_t i = 0; level > 1 && i < slots; i++) {
		uint64_t *slot = entry_at(walker, table, i), next = 0;

		if (slot && is_table(walker, get(slot), level, &next))
			count += count_below(walker, next, level - 1,
					     1ULL << (walker->granule_lg2 - 3));
	}
	return count;
}

uint64_t walk_count_tables(const struct walker *walker)
{
	unsigned levels = depth(walker);
	unsigned shift = walker->granule_lg2 + (walker->granule_lg2 - 3) * (levels - 1);
	unsigned width = walker->hw.iova_bits > shift ? walker->hw.iova_bits - shift : 0;

	return count_below(walker, root(walker), levels, 1ULL << width);
}

bool walk_mark_dirty(const struct walker *walker, const struct walk *found)
{
	uint64_t entry = found->entry, dirty = entry;

	switch (walker->format) {
	case WALK_AMDV1:
	case WALK_X86_64:
		dirty |= 1ULL << 6;
		break;
	case WALK_VTD_SS:
		dirty |= 1ULL << 9;
		break;
	case WALK_ARM_S1:
		dirty &= ~(1ULL << 7);
		break;
	case WALK_ARM_S2:
	case WALK_RISCV_S1:
	case WALK_RISCV_S2:
		dirty |= 1ULL << 7;
		break;
	}
	return __atomic_compare_exchange_n(found->slot, &entry, dirty, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}
