/* SPDX-License-Identifier: MIT */
/* Two stages at once: addresses of stage 1 are IPAs, of its tables too (D8.2). */
#include "arm_cases.h"
#include "test.h"
#include <stdio.h>

#define RW   (IOMT_READ | IOMT_WRITE)
#define VA   0x90000000ULL
#define IPA  0x60000000ULL
#define STEP 0x10000ULL

static const uint32_t stage1_prots[] = {
	IOMT_READ,     RW, RW | IOMT_PRIV, RW | IOMT_TYPE_UNCACHED, IOMT_READ | IOMT_TYPE_DEVICE,
	RW | IOMT_EXEC};
static const uint32_t stage2_prots[] = {0,
					IOMT_READ,
					IOMT_WRITE,
					RW,
					RW | IOMT_EXEC,
					RW | IOMT_TYPE_UNCACHED,
					RW | IOMT_TYPE_DEVICE};

#define S1_PROTS (sizeof(stage1_prots) / sizeof(stage1_prots[0]))
#define S2_PROTS (sizeof(stage2_prots) / sizeof(stage2_prots[0]))

/* Stage 1 decides first; the weaker memory type counts (D8.6). */
static struct arm_want want_nested(enum arm_op op, uint64_t ipa, uint64_t pa, uint32_t prot1,
				   uint32_t prot2)
{
	struct arm_want want1 = arm_want_s1(op, ipa, prot1), want2 = arm_want_s2(op, pa, prot2);
	uint32_t type1 = prot1 & IOMT_TYPE_MASK, type2 = prot2 & IOMT_TYPE_MASK;

	if (want1.result != ARM_OK)
		want2 = (struct arm_want){.result = want1.result, .oa = pa};
	else if (!prot2)
		want2 = (struct arm_want){.result = ARM_NO_TRANSLATION, .stage2 = true};
	want2.prot = type1 > type2 ? type1 : type2;
	return want2;
}

static void try_pair(struct arm_table *s1, uint64_t place, uint32_t prot1, uint32_t prot2)
{
	uint64_t va = VA + place + 0x1238, ipa = IPA + place + 0x1238;
	uint64_t pa = ARM_DATA + place + 0x1238;
	uint32_t types = (prot1 | prot2) & IOMT_TYPE_MASK;

	for (enum arm_op op = ARM_AT_S12E1R; op <= ARM_AT_S12E0W; op++)
		arm_ask(s1->machine, op, va, want_nested(op, ipa, pa, prot1, prot2));
	for (enum arm_op op = ARM_AT_S1E1R; op <= ARM_AT_S1E0W; op++) {
		struct arm_want want = arm_want_s1(op, ipa, prot1);

		want.raw_sh = s1->ds;
		arm_ask(s1->machine, op, va, want);
	}
	for (enum arm_op op = ARM_LOAD; op <= ARM_FETCH_EL0 && !types; op++)
		arm_ask(s1->machine, op, va + op * 8,
			want_nested(op, ipa + op * 8, pa + op * 8, prot1, prot2));
}

/* Stage 2 gives stage 1 its tables and its code where they are, and the rest elsewhere. */
static void nest(struct arm_table *s1, struct arm_table *s2)
{
	uint64_t place = 0;

	arm_map_stub(s1);
	arm_map_stub(s2);
	arm_map(s2, ARM_TABLES, ARM_TABLES, ARM_RAM_END - ARM_TABLES, RW);
	arm_load(s1->machine, s1, NULL, s2);
	for (size_t i = 0; i < S1_PROTS * S2_PROTS; i++, place += STEP) {
		uint32_t prot2 = stage2_prots[i % S2_PROTS];

		arm_map(s1, VA + place, IPA + place, STEP, stage1_prots[i / S2_PROTS]);
		if (prot2)
			arm_map(s2, IPA + place, ARM_DATA + place, STEP, prot2);
	}
	place = 0;
	for (size_t i = 0; i < S1_PROTS * S2_PROTS; i++, place += STEP)
		try_pair(s1, place, stage1_prots[i / S2_PROTS], stage2_prots[i % S2_PROTS]);
	arm_ask(s1->machine, ARM_AT_S12E1R, VA - 8,
		(struct arm_want){.result = ARM_NO_TRANSLATION});
	arm_flush(s1->machine);
}

void arm_nested(void)
{
	static const char *const above[] = {"s1_4k_48",	     "s1_4k_39",  "s1_16k_47",
					    "s1_64k_42",     "s1_64k_52", "s1_4k_lpa2_52",
					    "s1_16k_lpa2_52"};
	struct machine *machine = arm_machine();

	for (size_t i = 0; machine && i < arm_s2_count * 7; i++) {
		const struct arm_config *config1 = arm_config_named(above[i % 7]);
		const struct arm_config *config2 = &arm_s2_configs[i / 7];
		struct arm_table s1, s2;

		if (arm_lacks(machine, config1) || arm_lacks(machine, config2) ||
		    config2->iova_bits < 32)
			continue;
		arm_open(&s1, machine, config1);
		arm_open(&s2, machine, config2);
		snprintf(machine->note, sizeof(machine->note), "%s over %s", config1->name,
			 config2->name);
		nest(&s1, &s2);
		arm_close(&s1);
		arm_close(&s2);
		CHECK_EQ(machine->pool.live, 0);
	}
}
