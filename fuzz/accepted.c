/* SPDX-License-Identifier: MIT */
/* A table of any configuration: its edges, each of its leaf sizes, its dirty state. */
#include "config.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

struct trial {
	const struct iomt_pt_cfg *cfg;
	struct provider *provider;
	struct iomt_pt pt;
	struct iomt_gather gather;
	struct iomt_pt_hw hw;
	uint64_t granule;
	uint64_t first;
	uint64_t last;
};

static void no_wait(struct iomt_gather *gather)
{
	(void)gather;
}

static enum walk_format walk_of(const struct iomt_pt_format *format)
{
	const char *name = iomt_pt_format_name(format);

	if (!strcmp(name, "amdv1"))
		return WALK_AMDV1;
	if (!strcmp(name, "x86_64"))
		return WALK_X86_64;
	if (!strcmp(name, "vtd_ss"))
		return WALK_VTD_SS;
	if (!strncmp(name, "riscv", 5))
		return strcmp(name, "riscv_s1") ? WALK_RISCV_S2 : WALK_RISCV_S1;
	return !strncmp(name, "arm_s1", 6) ? WALK_ARM_S1 : WALK_ARM_S2;
}

static struct walker walker_of(struct trial *trial)
{
	struct walker walker = {
		.format = walk_of(trial->cfg->format),
		.granule_lg2 = (unsigned)__builtin_ctzll(trial->granule),
		.nx = trial->cfg->flags & IOMT_PT_NX,
		.pbmt = trial->cfg->flags & IOMT_PT_PBMT,
		.napot = trial->cfg->page_sizes >> 16 & 1,
		.enc = trial->cfg->enc_bit ? 1ULL << trial->cfg->enc_bit : 0,
		.provider = trial->provider,
		.shadow = trial->cfg->mem->clean != NULL,
	};

	iomt_pt_hw(&trial->pt, &walker.hw);
	return walker;
}

/* Maps one leaf, asks both readers, and takes it away. */
static void try_leaf(struct trial *trial, uint64_t iova, uint64_t oa, unsigned size_lg2)
{
	uint64_t size = 1ULL << size_lg2, bytes = 0, at = iova + size / 3;
	struct iomt_pt_leaf leaf = {0}, many;
	struct walker walker;
	struct walk seen;

	CHECK_INT(iomt_pt_map(&trial->pt, iova, oa, size, RW, &trial->gather), 0);
	CHECK_INT(iomt_pt_translate(&trial->pt, at, &leaf), 0);
	CHECK_EQ(iomt_pt_translate_many(&trial->pt, &at, 1, &many), 1);
	CHECK_EQ(many.oa, leaf.oa);
	CHECK_EQ(leaf.oa, oa + size / 3);
	CHECK_EQ(leaf.prot, RW);
	CHECK_EQ(leaf.size_lg2, size_lg2);
	walker = walker_of(trial);
	seen = walk(&walker, at);
	CHECK_MSG(seen.result == WALK_MAPPED, "the walker at 0x%" PRIx64 ": %s", at,
		  seen.why ? seen.why : "nothing");
	CHECK_EQ(seen.oa, oa + size / 3);
	CHECK_EQ(seen.size_lg2, size_lg2);
	CHECK_INT(iomt_pt_map(&trial->pt, iova, oa, size, RW, NULL), IOMT_EEXIST);
	CHECK_INT(iomt_pt_unmap(&trial->pt, iova, size, &bytes, &trial->gather), 0);
	CHECK_EQ(bytes, size);
	CHECK_INT(iomt_pt_translate(&trial->pt, at, &leaf), IOMT_ENOENT);
	iomt_gather_release(&trial->gather);
}

/* The last granule comes first: a table that grows has grown then. */
static void try_edges(struct trial *trial)
{
	unsigned granule_lg2 = (unsigned)__builtin_ctzll(trial->granule);
	uint64_t oa_last = (1ULL << trial->hw.oa_bits) - trial->granule;

	try_leaf(trial, trial->last - (trial->granule - 1), oa_last, granule_lg2);
	try_leaf(trial, trial->first, 0, granule_lg2);
	if (trial->cfg->flags & IOMT_PT_SIGNED) {
		try_leaf(trial, ~trial->last, trial->granule, granule_lg2);
		try_leaf(trial, 0 - trial->granule, oa_last, granule_lg2);
	}
	if (trial->last != UINT64_MAX && !(trial->cfg->flags & IOMT_PT_SIGNED))
		CHECK_INT(iomt_pt_map(&trial->pt, trial->last + 1, 0, trial->granule, RW, NULL),
			  IOMT_ERANGE);
	CHECK_INT(iomt_pt_map(&trial->pt, trial->first, oa_last + trial->granule, trial->granule,
			      RW, NULL),
		  IOMT_ERANGE);
}

static void try_sizes(struct trial *trial)
{
	uint64_t sizes = iomt_pt_sizes(&trial->pt);

	if (trial->cfg->page_sizes)
		CHECK_EQ(sizes & ~trial->cfg->page_sizes, 0);
	for (unsigned lg2 = 0; lg2 < 64; lg2++) {
		uint64_t last = (1ULL << lg2) - 1;

		if (!(sizes >> lg2 & 1))
			continue;
		CHECK(last <= trial->last - trial->first && last >> trial->hw.oa_bits == 0);
		try_leaf(trial, trial->first, 0, lg2);
		/* the last one that fits, if there is another */
		try_leaf(trial, trial->last - last, (1ULL << trial->hw.oa_bits) - last - 1, lg2);
	}
}

static void try_dirty(struct trial *trial)
{
	uint64_t g = trial->granule, bitmap = 0, bytes;
	struct walker walker;
	struct walk found;

	if (!(trial->cfg->flags & IOMT_PT_DIRTY)) {
		CHECK_INT(iomt_pt_dirty(&trial->pt, trial->first, g, g, &bitmap, 0, &trial->gather),
			  IOMT_EOPNOTSUPP);
		return;
	}
	CHECK_INT(iomt_pt_map(&trial->pt, trial->first, 0, g, RW, &trial->gather), 0);
	walker = walker_of(trial);
	walker.shadow = false;
	CHECK_INT(iomt_pt_dirty(&trial->pt, trial->first, g, g, &bitmap, 0, &trial->gather), 0);
	CHECK_EQ(bitmap, 0);
	found = walk(&walker, trial->first);
	CHECK(walk_mark_dirty(&walker, &found));
	CHECK_INT(iomt_pt_dirty(&trial->pt, trial->first, g, g, &bitmap, 0, &trial->gather), 0);
	CHECK_EQ(bitmap, 1);
	bitmap = 0;
	CHECK_INT(iomt_pt_dirty(&trial->pt, trial->first, g, g, &bitmap, 0, &trial->gather), 0);
	CHECK_EQ(bitmap, 0);
	CHECK_INT(iomt_pt_unmap(&trial->pt, trial->first, g, &bytes, &trial->gather), 0);
	iomt_gather_release(&trial->gather);
}

static void check_hw(const struct trial *trial)
{
	const struct iomt_pt_cfg *cfg = trial->cfg;
	const struct iomt_pt_hw *hw = &trial->hw;
	uint64_t sizes = iomt_pt_sizes(&trial->pt);

	CHECK(hw->levels >= 1 && hw->levels <= IOMT_PT_MAX_LEVELS);
	if (cfg->levels)
		CHECK_EQ(hw->levels, cfg->levels);
	CHECK(cfg->bbm <= 2);
	if (!cfg->page_sizes) /* those with known errata are for those who name them */
		CHECK(walk_of(cfg->format) != WALK_AMDV1 || !(sizes >> 39 & 1));
	if (!cfg->page_sizes) /* nor Svnapot's, which not all hardware has */
		CHECK(walk_of(cfg->format) < WALK_RISCV_S1 || !(sizes >> 16 & 1));
	if (cfg->oa_bits)
		CHECK_EQ(hw->oa_bits, cfg->oa_bits);
	if (cfg->iova_bits && !cfg->top_changed)
		CHECK_EQ(hw->iova_bits, cfg->iova_bits);
	CHECK(!(trial->first & (trial->granule - 1)) &&
	      !((trial->last + 1) & (trial->granule - 1)));
	CHECK(trial->first < trial->last);
}

/* Only memory that the hardware cannot address is a reason to have none. */
static void open_trial(struct trial *trial)
{
	int got = iomt_pt_init(&trial->pt, trial->cfg);

	if (got != IOMT_ENOMEM) {
		CHECK_INT(got, 0);
		return;
	}
	CHECK(trial->provider->kind != PROVIDER_LOW);
	provider_check_empty(trial->provider);
	provider_init(trial->provider, PROVIDER_LOW);
	CHECK_INT(iomt_pt_init(&trial->pt, trial->cfg), 0);
}

void check_accepted(const struct iomt_pt_cfg *cfg, struct provider *provider)
{
	static struct trial trial;

	memset(&trial, 0, sizeof(trial));
	trial.cfg = cfg;
	trial.provider = provider;
	open_trial(&trial);
	iomt_gather_init(&trial.gather);
	trial.gather.sync = no_wait;
	iomt_pt_hw(&trial.pt, &trial.hw);
	iomt_pt_bounds(&trial.pt, &trial.first, &trial.last);
	trial.granule = iomt_pt_sizes(&trial.pt) & -iomt_pt_sizes(&trial.pt);
	check_hw(&trial);
	try_edges(&trial);
	try_sizes(&trial);
	try_dirty(&trial);
	iomt_gather_release(&trial.gather);
	iomt_pt_destroy(&trial.pt);
}
