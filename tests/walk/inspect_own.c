/* SPDX-License-Identifier: MIT */
/*
 * Tables that the library made: nothing is found in them, and their ranges are what iomt_pt_next says,
 * for every kind. And damaged a word at a time: what changes for a walk is a difference, and where
 * walks end there is a finding.
 */
#include "own.h"

#define DAMAGES 400u
#define PIECES	200u
#define RIGHTS	(IOMT_READ | IOMT_WRITE | IOMT_EXEC)

static iomt_word scratch[2][1 << 12];

static struct iomt_inspect inspect_of(const struct iomt_walker *walker, unsigned side,
				      enum iomt_inspect_kind kind, uint64_t first, uint64_t last)
{
	struct iomt_inspect_cfg cfg = {.size = sizeof(cfg),
				       .walker = walker,
				       .kind = kind,
				       .first = first,
				       .last = last,
				       .budget = UINT64_MAX,
				       .scratch = scratch[side],
				       .scratch_bytes = sizeof(scratch[side])};
	struct iomt_inspect inspect;

	CHECK_INT(iomt_inspect_init(&inspect, &cfg), 0);
	return inspect;
}

static void check_clean(const struct own *own, const struct iomt_walker *walker)
{
	struct iomt_inspect_finding finding = {0};
	struct iomt_inspect inspect = inspect_of(walker, 0, IOMT_INSPECT_FINDINGS, 0, UINT64_MAX);
	int err = iomt_inspect_finding(&inspect, &finding);

	CHECK_MSG(err == IOMT_ENOENT, "%s: %s at 0x%" PRIx64 ": 0x%" PRIx64 ", level %u",
		  own->table.kind->name, iomt_finding_text(finding.kind), finding.address,
		  finding.entry, finding.level);
	CHECK(!inspect.crowded);
}

static void check_dump(struct own *own, const struct iomt_walker *walker)
{
	struct iomt_inspect inspect = inspect_of(walker, 0, IOMT_INSPECT_RANGES, 0, UINT64_MAX);
	const char *name = own->table.kind->name;
	struct iomt_inspect_range range;
	struct iomt_pt_run run;
	uint64_t at = own->table.first, count = 0;

	while (!iomt_pt_next(&own->table.pt, at, own->table.last, &run)) {
		uint32_t prot;

		CHECK_MSG(!iomt_inspect_range(&inspect, &range), "%s: 0x%" PRIx64 " is missing",
			  name, run.iova);
		prot = run.prot & IOMT_PRIV ? range.priv : range.prot;
		CHECK_MSG(range.iova == run.iova && range.last == run.last && range.oa == run.oa &&
				  range.size_lg2 == run.size_lg2 && range.level == run.level,
			  "%s: 0x%" PRIx64 " to 0x%" PRIx64 " is 0x%" PRIx64
			  ", 2^%u; should be 0x%" PRIx64 " to 0x%" PRIx64 ", 0x%" PRIx64 ", 2^%u",
			  name, range.iova, range.last, range.oa, range.size_lg2, run.iova,
			  run.last, run.oa, run.size_lg2);
		CHECK_MSG(!((prot ^ run.prot) & own->known), "%s: 0x%x, not 0x%x", name, prot,
			  run.prot);
		count++;
		if (run.last == own->table.last)
			break;
		at = run.last + 1;
	}
	CHECK_INT(iomt_inspect_range(&inspect, &range), IOMT_ENOENT);
	CHECK_MSG(count > 20, "%s: %" PRIu64 " ranges", name, count);
}

/* Holes, splits, empty tables, and small pieces where there is room. */
static void change_some(struct own *own, struct random *random)
{
	uint64_t granule = own->table.granule;

	for (unsigned i = 0; i < PIECES; i++) {
		uint64_t iova = some_place(own, random), oa = random_below(random, 1 << 19);
		uint64_t most = (own->table.last - iova) / granule + 1;
		uint64_t count = 1 + random_below(random, 40);
		uint64_t length = (count < most ? count : most) * granule;
		uint32_t prot = IOMT_READ | (uint32_t)random_below(random, 2) * IOMT_WRITE;

		if (random_below(random, 3))
			CHECK_INT(iomt_pt_unmap(&own->table.pt, iova, length, NULL,
						&own->table.gather),
				  0);
		else /* what is mapped already is left alone */
			iomt_pt_map(&own->table.pt, iova, oa << own->table.kind->granule_lg2,
				    length, prot, &own->table.gather);
	}
}

static void whole(void)
{
	static struct own own;
	struct iomt_walker walker;
	struct random random;

	random_init(&random, 11);
	for (size_t i = 0; i < 2 * kind_count; i++) {
		const struct kind *kind = &kinds[i / 2];

		if (kind->enc_bit)
			continue; /* what a memory controller takes away is no part of a guest's address */
		open_own(&own, kind, i % 2);
		map_some(&own, &random);
		change_some(&own, &random);
		walker_now(&own, &walker);
		check_clean(&own, &walker);
		check_dump(&own, &walker);
		table_close(&own.table);
	}
}

/* The same memory, but for one word. */
struct damage {
	struct own *own;
	uint64_t address;
	uint64_t value;
};

static struct iomt_guest_word read_damaged(void *ctx, uint64_t address)
{
	const struct damage *damage = ctx;

	if (address != damage->address)
		return read64(&damage->own->table.provider, address);
	return (struct iomt_guest_word){.value = damage->value};
}

static uint64_t damaged(struct random *random, uint64_t entry, uint64_t other)
{
	switch (random_below(random, 8)) {
	case 0:
		return random_next(random);
	case 1:
		return 0;
	case 2:
		return other; /* a loop, or a table of another level */
	default:
		return entry ^ 1ULL << random_below(random, 64);
	}
}

struct answer {
	int err;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
};

static struct answer ask(const struct iomt_walker *walker, uint64_t iova, uint32_t priv)
{
	struct answer answer = {0};

	answer.err = iomt_walk(walker, iova, IOMT_READ | IOMT_WALK_ATS | IOMT_WALK_LOOK | priv,
			       &answer.leaf, &answer.fault);
	return answer;
}

static bool differ(const struct answer *a, const struct answer *b)
{
	if (a->err || b->err)
		return a->err != b->err;
	return a->leaf.oa != b->leaf.oa || ((a->leaf.prot ^ b->leaf.prot) & RIGHTS);
}

/* Whether the comparison of both tables names an address. */
static bool is_different(const struct iomt_walker *was, const struct iomt_walker *is, uint64_t iova)
{
	uint64_t first = iova & ~0xfffffULL, last = iova | 0xfffff;
	struct iomt_inspect a = inspect_of(was, 0, IOMT_INSPECT_RANGES, first, last);
	struct iomt_inspect b = inspect_of(is, 1, IOMT_INSPECT_RANGES, first, last);
	struct iomt_inspect_difference difference;
	struct iomt_inspect_diff diff;
	bool found = false;

	CHECK_INT(iomt_inspect_diff_init(&diff, &a, &b, RIGHTS), 0);
	while (!iomt_inspect_diff_next(&diff, &difference)) {
		CHECK(difference.iova >= first && difference.last <= last);
		found |= iova >= difference.iova && iova <= difference.last;
	}
	return found;
}

static bool is_found(const struct iomt_walker *walker, const struct iomt_walk_fault *fault)
{
	struct iomt_inspect inspect = inspect_of(walker, 0, IOMT_INSPECT_FINDINGS, 0, UINT64_MAX);
	struct iomt_inspect_finding finding;
	bool found = false;

	while (!found && !iomt_inspect_finding(&inspect, &finding)) {
		if (fault->kind == IOMT_WALK_FAULT_TABLE)
			found = finding.kind == IOMT_FINDING_MEMORY &&
				fault->address - finding.table < 1 << 20;
		else
			found = finding.kind <= IOMT_FINDING_ACCESSED &&
				finding.address == fault->address;
	}
	CHECK(!inspect.crowded);
	return found;
}

static bool is_illegal(unsigned kind)
{
	return kind == IOMT_WALK_FAULT_RESERVED || kind == IOMT_WALK_FAULT_LEVEL ||
	       kind == IOMT_WALK_FAULT_OUTPUT || kind == IOMT_WALK_FAULT_ACCESSED ||
	       kind == IOMT_WALK_FAULT_TABLE;
}

/* Damages one word on the way to a mapped address. Counts what came of it: nothing, another map, faults. */
static void damage_one(struct own *own, const struct iomt_walker *was, struct random *random,
		       unsigned counts[3])
{
	const char *name = own->table.kind->name;
	struct damage damage = {.own = own};
	struct iomt_guest_mem mem = {.size = sizeof(mem), .read64 = read_damaged, .ctx = &damage};
	struct iomt_walk_cfg cfg = own->cfg;
	struct iomt_walk_path path;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walker is;
	uint64_t iova = some_place(own, random);
	unsigned step;
	bool changed = false;

	if (iomt_walk_with_path(was, iova, IOMT_READ | IOMT_WALK_ATS | IOMT_WALK_LOOK, &leaf,
				&fault, &path))
		return;
	step = (unsigned)random_below(random, path.count);
	damage.address = path.steps[step].address;
	damage.value = damaged(random, path.steps[step].entry, path.steps[0].entry);
	cfg.mem = &mem;
	CHECK_INT(iomt_walker_init(&is, &cfg, NULL), 0);
	for (uint32_t priv = 0; priv <= IOMT_PRIV; priv += IOMT_PRIV) {
		struct answer before = ask(was, iova, priv), after = ask(&is, iova, priv);

		changed |= differ(&before, &after);
		if (after.err && is_illegal(after.fault.kind)) {
			CHECK_MSG(is_found(&is, &after.fault),
				  "%s: 0x%" PRIx64 " for 0x%" PRIx64 " at level %u: %s, not found",
				  name, damage.value, path.steps[step].entry,
				  path.steps[step].level, iomt_walk_fault_text(after.fault.kind));
			counts[2]++;
		}
	}
	counts[changed]++;
	CHECK_MSG(is_different(was, &is, iova) == changed,
		  "%s: 0x%" PRIx64 " for 0x%" PRIx64 " at level %u: %s difference", name,
		  damage.value, path.steps[step].entry, path.steps[step].level,
		  changed ? "no" : "a");
}

static void damaged_words(void)
{
	static struct own own;
	unsigned counts[3] = {0};
	struct iomt_walker walker;
	struct random random;

	random_init(&random, 12);
	for (size_t i = 0; i < kind_count; i++) {
		if (kinds[i].enc_bit)
			continue;
		open_own(&own, &kinds[i], false);
		map_some(&own, &random);
		change_some(&own, &random);
		walker_now(&own, &walker);
		for (unsigned k = 0; k < DAMAGES; k++)
			damage_one(&own, &walker, &random, counts);
		table_close(&own.table);
	}
	CHECK_MSG(counts[0] > 10 && counts[1] > 50 && counts[2] > 50, "%u harmless, %u, %u faults",
		  counts[0], counts[1], counts[2]);
}

TEST_SUITE(walk_inspect_own, TEST(whole), TEST(damaged_words));
