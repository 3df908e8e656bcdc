/* SPDX-License-Identifier: MIT */
/*
 * Damaged tables in guest memory, walked by iomt_walk and by an IOMMU model of QEMU. A device's DMA must
 * end where the walk ends, or nowhere where it is a fault, and the model must have recorded that fault:
 * address, reason, and what else its records have.
 *
 * A table that the library built is damaged on the way to one page: each bit of each entry alone, then
 * some bits at once.
 */
#ifndef TESTS_QEMU_WALKS_H
#define TESTS_QEMU_WALKS_H

#include "witness.h"

#define WALKS_KNOWN 8u /* ways to differ that a model may have */

/* What comes of an access, as far as it can be seen. */
struct answer {
	bool passes;
	bool recorded;	 /* as a fault; what follows is the record */
	unsigned reason; /* as the model encodes it */
	uint64_t oa;	 /* where it passes to */
	uint64_t iova;
	uint64_t fetch; /* of the entry that could not be read, where records say so */
	unsigned cls;	/* SMMUv3: CLASS */
	bool untold;	/* nobody can say: it is not tried */
};

struct walks;

/* How a model's answers are to be read. */
struct walks_kind {
	const struct iomt_walk_format *format;
	uint32_t flags; /* IOMT_WALK_* */
	bool arm;	/* has MAIR */

	/* What the record of a fault says: reason, fetch, cls. NULL: records are not compared. */
	void (*record)(const struct iomt_walk_fault *fault, struct answer *answer);

	/*
	 * Of a fault, t->fault on the way t->path: where the model is known to differ, changes *answer, which
	 * is what the specification says, to what the model says, and returns what the difference is. NULL:
	 * it does not differ. What the specification lets pass, every model must.
	 */
	const char *(*known)(struct walks *t, bool write, struct answer *answer);

	/*
	 * After an access: what else the model keeps of it. fault: what the specification says, NULL where it
	 * lets the access pass; refused: whether the model did not. NULL: nothing.
	 */
	void (*after)(struct walks *t, bool write, const struct iomt_walk_fault *fault,
		      bool refused);
};

struct walks {
	struct witness *w;
	const struct walks_kind *kind;
	struct iomt_guest_region regions[BOARD_BANKS];
	struct iomt_guest_mem mem;
	struct iomt_walk_cfg cfg;
	struct iomt_walker walker;
	struct iomt_walk_path whole; /* before any damage */
	struct iomt_walk_path path;  /* of the last walk */
	struct iomt_walk_fault fault;
	uint64_t iova;
	uint64_t oa; /* where it leads before any damage */
	uint64_t tried;
	uint64_t faults;
	uint64_t
		left; /* not tried: the walk or the DMA might meet registers, or what the test needs */
	struct {
		const char *what;
		uint64_t met;
	} known[WALKS_KNOWN];
};

/*
 * Begins with the page that iova is mapped to in w->pt, in hardware with so many bits of output address.
 * The way there must share no entry but the root's table with that of w->home.
 */
void walks_open(struct walks *t, struct witness *w, const struct walks_kind *kind, uint64_t iova,
		uint8_t oa_bits);

/* Each bit of each entry on the way. */
void walks_bits(struct walks *t);

/* So many times a few bits of some entries. */
void walks_random(struct walks *t, unsigned rounds);

/* Another address, for both accesses. */
void walks_other(struct walks *t, uint64_t iova);

/* Says which differences are still met, and checks that there were at least so many faults. */
void walks_close(struct walks *t, uint64_t faults);

/* What a walker says of an access. */
struct answer walks_ask(struct walks *t, const struct iomt_walker *walker, uint64_t iova,
			uint32_t access);

/* Counts a way to differ that a model is known for, met this time or not. */
void walks_known(struct walks *t, const char *what, bool met);

/* Whether a walk may read there: memory that is no device's, or nothing at all. */
bool walks_may_read(const struct walks *t, uint64_t address);

/* A word of guest memory; NULL where there is none. */
uint64_t *walks_word(const struct walks *t, uint64_t address);

#endif
