/* SPDX-License-Identifier: MIT */
/*
 * Commands that the library encodes, read by the tables of iomt decode: each field is what went in. Damaged
 * ones are reserved where the library's own decoders refuse them.
 */
#include "explained.h"
#include "random.h"
#include <iomt/iomt.h>

#define COMMANDS 8

static struct random lots;

static uint64_t some(unsigned bits)
{
	return random_next(&lots) & (bits < 64 ? (1ULL << bits) - 1 : ~0ULL);
}

static uint32_t maybe(uint32_t flag)
{
	return random_next(&lots) & 1 ? flag : 0;
}

/* Some leaves of 4K or 2M, or what is below one table. */
static struct iomt_gather gathered(void)
{
	struct iomt_gather gather = {.first = 0};
	uint64_t first = some(47) & ~0xfffULL, pages = 1 + some(some(4) + 1);

	iomt_gather_init(&gather);
	iomt_gather_add(&gather, first, first + (pages << 12) - 1);
	gather.leaf_sizes = 0x1000;
	gather.table_levels = some(2) ? 0 : 2;
	return gather;
}

/* The range that a command names, as its field says it. */
static void check_pages(const struct explained *e, const char *name, uint64_t first, uint64_t last)
{
	const struct decode_field *field = field_named(e, name);
	uint64_t bits, lg2 = 12;

	CHECK_MSG(field, "%s has no %s", e->layout->title, name);
	bits = bits_of(e, field);
	if (field->kind == DECODE_RANGE)
		lg2 = 1 + (uint64_t)__builtin_ctzll(~(bits | 0xfff));
	CHECK_EQ(bits & ~(~0ULL >> (64 - lg2)), first);
	CHECK_EQ(bits | ~0ULL >> (64 - lg2), last);
}

static struct explained explained_of(const char *format, const struct iomt_cmd *cmd)
{
	const uint64_t words[] = {cmd[0].word[0], cmd[0].word[1], 0, 0};
	struct explained e = explain(format, DECODE_NO_LEVEL, words);

	NONE_RESERVED(&e);
	return e;
}

static void amd(void)
{
	struct iomt_plan_policy policy = iomt_plan_exact(COMMANDS);

	random_init(&lots, 1);
	for (uint64_t i = 0; i < random_times(2000); i++) {
		uint32_t guest = maybe(IOMT_AMD_GUEST);
		struct iomt_amd_target target = {
			.flags = guest,
			.pasid = guest ? (uint32_t)some(20) : 0,
			.domain = (uint16_t)some(16),
		};
		struct iomt_amd_device device = {
			.flags = guest,
			.pasid = target.pasid,
			.rid = (uint16_t)some(16),
			.queue = (uint16_t)some(16),
			.max_pending = (uint8_t)some(8),
		};
		struct iomt_gather gather = gathered();
		struct iomt_cmd cmds[COMMANDS];
		int count = iomt_amd_gather(&target, &gather, &policy, cmds, COMMANDS);

		CHECK(count > 0);
		for (int c = 0; c < count; c++) {
			struct explained e = explained_of("amd_cmd", &cmds[c]);
			struct iomt_inv inv;

			CHECK_INT(iomt_amd_decode(&cmds[c], &inv), 0);
			FIELD_IS(&e, "PASID", target.pasid);
			FIELD_IS(&e, "DomainID", target.domain);
			FIELD_IS(&e, "GN", guest ? 1 : 0);
			FIELD_IS(&e, "PDE", gather.table_levels != 0);
			if (inv.flags & IOMT_INV_BY_ADDRESS)
				check_pages(&e, "Address", inv.first, inv.last);
		}
		count = iomt_amd_device_gather(&device, &gather, &policy, cmds, COMMANDS);
		for (int c = 0; c < count; c++) {
			struct explained e = explained_of("amd_cmd", &cmds[c]);

			FIELD_IS(&e, "PASID", device.pasid);
			FIELD_IS(&e, "DeviceID", device.rid);
			FIELD_IS(&e, "QueueID", device.queue);
			FIELD_IS(&e, "Maxpend", device.max_pending);
		}
	}
}

static void amd_others(void)
{
	struct iomt_cmd cmd;
	struct explained e;

	CHECK_INT(iomt_amd_device_entry(0xfb, &cmd, 1), 1);
	e = explained_of("amd_cmd", &cmd);
	FIELD_IS(&e, "DeviceID", 0xfb);
	CHECK_INT(iomt_amd_all(&cmd, 1), 1);
	e = explained_of("amd_cmd", &cmd);
	CHECK_STR(e.layout->title, "INVALIDATE_IOMMU_ALL");
	CHECK_INT(iomt_amd_wait(IOMT_AMD_WAIT_STORE | IOMT_AMD_WAIT_FLUSH, 0xabcdef0123458, 77,
				&cmd, 1),
		  1);
	e = explained_of("amd_cmd", &cmd);
	FIELD_IS(&e, "S", 1);
	FIELD_IS(&e, "I", 0);
	FIELD_IS(&e, "F", 1);
	FIELD_IS(&e, "StoreAddress", 0xabcdef0123458);
	FIELD_IS(&e, "StoreData", 77);
}

static void vtd(void)
{
	struct iomt_plan_policy policy = iomt_plan_exact(COMMANDS);

	random_init(&lots, 2);
	for (uint64_t i = 0; i < random_times(2000); i++) {
		uint32_t wide = maybe(IOMT_VTD_WIDE), first = maybe(IOMT_VTD_FIRST_STAGE);
		uint32_t drains = first ? 0 : maybe(IOMT_VTD_DRAIN_READS);
		struct iomt_vtd_target target = {
			.flags = wide | first | drains,
			.pasid = first ? (uint32_t)some(20) : 0,
			.domain = (uint16_t)some(16),
			.mamv = 20,
		};
		struct iomt_vtd_device device = {
			.flags = wide | (first ? IOMT_VTD_PASID : 0),
			.pasid = target.pasid,
			.rid = (uint16_t)some(16),
			.pf_rid = (uint16_t)some(16),
			.max_pending = (uint8_t)some(5),
		};
		const char *format = wide ? "vtd_qi_wide" : "vtd_qi";
		struct iomt_gather gather = gathered();
		struct iomt_cmd cmds[2 * COMMANDS];
		int step = wide ? 2 : 1;
		int count = iomt_vtd_gather(&target, &gather, &policy, cmds, 2 * COMMANDS);

		CHECK(count > 0);
		for (int c = 0; c < count; c += step) {
			struct explained e = explained_of(format, &cmds[c]);
			struct iomt_inv inv;

			CHECK_INT(iomt_vtd_decode(&cmds[c], wide, 20, &inv), 0);
			FIELD_IS(&e, "DID", target.domain);
			if (first)
				FIELD_IS(&e, "PASID", target.pasid);
			else
				FIELD_IS(&e, "DR", drains != 0);
			if (!(inv.flags & IOMT_INV_BY_ADDRESS))
				continue;
			FIELD_IS(&e, "ADDR", inv.first);
			FIELD_IS(&e, "AM", __builtin_ctzll((inv.last - inv.first + 1) >> 12));
			FIELD_IS(&e, "IH", !gather.table_levels);
		}
		count = iomt_vtd_device_gather(&device, &gather, &policy, cmds, 2 * COMMANDS);
		for (int c = 0; c < count; c += step) {
			struct explained e = explained_of(format, &cmds[c]);
			struct iomt_inv inv;

			CHECK_INT(iomt_vtd_decode(&cmds[c], wide, 20, &inv), 0);
			FIELD_IS(&e, "SID", device.rid);
			FIELD_IS(&e, "PFSID", device.pf_rid);
			FIELD_IS(&e, "MIP", device.max_pending);
			if (first)
				FIELD_IS(&e, "PASID", device.pasid);
			check_pages(&e, "ADDR", inv.first, inv.last);
		}
	}
}

static void vtd_others(void)
{
	struct iomt_cmd cmd;
	struct explained e;

	CHECK_INT(iomt_vtd_context(0, IOMT_VTD_ONE, 0x1234, 0xfb, &cmd, 1), 1);
	e = explained_of("vtd_qi", &cmd);
	FIELD_SAYS(&e, "G", "of the device");
	FIELD_IS(&e, "DID", 0x1234);
	FIELD_IS(&e, "SID", 0xfb);
	CHECK_INT(iomt_vtd_pasid(0, IOMT_VTD_ONE, 0x1234, 0xabcde, &cmd, 1), 1);
	e = explained_of("vtd_qi", &cmd);
	FIELD_SAYS(&e, "G", "of the PASID");
	FIELD_IS(&e, "PASID", 0xabcde);
	CHECK_INT(iomt_vtd_iotlb(0, IOMT_VTD_GLOBAL, 0, &cmd, 1), 1);
	e = explained_of("vtd_qi", &cmd);
	FIELD_SAYS(&e, "G", "everything");
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WAIT_STORE | IOMT_VTD_WAIT_DRAIN, 0x12345678, 77, &cmd, 1),
		  1);
	e = explained_of("vtd_qi", &cmd);
	FIELD_IS(&e, "SW", 1);
	FIELD_IS(&e, "PD", 1);
	FIELD_IS(&e, "FN", 0);
	FIELD_IS(&e, "address", 0x12345678);
	FIELD_IS(&e, "data", 77);
}

static void smmu(void)
{
	static const enum iomt_smmu_regime regimes[] = {IOMT_SMMU_STAGE_1, IOMT_SMMU_ANY_ASID,
							IOMT_SMMU_STAGE_2, IOMT_SMMU_EL2};
	struct iomt_plan_policy policy = iomt_plan_exact(COMMANDS);

	random_init(&lots, 3);
	for (uint64_t i = 0; i < random_times(2000); i++) {
		enum iomt_smmu_regime regime = regimes[some(2)];
		struct iomt_smmu_target target = {
			.regime = regime,
			.flags = maybe(IOMT_SMMU_RANGES),
			.vmid = regime == IOMT_SMMU_EL2 ? 0 : (uint16_t)some(16),
			.asid = regime == IOMT_SMMU_ANY_ASID || regime == IOMT_SMMU_STAGE_2
					? 0
					: (uint16_t)some(16),
			.granule_lg2 = 12,
		};
		struct iomt_gather gather = gathered();
		struct iomt_cmd cmds[COMMANDS];
		int count = iomt_smmu_gather(&target, &gather, &policy, cmds, COMMANDS);

		CHECK(count > 0);
		for (int c = 0; c < count; c++) {
			struct explained e = explained_of("smmu_cmd", &cmds[c]);
			struct iomt_inv inv;

			CHECK_INT(iomt_smmu_decode(&cmds[c], IOMT_SMMU_RANGES, &inv), 0);
			if (inv.flags & IOMT_INV_BY_DOMAIN)
				FIELD_IS(&e, "VMID", target.vmid);
			if (inv.flags & IOMT_INV_BY_PROCESS)
				FIELD_IS(&e, "ASID", target.asid);
			if (!(inv.flags & IOMT_INV_BY_ADDRESS))
				continue;
			FIELD_IS(&e, "Address", inv.first);
			FIELD_IS(&e, "Leaf", !gather.table_levels);
			if (field_named(&e, "NUM"))
				CHECK_EQ((bits_of(&e, field_named(&e, "NUM")) + 1)
						 << (12 + bits_of(&e, field_named(&e, "SCALE"))),
					 inv.last - inv.first + 1);
		}
	}
}

static void smmu_others(void)
{
	struct iomt_smmu_device device = {
		.flags = IOMT_SMMU_SUBSTREAM, .stream = 0x12345678, .substream = 0xabcde};
	struct iomt_plan_policy policy = iomt_plan_covers(1);
	struct iomt_gather gather;
	struct iomt_cmd cmd;
	struct explained e;

	random_init(&lots, 4);
	gather = gathered();
	CHECK_INT(iomt_smmu_device_gather(&device, &gather, &policy, &cmd, 1), 1);
	e = explained_of("smmu_cmd", &cmd);
	FIELD_IS(&e, "StreamID", 0x12345678);
	FIELD_IS(&e, "SubstreamID", 0xabcde);
	CHECK_INT(iomt_smmu_stream(0x12345678, true, &cmd, 1), 1);
	e = explained_of("smmu_cmd", &cmd);
	CHECK_STR(e.layout->title, "CMD_CFGI_STE");
	FIELD_IS(&e, "Leaf", 1);
	CHECK_INT(iomt_smmu_streams(0, 32, &cmd, 1), 1);
	e = explained_of("smmu_cmd", &cmd);
	FIELD_IS(&e, "Range", 31);
	CHECK_INT(iomt_smmu_context(0x12345678, 0xabcde, false, &cmd, 1), 1);
	e = explained_of("smmu_cmd", &cmd);
	FIELD_IS(&e, "SubstreamID", 0xabcde);
	CHECK_INT(iomt_smmu_contexts(0x12345678, &cmd, 1), 1);
	e = explained_of("smmu_cmd", &cmd);
	FIELD_IS(&e, "StreamID", 0x12345678);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_IRQ, 0x12345678, 77, 15, &cmd, 1), 1);
	e = explained_of("smmu_cmd", &cmd);
	FIELD_IS(&e, "MSIAddress", 0x12345678);
	FIELD_IS(&e, "MSIData", 77);
	FIELD_SAYS(&e, "MSH", "inner shareable");
}

static void riscv(void)
{
	struct iomt_plan_policy policy = iomt_plan_exact(COMMANDS);

	random_init(&lots, 5);
	for (uint64_t i = 0; i < random_times(2000); i++) {
		enum iomt_riscv_stage stage = (enum iomt_riscv_stage)random_below(&lots, 3);
		bool host = stage == IOMT_RISCV_HOST_FIRST, second = stage == IOMT_RISCV_SECOND;
		struct iomt_riscv_target target = {
			.stage = stage,
			.flags = IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF,
			.pscid = second ? 0 : (uint32_t)some(20),
			.gscid = host ? 0 : (uint16_t)some(16),
		};
		struct iomt_riscv_device device = {
			.flags = IOMT_RISCV_PASID | IOMT_RISCV_SEGMENT,
			.pasid = (uint32_t)some(20),
			.rid = (uint16_t)some(16),
			.segment = (uint8_t)some(8),
		};
		struct iomt_gather gather = gathered();
		struct iomt_cmd cmds[COMMANDS];
		int count = iomt_riscv_gather(&target, &gather, &policy, cmds, COMMANDS);

		CHECK(count > 0);
		for (int c = 0; c < count; c++) {
			struct explained e = explained_of("riscv_cmd", &cmds[c]);
			struct iomt_inv inv;

			CHECK_INT(iomt_riscv_decode(&cmds[c], target.flags, &inv), 0);
			if (!second)
				FIELD_IS(&e, "PSCID", target.pscid);
			if (!host)
				FIELD_IS(&e, "GSCID", target.gscid);
			if (inv.flags & IOMT_INV_BY_ADDRESS)
				check_pages(&e, "ADDR", inv.first, inv.last);
		}
		count = iomt_riscv_device_gather(&device, &gather, &policy, cmds, COMMANDS);
		for (int c = 0; c < count; c++) {
			struct explained e = explained_of("riscv_cmd", &cmds[c]);

			FIELD_IS(&e, "PID", device.pasid);
			FIELD_IS(&e, "RID", device.rid);
			FIELD_IS(&e, "DSEG", device.segment);
		}
	}
}

static void riscv_others(void)
{
	struct iomt_cmd cmd;
	struct explained e;

	CHECK_INT(iomt_riscv_device_context(0xabcdef, &cmd, 1), 1);
	e = explained_of("riscv_cmd", &cmd);
	FIELD_IS(&e, "DID", 0xabcdef);
	CHECK_INT(iomt_riscv_process_context(0xabcdef, 0xabcde, &cmd, 1), 1);
	e = explained_of("riscv_cmd", &cmd);
	FIELD_IS(&e, "PID", 0xabcde);
	CHECK_INT(iomt_riscv_fence(IOMT_RISCV_FENCE_STORE | IOMT_RISCV_FENCE_WRITES, 0x12345678, 77,
				   &cmd, 1),
		  1);
	e = explained_of("riscv_cmd", &cmd);
	FIELD_IS(&e, "ADDR", 0x12345678);
	FIELD_IS(&e, "DATA", 77);
	FIELD_IS(&e, "PW", 1);
	FIELD_IS(&e, "PR", 0);
}

/* What the library's decoder says of any two words; the types that it knows. */
static bool refuses_amd(const struct iomt_cmd *cmd)
{
	struct iomt_inv inv;

	return iomt_amd_decode(cmd, &inv);
}

static bool refuses_vtd(const struct iomt_cmd *cmd)
{
	struct iomt_inv inv;

	return iomt_vtd_decode(cmd, 0, 52, &inv);
}

static bool refuses_smmu(const struct iomt_cmd *cmd)
{
	struct iomt_inv inv;

	return iomt_smmu_decode(cmd, IOMT_SMMU_RANGES | IOMT_SMMU_DS, &inv);
}

static bool refuses_riscv(const struct iomt_cmd *cmd)
{
	struct iomt_inv inv;

	return iomt_riscv_decode(cmd, IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF, &inv);
}

/*
 * What the library refuses and no field does: types that it has no use for; SSec, as it is of non-secure
 * queues; ranges that are reserved as a whole, or not at a multiple of a level.
 */
static bool is_other(const struct explained *e, const struct iomt_cmd *cmd)
{
	static const char *const titles[] = {"INVALIDATE_INTERRUPT_TABLE",
					     "PREFETCH_IOMMU_PAGES",
					     "COMPLETE_PPR_REQUEST",
					     "interrupt entry cache invalidate",
					     "page group response",
					     "CMD_PREFETCH_CONFIG",
					     "CMD_PREFETCH_ADDR",
					     "CMD_CFGI_VMS_PIDM",
					     "CMD_PRI_RESP",
					     "CMD_RESUME",
					     "CMD_STALL_TERM",
					     "ATS.PRGR",
					     "another command",
					     "another descriptor",
					     "an implementation's own command"};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		if (!strcmp(e->layout->title, titles[i]))
			return true;
	}
	if (strstr(e->layout->title, "_EL3_") || strstr(e->layout->title, "_S_") ||
	    strstr(e->layout->title, "_SNH_"))
		return true;
	if (field_named(e, "SSec"))
		return cmd->word[0] >> 10 & 1;
	if (!strcmp(e->layout->title, "INVALIDATE_IOTLB_PAGES")) /* Type, of some hardware */
		return cmd->word[1] >> 4 & 3;
	if (!strcmp(e->layout->title, "CMD_SYNC") && (cmd->word[0] >> 22 & 3) == 1)
		return true; /* MSH */
	if (!strcmp(e->layout->title, "CMD_SYNC") || !strcmp(e->layout->title, "CMD_TLBI_S2_IPA"))
		if (cmd->word[1] >> 52 & 0xf)
			return true; /* 56 bits of address, from SMMUv3.4 on (4.1.6) */
	return field_named(e, "NUM") != NULL;
}

/* A size above all others: "reserved" for a page that an address cannot be of. */
static bool has_no_size(const struct explained *e)
{
	const struct decode_field *fields[] = {field_named(e, "ADDR"), field_named(e, "Address"),
					       field_named(e, "address")};

	for (size_t i = 0; i < 3; i++) {
		if (fields[i] && fields[i]->kind == DECODE_RANGE &&
		    !~(bits_of(e, fields[i]) | 0xfff))
			return true;
	}
	return false;
}

static void damaged(void)
{
	static const struct {
		const char *format;
		bool (*refuses)(const struct iomt_cmd *cmd);
		uint8_t type_bits, type_at;
	} kinds[] = {{"amd_cmd", refuses_amd, 4, 60},
		     {"vtd_qi", refuses_vtd, 4, 0},
		     {"smmu_cmd", refuses_smmu, 8, 0},
		     {"riscv_cmd", refuses_riscv, 10, 0}};
	uint64_t agreed[2] = {0, 0};

	random_init(&lots, 6);
	for (uint64_t i = 0; i < random_times(400000); i++) {
		size_t k = i % 4;
		uint64_t mask = ((1ULL << kinds[k].type_bits) - 1) << kinds[k].type_at;
		struct iomt_cmd cmd = {{some(64) & some(64) & some(64), some(64) & some(64)}};
		struct explained e;

		/* few bits, so that many are not refused */
		cmd.word[0] = (cmd.word[0] & some(64) & ~mask) |
			      ((random_next(&lots) % 0x90) << kinds[k].type_at & mask);
		if (some(1))
			cmd.word[1] &= some(64) & some(64) & some(64);
		if (!some(2))
			cmd.word[1] = 0;
		e = explain(kinds[k].format, DECODE_NO_LEVEL,
			    (const uint64_t[]){cmd.word[0], cmd.word[1]});
		if (is_other(&e, &cmd) || has_no_size(&e))
			continue;
		CHECK_MSG(kinds[k].refuses(&cmd) == (reserved(&e) != 0),
			  "%s: 0x%016" PRIx64 " 0x%016" PRIx64 " has %u fields reserved",
			  e.layout->title, cmd.word[0], cmd.word[1], reserved(&e));
		agreed[reserved(&e) != 0]++;
	}
	CHECK(agreed[0] > 100 && agreed[1] > 100);
}

TEST_SUITE(decode_queues, TEST(amd), TEST(amd_others), TEST(vtd), TEST(vtd_others), TEST(smmu),
	   TEST(smmu_others), TEST(riscv), TEST(riscv_others), TEST(damaged));
