/* SPDX-License-Identifier: MIT */
/*
 * Tables of the library in every format, at random: what the command says of their image is what the
 * library says of them.
 */
#include "pool.h"
#include "random.h"
#include "run.h"
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <iomt/iomt.h>

#define BASE   0x200000ULL
#define BYTES  0x200000ULL
#define PIECES 12

struct machine {
	struct pool pool;
	struct iomt_pt pt;
	uint64_t mapped; /* bytes */
	uint64_t at[PIECES], length[PIECES];
	unsigned pieces;
};

static const struct {
	const char *name;
	const struct iomt_pt_format *format;
	uint8_t granule_lg2, iova_bits;
	uint32_t flags;

} formats_here[] = {
	{"amdv1", &iomt_amdv1, 12, 48, 0},
	{"x86_64", &iomt_x86_64, 12, 48, IOMT_PT_SIGNED | IOMT_PT_NX},
	{"vtd_ss", &iomt_vtd_ss, 12, 48, 0},
	{"arm_s1_4k", &iomt_arm_s1_4k, 12, 48, 0},
	{"arm_s1_16k", &iomt_arm_s1_16k, 14, 47, 0},
	{"arm_s1_64k", &iomt_arm_s1_64k, 16, 48, 0},
	{"arm_s1_4k_lpa2", &iomt_arm_s1_4k_lpa2, 12, 52, 0},
	{"arm_s1_16k_lpa2", &iomt_arm_s1_16k_lpa2, 14, 52, 0},
	{"arm_s2_4k", &iomt_arm_s2_4k, 12, 40, 0},
	{"arm_s2_16k", &iomt_arm_s2_16k, 14, 40, 0},
	{"arm_s2_64k", &iomt_arm_s2_64k, 16, 42, 0},
	{"arm_s2_4k_lpa2", &iomt_arm_s2_4k_lpa2, 12, 40, 0},
	{"arm_s2_16k_lpa2", &iomt_arm_s2_16k_lpa2, 14, 40, 0},
	{"riscv_s1", &iomt_riscv_s1, 12, 48, IOMT_PT_SIGNED},
	{"riscv_s2", &iomt_riscv_s2, 12, 50, 0},
};

static void map_at_random(struct machine *machine, struct random *random, unsigned which)
{
	unsigned granule = formats_here[which].granule_lg2;

	for (unsigned i = 0; i < PIECES; i++) {
		unsigned lg2 = (unsigned)random_below(random, 14);
		uint64_t pages = 1 + random_below(random, 1ULL << lg2);
		uint64_t bits = formats_here[which].iova_bits - 2u - granule;
		/* few tables: all in two regions of a gigabyte */
		uint64_t iova = (random_next(random) & ((1ULL << bits) - 1) &
				 (1ULL << (bits - 1) | ((1ULL << (30 - granule)) - 1)))
				<< granule;
		uint64_t oa = (random_next(random) & 0xfffff) << granule;
		uint32_t prot = IOMT_READ | (random_next(random) & 1 ? IOMT_WRITE : 0);
		int err;

		if (random_next(random) & 1) /* large leaves where that can be */
			oa = (oa & ~0x3fffffffULL) | (iova & 0x3fffffff);
		err = iomt_pt_map(&machine->pt, iova, oa, pages << granule, prot, NULL);
		CHECK_MSG(!err || err == IOMT_EEXIST || err == IOMT_ENOMEM, "%d", err);
		if (err)
			continue;
		machine->mapped += pages << granule;
		machine->at[machine->pieces] = iova;
		machine->length[machine->pieces++] = pages << granule;
	}
}

static uint64_t address(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

	CHECK_MSG(text, "there is no %s", key);
	return strtoull(text, NULL, 0);
}

/* Both ends of a range, and its rights. */
static void check_range(const struct machine *machine, const cJSON *range)
{
	const char *rights = cJSON_GetStringValue(cJSON_GetObjectItem(range, "rights"));
	uint64_t first = address(range, "first"), last = address(range, "last");
	uint64_t oa = address(range, "output");
	struct iomt_pt_leaf leaf;

	CHECK(!iomt_pt_translate(&machine->pt, first, &leaf) && leaf.oa == oa);
	CHECK(!iomt_pt_translate(&machine->pt, last, &leaf) && leaf.oa == oa + (last - first));
	CHECK(rights && rights[0] == 'r' && (rights[1] == 'w') == !!(leaf.prot & IOMT_WRITE));
}

static void check_dump(const struct machine *machine, const char *options, struct blob *blob)
{
	uint64_t sum = 0;
	char line[256];
	struct ran ran;
	cJSON *document, *range;

	snprintf(line, sizeof(line), "dump --json --image %%s --base 0x200000 %s", options);
	ran = run_line(line, blob->path);
	document = cJSON_ParseWithOpts(ran.out, NULL, true);
	CHECK_MSG(!ran.code && document, "%s: %d %s", line, ran.code, ran.err);
	cJSON_ArrayForEach(range, cJSON_GetObjectItem(document, "ranges"))
	{
		check_range(machine, range);
		sum += address(range, "last") - address(range, "first") + 1;
	}
	CHECK_MSG(sum == machine->mapped, "%s: 0x%" PRIx64 " of 0x%" PRIx64, line, sum,
		  machine->mapped);
	cJSON_Delete(document);
	run_end(&ran);
	snprintf(line, sizeof(line), "validate --image %%s --base 0x200000 %s", options);
	ran = run_line(line, blob->path);
	CHECK_MSG(!ran.code, "%s: %s%s", line, ran.out, ran.err);
	run_end(&ran);
}

static void check_addresses(const struct machine *machine, const char *options,
			    struct random *random, struct blob *blob)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned piece =
			machine->pieces ? (unsigned)random_below(random, machine->pieces) : 0;
		uint64_t iova =
			machine->at[piece] + random_below(random, machine->length[piece] + 2);
		struct iomt_pt_leaf leaf;
		char line[256], output[64];
		int err = iomt_pt_translate(&machine->pt, iova, &leaf);
		struct ran ran;

		snprintf(line, sizeof(line), "translate --image %%s --base 0x200000 %s 0x%" PRIx64,
			 options, iova);
		ran = run_line(line, blob->path);
		CHECK_MSG(ran.code == (err ? 1 : 0), "%s: %d, not %d: %s%s", line, ran.code, err,
			  ran.out, ran.err);
		snprintf(output, sizeof(output), "output:           0x%" PRIx64 "\n", leaf.oa);
		CHECK_MSG(err || strstr(ran.out, output), "%s: %s", line, ran.out);
		run_end(&ran);
	}
}

static void check_format(unsigned which, struct random *random)
{
	void *memory = aligned_alloc(BYTES, BYTES);
	struct machine machine = {0};
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = formats_here[which].format,
				  .mem = &machine.pool.mem,
				  .flags = formats_here[which].flags,
				  .iova_bits = formats_here[which].iova_bits};
	struct iomt_pt_hw hw;
	struct blob blob;
	char options[128];

	CHECK(memory);
	memset(memory, 0, BYTES);
	pool_init(&machine.pool, memory, BYTES, BASE);
	CHECK_MSG(!iomt_pt_init(&machine.pt, &cfg), "%s", formats_here[which].name);
	map_at_random(&machine, random, which);
	iomt_pt_hw(&machine.pt, &hw);
	blob = blob_make(memory, BYTES);
	snprintf(options, sizeof(options),
		 "--format %s --root 0x%" PRIx64 " --levels %u --iova-bits %u",
		 formats_here[which].name, hw.root, hw.levels, formats_here[which].iova_bits);
	check_dump(&machine, options, &blob);
	check_addresses(&machine, options, random, &blob);
	blob_drop(&blob);
	iomt_pt_destroy(&machine.pt);
	CHECK_EQ(machine.pool.live, 0);
	free(memory);
}

static void agree(void)
{
	struct random random;

	random_init(&random, 20261122);
	for (unsigned run = 0; run < 4; run++) {
		for (unsigned i = 0; i < sizeof(formats_here) / sizeof(formats_here[0]); i++)
			check_format(i, &random);
	}
}

TEST_SUITE(tool_formats, TEST(agree));
