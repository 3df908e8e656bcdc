/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a struct iomt_pt_cfg, but for its pointers, which choose among good and bad ones.
 * What iomt_pt_cfg_check refuses is refused by iomt_pt_init, with a field that has a name; what it
 * accepts makes a table that works from the first granule to the last.
 */
#include "config.h"
#include "target.h"
#include "test.h"

#define NEWER_BYTES 16

struct input {
	struct iomt_pt_cfg cfg;
	uint8_t newer[NEWER_BYTES]; /* fields of a header to come */
};

static struct provider provider;

static void top_changed(void *ctx, struct iomt_pt *pt)
{
	(void)ctx;
	(void)pt;
}

static const struct iomt_pt_format *pick_format(uint64_t number)
{
	size_t count = 0;

	while (iomt_pt_formats()[count])
		count++;
	number %= count + 1;
	return number ? iomt_pt_formats()[number - 1] : NULL;
}

/* A provider as a careless caller fills it. */
static void damage(struct iomt_mem *mem, unsigned how)
{
	switch (how & 7) {
	case 0:
		mem->alloc = NULL;
		break;
	case 1:
		mem->free = NULL;
		break;
	case 2:
		mem->to_phys = NULL;
		break;
	case 3:
		mem->to_virt = NULL;
		break;
	case 4:
		mem->size = 0;
		break;
	default:
		mem->size -= how & 7;
		break;
	}
}

static const struct iomt_mem *pick_mem(uint64_t number)
{
	static const enum provider_kind kinds_of[] = {PROVIDER_LINEAR, PROVIDER_LOW,
						      PROVIDER_FUNCTIONS, PROVIDER_INCOHERENT,
						      PROVIDER_HIGH};

	provider_init(&provider, kinds_of[number % 5]);
	if ((number >> 3 & 0x1f) == 1)
		damage(&provider.mem, (unsigned)(number >> 8));
	return (number >> 3 & 0x1f) == 2 ? NULL : &provider.mem;
}

static void sanitise(struct input *input)
{
	struct iomt_pt_cfg *cfg = &input->cfg;

	cfg->size = cfg->size ? cfg->size % (sizeof(*input) + 1) : sizeof(*cfg);
	cfg->format = pick_format((uintptr_t)cfg->format);
	cfg->mem = pick_mem((uintptr_t)cfg->mem);
	cfg->top_changed = (uintptr_t)cfg->top_changed & 1 ? top_changed : NULL;
	cfg->ctx = &provider;
}

static bool is_field(const char *name)
{
	static const char *const fields[] = {"size",	  "format",	"mem",	      "flags",
					     "iova_bits", "oa_bits",	"levels",     "enc_bit",
					     "bbm",	  "page_sizes", "top_changed"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!strcmp(fields[i], name))
			return true;
	}
	return false;
}

static void check_refused(const struct iomt_pt_cfg *cfg, int code,
			  const struct iomt_pt_cfg_error *error)
{
	struct iomt_pt pt;

	CHECK_MSG(code == IOMT_EINVAL || code == IOMT_EOPNOTSUPP, "check gave %d", code);
	CHECK_MSG(error->field && is_field(error->field), "check names \"%s\"",
		  error->field ? error->field : "nothing");
	CHECK_MSG(error->reason && *error->reason, "no reason for %s", error->field);
	CHECK_INT(iomt_pt_init(&pt, cfg), code);
	CHECK_EQ(provider.allocations, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iomt_pt_cfg_error error = {NULL, NULL};
	struct input input;
	int code;

	memset(&input, 0, sizeof(input));
	memcpy(&input, data, size < sizeof(input) ? size : sizeof(input));
	sanitise(&input);
	code = iomt_pt_cfg_check(&input.cfg, &error);
	CHECK_INT(iomt_pt_cfg_check(&input.cfg, NULL), code);
	if (code)
		check_refused(&input.cfg, code, &error);
	else
		check_accepted(&input.cfg, &provider);
	provider_check_empty(&provider);
	return 0;
}
