/* SPDX-License-Identifier: MIT */
/* Requests through tables of devices: literal tables, what is changed in them, what is said then. */
#ifndef TESTS_WALK_DEVICE_H
#define TESTS_WALK_DEVICE_H

#include "codes.h"
#include "guest.h"

#define NONE IOMT_TLB_NO_PASID

struct device_case {
	const char *name;
	struct word poke[4];  /* address 0: nothing */
	uint32_t features;    /* added */
	uint32_t no_features; /* taken away */
	uint64_t base;	      /* 0: the usual register */
	uint32_t base_cfg;    /* 0: the usual one */
	uint32_t device;      /* 0: the usual one */
	uint32_t pasid;	      /* as NONE + 1 + PASID, that 0 is none */
	uint64_t iova;	      /* 0: the usual one */
	uint32_t access;      /* 0: READ */
	uint8_t levels;
	bool read_only;		  /* accessed and dirty bits cannot be set */
	uint64_t capabilities;	  /* added */
	uint64_t no_capabilities; /* taken away */

	/* a fault: */
	uint8_t kind, at;
	uint16_t code;
	uint64_t event[2]; /* where not 0: the first words of the report */
	/* or a translation: */
	uint8_t stages;
	uint64_t oa;
	uint32_t domain;
	uint32_t process; /* as pasid */
};

#define PASID(n) ((n) + 1u)

struct device_suite {
	const struct word *words;
	size_t count;
	struct iomt_unit_cfg cfg;
	uint32_t device;
	uint64_t iova;
	void (*report)(const struct iomt_device_fault *fault, uint64_t *words);
	void (*saw)(const struct iomt_device_fault *fault, const uint64_t *words);
};

static inline void device_check_case(const struct device_suite *suite, const struct device_case *c,
				     struct guest *guest)
{
	struct iomt_unit_cfg cfg = suite->cfg;
	struct iomt_pt_cfg_error error = {"", ""};
	static struct iomt_context context;
	struct iomt_request request = {.device = c->device ? c->device : suite->device,
				       .pasid = c->pasid - 1,
				       .iova = c->iova ? c->iova : suite->iova,
				       .access = c->access ? c->access : IOMT_READ};
	struct iomt_device_fault fault = {0};
	struct iomt_walk_leaf leaf = {0};
	struct iomt_unit unit;
	uint64_t report[4] = {0};
	int err;

	for (size_t i = 0; i < suite->count; i++)
		*guest_word(guest, suite->words[i].address) = suite->words[i].value;
	for (size_t i = 0; i < 4 && c->poke[i].address; i++)
		*guest_word(guest, c->poke[i].address) = c->poke[i].value;
	guest->region.read_only = c->read_only;
	if (c->read_only)
		guest->mem.cas64 = NULL;
	cfg.size = sizeof(cfg);
	cfg.mem = &guest->mem;
	cfg.features = (cfg.features | c->features) & ~c->no_features;
	cfg.base = c->base ? c->base : cfg.base;
	cfg.base_cfg = c->base_cfg ? c->base_cfg : cfg.base_cfg;
	cfg.levels = c->levels ? c->levels : cfg.levels;
	cfg.capabilities = (cfg.capabilities | c->capabilities) & ~c->no_capabilities;
	err = iomt_unit_init(&unit, &cfg, &error);
	CHECK_MSG(!err, "%s: %s: %s", c->name, error.field, error.reason);
	err = iomt_unit_find(&unit, &request, &context, &fault);
	if (!err)
		err = iomt_context_walk(&context, &request, &leaf, &fault);
	CHECK(context.mem == &guest->mem);
	if (!c->kind) {
		CHECK_MSG(!err, "%s: %d, kind %u at %u, code 0x%x, %s", c->name, err, fault.kind,
			  fault.at, fault.code, iomt_walk_fault_text(fault.walk.kind));
		CHECK_MSG(leaf.oa == c->oa, "%s: 0x%" PRIx64 ", not 0x%" PRIx64, c->name, leaf.oa,
			  c->oa);
		CHECK_MSG(context.stages == c->stages && context.domain == c->domain &&
				  context.process == c->process - 1,
			  "%s: stages %u of domain %u, process %u", c->name, context.stages,
			  context.domain, context.process);
		return;
	}
	CHECK_MSG(err == IOMT_EFAULT && fault.kind == c->kind && fault.at == c->at &&
			  fault.code == c->code,
		  "%s: %d, kind %u at %u, code 0x%x, %s", c->name, err, fault.kind, fault.at,
		  fault.code, iomt_walk_fault_text(fault.walk.kind));
	CHECK_EQ(fault.request.iova, request.iova);
	CHECK_EQ(fault.request.device, request.device);
	suite->report(&fault, report);
	if (fault.code)
		suite->saw(&fault, report);
	for (size_t i = 0; i < 2 && c->event[0]; i++)
		CHECK_MSG(report[i] == c->event[i], "%s: reported as 0x%" PRIx64, c->name,
			  report[i]);
}

/* All cases, in mapped memory and behind callbacks. */
static inline void device_check(const struct device_suite *suite, const struct device_case *cases,
				size_t count)
{
	static struct guest guest;

	for (size_t i = 0; i < 2 * count; i++) {
		guest_open(&guest, i < count);
		device_check_case(suite, &cases[i % count], &guest);
	}
}

#endif
