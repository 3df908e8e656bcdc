/* SPDX-License-Identifier: MIT */
/*
 * What a packer must do, by looking at everything again: plain tables of what each device has, which
 * devices may share an id by the definition, how few ids there can be, what a device may be given at
 * this moment by the IOMMU of tagged.h, which carries out the plans.
 */
#ifndef TESTS_MODEL_PACKING_H
#define TESTS_MODEL_PACKING_H

#include "tagged.h"

struct packing_device {
	bool there, wanted; /* before and after an open transaction */
	bool known;	    /* the packer has taken it */
	iomt_pack_device handle;
	struct iomt_pack_device_cfg cfg;
	unsigned map[TAGGED_KEYS], next[TAGGED_KEYS];
	uint32_t id;
	unsigned tails; /* that name it and are still put off */
};

/* The end of a plan, put off, and what devices had before. */
#define PACKING_TAILS 8u
#define PACKING_STEPS 512u

struct packing_tail {
	uint64_t token;
	unsigned count;
	struct iomt_pack_step steps[PACKING_STEPS];
	unsigned before[TAGGED_DEVICES][TAGGED_KEYS];
	bool had[TAGGED_DEVICES];
};

struct packing {
	struct iomt_pack pack;
	struct iomt_pack_cfg cfg;
	struct packing_device devices[TAGGED_DEVICES];
	struct tagged hw;
	struct iomt_pack_tables_cfg tables; /* of ids, where cfg.tables is this */
	struct packing_tail tails[PACKING_TAILS], *current;
	unsigned tail_count;
	uint64_t done; /* all of this plan and those before it */
	bool open;
	uint64_t plans, steps, moved;
};

/*
 * Before packing_open: tables of ids in the provider's memory, found as "tables" says. With "giov"
 * devices have IOMT_PACK_GIOV all, else none has.
 */
void packing_share(struct packing *packing, struct iomt_pack_cfg *cfg, struct provider *provider,
		   enum tagged_tables tables, enum iomt_pasid_format format, bool giov);

/* The packer of this configuration beside its model. */
void packing_open(struct packing *packing, const struct iomt_pack_cfg *cfg, uint64_t seed);
void packing_close(struct packing *packing);

/* What a call must return; each makes it in both. */
void packing_begin(struct packing *packing);
int packing_add(struct packing *packing, unsigned device, uint32_t sends, uint32_t flags,
		uint32_t trust, uint64_t fixed);
int packing_remove(struct packing *packing, unsigned device);
int packing_set(struct packing *packing, unsigned device, unsigned key, unsigned leaf);
int packing_clear(struct packing *packing, unsigned device, unsigned key);
void packing_abort(struct packing *packing);

/*
 * Commits, or merges, and carries out the plan; "tail": its end, too, or it is put off. After errors
 * nothing may have changed.
 */
int packing_commit(struct packing *packing, bool tail);
int packing_merge(struct packing *packing, bool tail);

/* Asks for these ids: a device has its own afterwards, or what was asked for. */
int packing_apply(struct packing *packing, const uint32_t ids[TAGGED_DEVICES], bool tail);

/* Carries out the first end that was put off, if there is one; "tell": and says so. */
void packing_finish(struct packing *packing, bool tell);

/* Says so of what is over, which may have been a while ago. */
void packing_tell(struct packing *packing);

/* All that can be checked at any time outside of a transaction. */
void packing_check(struct packing *packing);

#endif
