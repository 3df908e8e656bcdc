/* SPDX-License-Identifier: MIT */
/*
 * The planner again, plainly: each rule looks at each device, each depth and width is tried, and what
 * would do is compared in pairs. Takes valid arguments alone.
 */
#ifndef TESTS_DOMAIN_CHOICE_MODEL_H
#define TESTS_DOMAIN_CHOICE_MODEL_H

#include <iomt/iomt.h>

struct set {
	struct iomt_domain_req req;
	const struct iomt_device_caps *const *devices;
	size_t count;
};

/* What one format amounts to. */
struct model_format {
	const struct iomt_format_facts *facts;
	bool candidate;
	uint32_t lacks;
	unsigned levels, iova_bits, oa_bits, pasid_bits, bbm;
	uint64_t sizes, dma_last;
	uint32_t where, quirks;
	bool nx;
};

struct model_answer {
	struct model_format formats[IOMT_FORMATS];
	enum iomt_format best; /* 0: none would do */
	enum iomt_lack lack;
	bool device_known;
	uint32_t device;
};

void model_choose(const struct set *set, struct model_answer *answer);

#endif
