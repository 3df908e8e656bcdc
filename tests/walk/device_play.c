/* SPDX-License-Identifier: MIT */
#include "device_play.h"
#include "codes.h"
#include "riscv_iommu.h"
#include "test.h"
#include <stdlib.h>

#define PAGES 12u
#define BYTES (PAGES * 4096u)
#define BASE  0x1000ULL /* stage 2's first slots are for these addresses too */
#define MOST \
	4096u /* words that a request reads: two stages of five levels, and tables before them */

struct play {
	const struct play_source *source;
	uint64_t *words; /* of exactly BYTES, so that a sanitizer sees what is beyond */
	uint64_t reads;
	bool extended; /* RISC-V: contexts of 64 bytes */
	bool deep;     /* RISC-V: behind directories of two or three levels */
	uint64_t tc;   /* RISC-V: the first word of the context that is being made */
};

static uint64_t choose(struct play *play, uint64_t below)
{
	return play->source->next(play->source->ctx, below);
}

static struct iomt_guest_word read64(void *ctx, uint64_t address)
{
	struct play *play = ctx;

	play->reads++;
	if (address - BASE >= BYTES)
		return (struct iomt_guest_word){.err = IOMT_EIO};
	return (struct iomt_guest_word){.value = play->words[(address - BASE) / 8]};
}

/* What pages are for, by number: entries of devices, of PASIDs, tables of stage 1, of stage 2. */
enum role { DEVICES, PROCESSES, FIRST, SECOND, ROLES };

/* A page for something; now and then another, or none. */
static uint64_t some_page(struct play *play, enum role role)
{
	if (!choose(play, 48))
		return BASE + choose(play, PAGES + 1) * 4096;
	return BASE + (choose(play, PAGES / ROLES) * ROLES + role) * 4096;
}

static uint64_t some_amd(struct play *play, enum role role, unsigned slot)
{
	uint64_t gcr3 = some_page(play, PROCESSES);

	switch (role) {
	case DEVICES:
		if (slot % 4 == 1)
			return choose(play, 3) | (gcr3 >> 15) << 16;
		if (slot % 4)
			return 0;
		return some_page(play, SECOND) | 3ULL << 61 | (gcr3 >> 12 & 7) << 58 |
		       choose(play, 4) << 54 | choose(play, 4) << 9 | 3;
	case PROCESSES:
		return some_page(play, FIRST) | 1;
	case FIRST:
		return some_page(play, FIRST) | 0x27;
	default:
		return some_page(play, SECOND) | 3ULL << 61 | choose(play, 3) << 9 | 1;
	}
}

static uint64_t some_vtd(struct play *play, enum role role, unsigned slot)
{
	static const uint64_t pgtt[] = {1 << 6 | 1, 2 << 6 | 5, 3 << 6 | 5, 4 << 6 | 5};

	switch (role) {
	case DEVICES: /* root and context entries; the upper half of a legacy root entry is 0 */
		if (slot % 2)
			return choose(play, 2) ? 0 : 0x100 + choose(play, 4);
		return choose(play, 2)	 ? some_page(play, DEVICES) | 1
		       : choose(play, 2) ? some_page(play, PROCESSES) | 9
					 : some_page(play, SECOND) | 1 | choose(play, 3) << 2;
	case PROCESSES:
		if (slot == 0)
			return some_page(play, PROCESSES) | 1;
		if (slot % 8 == 0)
			return some_page(play, SECOND) | pgtt[choose(play, 4)];
		return slot % 8 == 1 ? choose(play, 3) : slot % 8 == 2 ? some_page(play, FIRST) : 0;
	case FIRST:
		return some_page(play, FIRST) | 0x27;
	default:
		return some_page(play, SECOND) | 3;
	}
}

static uint64_t some_smmu(struct play *play, enum role role, unsigned slot)
{
	switch (role) {
	case DEVICES:
		if (slot % 8 == 0 && !choose(play, 4))
			return some_page(play, DEVICES) | 9;
		if (slot % 8 == 0)
			return some_page(play, PROCESSES) | (3 + choose(play, 5)) << 1 | 1 |
			       choose(play, 3) << 59;
		if (slot % 8 == 2)
			return 25ULL << 32 | 1ULL << 38 | 5ULL << 48 | 1ULL << 51 | choose(play, 3);
		return slot % 8 == 3 ? some_page(play, SECOND) : choose(play, 4);
	case PROCESSES:
		if (slot % 8 == 0)
			return 16 | 1 << 30 | 1ULL << 31 | 5ULL << 32 | 1ULL << 41 |
			       choose(play, 4) << 48;
		return slot % 8 == 1 ? some_page(play, FIRST) : slot % 8 == 3 ? 0xff : 0;
	case FIRST:
		return some_page(play, FIRST) | (choose(play, 2) ? 0xc43 : 0x443);
	default:
		return some_page(play, SECOND) | 0x4ff;
	}
}

static uint64_t atp(struct play *play, uint64_t mode, enum role role)
{
	return mode << 60 | some_page(play, role) >> 12;
}

static uint64_t pointer(uint64_t page)
{
	return page >> 2 | 1;
}

/* tc, iohgatp, ta, fsc; msiptp, mask, pattern, nothing. */
static uint64_t some_context(struct play *play, unsigned word)
{
	static const uint16_t tc[] = {0x001, 0x021, 0x221, 0x003, 0x023, 0x00b,
				      0x22b, 0x181, 0x1a1, 0x011, 0x1ab, 0x007};

	switch (word) {
	case 0:
		play->tc = choose(play, 8) > (play->deep ? 4 : 0)
				   ? tc[choose(play, 12)]
				   : pointer(some_page(play, DEVICES));
		return play->tc;
	case 1:
		return play->tc & 8 || choose(play, 3)
			       ? atp(play, 8 + choose(play, 3), SECOND) | choose(play, 3) << 44
			       : 0;
	case 2:
		return choose(play, 4) << 12;
	case 3:
		if (play->tc & 0x20)
			return atp(play, choose(play, 4), PROCESSES);
		return choose(play, 4) ? atp(play, 8 + choose(play, 3), FIRST) : 0;
	case 4: /* or where no memory is */
		return choose(play, 2) ? 0 : choose(play, 8) ? atp(play, 1, PROCESSES) : 1ULL << 60;
	case 7:
		return 0;
	default:
		return choose(play, 16);
	}
}

static uint64_t some_riscv(struct play *play, enum role role, unsigned slot)
{
	uint64_t page;

	switch (role) {
	case DEVICES:
		return some_context(play, slot % (play->extended ? 8 : 4));
	case PROCESSES: /* directories, process contexts, files of interrupts */
		if (slot % 2)
			return choose(play, 4) ? atp(play, 8 + choose(play, 3), FIRST) : 0;
		if (!choose(play, 3))
			return pointer(some_page(play, PROCESSES)) | (choose(play, 4) ? 0 : 6);
		return (choose(play, 8) ? 1 : 0) | choose(play, 4) << 1 | choose(play, 4) << 12;
	case FIRST:
		page = some_page(play, FIRST);
		return choose(play, 2) ? pointer(page) : page >> 2 | 0xc1 | choose(play, 16) << 1;
	default: /* what lies there is where the second stage leaves it, most often */
		if (slot == 0 && choose(play, 4))
			return pointer(some_page(play, SECOND));
		page = choose(play, 4) ? (uint64_t)slot << 12 : some_page(play, SECOND);
		return page >> 2 | (choose(play, 4) ? 0xdf : 0x11 | choose(play, 128) << 1);
	}
}

static uint64_t some_word(struct play *play, enum iomt_unit_arch arch, enum role role,
			  unsigned slot)
{
	uint64_t word;

	if (!choose(play, 96))
		return choose(play, 0);
	if (arch == IOMT_UNIT_AMD)
		word = some_amd(play, role, slot);
	else if (arch == IOMT_UNIT_VTD)
		word = some_vtd(play, role, slot);
	else if (arch == IOMT_UNIT_RISCV)
		word = some_riscv(play, role, slot);
	else
		word = some_smmu(play, role, slot);
	return choose(play, 24) ? word : word ^ 1ULL << choose(play, 64);
}

static void fill(struct play *play, enum iomt_unit_arch arch)
{
	memset(play->words, 0, BYTES);
	for (unsigned page = 0; page < PAGES; page++) {
		for (unsigned slot = 0; slot < 32; slot++)
			play->words[page * 512 + slot] =
				some_word(play, arch, (enum role)(page % ROLES), slot);
	}
}

/* Bits 9 to 11, 14, 15, 17 to 19, 22, 24 to 26, 38 to 41 of capabilities, and PAS. */
static void configure_riscv(struct play *play, struct iomt_unit_cfg *cfg)
{
	static const uint64_t all = 0xe00 | 3 << 14 | 7 << 17 | 7 << 24 | 0xfULL << 38;
	static const uint8_t widths[] = {32, 44, 46, 56};

	*cfg = (struct iomt_unit_cfg){.size = sizeof(*cfg), .arch = IOMT_UNIT_RISCV};
	play->extended = choose(play, 2);
	cfg->capabilities = choose(play, 8) ? all : all & choose(play, 0);
	cfg->capabilities |= play->extended ? 1 << 22 : 0;
	cfg->capabilities |= (uint64_t)widths[choose(play, 4)] << 32;
	play->deep = !choose(play, 3);
	cfg->base = some_page(play, DEVICES) >> 2;
	cfg->base |= !choose(play, 16) ? choose(play, 6) : play->deep ? 3 + choose(play, 2) : 2;
	if (!choose(play, 64))
		cfg->base = choose(play, 0);
}

static void configure(struct play *play, struct iomt_unit_cfg *cfg)
{
	static const uint8_t widths[] = {0, 32, 36, 40, 42, 44, 48, 52};

	*cfg = (struct iomt_unit_cfg){
		.size = sizeof(*cfg),
		.arch = (enum iomt_unit_arch)choose(play, 3),
		.features = choose(play, 4) ? 0x1fff : (uint32_t)choose(play, 0x2000),
		.oa_bits = widths[choose(play, 8)],
		.pasid_bits = (uint8_t)choose(play, 21),
	};
	if (!choose(play, 3)) {
		configure_riscv(play, cfg);
		return;
	}
	cfg->base = some_page(play, DEVICES);
	if (cfg->arch == IOMT_UNIT_VTD)
		cfg->base |= choose(play, 2) << 10;
	if (cfg->arch == IOMT_UNIT_SMMU) {
		cfg->base_cfg = 10 | (choose(play, 2) ? 1 << 16 | 8 << 6 : 0);
		cfg->granules = choose(play, 2) ? 0 : 0x1000;
	} else {
		cfg->levels = choose(play, 4) ? 0 : (uint8_t)(choose(play, 64) << 1);
	}
	if (!choose(play, 32))
		cfg->base = choose(play, 0);
	if (!choose(play, 32) && cfg->arch == IOMT_UNIT_SMMU)
		cfg->base_cfg = (uint32_t)choose(play, 0);
}

static struct iomt_request some_request(struct play *play, enum iomt_unit_arch arch)
{
	struct iomt_request request = {
		.device = (uint32_t)choose(play, 4),
		.pasid = choose(play, 2) ? IOMT_TLB_NO_PASID : (uint32_t)choose(play, 4),
		.iova = choose(play, 3) | choose(play, 3) << 12 | choose(play, 3) << 21,
		.access = 1 + (uint32_t)choose(play, 7),
	};

	if (!choose(play, 16))
		request.iova = choose(play, 0);
	if (!choose(play, 16))
		request.pasid = (uint32_t)choose(play, 1 << 20);
	request.access |= choose(play, 8) ? 0 : IOMT_PRIV;
	request.access |= choose(play, 8) ? 0 : IOMT_WALK_ATS;
	if (arch == IOMT_UNIT_RISCV && !(request.access & IOMT_WALK_ATS) && !choose(play, 8))
		request.access |= IOMT_REQUEST_TRANSLATED;
	request.access |= IOMT_WALK_LOOK;
	return request;
}

struct answer {
	int err;
	unsigned stages;
	uint32_t domain, process;
	struct iomt_walk_leaf leaf;
	struct iomt_device_fault fault;
	uint64_t report[4];
};

static void ask(const struct iomt_unit_cfg *cfg, const struct iomt_request *request,
		struct answer *answer, uint64_t seed)
{
	static struct iomt_context context;
	struct iomt_walk_amd_event event;
	struct iomt_unit unit;

	memset(answer, 0, sizeof(*answer));
	answer->err = iomt_unit_init(&unit, cfg, NULL);
	CHECK_MSG(!answer->err, "seed %" PRIu64 ": unit", seed);
	answer->err = iomt_unit_find(&unit, request, &context, &answer->fault);
	if (!answer->err) {
		answer->stages = context.stages;
		answer->domain = context.domain;
		answer->process = context.process;
		answer->err = iomt_context_walk(&context, request, &answer->leaf, &answer->fault);
	}
	if (!answer->err)
		return;
	event = iomt_device_amd_event(&answer->fault);
	if (cfg->arch == IOMT_UNIT_AMD)
		memcpy(answer->report, event.word, sizeof(event.word));
	else if (cfg->arch == IOMT_UNIT_VTD)
		iomt_device_vtd_record(&answer->fault, answer->report);
	else if (cfg->arch == IOMT_UNIT_RISCV)
		iomt_device_riscv_record(&answer->fault, answer->report);
	else
		iomt_device_smmu_event(&answer->fault, answer->report);
}

/* Nothing is reported that the lists do not have. */
static void check_code(const struct iomt_unit_cfg *cfg, const struct answer *answer)
{
	bool scalable = cfg->arch == IOMT_UNIT_VTD && (cfg->base >> 10 & 3) == 1;
	static const struct codes *const lists[] = {&codes_amd, &codes_vtd, &codes_smmu,
						    &codes_riscv_device};
	struct codes_seen any = {.codes = scalable ? &codes_vtd_scalable : lists[cfg->arch]};

	if (cfg->arch == IOMT_UNIT_AMD)
		codes_saw_amd(&any, answer->report[0]);
	else if (cfg->arch == IOMT_UNIT_SMMU)
		codes_saw_smmu(&any, answer->report);
	else
		codes_saw(&any, answer->fault.code);
}

static void judge(const struct iomt_unit_cfg *cfg, const struct iomt_request *request,
		  const struct answer *answer, uint64_t seed, struct device_counts *counts)
{
	const struct iomt_device_fault *fault = &answer->fault;
	bool riscv =
		cfg->arch == IOMT_UNIT_RISCV; /* it is not said what an address passed on may be */
	uint64_t oa_bits = cfg->oa_bits ? cfg->oa_bits : 48;

	counts->requests++;
	if (!answer->err) {
		counts->translated[answer->stages]++;
		CHECK_MSG((request->access & IOMT_WALK_ATS) ||
				  !(request->access & 7 & ~answer->leaf.prot),
			  "seed %" PRIu64 ": more than is allowed", seed);
		CHECK_MSG(!answer->stages || riscv || oa_bits == 52 || !(answer->leaf.prot & 7) ||
				  !(answer->leaf.oa >> oa_bits),
			  "seed %" PRIu64 ": beyond the output", seed);
		return;
	}
	CHECK_MSG(answer->err == IOMT_EFAULT, "seed %" PRIu64 ": %d", seed, answer->err);
	CHECK_MSG(fault->kind >= IOMT_DEVICE_FAULT_WALK &&
			  fault->kind <= IOMT_DEVICE_FAULT_REFUSED && fault->at <= IOMT_AT_MSI,
		  "seed %" PRIu64 ": kind %u at %u", seed, fault->kind, fault->at);
	CHECK_MSG(fault->code ||
			  (cfg->arch == IOMT_UNIT_SMMU &&
			   fault->kind == IOMT_DEVICE_FAULT_REFUSED && fault->at == IOMT_AT_DEVICE),
		  "seed %" PRIu64 ": kind %u at %u is no fault of the architecture", seed,
		  fault->kind, fault->at);
	if (fault->code)
		check_code(cfg, answer);
	counts->faults[fault->kind]++;
	counts->at[fault->at]++;
}

static bool read_word(void *ctx, uint64_t address, uint64_t *value)
{
	struct iomt_guest_word word = read64(ctx, address);

	*value = word.value;
	return !word.err;
}

/* What the other reader says. */
static void compare_riscv(struct play *play, const struct iomt_unit_cfg *cfg,
			  const struct iomt_request *request, const struct answer *answer,
			  uint64_t seed, struct device_counts *counts)
{
	struct riscv_iommu iommu = {cfg->base, cfg->capabilities, read_word, play};
	const struct iomt_device_fault *fault = &answer->fault;
	struct riscv_answer want;

	riscv_iommu_ask(&iommu, request, &want);
	counts->causes[want.cause]++;
	CHECK_MSG((answer->err ? fault->code : 0u) == want.cause,
		  "seed %" PRIu64 ": cause %u, not %u", seed, answer->err ? fault->code : 0u,
		  want.cause);
	if (want.cause) {
		CHECK_MSG(fault->silent == want.quiet && answer->report[3] == want.iotval2,
			  "seed %" PRIu64 ": iotval2 0x%" PRIx64 ", not 0x%" PRIx64, seed,
			  answer->report[3], want.iotval2);
		return;
	}
	CHECK_MSG((answer->leaf.prot & 7) == want.rights, "seed %" PRIu64 ": prot 0x%x, not 0x%x",
		  seed, answer->leaf.prot, want.rights);
	if (!(want.rights & request->access))
		return; /* nothing is said of the address */
	CHECK_MSG(answer->leaf.oa == want.oa && answer->leaf.size_lg2 == want.size_lg2,
		  "seed %" PRIu64 ": 0x%" PRIx64 " of 2^%u, not 0x%" PRIx64 " of 2^%u", seed,
		  answer->leaf.oa, answer->leaf.size_lg2, want.oa, want.size_lg2);
	CHECK_MSG(answer->stages == want.stages && answer->domain == want.gscid &&
			  answer->process == (want.stages & 1 ? want.pscid : IOMT_TLB_NO_PASID),
		  "seed %" PRIu64 ": stages %u of %u, %u", seed, answer->stages, answer->domain,
		  answer->process);
}

static bool same(const struct answer *a, const struct answer *b)
{
	return a->err == b->err && a->stages == b->stages && a->leaf.oa == b->leaf.oa &&
	       a->leaf.prot == b->leaf.prot && a->leaf.size_lg2 == b->leaf.size_lg2 &&
	       !memcmp(a->report, b->report, sizeof(a->report));
}

void play_device(const struct play_source *source, uint64_t seed, unsigned requests,
		 struct device_counts *counts)
{
	struct play play = {.source = source, .words = malloc(BYTES)};
	struct iomt_guest_region region = {.base = BASE, .size = BYTES, .host = play.words};
	struct iomt_guest_mem mapped = {.size = sizeof(mapped), .regions = &region, .count = 1};
	struct iomt_guest_mem behind = {.size = sizeof(behind), .read64 = read64, .ctx = &play};
	struct iomt_unit_cfg cfg;

	CHECK(play.words);
	configure(&play, &cfg);
	fill(&play, cfg.arch);
	for (unsigned i = 0; i < requests; i++) {
		struct iomt_request request = some_request(&play, cfg.arch);
		struct answer here, there;

		cfg.mem = &mapped;
		ask(&cfg, &request, &here, seed);
		play.reads = 0;
		cfg.mem = &behind;
		ask(&cfg, &request, &there, seed);
		CHECK_MSG(play.reads <= MOST, "seed %" PRIu64 ": %" PRIu64 " reads", seed,
			  play.reads);
		CHECK_MSG(same(&here, &there), "seed %" PRIu64 ": callbacks say something else",
			  seed);
		judge(&cfg, &request, &here, seed, counts);
		if (cfg.arch == IOMT_UNIT_RISCV)
			compare_riscv(&play, &cfg, &request, &here, seed, counts);
	}
	free(play.words);
}
