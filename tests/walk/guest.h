/* SPDX-License-Identifier: MIT */
/* A guest's memory of a few pages, and what a walk in it is to say. */
#ifndef TESTS_WALK_GUEST_H
#define TESTS_WALK_GUEST_H

#include "test.h"
#include <iomt/iomt.h>

#define GUEST_BASE  0x1000ULL
#define GUEST_BYTES 0x80000ULL
#define RW	    (IOMT_READ | IOMT_WRITE)

struct guest {
	_Alignas(65536) uint64_t words[GUEST_BYTES / 8];
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	uint64_t reads; /* by callbacks */
};

static inline struct iomt_guest_word guest_read64(void *ctx, uint64_t address)
{
	struct guest *guest = ctx;

	CHECK_EQ(address % 8, 0);
	guest->reads++;
	if (address - GUEST_BASE >= GUEST_BYTES)
		return (struct iomt_guest_word){.err = IOMT_EIO};
	return (struct iomt_guest_word){
		.value = __atomic_load_n(&guest->words[(address - GUEST_BASE) / 8],
					 __ATOMIC_ACQUIRE)};
}

static inline int guest_cas64(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	struct guest *guest = ctx;

	CHECK_EQ(address % 8, 0);
	if (address - GUEST_BASE >= GUEST_BYTES)
		return IOMT_EIO;
	return __atomic_compare_exchange_n(&guest->words[(address - GUEST_BASE) / 8], expected,
					   desired, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
		       ? 0
		       : IOMT_EAGAIN;
}

/* Memory that is mapped, or behind callbacks. */
static inline void guest_open(struct guest *guest, bool mapped)
{
	memset(guest, 0, sizeof(*guest));
	guest->region = (struct iomt_guest_region){
		.base = GUEST_BASE, .size = GUEST_BYTES, .host = guest->words};
	guest->mem = (struct iomt_guest_mem){.size = sizeof(guest->mem)};
	if (mapped) {
		guest->mem.regions = &guest->region;
		guest->mem.count = 1;
	} else {
		guest->mem.read64 = guest_read64;
		guest->mem.cas64 = guest_cas64;
		guest->mem.ctx = guest;
	}
}

static inline uint64_t *guest_word(struct guest *guest, uint64_t address)
{
	CHECK(address - GUEST_BASE < GUEST_BYTES && address % 8 == 0);
	return &guest->words[(address - GUEST_BASE) / 8];
}

/* One word of a literal table. */
struct word {
	uint64_t address;
	uint64_t value;
};

/* What is changed in the literal tables and the configuration, and what the walk says then. */
struct walk_case {
	const char *name;
	struct word poke[2]; /* address 0: nothing */
	uint32_t flags;	     /* added */
	uint32_t no_flags;   /* taken away */
	uint64_t iova;	     /* 0: the usual one */
	uint32_t access;     /* 0: READ */
	uint32_t deny;
	uint8_t levels; /* 0: the usual */
	uint8_t iova_bits;
	uint8_t oa_bits;
	uint64_t page_sizes;
	uint64_t root;

	uint8_t kind; /* 0: it translates */
	uint8_t level;
	uint64_t code; /* what the architecture's report is made of */
	uint64_t oa;
	uint32_t prot;
	uint8_t size_lg2;
	uint64_t after; /* of the word at the first poke, where that is to change */
};

/* Tables, their configuration, and the address that most cases ask for. */
struct walk_suite {
	const struct word *words;
	size_t count;
	struct iomt_walk_cfg cfg;
	uint64_t iova;
	uint64_t (*code)(const struct iomt_walk_fault *fault);
};

static inline void walk_check_case(const struct walk_suite *suite, const struct walk_case *c,
				   struct guest *guest)
{
	struct iomt_walk_cfg cfg = suite->cfg;
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_walker walker;
	struct iomt_walk_leaf leaf = {0};
	struct iomt_walk_fault fault = {0};
	uint64_t iova = c->iova ? c->iova : suite->iova;
	uint32_t access = c->access ? c->access : IOMT_READ;
	int err;

	for (size_t i = 0; i < suite->count; i++)
		*guest_word(guest, suite->words[i].address) = suite->words[i].value;
	for (size_t i = 0; i < 2 && c->poke[i].address; i++)
		*guest_word(guest, c->poke[i].address) = c->poke[i].value;
	cfg.size = sizeof(cfg);
	cfg.mem = &guest->mem;
	cfg.flags = (cfg.flags | c->flags) & ~c->no_flags;
	cfg.deny = c->deny;
	cfg.levels = c->levels ? c->levels : cfg.levels;
	cfg.iova_bits = c->iova_bits ? c->iova_bits : cfg.iova_bits;
	cfg.oa_bits = c->oa_bits ? c->oa_bits : cfg.oa_bits;
	cfg.page_sizes = c->page_sizes;
	cfg.root = c->root ? c->root : cfg.root;
	err = iomt_walker_init(&walker, &cfg, &error);
	CHECK_MSG(!err, "%s: %s: %s", c->name, error.field, error.reason);
	err = iomt_walk(&walker, iova, access, &leaf, &fault);
	if (!c->kind) {
		CHECK_MSG(!err, "%s: %d, %s", c->name, err, iomt_walk_fault_text(fault.kind));
		CHECK_MSG(leaf.oa == c->oa, "%s: 0x%" PRIx64 ", not 0x%" PRIx64, c->name, leaf.oa,
			  c->oa);
		CHECK_MSG(leaf.prot == c->prot, "%s: prot 0x%x, not 0x%x", c->name, leaf.prot,
			  c->prot);
		CHECK_MSG(leaf.size_lg2 == c->size_lg2 && leaf.level == c->level,
			  "%s: 2^%u bytes at level %u", c->name, leaf.size_lg2, leaf.level);
	} else {
		uint64_t code = suite->code(&fault);

		CHECK_MSG(err == IOMT_EFAULT && fault.kind == c->kind && fault.level == c->level,
			  "%s: %d, %s, level %u", c->name, err, iomt_walk_fault_text(fault.kind),
			  fault.level);
		CHECK_MSG(code == c->code, "%s: reported as 0x%" PRIx64 ", not 0x%" PRIx64, c->name,
			  code, c->code);
		CHECK_EQ(fault.iova, iova);
		CHECK_EQ(fault.access, access);
	}
	for (size_t i = 0; i < 2 && c->poke[i].address; i++) {
		uint64_t is = *guest_word(guest, c->poke[i].address);
		uint64_t want = i == 0 && c->after ? c->after : c->poke[i].value;

		CHECK_MSG(is == want, "%s: left 0x%" PRIx64 ", not 0x%" PRIx64, c->name, is, want);
	}
}

/* All cases, in mapped memory and behind callbacks. */
static inline void walk_check(const struct walk_suite *suite, const struct walk_case *cases,
			      size_t count)
{
	static struct guest guest;

	for (size_t i = 0; i < 2 * count; i++) {
		guest_open(&guest, i < count);
		walk_check_case(suite, &cases[i % count], &guest);
	}
}

#endif
