/* SPDX-License-Identifier: MIT */
#include "guest_play.h"
#include "guest_reader.h"
#include "test.h"

#define PAGES	   16u
#define LARGEST	   65536u
#define BASE_LG2   20u /* the arena begins at 2^20 in guest memory, or just below 2^32 */
#define MOST_READS 4096u

struct shape {
	const char *name;
	const struct iomt_walk_format *format;
	enum reader_format reader;
	uint8_t granule_lg2;
	bool lpa2;
	uint8_t min_levels;
	uint8_t max_levels;
	uint8_t concat_lg2;
	uint8_t max_iova;
	uint32_t flags;
	uint64_t oa_widths;
	uint64_t sizes;
};

#define AD (IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY)
#define S1                                                                           \
	(AD | IOMT_WALK_UPPER | IOMT_WALK_TOP_BYTE | IOMT_WALK_PAN | IOMT_WALK_WXN | \
	 IOMT_WALK_FLAT_PERMISSIONS | IOMT_WALK_NO_ACCESS_FAULT)
#define S2 (AD | IOMT_WALK_NO_ACCESS_FAULT | IOMT_WALK_XNX)
#define X86                                                                                  \
	(AD | IOMT_WALK_SIGNED | IOMT_WALK_EXTENDED_ACCESSED | IOMT_WALK_NX | IOMT_WALK_WP | \
	 IOMT_WALK_SMEP | IOMT_WALK_PAN | IOMT_WALK_TOP_GLOBAL_RESERVED)
#define VTD   (AD | IOMT_WALK_SNOOP | IOMT_WALK_TRANSIENT)
#define ANY   ((1ULL << 53) - (1ULL << 32))
#define PLAIN (1ULL << 12 | 1ULL << 21 | 1ULL << 30)
#define A4K   (1ULL << 12 | 1ULL << 16 | 1ULL << 21 | 1ULL << 25 | 1ULL << 30 | 1ULL << 34)
#define A16K  (1ULL << 14 | 1ULL << 21 | 1ULL << 25 | 1ULL << 30)
#define A64K  (1ULL << 16 | 1ULL << 21 | 1ULL << 29 | 1ULL << 34)
#define ARM48 (1ULL << 32 | 1ULL << 36 | 1ULL << 40 | 1ULL << 42 | 1ULL << 44 | 1ULL << 48)
#define ARM52 (ARM48 | 1ULL << 52)
#define RV    (AD | IOMT_WALK_PBMT | IOMT_WALK_SOFTWARE)
#define ANY56 ((1ULL << 57) - (1ULL << 32))
#define RISCV (PLAIN | 1ULL << 16 | 1ULL << 39 | 1ULL << 48)

/* clang-format off */
static const struct shape shapes[] = {
	{"amdv1", &iomt_walk_amdv1, READER_AMDV1, 12, false, 1, 6, 0, 64, AD, ANY, (1ULL << 53) - (1ULL << 12)},
	{"x86_64", &iomt_walk_x86_64, READER_X86_64, 12, false, 4, 5, 0, 57, X86, ANY, PLAIN},
	{"vtd_ss", &iomt_walk_vtd_ss, READER_VTD_SS, 12, false, 3, 5, 0, 57, VTD, ANY, PLAIN},
	{"arm_s1_4k", &iomt_walk_arm_s1_4k, READER_ARM_S1, 12, false, 2, 4, 0, 48, S1, ARM48, A4K},
	{"arm_s1_16k", &iomt_walk_arm_s1_16k, READER_ARM_S1, 14, false, 2, 4, 0, 48, S1, ARM48, A16K},
	{"arm_s1_64k", &iomt_walk_arm_s1_64k, READER_ARM_S1, 16, false, 1, 3, 0, 52, S1, ARM52, A64K | 1ULL << 42},
	{"arm_s1_4k_lpa2", &iomt_walk_arm_s1_4k_lpa2, READER_ARM_S1, 12, true, 2, 5, 0, 52, S1, ARM52, A4K | 1ULL << 39},
	{"arm_s1_16k_lpa2", &iomt_walk_arm_s1_16k_lpa2, READER_ARM_S1, 14, true, 2, 4, 0, 52, S1, ARM52, A16K | 1ULL << 36},
	{"arm_s2_4k", &iomt_walk_arm_s2_4k, READER_ARM_S2, 12, false, 2, 4, 4, 48, S2, ARM48, A4K},
	{"arm_s2_16k", &iomt_walk_arm_s2_16k, READER_ARM_S2, 14, false, 1, 3, 4, 48, S2, ARM48, A16K},
	{"arm_s2_64k", &iomt_walk_arm_s2_64k, READER_ARM_S2, 16, false, 1, 3, 4, 52, S2, ARM52, A64K | 1ULL << 42},
	{"arm_s2_4k_lpa2", &iomt_walk_arm_s2_4k_lpa2, READER_ARM_S2, 12, true, 2, 5, 4, 52, S2, ARM52, A4K | 1ULL << 39},
	{"arm_s2_16k_lpa2", &iomt_walk_arm_s2_16k_lpa2, READER_ARM_S2, 14, true, 1, 4, 4, 52, S2, ARM52, A16K | 1ULL << 36},
	{"riscv_s1", &iomt_walk_riscv_s1, READER_RISCV_S1, 12, false, 3, 5, 0, 57, RV | IOMT_WALK_SIGNED | IOMT_WALK_PAN, ANY56, RISCV},
	{"riscv_s2", &iomt_walk_riscv_s2, READER_RISCV_S2, 12, false, 3, 5, 2, 59, RV, ANY56, RISCV},
};
/* clang-format on */
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* A table, its memory, and how the library is told of it. */
static struct {
	_Alignas(LARGEST) uint64_t words[PAGES * LARGEST / 8];
	const struct shape *shape;
	const struct play_source *source;
	uint64_t seed;
	uint64_t base;	/* guest address of the arena */
	uint64_t bytes; /* of it */
	struct iomt_walk_cfg cfg;
	struct reader reader;
	unsigned top_shift;
	uint32_t written[PAGES * 8];
	unsigned writes;
	/* reads through the callback, and how often one changes memory first */
	bool changing;
	unsigned reads;
	struct {
		uint64_t address;
		uint64_t value;
	} log[MOST_READS];
	/* what words were before they changed */
	unsigned changes;
	struct {
		uint64_t *word;
		uint64_t was;
	} undo[MOST_READS];
} play;

static uint64_t choose(uint64_t limit)
{
	return play.source->next(play.source->ctx, limit);
}

static uint64_t anything(void)
{
	return play.source->next(play.source->ctx, 0);
}

static bool likely(void)
{
	return choose(8) != 0;
}

static uint64_t low(unsigned count)
{
	return count < 64 ? (1ULL << count) - 1 : ~0ULL;
}

static uint64_t *word_at(uint64_t address)
{
	uint64_t offset = address - play.base;

	return offset < play.bytes ? &play.words[offset / 8] : NULL;
}

static bool read_memory(void *ctx, uint64_t address, uint64_t *value)
{
	uint64_t *word = word_at(address);

	(void)ctx;
	if (word)
		*value = *word;
	return word;
}

/* A page of the arena; sometimes some other address. */
static uint64_t some_address(void)
{
	unsigned lg2 = play.shape->granule_lg2;

	if (!likely() && !likely())
		return anything() & low(52) & ~low(lg2);
	return play.base + (choose(PAGES) << lg2);
}

static bool is_riscv(void)
{
	return play.shape->reader >= READER_RISCV_S1;
}

static uint64_t pack(uint64_t address)
{
	if (is_riscv())
		return address >> 2;
	if (play.shape->lpa2)
		return (address & low(50)) | (address >> 50) << 8;
	if (play.shape->granule_lg2 == 16)
		return (address & low(48)) | (address >> 48) << 12;
	return address;
}

/* For AMD V1 a page has a level: the top is page 0. */
static unsigned level_of(unsigned page)
{
	return (play.cfg.levels * PAGES - 1u - page) % play.cfg.levels;
}

static uint64_t amdv1_entry(unsigned page)
{
	unsigned level = level_of(page), to = (unsigned)choose(PAGES), size;
	uint64_t entry = 3ULL << 61 | 1;

	switch (choose(4)) {
	case 0:
		return entry | (anything() & low(52) & ~low(12));
	case 1:
		size = 12 + 9 * level + 1 + (unsigned)choose(8);
		entry |= (anything() & low(52) & ~low(size)) | (low(size - 1) & ~low(12));
		return entry | 7 << 9;
	default:
		if (!level)
			return entry | 0xabc000;
		while (level_of(to) >= level)
			to = (to + 1) % PAGES;
		return entry | (play.base + ((uint64_t)to << 12)) | (level_of(to) + 1) << 9;
	}
}

static uint64_t riscv_entry(uint64_t leaf)
{
	if (likely() && choose(4)) /* a table, or a page */
		return pack(some_address()) | (choose(2) ? 1 : 0xdf);
	if (!choose(4)) /* 64K, or not */
		return (pack(leaf) & ~(15ULL << 10)) | 8ULL << 10 | 0xd7 | choose(2) << 63;
	return pack(leaf & ~low(9 * (unsigned)choose(5) + 12)) | 0xd7 | choose(4) << 61;
}

static uint64_t usual_entry(unsigned page)
{
	uint64_t leaf = anything() & low(52) & ~low(play.shape->granule_lg2);

	if (play.reader.oa_bits < 52)
		leaf &= low(play.reader.oa_bits);
	switch (play.shape->reader) {
	case READER_AMDV1:
		return amdv1_entry(page);
	case READER_X86_64:
		if (likely())
			return some_address() | 0x27;
		return (leaf & ~low(9 * (unsigned)choose(3) + 12)) | 0xe7;
	case READER_VTD_SS:
		if (likely())
			return some_address() | 3;
		return (leaf & ~low(9 * (unsigned)choose(3) + 12)) | 0x83;
	case READER_ARM_S1:
		if (likely())
			return pack(some_address()) | 0x443; /* a table, or a page */
		return pack(leaf) | 0x445 | choose(2) << 52;
	case READER_RISCV_S1:
	case READER_RISCV_S2:
		return riscv_entry(leaf);
	default:
		if (likely())
			return pack(some_address()) | 0x4c3;
		return pack(leaf) | 0x4c1 | choose(2) << 52;
	}
}

static uint64_t some_entry(unsigned page)
{
	uint64_t entry = usual_entry(page);

	if (likely())
		return entry;
	if (!likely())
		return anything();
	entry ^= 1ULL << choose(64);
	return likely() ? entry : entry ^ 1ULL << choose(64);
}

/* Slots that queries look at: the first and the last few. */
static uint64_t some_index(unsigned width)
{
	uint64_t index = choose(4);

	if (index == 3)
		return low(width);
	return index & low(width);
}

static void fill(void)
{
	unsigned lg2 = play.shape->granule_lg2, slots_lg2 = lg2 - 3;

	play.writes = 0;
	for (unsigned page = 0; page < PAGES; page++) {
		static const unsigned at[] = {0, 1, 2, ~0u};

		for (unsigned i = 0; i < 4; i++) {
			uint32_t slot = at[i] & (uint32_t)low(slots_lg2);
			uint32_t word = (page << slots_lg2) + slot;

			play.words[word] = some_entry(page);
			play.written[play.writes++] = word;
		}
	}
	/* a top of few slots, or of many tables, ends elsewhere */
	for (unsigned i = 0; i < 4; i++) {
		unsigned width = play.reader.iova_bits - play.top_shift;
		uint64_t word = (play.cfg.root - play.base) / 8 + some_index(width);

		if (play.reader.iova_bits <= play.top_shift || word >= play.bytes / 8)
			continue;
		play.words[word] = some_entry(0);
		play.written[play.writes++] = (uint32_t)word;
	}
}

static void clear(void)
{
	for (unsigned i = 0; i < play.writes; i++)
		play.words[play.written[i]] = 0;
}

static unsigned some_width(uint64_t widths)
{
	unsigned width = 32 + (unsigned)choose(25);

	while (!(widths >> width & 1))
		width = width == 56 ? 32 : width + 1;
	return width;
}

static uint64_t some_sizes(const struct shape *shape)
{
	uint64_t sizes = shape->sizes & (anything() | anything());

	return likely() ? 0 : sizes | 1ULL << shape->granule_lg2;
}

/* As the library says of sizes that are not given. */
static uint64_t all_sizes(const struct shape *shape, unsigned oa_bits)
{
	uint64_t sizes = shape->sizes;

	/* LPA's block of 4T */
	if (oa_bits < 52 && shape->granule_lg2 == 16)
		sizes &= ~(1ULL << 42);
	return sizes;
}

static uint32_t some_flags(const struct shape *shape)
{
	uint32_t flags = (uint32_t)(anything() & anything()) & shape->flags;

	if (flags & (IOMT_WALK_DIRTY | IOMT_WALK_EXTENDED_ACCESSED))
		flags |= IOMT_WALK_ACCESSED;
	return flags;
}

static void configure(void)
{
	const struct shape *shape = &shapes[choose(SHAPES)];
	unsigned stride = shape->granule_lg2 - 3u, levels, width;
	bool arm = shape->reader == READER_ARM_S1 || shape->reader == READER_ARM_S2;

	play.shape = shape;
	levels = shape->min_levels + (unsigned)choose(shape->max_levels - shape->min_levels + 1u);
	play.top_shift = shape->granule_lg2 + stride * (levels - 1);
	width = play.top_shift + stride + shape->concat_lg2;
	if (width > shape->max_iova)
		width = shape->max_iova;
	if (arm) /* at least one bit for the top */
		width = play.top_shift + 1 + (unsigned)choose(width - play.top_shift);
	if (arm && width < 25)
		width = 25;
	play.reader = (struct reader){
		.format = shape->reader,
		.granule_lg2 = shape->granule_lg2,
		.lpa2 = shape->lpa2,
		.levels = levels,
		.iova_bits = width,
		.oa_bits = some_width(shape->oa_widths),
		.flags = some_flags(shape),
		.deny = likely() ? 0 : (uint32_t)choose(8),
		.page_sizes = some_sizes(shape),
		.mair = 0x04ff44bb00c0ff04,
		.read = read_memory,
	};
	play.bytes = (uint64_t)PAGES << shape->granule_lg2;
	/* half of it beyond the narrowest output, now and then */
	play.base = likely() ? 1ULL << BASE_LG2 : (1ULL << 32) - play.bytes / 2;
	play.cfg = (struct iomt_walk_cfg){
		.size = sizeof(play.cfg),
		.format = shape->format,
		.root = likely() ? play.base : some_address() | choose(4096),
		.flags = play.reader.flags,
		.deny = play.reader.deny,
		.levels = (uint8_t)levels,
		.iova_bits = (uint8_t)width,
		.oa_bits = (uint8_t)play.reader.oa_bits,
		.page_sizes = play.reader.page_sizes,
		.mair = play.reader.mair,
	};
	play.reader.root = play.cfg.root;
	if (!play.reader.page_sizes)
		play.reader.page_sizes = all_sizes(shape, play.reader.oa_bits);
}

static bool is_signed(void)
{
	return (play.reader.flags & IOMT_WALK_SIGNED) || play.shape->reader == READER_RISCV_S1;
}

/* An address whose slots are those that were filled; sometimes one that no table has. */
static uint64_t some_iova(void)
{
	unsigned stride = play.shape->granule_lg2 - 3u, shift = play.shape->granule_lg2;
	uint64_t iova = anything() & low(shift);

	for (unsigned level = 0; level + 1 < play.reader.levels; level++, shift += stride)
		iova |= some_index(stride) << shift;
	if (play.reader.iova_bits > shift)
		iova |= some_index(play.reader.iova_bits - shift) << shift;
	if (play.reader.flags & IOMT_WALK_UPPER)
		iova |= ~low(play.reader.iova_bits);
	if (is_signed() && iova >> (play.reader.iova_bits - 1))
		iova |= ~low(play.reader.iova_bits);
	if (play.reader.flags & IOMT_WALK_TOP_BYTE)
		iova ^= anything() << 56;
	return likely() ? iova : iova ^ 1ULL << choose(64);
}

static uint32_t some_access(void)
{
	uint32_t access = (uint32_t)choose(7) + 1;

	access |= choose(4) ? 0 : IOMT_PRIV;
	access |= choose(4) ? 0 : IOMT_WALK_ATS;
	return access | (choose(8) ? 0 : IOMT_WALK_LOOK);
}

/* What the library said, in one piece. */
struct said {
	int err;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
};

/* An entry may be met more than once, at different levels: what hardware made of it in the end. */
static uint64_t after(const struct reader_answer *want, uint64_t address, bool *again)
{
	uint64_t entry = 0, set = 0, cleared = 0;
	unsigned met = 0;

	for (unsigned i = 0; i < want->count; i++) {
		if (want->steps[i].address != address)
			continue;
		entry = want->steps[i].entry;
		set |= want->steps[i].after & ~entry;
		cleared |= entry & ~want->steps[i].after;
		met++;
	}
	*again |= met > 1;
	return (entry | set) & ~cleared;
}

#define AGREE(condition)                                                                           \
	CHECK_MSG(condition,                                                                       \
		  "%s, seed %" PRIu64 ": 0x%" PRIx64 ", access 0x%x: %s (%d, %s, level %u, "       \
		  "0x%" PRIx64 ", prot 0x%x; should be %s, level %u, 0x%" PRIx64 ", rights 0x%x)", \
		  play.shape->name, play.seed, iova, access, #condition, said->err,                \
		  iomt_walk_fault_text(said->fault.kind), said->fault.level, said->leaf.oa,        \
		  said->leaf.prot, iomt_walk_fault_text(want->kind), want->level, want->oa,        \
		  want->rights)

static void compare(const struct said *said, const struct reader_answer *want, uint64_t iova,
		    uint32_t access)
{
	bool again = false;

	AGREE(said->err == (want->kind ? IOMT_EFAULT : 0));
	if (want->kind) {
		AGREE(said->fault.kind == want->kind);
		AGREE(said->fault.level == want->level);
		AGREE(said->fault.iova == iova && said->fault.access == access);
		AGREE(said->fault.top == (want->level == play.reader.levels - 1));
		if (want->kind == IOMT_WALK_FAULT_PERMISSION || want->kind == IOMT_WALK_FAULT_USER)
			AGREE(said->fault.denied == (access & 7 & ~want->rights));
		return;
	}
	AGREE(said->leaf.oa == want->oa);
	AGREE((said->leaf.prot & 7) == want->rights);
	AGREE(!(said->leaf.prot & IOMT_PRIV) == !want->privileged);
	AGREE(said->leaf.size_lg2 == want->size_lg2);
	AGREE(said->leaf.level == want->level);
	AGREE(said->leaf.entry == after(want, want->steps[want->count - 1].address, &again));
}

/* Memory is as the other walker says; then it is as before. Tells whether an entry was met twice. */
static bool compare_memory(const struct reader_answer *want, struct play_counts *counts)
{
	bool again = false;

	for (unsigned i = 0; i < want->count; i++) {
		uint64_t is = *word_at(want->steps[i].address);
		uint64_t should = after(want, want->steps[i].address, &again);

		CHECK_MSG(is == should,
			  "%s, seed %" PRIu64 ": an entry is 0x%" PRIx64 ", not 0x%" PRIx64,
			  play.shape->name, play.seed, is, should);
		counts->updates += should != want->steps[i].entry;
	}
	for (unsigned i = 0; i < want->count; i++)
		*word_at(want->steps[i].address) = want->steps[i].entry;
	return again;
}

static void change(uint64_t *word, uint64_t value)
{
	if (play.changes == MOST_READS)
		return;
	play.undo[play.changes].word = word;
	play.undo[play.changes++].was = *word;
	*word = value;
}

static void undo(void)
{
	while (play.changes) {
		play.changes--;
		*play.undo[play.changes].word = play.undo[play.changes].was;
	}
}

static struct iomt_guest_word log_read(uint64_t address, uint64_t value, int err)
{
	if (play.reads < MOST_READS) {
		play.log[play.reads].address = address;
		play.log[play.reads++].value = value;
	}
	return (struct iomt_guest_word){value, err};
}

static struct iomt_guest_word read64(void *ctx, uint64_t address)
{
	uint64_t *word = word_at(address);

	(void)ctx;
	CHECK(!(address & 7));
	if (play.changing && word && !choose(3))
		change(word,
		       likely() ? some_entry((unsigned)choose(PAGES)) : *word ^ 1ULL << choose(64));
	if (!word)
		return log_read(address, 0, IOMT_EIO);
	return log_read(address, __atomic_load_n(word, __ATOMIC_ACQUIRE), 0);
}

static int cas64(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	uint64_t *word = word_at(address);

	(void)ctx;
	CHECK(word && !(address & 7));
	if (play.changing && !choose(8))
		change(word, *word ^ 1ULL << choose(64));
	if (play.changing && *word == *expected) {
		change(word, desired);
		return 0;
	}
	return __atomic_compare_exchange_n(word, expected, desired, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE)
		       ? 0
		       : IOMT_EAGAIN;
}

/*
 * Regions: all in one; in two, with the boundary anywhere, the upper one first or last; and callbacks for a
 * part, or for all.
 */
static void lay_out(unsigned way, struct iomt_guest_mem *mem, struct iomt_guest_region region[2])
{
	uint64_t cut = (choose(play.bytes / 8 - 1) + 1) * 8;
	unsigned upper = (unsigned)choose(2);

	*mem = (struct iomt_guest_mem){.size = sizeof(*mem), .regions = region, .count = 1};
	region[0] = (struct iomt_guest_region){
		.base = play.base, .size = play.bytes, .host = play.words};
	if (way) {
		region[!upper] = (struct iomt_guest_region){.base = play.base + cut,
							    .size = play.bytes - cut,
							    .host = (char *)play.words + cut};
		region[upper] = (struct iomt_guest_region){
			.base = play.base, .size = cut, .host = play.words};
		mem->count = 2;
	}
	if (way >= 2) {
		mem->count = way == 2;
		mem->read64 = read64;
		mem->cas64 = cas64;
	}
}

static void open_walker(struct iomt_walker *walker, const struct iomt_guest_mem *mem, bool *open)
{
	struct iomt_pt_cfg_error error = {"", ""};
	int err;

	play.cfg.mem = mem;
	err = iomt_walker_init(walker, &play.cfg, &error);
	*open = !err;
	/* the one thing above that may be wrong */
	CHECK_MSG(!err || !strcmp(error.field, "root"), "%s: %s: %s", play.shape->name, error.field,
		  error.reason);
}

static void ask_still(const struct iomt_walker *walker, uint64_t iova, uint32_t access,
		      struct play_counts *counts)
{
	struct iomt_walk_path path;
	struct reader_answer want;
	struct said said = {0};
	bool again;

	reader_walk(&play.reader, iova, access, &want);
	said.err = iomt_walk(walker, iova, access, &said.leaf, &said.fault);
	compare(&said, &want, iova, access);
	compare_memory(&want, counts);
	memset(&said, 0, sizeof(said));
	said.err = iomt_walk_with_path(walker, iova, access, &said.leaf, &said.fault, &path);
	compare(&said, &want, iova, access);
	again = compare_memory(&want, counts);
	CHECK_EQ(path.count, want.count);
	for (unsigned i = 0; i < path.count && !again; i++) {
		CHECK_EQ(path.steps[i].address, want.steps[i].address);
		CHECK_EQ(path.steps[i].entry, want.steps[i].entry);
	}
	counts->walks++;
	counts->calls += 2;
	counts->leaves += !want.kind;
	counts->faults[want.kind]++;
}

/* The words that were read, one after the other, from "first" on. */
static bool read_log(void *ctx, uint64_t address, uint64_t *value)
{
	unsigned *at = ctx;

	if (*at >= play.reads || play.log[*at].address != address)
		return false;
	*value = play.log[(*at)++].value;
	return word_at(address);
}

static bool same(const struct said *said, const struct reader_answer *want)
{
	if (want->kind)
		return said->err == IOMT_EFAULT && said->fault.kind == want->kind &&
		       said->fault.level == want->level;
	return !said->err && said->leaf.oa == want->oa && (said->leaf.prot & 7) == want->rights &&
	       said->leaf.size_lg2 == want->size_lg2;
}

/*
 * Memory changes between any two reads: the answer is what the other walker makes of the words that
 * were read last.
 */
static void ask_changing(const struct iomt_walker *walker, uint64_t iova, uint32_t access,
			 struct play_counts *counts)
{
	struct reader reader = play.reader;
	struct reader_answer want;
	struct said said = {0};
	bool explained = false;

	play.reads = 0;
	play.changing = true;
	said.err = iomt_walk(walker, iova, access, &said.leaf, &said.fault);
	play.changing = false;
	undo();
	counts->calls++;
	if (said.err == IOMT_EAGAIN)
		return;
	reader.read = read_log;
	for (unsigned first = play.reads + 1; first-- > 0 && !explained;) {
		unsigned at = first;

		reader.ctx = &at;
		reader_walk(&reader, iova, access, &want);
		explained = at == play.reads && same(&said, &want);
	}
	CHECK_MSG(explained,
		  "%s, seed %" PRIu64 ": 0x%" PRIx64 ", access 0x%x: %d, nothing explains it",
		  play.shape->name, play.seed, iova, access, said.err);
}

void play_guest(const struct play_source *source, uint64_t seed, unsigned queries,
		struct play_counts *counts)
{
	struct iomt_guest_region region[2];
	struct iomt_guest_mem mem;
	struct iomt_walker walker;
	bool open;

	play.source = source;
	play.seed = seed;
	configure();
	fill();
	for (unsigned i = 0; i < queries; i++) {
		uint64_t iova = some_iova();
		uint32_t access = some_access();
		unsigned way = (unsigned)choose(4);

		lay_out(way, &mem, region);
		open_walker(&walker, &mem, &open);
		if (!open)
			break;
		ask_still(&walker, iova, access, counts);
		if (way == 3)
			ask_changing(&walker, iova, access, counts);
	}
	clear();
}

uint64_t play_iova(void)
{
	return some_iova();
}

uint32_t play_access(void)
{
	return some_access();
}

uint64_t play_entry(void)
{
	return some_entry((unsigned)choose(PAGES));
}

uint64_t *play_written(void)
{
	return &play.words[play.written[choose(play.writes)]];
}

uint64_t *play_word(uint64_t address)
{
	return word_at(address);
}

const struct reader *play_reader(void)
{
	return &play.reader;
}

void play_table(const struct play_source *source, uint64_t seed, play_table_fn *look, void *ctx)
{
	struct iomt_guest_region region[2];
	struct iomt_guest_mem mem;
	struct iomt_walker walker;
	bool open;

	play.source = source;
	play.seed = seed;
	configure();
	fill();
	lay_out((unsigned)choose(4), &mem, region);
	open_walker(&walker, &mem, &open);
	if (open)
		look(&walker, ctx);
	clear();
}
