/* SPDX-License-Identifier: MIT */
/* From a request to a context: what the architectures share. */
#ifndef UNIT_H
#define UNIT_H

#include <iomt/walk_device.h>

typedef iomt_word u64;

#define UNIT_ASKED (IOMT_READ | IOMT_WRITE | IOMT_EXEC)

/* One find. The context is built up as entries are read. */
struct find {
	const struct iomt_unit *unit;
	const struct iomt_request *request;
	struct iomt_context *context;
	struct iomt_device_fault *fault;
	u64 address; /* of the entry that was read last */
};

static inline u64 unit_low(unsigned count)
{
	return count < 64 ? (1ULL << count) - 1 : ~0ULL;
}

/* Bits high..low of a word, at the bottom. */
static inline u64 unit_bits(u64 word, unsigned high, unsigned low)
{
	return word >> low & unit_low(high - low + 1);
}

/* Bits high..low, in place. */
static inline u64 unit_mask(unsigned high, unsigned low)
{
	return unit_low(high + 1) & ~unit_low(low);
}

static inline bool unit_has(const struct iomt_unit *unit, uint32_t features)
{
	return (unit->cfg.features & features) == features;
}

/* Bits of an address that the hardware does not have, from "high" down. */
static inline u64 unit_beyond(const struct iomt_unit *unit, unsigned high)
{
	return unit_mask(high, 0) & ~unit_low(unit->cfg.oa_bits);
}

static inline bool unit_has_levels(const struct iomt_unit *unit, unsigned levels)
{
	return unit->cfg.levels >> levels & 1;
}

/* Ends a find at a word of the entry that was read last. IOMT_EFAULT. */
int iomt_find_fail(const struct find *find, unsigned at, unsigned kind, unsigned code, u64 entry);

/*
 * Reads "count" words of an entry, at a guest address, or of stage 2 where second is not NULL. "code" is
 * that of memory which is not there.
 */
int iomt_find_read(struct find *find, const struct iomt_walker *second, unsigned at, unsigned code,
		   u64 address, u64 *words, unsigned count);

/*
 * The same at a guest address, for an entry that hardware reads in one transaction: until two reads agree on
 * all words, 4 at most. IOMT_EAGAIN where they never do.
 */
int iomt_find_read_at_once(struct find *find, unsigned at, unsigned code, u64 address, u64 *words,
			   unsigned count);

/* Makes a walker of the context; what cannot be is a fault of the entry. */
int iomt_find_walker(const struct find *find, struct iomt_walker *walker, struct iomt_walk_cfg *cfg,
		     unsigned at, unsigned code, u64 entry);

/* What each architecture has. */
struct unit_facts {
	int (*find)(struct find *find);
	unsigned (*walk_code)(const struct iomt_walk_fault *fault, bool scalable);
	unsigned refused_ats;  /* the code of translation requests that are not allowed */
	unsigned refused_priv; /* of privileged requests */
	unsigned refused_pass; /* of accesses that are passed on, but not allowed */
	unsigned beyond_pass;  /* of addresses that are passed on, beyond physical ones; 0: none */
};

extern const struct unit_facts iomt_unit_amd;
extern const struct unit_facts iomt_unit_vtd;
extern const struct unit_facts iomt_unit_vtd_scalable;
extern const struct unit_facts iomt_unit_smmu;
extern const struct unit_facts iomt_unit_riscv;

/*
 * log2 of the bytes around an address of stage 2 in which there is no interrupt file, by a context that has an
 * MSI page table; 0: the address is in one.
 */
unsigned iomt_msi_apart(const struct iomt_context *context, u64 address);

/* What stage 1 made of iova, by its leaf. */
u64 iomt_msi_output(const struct iomt_walk_leaf *leaf, u64 iova);

/*
 * What the MSI page table makes of it. *leaf is what stage 1 said of the request: its output, that
 * address, is replaced. 0 or IOMT_EFAULT.
 */
int iomt_msi_translate(const struct iomt_context *context, const struct iomt_request *request,
		       u64 address, struct iomt_walk_leaf *leaf, struct iomt_device_fault *fault);

#endif
