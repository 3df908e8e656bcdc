/* SPDX-License-Identifier: MIT */
/* Tables of every kind that the library made, as guest memory with a walker's configuration. */
#ifndef TESTS_WALK_OWN_H
#define TESTS_WALK_OWN_H

#include "kinds.h"
#include "random.h"
#include "test.h"

#define MAPPINGS 120u
/* no memory of this process is below it; of 32 bits all but a page is beyond */
#define LOWEST	(UINTPTR_MAX > UINT32_MAX ? 1ULL << 33 : 4096)
#define HIGHEST (UINTPTR_MAX > UINT32_MAX ? 1ULL << 47 : 1ULL << 32)

static const struct {
	const struct iomt_pt_format *format;
	const struct iomt_walk_format *walk;
} formats[] = {
	{&iomt_amdv1, &iomt_walk_amdv1},
	{&iomt_x86_64, &iomt_walk_x86_64},
	{&iomt_vtd_ss, &iomt_walk_vtd_ss},
	{&iomt_arm_s1_4k, &iomt_walk_arm_s1_4k},
	{&iomt_arm_s1_16k, &iomt_walk_arm_s1_16k},
	{&iomt_arm_s1_64k, &iomt_walk_arm_s1_64k},
	{&iomt_arm_s1_4k_lpa2, &iomt_walk_arm_s1_4k_lpa2},
	{&iomt_arm_s1_16k_lpa2, &iomt_walk_arm_s1_16k_lpa2},
	{&iomt_arm_s2_4k, &iomt_walk_arm_s2_4k},
	{&iomt_arm_s2_16k, &iomt_walk_arm_s2_16k},
	{&iomt_arm_s2_64k, &iomt_walk_arm_s2_64k},
	{&iomt_arm_s2_4k_lpa2, &iomt_walk_arm_s2_4k_lpa2},
	{&iomt_arm_s2_16k_lpa2, &iomt_walk_arm_s2_16k_lpa2},
	{&iomt_riscv_s1, &iomt_walk_riscv_s1},
	{&iomt_riscv_s2, &iomt_walk_riscv_s2},
};

struct own {
	struct table table;
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_walk_cfg cfg;
	uint32_t known; /* bits of prot that mean the same on both sides */
};

static inline struct iomt_guest_word read64(void *ctx, uint64_t address)
{
	uint64_t *word = provider_word(ctx, address, false);

	if (!word)
		return (struct iomt_guest_word){.err = IOMT_EIO};
	return (struct iomt_guest_word){.value = __atomic_load_n(word, __ATOMIC_ACQUIRE)};
}

static inline int cas64(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	uint64_t *word = provider_word(ctx, address, false);

	if (!word)
		return IOMT_EIO;
	return __atomic_compare_exchange_n(word, expected, desired, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE)
		       ? 0
		       : IOMT_EAGAIN;
}

static inline uint32_t walk_flags(const struct kind *kind)
{
	uint32_t flags = 0;

	flags |= kind->flags & IOMT_PT_DIRTY ? IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY : 0;
	flags |= kind->flags & IOMT_PT_SIGNED ? IOMT_WALK_SIGNED : 0;
	flags |= kind->flags & IOMT_PT_TTBR1 ? IOMT_WALK_UPPER : 0;
	flags |= kind->flags & IOMT_PT_NX ? IOMT_WALK_NX : 0;
	flags |= kind->flags & IOMT_PT_PBMT ? IOMT_WALK_PBMT : 0;
	flags |= kind->walk == WALK_X86_64 ? IOMT_WALK_WP : 0;
	return flags | (kind->walk == WALK_VTD_SS ? IOMT_WALK_SNOOP : 0);
}

static inline void open_own(struct own *own, const struct kind *kind, bool mapped)
{
	struct iomt_pt_hw hw;

	memset(own, 0, sizeof(*own));
	table_open(&own->table, kind, PROVIDER_LINEAR);
	own->region = (struct iomt_guest_region){
		.base = LOWEST + own->table.provider.mem.phys_offset,
		.size = HIGHEST - LOWEST,
		.host = (void *)(uintptr_t)LOWEST,
	};
	own->mem = (struct iomt_guest_mem){.size = sizeof(own->mem),
					   .regions = &own->region,
					   .count = mapped,
					   .read64 = read64,
					   .cas64 = cas64,
					   .ctx = &own->table.provider};
	own->cfg = (struct iomt_walk_cfg){.size = sizeof(own->cfg), .mem = &own->mem};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].format == kind->format)
			own->cfg.format = formats[i].walk;
	}
	CHECK(own->cfg.format);
	iomt_pt_hw(&own->table.pt, &hw);
	own->cfg.flags = walk_flags(kind);
	if (kind->walk == WALK_ARM_S1)
		own->cfg.mair = hw.u.arm.mair;
	own->known = IOMT_READ | IOMT_WRITE | IOMT_SNOOP | IOMT_PRIV | IOMT_GLOBAL | IOMT_TYPE_MASK;
	if (kind->walk >= WALK_ARM_S1 || (kind->flags & IOMT_PT_NX))
		own->known |= IOMT_EXEC;
}

/* A table may have grown: hardware is told of the top anew. */
static inline void walker_now(struct own *own, struct iomt_walker *walker)
{
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_pt_hw hw;
	int err;

	iomt_pt_hw(&own->table.pt, &hw);
	own->cfg.root = hw.root;
	own->cfg.levels = hw.levels;
	/* of tables that grow, and of RISC-V's, hardware is told the levels alone */
	own->cfg.iova_bits =
		own->table.kind->grows || own->table.kind->walk >= WALK_RISCV_S1 ? 0 : hw.iova_bits;
	own->cfg.oa_bits = hw.oa_bits;
	err = iomt_walker_init(walker, &own->cfg, &error);
	CHECK_MSG(!err, "%s: %s: %s", own->table.kind->name, error.field, error.reason);
}

/* Ranges of any size and rights, near the bottom, the middle and the top. */
static inline uint64_t some_place(const struct own *own, struct random *random)
{
	uint64_t span = own->table.last - own->table.first, granule = own->table.granule;
	uint64_t offset = random_below(random, 1024) * granule;

	switch (random_below(random, 3)) {
	case 0:
		return own->table.first + offset;
	case 1:
		return own->table.first + (span / 2 & ~(granule - 1)) + offset;
	default:
		return own->table.last + 1 - granule - offset;
	}
}

static inline void map_some(struct own *own, struct random *random)
{
	static const uint32_t extras[] = {
		0,	     IOMT_EXEC,		 IOMT_PRIV,	   IOMT_SNOOP,
		IOMT_GLOBAL, IOMT_TYPE_UNCACHED, IOMT_TYPE_DEVICE, IOMT_EXEC | IOMT_PRIV};
	uint64_t granule = own->table.granule, mask = (1ULL << own->table.pt.oa_bits) - 1;

	for (unsigned i = 0; i < MAPPINGS; i++) {
		uint64_t iova = some_place(own, random), count = 1 + random_below(random, 2048);
		uint64_t oa = random_next(random) & mask & ~(granule - 1);
		uint32_t prot = IOMT_READ | (uint32_t)random_below(random, 2) * IOMT_WRITE |
				extras[random_below(random, 8)];

		if (random_below(random, 2)) /* so that larger leaves fit */
			oa = (oa & ~(granule * 4096 - 1)) | (iova & (granule * 4096 - 1));
		/* what does not fit, or the format does not know, is another test's business */
		iomt_pt_map(&own->table.pt, iova, oa, count * granule, prot, &own->table.gather);
	}
}

#endif
