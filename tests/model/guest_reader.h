/* SPDX-License-Identifier: MIT */
/*
 * The other walker of tables that hold anything: slow, plain, a chapter of a specification at a time,
 * with constants of its own. It says what hardware answers, faults too, and what hardware writes.
 */
#ifndef TESTS_MODEL_GUEST_READER_H
#define TESTS_MODEL_GUEST_READER_H

#include <iomt/walk.h>

enum reader_format {
	READER_AMDV1,
	READER_X86_64,
	READER_VTD_SS,
	READER_ARM_S1,
	READER_ARM_S2,
	READER_RISCV_S1,
	READER_RISCV_S2,
};

/* What was programmed, as for struct iomt_walk_cfg, with nothing left out. */
struct reader {
	enum reader_format format;
	unsigned granule_lg2; /* Arm */
	bool lpa2;	      /* Arm: DS */
	unsigned levels;
	unsigned iova_bits;
	unsigned oa_bits;
	uint32_t flags; /* IOMT_WALK_* */
	uint32_t deny;
	uint64_t root;
	uint64_t page_sizes;
	uint64_t mair;
	bool (*read)(void *ctx, uint64_t address, uint64_t *value);
	void *ctx;
};

struct reader_answer {
	unsigned kind;	/* enum iomt_walk_fault_kind, 0: it translates */
	unsigned level; /* 0 for the last */
	uint64_t oa;
	uint32_t rights; /* READ, WRITE, EXEC of this privilege */
	bool privileged; /* users may not use it */
	unsigned size_lg2;
	/* the entries on the way, and what hardware makes of them */
	unsigned count;
	struct {
		uint64_t address;
		uint64_t entry;
		uint64_t after;
	} steps[6];
};

void reader_walk(const struct reader *reader, uint64_t iova, uint32_t access,
		 struct reader_answer *answer);

#endif
