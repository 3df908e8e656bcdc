/* SPDX-License-Identifier: MIT */
#include "inspect_play.h"
#include "test.h"

#define BUDGET 20000u
#define MOST   2048u
#define PROBES 4u

static struct {
	const struct iomt_walker *walker;
	const struct play_source *source;
	struct inspect_counts *counts;
	uint64_t seed;
	iomt_word scratch[2][64];
	size_t scratch_bytes;
	uint64_t first; /* of the ranges that are asked for */
	uint64_t last;
	size_t count;
	struct iomt_inspect_range ranges[MOST];
	size_t found;
	struct iomt_inspect_finding findings[MOST];
} play;

static uint64_t choose(uint64_t below)
{
	return play.source->next(play.source->ctx, below);
}

static struct iomt_inspect begin(enum iomt_inspect_kind kind, unsigned side, uint64_t budget)
{
	bool all = kind == IOMT_INSPECT_FINDINGS;
	struct iomt_inspect_cfg cfg = {.size = sizeof(cfg),
				       .walker = play.walker,
				       .kind = kind,
				       .first = all ? 0 : play.first,
				       .last = all ? UINT64_MAX : play.last,
				       .budget = budget,
				       .scratch = play.scratch[side],
				       .scratch_bytes = play.scratch_bytes};
	struct iomt_inspect inspect;

	CHECK_INT(iomt_inspect_init(&inspect, &cfg), 0);
	return inspect;
}

/* Ranges have addresses without tags. */
static uint64_t some_iova(void)
{
	uint64_t iova = play_iova();

	return play.walker->tag_bits ? (uint64_t)((int64_t)(iova << 8) >> 8) : iova;
}

/* What a look says of an address; privileged or not, and allowed or not. */
static int look(uint64_t iova, uint32_t priv, struct iomt_walk_leaf *leaf,
		struct iomt_walk_fault *fault)
{
	return iomt_walk(play.walker, iova, IOMT_READ | IOMT_WALK_ATS | IOMT_WALK_LOOK | priv, leaf,
			 fault);
}

#define AGREE(condition)                                                                   \
	CHECK_MSG(condition,                                                               \
		  "seed %" PRIu64 ": 0x%" PRIx64 " in 0x%" PRIx64 " to 0x%" PRIx64 ": %s", \
		  play.seed, iova, range->iova, range->last, #condition)

/* A device's TLB is given no execution without reading; a range tells of it. */
static bool same_prot(uint32_t walked, uint32_t range)
{
	return walked == (range & IOMT_READ ? range : range & ~IOMT_EXEC);
}

/* A walk at an address of a range says what the range says. */
static void check_in_range(const struct iomt_inspect_range *range, uint64_t iova)
{
	struct iomt_walk_leaf user = {0}, priv = {0};
	struct iomt_walk_fault fault;

	AGREE(!look(iova, 0, &user, &fault) && !look(iova, IOMT_PRIV, &priv, &fault));
	AGREE(user.oa == range->oa + (iova - range->iova));
	AGREE(same_prot(user.prot, range->prot));
	AGREE(same_prot(priv.prot, range->priv));
	AGREE(user.size_lg2 == range->size_lg2);
	AGREE(user.level == range->level);
	AGREE(user.type == range->type);
}

static void check_range(const struct iomt_inspect_range *range)
{
	const struct iomt_inspect_range *before = range - 1;
	uint64_t iova = range->iova;

	AGREE(range->iova >= play.first && range->iova <= range->last && range->last <= play.last);
	AGREE(range == play.ranges || before->last < range->iova);
	check_in_range(range, range->iova);
	check_in_range(range, range->last);
	check_in_range(range, range->iova + (range->last - range->iova) / 2);
}

/* Collects ranges; tells up to where all are known: behind, if all are. */
static int collect(uint64_t *position)
{
	struct iomt_inspect inspect = begin(IOMT_INSPECT_RANGES, 0, BUDGET);
	int err;

	for (play.count = 0; play.count < MOST; play.count++) {
		err = iomt_inspect_range(&inspect, &play.ranges[play.count]);
		if (err)
			break;
		check_range(&play.ranges[play.count]);
	}
	play.counts->ranges += play.count;
	if (play.count == MOST) {
		*position = play.ranges[MOST - 1].last + 1;
		return IOMT_EAGAIN;
	}
	if (err == IOMT_ENOENT) {
		CHECK_INT(iomt_inspect_position(&inspect, position), IOMT_ENOENT);
		return 0;
	}
	CHECK_INT(err, IOMT_EAGAIN);
	CHECK_EQ(inspect.budget, 0);
	play.counts->limits++;
	if (iomt_inspect_position(&inspect, position))
		return 0;
	return err;
}

/* Holes are holes. */
static void check_address(uint64_t iova, bool all, uint64_t position)
{
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	if (iova < play.first || iova > play.last || (!all && iova >= position))
		return;
	for (size_t i = 0; i < play.count; i++) {
		if (iova >= play.ranges[i].iova && iova <= play.ranges[i].last) {
			check_in_range(&play.ranges[i], iova);
			return;
		}
	}
	CHECK_MSG(look(iova, 0, &leaf, &fault) == IOMT_EFAULT,
		  "seed %" PRIu64 ": 0x%" PRIx64 " is in no range", play.seed, iova);
}

/* In small steps the same comes out, but cut. */
static void check_steps(void)
{
	struct iomt_inspect inspect = begin(IOMT_INSPECT_RANGES, 1, 0);
	struct iomt_inspect_range got;
	uint64_t left = BUDGET;
	size_t at = 0;
	int err;

	while (at < play.count) {
		const struct iomt_inspect_range *range = &play.ranges[at];
		uint64_t iova;

		err = iomt_inspect_range(&inspect, &got);
		if (err == IOMT_EAGAIN && left) {
			inspect.budget = 1 + choose(64);
			if (inspect.budget > left)
				inspect.budget = left;
			left -= inspect.budget;
			continue;
		}
		iova = got.iova;
		AGREE(!err && got.iova >= range->iova && got.last <= range->last);
		AGREE(got.oa - range->oa == got.iova - range->iova);
		AGREE(got.prot == range->prot && got.priv == range->priv);
		at += got.last == range->last;
	}
}

static bool is_new(const struct iomt_inspect_finding *finding)
{
	for (size_t i = 0; i < play.found; i++) {
		if (play.findings[i].address == finding->address &&
		    play.findings[i].kind == finding->kind &&
		    play.findings[i].level == finding->level)
			return false;
	}
	return true;
}

/* Collects findings; tells whether these are all, each once. */
static bool find(void)
{
	struct iomt_inspect inspect = begin(IOMT_INSPECT_FINDINGS, 0, 8 * BUDGET);
	struct iomt_inspect_finding finding;
	int err;

	play.found = 0;
	while (!(err = iomt_inspect_finding(&inspect, &finding))) {
		CHECK_MSG(is_new(&finding) || inspect.crowded ||
				  finding.kind == IOMT_FINDING_MEMORY,
			  "seed %" PRIu64 ": %s at 0x%" PRIx64 " twice", play.seed,
			  iomt_finding_text(finding.kind), finding.address);
		if (play.found == MOST)
			return false;
		play.findings[play.found++] = finding;
		play.counts->findings[finding.kind]++;
	}
	return err == IOMT_ENOENT && !inspect.crowded;
}

static void explain(uint64_t iova)
{
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	if (!look(iova, 0, &leaf, &fault))
		return;
	if (fault.kind != IOMT_WALK_FAULT_RESERVED && fault.kind != IOMT_WALK_FAULT_LEVEL &&
	    fault.kind != IOMT_WALK_FAULT_OUTPUT && fault.kind != IOMT_WALK_FAULT_ACCESSED &&
	    fault.kind != IOMT_WALK_FAULT_TABLE)
		return;
	play.counts->explained++;
	for (size_t i = 0; i < play.found; i++) {
		const struct iomt_inspect_finding *finding = &play.findings[i];
		bool memory = finding->kind == IOMT_FINDING_MEMORY;

		if (fault.kind == IOMT_WALK_FAULT_TABLE && memory &&
		    fault.address - finding->table < 1 << 20)
			return;
		if (fault.kind != IOMT_WALK_FAULT_TABLE && finding->address == fault.address &&
		    finding->level == fault.level && finding->kind <= IOMT_FINDING_ACCESSED)
			return;
	}
	test_fail(__FILE__, __LINE__, "seed %" PRIu64 ": 0x%" PRIx64 ": %s, not found", play.seed,
		  iova, iomt_walk_fault_text(fault.kind));
}

static void check_same(void)
{
	struct iomt_inspect a = begin(IOMT_INSPECT_RANGES, 0, BUDGET);
	struct iomt_inspect b = begin(IOMT_INSPECT_RANGES, 1, BUDGET / 2);
	struct iomt_inspect_difference difference;
	struct iomt_inspect_diff diff;
	int err;

	CHECK_INT(iomt_inspect_diff_init(&diff, &a, &b, UINT32_MAX), 0);
	err = iomt_inspect_diff_next(&diff, &difference);
	CHECK_MSG(err == IOMT_ENOENT || err == IOMT_EAGAIN,
		  "seed %" PRIu64 ": 0x%" PRIx64 " to 0x%" PRIx64 " differs from itself", play.seed,
		  difference.iova, difference.last);
}

static void look_at(const struct iomt_walker *walker, void *ctx)
{
	uint64_t window = (1ULL << (12 + choose(52))) - 1, position = 0;
	bool all;

	(void)ctx;
	play.walker = walker;
	play.counts->tables++;
	play.scratch_bytes = choose(4) ? sizeof(play.scratch[0]) : choose(32);
	play.first = some_iova();
	play.last = play.first | window;
	play.first &= ~window;
	all = !collect(&position);
	check_steps();
	check_same();
	for (unsigned i = 0; i < PROBES; i++)
		check_address(some_iova(), all, position);
	if (!find())
		return;
	for (unsigned i = 0; i < 2 * PROBES; i++)
		explain(some_iova());
}

void play_inspect(const struct play_source *source, uint64_t seed, struct inspect_counts *counts)
{
	play.source = source;
	play.seed = seed;
	play.counts = counts;
	play_table(source, seed, look_at, NULL);
}
