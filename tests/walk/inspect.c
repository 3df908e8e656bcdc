/* SPDX-License-Identifier: MIT */
/*
 * Inspections of tables that were written by hand: ranges, each finding, differences, and what it may
 * cost. Entries: Intel SDM 3A, 4.5; 48882, 2.2.3; DDI 0487, D8.3; D51397, 9.9.
 */
#include "guest.h"

#define NEVER  UINT64_MAX
#define ENOUGH 100000u
#define RWX    (RW | IOMT_EXEC)
#define READER (IOMT_READ | IOMT_EXEC)

static struct guest guest;
static iomt_word scratch[2][256]; /* for two at a time */

static void write_words(const struct word *words)
{
	for (; words->address; words++)
		*guest_word(&guest, words->address) = words->value;
}

static struct iomt_walker walker_of(const struct iomt_walk_cfg *given)
{
	struct iomt_walk_cfg cfg = *given;
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_walker walker;
	int err;

	cfg.size = sizeof(cfg);
	cfg.mem = &guest.mem;
	cfg.root = cfg.root ? cfg.root : GUEST_BASE;
	err = iomt_walker_init(&walker, &cfg, &error);
	CHECK_MSG(!err, "%s: %s", error.field, error.reason);
	return walker;
}

static struct iomt_inspect inspect_of(const struct iomt_walker *walker, enum iomt_inspect_kind kind,
				      uint64_t budget)
{
	static bool turn;
	struct iomt_inspect_cfg cfg = {.size = sizeof(cfg),
				       .walker = walker,
				       .kind = kind,
				       .last = UINT64_MAX,
				       .budget = budget,
				       .scratch = scratch[turn],
				       .scratch_bytes = sizeof(scratch[0])};
	struct iomt_inspect inspect;

	turn = !turn;
	CHECK_INT(iomt_inspect_init(&inspect, &cfg), 0);
	return inspect;
}

/* Tables, and what is found there; kind 0 ends the list. */
struct finding_case {
	const char *name;
	struct iomt_walk_cfg cfg;
	struct word words[20];
	struct iomt_inspect_finding want[3];
};

#define X86   .cfg = {.format = &iomt_walk_x86_64, .levels = 4}
#define VTD   .cfg = {.format = &iomt_walk_vtd_ss, .levels = 4, .iova_bits = 40}
#define AMD   .cfg = {.format = &iomt_walk_amdv1, .levels = 2}
#define ARM   .cfg = {.format = &iomt_walk_arm_s1_4k, .iova_bits = 30, .oa_bits = 40}
#define ARM16 .cfg = {.format = &iomt_walk_arm_s2_16k, .iova_bits = 36, .levels = 2}
/* the way down to the table at 0x4000, 0x2000 */
#define X86_DOWN                            \
	{0x1000, 0x2007}, {0x2000, 0x3007}, \
	{                                   \
		0x3000, 0x4007              \
	}
#define AMD_DOWN                           \
	{                                  \
		0x1000, 0x6000000000002201 \
	}
#define ARM_DOWN               \
	{                      \
		0x1000, 0x2003 \
	}
#define RUN_OF_16                                                                           \
	{0x2080, 0x10000000020443}, {0x2088, 0x10000000021443}, {0x2090, 0x10000000022443}, \
		{0x2098, 0x10000000023443}, {0x20a0, 0x10000000024443},                     \
		{0x20a8, 0x10000000025443}, {0x20b0, 0x10000000026443},                     \
		{0x20b8, 0x10000000027443}, {0x20c0, 0x10000000028443},                     \
		{0x20c8, 0x10000000029443}, {0x20d0, 0x1000000002a443},                     \
		{0x20d8, 0x1000000002b443}, {0x20e0, 0x1000000002c443},                     \
		{0x20e8, 0x1000000002d443}, {0x20f0, 0x1000000002e443},                     \
	{                                                                                   \
		0x20f8, 0x1000000002f443                                                    \
	}

static const struct finding_case finding_cases[] = {
	{"whole", X86, {X86_DOWN, {0x4000, 0xaaaa007}, {0x4ff8, 0xbbbb007}}, {{0}}},
	{"XD without NX",
	 X86,
	 {X86_DOWN, {0x4008, 0x800000000aaab007}},
	 {{0x4008, 0x800000000aaab007, 0x1000, 0, IOMT_FINDING_RESERVED, 0}}},
	{"address bits below 2M",
	 X86,
	 {X86_DOWN, {0x3008, 0x2087}},
	 {{0x3008, 0x2087, 0x200000, 0, IOMT_FINDING_RESERVED, 1}}},
	{"a page of 512G",
	 X86,
	 {X86_DOWN, {0x1008, 0x87}},
	 {{0x1008, 0x87, 1ULL << 39, 0, IOMT_FINDING_LEVEL, 3}}},
	{"a table in the void",
	 X86,
	 {X86_DOWN, {0x3008, 0x90000007}},
	 {{0x3008, 0x90000007, 0x200000, 0x90000000, IOMT_FINDING_MEMORY, 1}}},
	{"a root in the void",
	 {.format = &iomt_walk_x86_64, .levels = 4, .root = 0x90000000},
	 {{0}},
	 {{0, 0, 0, 0x90000000, IOMT_FINDING_MEMORY, 3}}},
	{"a table that points to itself",
	 X86,
	 {X86_DOWN, {0x3008, 0x3007}},
	 {{0x3008, 0x3007, 0x200000, 0x3000, IOMT_FINDING_LOOP, 1}}},
	{"a table that is the top",
	 X86,
	 {X86_DOWN, {0x3008, 0x1007}},
	 {{0x3008, 0x1007, 0x200000, 0x1000, IOMT_FINDING_LOOP, 1}}},
	{"one table, two entries",
	 X86,
	 {X86_DOWN, {0x3008, 0x4007}, {0x4000, 0xaaaa007}},
	 {{0x3008, 0x4007, 0x200000, 0x4000, IOMT_FINDING_SHARED, 1}}},
	{"a table at two levels",
	 X86,
	 {X86_DOWN, {0x2008, 0x4007}, {0x4000, 0x5007}},
	 {{0x2008, 0x4007, 1 << 30, 0x4000, IOMT_FINDING_SHARED, 2}}},
	{"beyond the input",
	 VTD,
	 {{0x1008, 0x2003}, {0x1010, 0x3003}},
	 {{0x1010, 0x3003, 2ULL << 39, 0, IOMT_FINDING_UNREACHABLE, 3}}},
	{"beyond the input, a level below",
	 {.format = &iomt_walk_vtd_ss, .levels = 4, .iova_bits = 38},
	 {{0x1000, 0x2003}, {0x1008, 0x3003}, {0x27f8, 0x83}, {0x2800, 0x83}},
	 {{0x2800, 0x83, 1ULL << 38, 0, IOMT_FINDING_UNREACHABLE, 2},
	  {0x1008, 0x3003, 1ULL << 39, 0, IOMT_FINDING_UNREACHABLE, 3}}},
	{"reserved bit 52",
	 AMD,
	 {AMD_DOWN, {0x2000, 0x601000000000a001}},
	 {{0x2000, 0x601000000000a001, 0, 0, IOMT_FINDING_RESERVED, 0}}},
	{"a table as high as its own",
	 AMD,
	 {AMD_DOWN, {0x1008, 0x6000000000002401}},
	 {{0x1008, 0x6000000000002401, 0x200000, 0, IOMT_FINDING_LEVEL, 1}}},
	{"a table below the last",
	 AMD,
	 {AMD_DOWN, {0x2008, 0x6000000000003201}},
	 {{0x2008, 0x6000000000003201, 0x1000, 0, IOMT_FINDING_LEVEL, 0}}},
	{"4M where 4K are",
	 AMD,
	 {AMD_DOWN, {0x2008, 0x60000000001ffe01}},
	 {{0x2008, 0x60000000001ffe01, 0x1000, 0, IOMT_FINDING_LEVEL, 0}}},
	{"no size at all",
	 AMD,
	 {AMD_DOWN, {0x2008, 0xffffffffffffffff}},
	 {{0x2008, 0xffffffffffffffff, 0x1000, 0, IOMT_FINDING_LEVEL, 0}}},
	{"2M and address bits below",
	 AMD,
	 {{0x1008, 0x6000000000201001}},
	 {{0x1008, 0x6000000000201001, 0x200000, 0, IOMT_FINDING_MISALIGNED, 1}}},
	{"8K twice, one of them written",
	 AMD,
	 {AMD_DOWN, {0x2010, 0x600000000000ae01}, {0x2018, 0x600000000000ae61}},
	 {{0}}},
	{"8K, one of them read only",
	 AMD,
	 {AMD_DOWN, {0x2010, 0x600000000000ae01}, {0x2018, 0x200000000000ae01}},
	 {{0x2018, 0x200000000000ae01, 0x3000, 0, IOMT_FINDING_RUN, 0}}},
	{"8K, the second elsewhere",
	 AMD,
	 {AMD_DOWN, {0x2010, 0x600000000000ae01}, {0x2018, 0x600000000000ce01}},
	 {{0x2018, 0x600000000000ce01, 0x3000, 0, IOMT_FINDING_RUN, 0}}},
	{"8K without its second",
	 AMD,
	 {AMD_DOWN, {0x2010, 0x600000000000ae01}},
	 {{0x2018, 0, 0x3000, 0, IOMT_FINDING_RUN, 0}}},
	{"8K without its first",
	 AMD,
	 {AMD_DOWN, {0x2018, 0x600000000000ae01}},
	 {{0x2018, 0x600000000000ae01, 0x3000, 0, IOMT_FINDING_RUN, 0}}},
	{"8K inside 16K",
	 AMD,
	 {AMD_DOWN,
	  {0x2020, 0x6000000000009e01},
	  {0x2028, 0x6000000000009e01},
	  {0x2030, 0x600000000000ae01},
	  {0x2038, 0x600000000000ae01}},
	 {{0x2030, 0x600000000000ae01, 0x6000, 0, IOMT_FINDING_RUN, 0}}},
	{"a run of 16", ARM, {ARM_DOWN, RUN_OF_16}, {{0}}},
	{"a run of 16, software bits",
	 ARM,
	 {ARM_DOWN, RUN_OF_16, {0x20a0, 0x110000000024443}},
	 {{0}}},
	{"a run of 16, one without the bit",
	 ARM,
	 {ARM_DOWN, RUN_OF_16, {0x20b8, 0x27443}},
	 {{0x20b8, 0x27443, 0x17000, 0, IOMT_FINDING_RUN, 0}}},
	{"a run of 16, one of another type",
	 ARM,
	 {ARM_DOWN, RUN_OF_16, {0x20f8, 0x1000000002f447}},
	 {{0x20f8, 0x1000000002f447, 0x1f000, 0, IOMT_FINDING_RUN, 0}}},
	{"one of 16 alone",
	 ARM,
	 {ARM_DOWN, {0x20b8, 0x10000000027443}},
	 {{0x20b8, 0x10000000027443, 0x17000, 0, IOMT_FINDING_RUN, 0}}},
	{"a run that begins in the middle of 64K",
	 ARM,
	 {ARM_DOWN, {0x2080, 0x10000000021443}},
	 {{0x2080, 0x10000000021443, 0x10000, 0, IOMT_FINDING_RUN, 0}}},
	{"an address of 41 bits",
	 ARM,
	 {ARM_DOWN, {0x2000, 0x10000000443}},
	 {{0x2000, 0x10000000443, 0, 0, IOMT_FINDING_OUTPUT, 0}}},
	{"a root of 41 bits",
	 {.format = &iomt_walk_arm_s1_4k, .iova_bits = 30, .oa_bits = 40, .root = 1ULL << 40},
	 {{0}},
	 {{0, 0, 0, 0, IOMT_FINDING_OUTPUT, 1}}},
	{"AF is clear",
	 ARM,
	 {ARM_DOWN, {0x2000, 0x43}},
	 {{0x2000, 0x43, 0, 0, IOMT_FINDING_ACCESSED, 0}}},
	{"a block among pages",
	 ARM,
	 {ARM_DOWN, {0x2000, 0x441}},
	 {{0x2000, 0x441, 0, 0, IOMT_FINDING_LEVEL, 0}}},
	{"a block of 512G",
	 {.format = &iomt_walk_arm_s1_4k, .iova_bits = 40},
	 {{0x1000, 0x441}},
	 {{0x1000, 0x441, 0, 0, IOMT_FINDING_LEVEL, 3}}},
	{"2M and address bits below, Arm",
	 ARM,
	 {{0x1008, 0x201441}},
	 {{0x1008, 0x201441, 0x200000, 0, IOMT_FINDING_MISALIGNED, 1}}},
	{"a table of 16K at 4K",
	 ARM16,
	 {{0x8000, 0x5003}, {0x4000, 0xc4c3}},
	 {{0x8000, 0x5003, 0, 0, IOMT_FINDING_MISALIGNED, 1}}},
	{"AF and alignment, in one entry",
	 ARM,
	 {{0x1008, 0x201041}},
	 {{0x1008, 0x201041, 0x200000, 0, IOMT_FINDING_ACCESSED, 1},
	  {0x1008, 0x201041, 0x200000, 0, IOMT_FINDING_MISALIGNED, 1}}},
};

static void check_findings(const struct finding_case *c, uint64_t step)
{
	struct iomt_inspect_finding got = {0};
	struct iomt_walk_cfg cfg = c->cfg;
	struct iomt_walker walker;
	struct iomt_inspect inspect;
	unsigned n = 0;
	int err;

	if (cfg.format == &iomt_walk_arm_s2_16k)
		cfg.root = 0x8000;
	write_words(c->words);
	walker = walker_of(&cfg);
	inspect = inspect_of(&walker, IOMT_INSPECT_FINDINGS, step);
	for (;;) {
		err = iomt_inspect_finding(&inspect, &got);
		if (err == IOMT_EAGAIN) {
			inspect.budget = step;
			continue;
		}
		if (err)
			break;
		CHECK_MSG(n < 3 && c->want[n].kind, "%s: %s at 0x%" PRIx64 " too", c->name,
			  iomt_finding_text(got.kind), got.address);
		CHECK_MSG(got.kind == c->want[n].kind && got.address == c->want[n].address &&
				  got.entry == c->want[n].entry && got.iova == c->want[n].iova &&
				  got.table == c->want[n].table && got.level == c->want[n].level,
			  "%s: %s at 0x%" PRIx64 ": 0x%" PRIx64 ", level %u, for 0x%" PRIx64
			  ", table 0x%" PRIx64,
			  c->name, iomt_finding_text(got.kind), got.address, got.entry, got.level,
			  got.iova, got.table);
		n++;
	}
	CHECK_INT(err, IOMT_ENOENT);
	CHECK_MSG(n == 3 || !c->want[n].kind, "%s: not found", c->name);
	CHECK(!inspect.crowded);
}

static void findings(void)
{
	for (size_t i = 0; i < sizeof(finding_cases) / sizeof(finding_cases[0]); i++) {
		guest_open(&guest, true);
		check_findings(&finding_cases[i], NEVER);
		guest_open(&guest, false);
		check_findings(&finding_cases[i], 7);
	}
}

static void texts(void)
{
	for (unsigned i = IOMT_FINDING_RESERVED; i <= IOMT_FINDING_SHARED; i++)
		CHECK(strcmp(iomt_finding_text(i), iomt_finding_text(0)));
	CHECK_STR(iomt_finding_text(11), "no finding");
	CHECK_STR(iomt_finding_text(~0u), "no finding");
}

/* A table that ends where memory ends: one finding, and what is in memory counts. */
static void cut_table(void)
{
	struct iomt_walk_cfg cfg = {.format = &iomt_walk_x86_64, .levels = 4};
	const struct word words[] = {X86_DOWN, {0x4000, 0xaaaa007}, {0}};
	struct iomt_inspect_finding finding;
	struct iomt_inspect_range range;
	struct iomt_inspect inspect;
	struct iomt_walker walker;

	guest_open(&guest, true);
	guest.region.size = 0x3008;
	write_words(words);
	walker = walker_of(&cfg);
	inspect = inspect_of(&walker, IOMT_INSPECT_FINDINGS, NEVER);
	CHECK_INT(iomt_inspect_finding(&inspect, &finding), 0);
	CHECK_EQ(finding.kind, IOMT_FINDING_MEMORY);
	CHECK_EQ(finding.address, 0x3000);
	CHECK_EQ(finding.table, 0x4000);
	CHECK_EQ(finding.iova, 0x1000);
	CHECK_INT(iomt_inspect_finding(&inspect, &finding), IOMT_ENOENT);
	inspect = inspect_of(&walker, IOMT_INSPECT_RANGES, NEVER);
	CHECK_INT(iomt_inspect_range(&inspect, &range), 0);
	CHECK_EQ(range.oa, 0xaaaa000);
	CHECK_INT(iomt_inspect_range(&inspect, &range), IOMT_ENOENT);
}

struct range_case {
	const char *name;
	struct iomt_walk_cfg cfg;
	uint64_t first;
	uint64_t last; /* 0: all */
	struct word words[20];
	struct iomt_inspect_range want[4]; /* prot 0 ends the list */
};

static const struct range_case range_cases[] = {
	{"neighbours, rights, a hole, the last",
	 X86,
	 0,
	 0,
	 {X86_DOWN,
	  {0x4000, 0xaaaa007},
	  {0x4008, 0xaaab007},
	  {0x4010, 0xaaac005},
	  {0x4020, 0xbbbb003},
	  {0x1ff8, 0x5007},
	  {0x5ff8, 0x40000087}},
	 {{0, 0x1fff, 0xaaaa000, RWX, RWX, 12, 0, 0},
	  {0x2000, 0x2fff, 0xaaac000, READER, RWX, 12, 0, 0},
	  {0x4000, 0x4fff, 0xbbbb000, IOMT_PRIV, RWX | IOMT_PRIV, 12, 0, 0},
	  {0xffffc0000000, 0xffffffffffff, 0x40000000, RWX, RWX, 30, 2, 0}}},
	{"the upper half",
	 {.format = &iomt_walk_x86_64, .levels = 4, .flags = IOMT_WALK_SIGNED},
	 0,
	 0,
	 {{0x17f8, 0x2007}, {0x1800, 0x2007}, {0x2ff8, 0x87}, {0x2000, 0x40000087}},
	 {{0x7f8000000000, 0x7f803fffffff, 0x40000000, RWX, RWX, 30, 2, 0},
	  {0x7fffc0000000, 0x7fffffffffff, 0, RWX, RWX, 30, 2, 0},
	  {0xffff800000000000, 0xffff80003fffffff, 0x40000000, RWX, RWX, 30, 2, 0},
	  {0xffff807fc0000000, 0xffff807fffffffff, 0, RWX, RWX, 30, 2, 0}}},
	{"from the gap on",
	 {.format = &iomt_walk_x86_64, .levels = 4, .flags = IOMT_WALK_SIGNED},
	 1ULL << 47,
	 0xffff800000000fff,
	 {{0x17f8, 0x2007}, {0x1800, 0x2007}, {0x2ff8, 0x87}, {0x2000, 0x40000087}},
	 {{0xffff800000000000, 0xffff800000000fff, 0x40000000, RWX, RWX, 30, 2, 0}}},
	{"up to the gap",
	 {.format = &iomt_walk_x86_64, .levels = 4, .flags = IOMT_WALK_SIGNED},
	 0x7ffffffff000,
	 1ULL << 62,
	 {{0x17f8, 0x2007}, {0x1800, 0x2007}, {0x2ff8, 0x87}, {0x2000, 0x40000087}},
	 {{0x7ffffffff000, 0x7fffffffffff, 0x3ffff000, RWX, RWX, 30, 2, 0}}},
	{"the gap",
	 {.format = &iomt_walk_x86_64, .levels = 4, .flags = IOMT_WALK_SIGNED},
	 1ULL << 47,
	 1ULL << 62,
	 {{0x17f8, 0x2007}, {0x1800, 0x2007}, {0x2ff8, 0x87}, {0x2000, 0x40000087}},
	 {{0}}},
	{"an edge in a page, by bytes",
	 X86,
	 0x12345,
	 0x200123,
	 {X86_DOWN, {0x3000, 0x87}, {0x3008, 0x200087}},
	 {{0x12345, 0x200123, 0x12345, RWX, RWX, 21, 1, 0}}},
	{"a run, and one that is none",
	 ARM,
	 0,
	 0,
	 {ARM_DOWN, RUN_OF_16, {0x2100, 0x10000000031443}},
	 {{0x10000, 0x1ffff, 0x20000, RWX, RW, 16, 0, 0},
	  {0x20000, 0x20fff, 0x31000, RWX, RW, 12, 0, 0}}},
	{"one table twice, the first time behind its leaf",
	 X86,
	 0x1000,
	 0,
	 {X86_DOWN, {0x3008, 0x4007}, {0x4000, 0xaaaa007}},
	 {{0x200000, 0x200fff, 0xaaaa000, RWX, RWX, 12, 0, 0}}},
	{"levels skipped",
	 {.format = &iomt_walk_amdv1, .levels = 4},
	 0,
	 0,
	 {{0x1008, 0x6000000000002201}, {0x2000, 0x600000000000a001}, {0x2ff8, 0x200000000000b001}},
	 {{0x8000000000, 0x8000000fff, 0xa000, RWX, RWX, 12, 0, 0},
	  {0x80001ff000, 0x80001fffff, 0xb000, READER, READER, 12, 0, 0}}},
	{"beyond what skipped levels leave",
	 {.format = &iomt_walk_amdv1, .levels = 4},
	 0x8000200000,
	 0,
	 {{0x1008, 0x6000000000002201}, {0x2000, 0x600000000000a001}, {0x2ff8, 0x200000000000b001}},
	 {{0}}},
	{"the last byte of all",
	 {.format = &iomt_walk_amdv1, .levels = 6},
	 0xfffffffffffff000,
	 0,
	 {{0x13f8, 0x6000000000002a01}, {0x2ff8, 0x6008000000000001}},
	 {{0xfffffffffffff000, UINT64_MAX, 0x8fffffffff000, RWX, RWX, 48, 4, 0}}},
};

static void check_ranges(const struct range_case *c)
{
	struct iomt_walker walker;
	struct iomt_inspect_cfg cfg = {.size = sizeof(cfg),
				       .walker = &walker,
				       .first = c->first,
				       .last = c->last ? c->last : UINT64_MAX,
				       .budget = NEVER,
				       .scratch = scratch[0],
				       .scratch_bytes = sizeof(scratch[0])};
	struct iomt_inspect_range got = {0};
	struct iomt_inspect inspect;
	unsigned n = 0;
	int err;

	write_words(c->words);
	walker = walker_of(&c->cfg);
	CHECK_INT(iomt_inspect_init(&inspect, &cfg), 0);
	while (!(err = iomt_inspect_range(&inspect, &got))) {
		const struct iomt_inspect_range *want = &c->want[n];

		/* the types of Arm's leaves are not what this is about: GLOBAL, DEVICE */
		got.prot &= RWX | IOMT_PRIV;
		got.priv &= RWX | IOMT_PRIV;
		CHECK_MSG(n < 4 && got.iova == want->iova && got.last == want->last &&
				  got.oa == want->oa && got.size_lg2 == want->size_lg2 &&
				  got.level == want->level,
			  "%s: 0x%" PRIx64 " to 0x%" PRIx64 " is 0x%" PRIx64 ", 2^%u, level %u",
			  c->name, got.iova, got.last, got.oa, got.size_lg2, got.level);
		CHECK_MSG(got.prot == want->prot && got.priv == want->priv, "%s: 0x%x, 0x%x",
			  c->name, got.prot, got.priv);
		n++;
	}
	CHECK_INT(err, IOMT_ENOENT);
	CHECK_MSG(n == 4 || !c->want[n].prot, "%s: %u ranges", c->name, n);
}

static void ranges(void)
{
	for (size_t i = 0; i < 2 * sizeof(range_cases) / sizeof(range_cases[0]); i++) {
		guest_open(&guest, i % 2);
		check_ranges(&range_cases[i / 2]);
	}
}

/* One page, each of whose words points to it. */
static void fill_page(uint64_t entry)
{
	for (uint64_t i = 0; i < 512; i++)
		*guest_word(&guest, GUEST_BASE + 8 * i) = entry;
}

/* Five levels of one table are five tables to look at, and 512^5 pages. */
static void bounds(void)
{
	struct iomt_walk_cfg x86 = {.format = &iomt_walk_x86_64, .levels = 5};
	struct iomt_walk_cfg arm = {.format = &iomt_walk_arm_s1_4k, .iova_bits = 48};
	struct iomt_inspect_finding finding;
	struct iomt_inspect_range range;
	struct iomt_inspect inspect;
	struct iomt_walker walker;
	uint64_t count = 0, iova = 0;

	guest_open(&guest, false);
	fill_page(0x1007);
	walker = walker_of(&x86);
	inspect = inspect_of(&walker, IOMT_INSPECT_FINDINGS, ENOUGH);
	while (!iomt_inspect_finding(&inspect, &finding)) {
		CHECK_EQ(finding.kind, IOMT_FINDING_LOOP);
		count++;
	}
	CHECK_EQ(count, 4 * 512);
	CHECK_EQ(guest.reads, 5 * 512);
	CHECK_EQ(ENOUGH - inspect.budget, 5 * 512);

	/* the limit is exact, and says where it was */
	guest.reads = count = 0;
	inspect = inspect_of(&walker, IOMT_INSPECT_RANGES, 1000);
	while (!iomt_inspect_range(&inspect, &range))
		count += range.last - range.iova + 1;
	CHECK_INT(iomt_inspect_range(&inspect, &range), IOMT_EAGAIN);
	CHECK_EQ(guest.reads, 1000);
	CHECK_INT(iomt_inspect_position(&inspect, &iova), 0);
	CHECK_EQ(iova, count);
	CHECK_EQ(count, (1000 - 5) * 4096); /* one more entry of the level above after 512 */
	inspect.budget = 1;
	CHECK_INT(iomt_inspect_range(&inspect, &range), 0);
	CHECK_EQ(range.iova, iova);

	/* pages that nobody can access: nothing is below, which is looked for once a level */
	fill_page(0x1003);
	guest.reads = 0;
	walker = walker_of(&arm);
	inspect = inspect_of(&walker, IOMT_INSPECT_RANGES, ENOUGH);
	CHECK_INT(iomt_inspect_range(&inspect, &range), IOMT_ENOENT);
	CHECK_EQ(guest.reads, 4 * 512);
	CHECK(!inspect.crowded);
	CHECK_INT(iomt_inspect_position(&inspect, &iova), IOMT_ENOENT);
}

/*
 * Tables that are shared everywhere: page n of 20 is a table of level n % levels, and each of its slots leads to
 * one of those a level lower; pages of the last level hold what "last" says. There are about (512 * 4)^levels
 * ways down.
 */
static const struct mesh {
	struct iomt_walk_cfg cfg;
	uint8_t levels;
	uint8_t shift; /* of addresses in entries, to the right */
	uint64_t table;
	uint64_t last;
} meshes[] = {
	{{.format = &iomt_walk_amdv1, .levels = 5}, 5, 0, 3ULL << 61 | 1, 3ULL << 61 | 1},
	{{.format = &iomt_walk_x86_64, .levels = 5}, 5, 0, 7, 7},
	{{.format = &iomt_walk_vtd_ss, .levels = 5}, 5, 0, 3, 3},
	{{.format = &iomt_walk_arm_s1_4k, .iova_bits = 48}, 4, 0, 3, 0x443},
	{{.format = &iomt_walk_riscv_s1, .levels = 5}, 5, 2, 1, 0xdf},
};

#define MESH_PAGES 20u

static void fill_mesh(const struct mesh *mesh, uint64_t last)
{
	unsigned levels = mesh->levels;

	for (uint64_t page = 0; page < MESH_PAGES; page++) {
		/* the top is page 0 */
		uint64_t level = levels - 1 - page % levels;

		for (uint64_t i = 0; i < 512; i++) {
			uint64_t to =
				(page + 1 + levels * (i % (MESH_PAGES / levels))) % MESH_PAGES;
			uint64_t entry = (GUEST_BASE + (to << 12)) >> mesh->shift | mesh->table;

			if (mesh->cfg.format == &iomt_walk_amdv1)
				entry |= level << 9;
			*guest_word(&guest, GUEST_BASE + (page << 12) + 8 * i) =
				level ? entry : last;
		}
	}
}

/* Each table is read once, however many ways there are to it; beyond that the budget counts each read. */
static void meshed(void)
{
	for (size_t i = 0; i < sizeof(meshes) / sizeof(meshes[0]); i++) {
		const struct mesh *mesh = &meshes[i];
		uint64_t most = (MESH_PAGES - MESH_PAGES / mesh->levels + 1) * 512ULL, shared = 0;
		struct iomt_walker walker, other;
		struct iomt_inspect_difference difference;
		struct iomt_inspect_finding finding;
		struct iomt_inspect inspect, beside;
		struct iomt_inspect_diff diff;
		struct iomt_inspect_range range;
		int err;

		guest_open(&guest, false);
		fill_mesh(mesh, mesh->last | (GUEST_BASE + 0x40000) >> mesh->shift);
		walker = walker_of(&mesh->cfg);
		inspect = inspect_of(&walker, IOMT_INSPECT_FINDINGS, NEVER);
		while (!(err = iomt_inspect_finding(&inspect, &finding)))
			shared += finding.kind == IOMT_FINDING_SHARED;
		CHECK_INT(err, IOMT_ENOENT);
		CHECK(!inspect.crowded);
		CHECK(guest.reads <= MESH_PAGES * 512ULL && guest.reads > most / 2);
		CHECK(shared > guest.reads / 2);

		/* ranges are without end: no more is read than is paid for, by either side of a comparison */
		guest.reads = 0;
		inspect = inspect_of(&walker, IOMT_INSPECT_RANGES, 5000);
		while (!(err = iomt_inspect_range(&inspect, &range)))
			;
		CHECK_INT(err, IOMT_EAGAIN);
		CHECK_EQ(guest.reads, 5000);
		guest.reads = 0;
		other = walker;
		inspect = inspect_of(&walker, IOMT_INSPECT_RANGES, 3000);
		beside = inspect_of(&other, IOMT_INSPECT_RANGES, 2000);
		CHECK_INT(iomt_inspect_diff_init(&diff, &inspect, &beside, UINT32_MAX), 0);
		CHECK_INT(iomt_inspect_diff_next(&diff, &difference), IOMT_EAGAIN);
		CHECK(guest.reads <= 5000 && inspect.budget + beside.budget + guest.reads == 5000);
		beside.budget = 500;
		CHECK_INT(iomt_inspect_diff_next(&diff, &difference), IOMT_EAGAIN);
		CHECK(inspect.budget + beside.budget + guest.reads == 5500);

		/* nothing is mapped: that is known of a table after one look */
		fill_mesh(mesh, 0);
		guest.reads = 0;
		inspect = inspect_of(&walker, IOMT_INSPECT_RANGES, NEVER);
		CHECK_INT(iomt_inspect_range(&inspect, &range), IOMT_ENOENT);
		CHECK(!inspect.crowded);
		CHECK(guest.reads <= MESH_PAGES * 512ULL);
	}
}

/* Without scratch memory sharing is not seen, and that is said. */
static void crowded(void)
{
	struct iomt_walk_cfg x86 = {.format = &iomt_walk_x86_64, .levels = 4};
	const struct word words[] = {X86_DOWN, {0x3008, 0x4007}, {0}};
	struct iomt_walker walker;
	struct iomt_inspect_cfg cfg = {.size = sizeof(cfg),
				       .walker = &walker,
				       .kind = IOMT_INSPECT_FINDINGS,
				       .last = UINT64_MAX,
				       .budget = NEVER};
	struct iomt_inspect_finding finding;
	struct iomt_inspect inspect;

	guest_open(&guest, true);
	write_words(words);
	walker = walker_of(&x86);
	CHECK_INT(iomt_inspect_init(&inspect, &cfg), 0);
	CHECK_INT(iomt_inspect_finding(&inspect, &finding), IOMT_ENOENT);
	CHECK(inspect.crowded);
	/* room for one of three tables: nothing else is touched */
	scratch[0][1] = 0xabcd;
	cfg.scratch = scratch[0];
	cfg.scratch_bytes = 8;
	CHECK_INT(iomt_inspect_init(&inspect, &cfg), 0);
	CHECK_INT(iomt_inspect_finding(&inspect, &finding), IOMT_ENOENT);
	CHECK(inspect.crowded);
	CHECK_EQ(scratch[0][1], 0xabcd);
}

static void arguments(void)
{
	struct iomt_walk_cfg x86 = {.format = &iomt_walk_x86_64, .levels = 4};
	struct iomt_walker walker;
	struct iomt_inspect_cfg right = {
		.size = sizeof(right), .walker = &walker, .last = UINT64_MAX, .budget = NEVER};
	struct iomt_inspect_cfg cfg;
	struct iomt_inspect inspect, other;
	struct iomt_inspect_finding finding;
	struct iomt_inspect_range range;
	struct iomt_inspect_diff diff;

	guest_open(&guest, true);
	walker = walker_of(&x86);
	CHECK_INT(iomt_inspect_init(&inspect, &right), 0);
#define WRONG(change)                                                    \
	do {                                                             \
		cfg = right;                                             \
		change;                                                  \
		CHECK_INT(iomt_inspect_init(&other, &cfg), IOMT_EINVAL); \
	} while (0)
	WRONG(cfg.size--);
	WRONG(cfg.walker = NULL);
	WRONG(cfg.kind = (enum iomt_inspect_kind)2);
	WRONG((cfg.first = 2, cfg.last = 1));
	WRONG((cfg.kind = IOMT_INSPECT_FINDINGS, cfg.first = 1));
	WRONG((cfg.kind = IOMT_INSPECT_FINDINGS, cfg.last--));
	WRONG(cfg.scratch_bytes = 8);
	WRONG((cfg.scratch = (char *)scratch + 4, cfg.scratch_bytes = 8));
	CHECK_INT(iomt_inspect_finding(&inspect, &finding), IOMT_EINVAL);
	CHECK_INT(iomt_inspect_diff_init(&diff, &inspect, &inspect, RW), IOMT_EINVAL);
	right.kind = IOMT_INSPECT_FINDINGS;
	CHECK_INT(iomt_inspect_init(&other, &right), 0);
	CHECK_INT(iomt_inspect_range(&other, &range), IOMT_EINVAL);
	CHECK_INT(iomt_inspect_diff_init(&diff, &inspect, &other, RW), IOMT_EINVAL);
	CHECK_INT(iomt_inspect_diff_init(&diff, &other, &inspect, RW), IOMT_EINVAL);
}

/* x86 at 0x1000 beside AMD V1 at 0x11000: what they say of the same addresses. */
static void differences(void)
{
	static const struct word words[] = {
		{0x1000, 0x2007},
		{0x2000, 0x3007},
		{0x3000, 0x4007},
		{0x4000, 0xa0007}, /* alike, and in larger pages there */
		{0x4008, 0xa1007},
		{0x4010, 0xa2007}, /* in the first alone */
		{0x4018, 0xa3005}, /* read only for users */
		{0x4020, 0xa4007}, /* elsewhere */
		{0x4028, 0xa5007},
		{0x4038, 0xa7007}, /* three, of which the second has the middle one */
		{0x4040, 0xa8007},
		{0x4048, 0xa9007},
		{0x11000, 0x6000000000012201},
		{0x12000, 0x60000000000a0e01},
		{0x12008, 0x60000000000a0e01},
		{0x12018, 0x60000000000a3001},
		{0x12020, 0x60000000000b4001},
		{0x12028, 0x20000000000b5001},
		{0x12030, 0x60000000000b6001}, /* in the second alone */
		{0x12040, 0x60000000000a8001},
		{0},
	};
	static const struct {
		uint32_t kinds;
		uint64_t iova, last, oa[2];
	} want[] = {
		{IOMT_DIFF_FIRST, 0x2000, 0x2fff, {0xa2000, 0}},
		{IOMT_DIFF_RIGHTS, 0x3000, 0x3fff, {0xa3000, 0xa3000}},
		{IOMT_DIFF_OUTPUT, 0x4000, 0x4fff, {0xa4000, 0xb4000}},
		{IOMT_DIFF_OUTPUT | IOMT_DIFF_RIGHTS, 0x5000, 0x5fff, {0xa5000, 0xb5000}},
		{IOMT_DIFF_SECOND, 0x6000, 0x6fff, {0, 0xb6000}},
		{IOMT_DIFF_FIRST, 0x7000, 0x7fff, {0xa7000, 0}},
		{IOMT_DIFF_FIRST, 0x9000, 0x9fff, {0xa9000, 0}},
	};
	struct iomt_walk_cfg cfgs[] = {
		{.format = &iomt_walk_x86_64, .levels = 4},
		{.format = &iomt_walk_amdv1, .levels = 2, .root = 0x11000},
	};

	for (unsigned step = 0; step < 2; step++) {
		struct iomt_inspect_difference got;
		struct iomt_inspect inspect[2];
		struct iomt_inspect_diff diff;
		struct iomt_walker walkers[2];
		unsigned n = 0;
		int err;

		guest_open(&guest, !step);
		write_words(words);
		for (unsigned i = 0; i < 2; i++) {
			walkers[i] = walker_of(&cfgs[i]);
			inspect[i] = inspect_of(&walkers[i], IOMT_INSPECT_RANGES, step ? 1 : NEVER);
		}
		CHECK_INT(iomt_inspect_diff_init(&diff, &inspect[0], &inspect[1], RWX), 0);
		while ((err = iomt_inspect_diff_next(&diff, &got)) != IOMT_ENOENT) {
			if (err == IOMT_EAGAIN) {
				inspect[0].budget = inspect[1].budget = 1;
				continue;
			}
			CHECK(n < 7);
			CHECK_EQ(got.kinds, want[n].kinds);
			CHECK_EQ(got.iova, want[n].iova);
			CHECK_EQ(got.last, want[n].last);
			for (unsigned i = 0; i < 2; i++) {
				CHECK_EQ(got.ranges[i].oa, want[n].oa[i]);
				CHECK_EQ(got.ranges[i].last, want[n].oa[i] ? got.last : 0);
			}
			n++;
		}
		CHECK_EQ(n, 7);
	}
}

TEST_SUITE(walk_inspect, TEST(findings), TEST(texts), TEST(cut_table), TEST(ranges), TEST(bounds),
	   TEST(meshed), TEST(crowded), TEST(arguments), TEST(differences));
