/* SPDX-License-Identifier: MIT */
/*
 * PASID tables that the library writes, and faults as it reports them, read by the tables of iomt decode:
 * each field is what went in.
 */
#include "../pasid/table_play.h"
#include "explained.h"
#include "random.h"
#include <iomt/iomt.h>

static struct explained entry_at(struct provider *provider, const char *name, uint64_t phys)
{
	uint64_t words[DECODE_WORDS];
	struct explained e;

	for (unsigned i = 0; i < DECODE_WORDS; i++) {
		uint64_t *word = provider_word(provider, phys + 8 * i, false);

		words[i] = word ? *word : 0; /* beyond the last entry's page */
	}
	e = explain(name, DECODE_NO_LEVEL, words);
	NONE_RESERVED(&e);
	return e;
}

static uint64_t value_of(const struct explained *e, const char *name)
{
	const struct decode_field *field = field_named(e, name);

	CHECK_MSG(field, "%s has no %s", e->layout->title, name);
	return bits_of(e, field);
}

static void check_gcr3(struct provider *provider, const struct iomt_pasid_table_hw *hw,
		       uint32_t pasid, const struct iomt_gcr3 *gcr3)
{
	uint64_t table = hw->root;

	for (unsigned level = hw->levels - 1u;; level--) {
		struct explained e =
			entry_at(provider, "amd_gcr3", table + 8 * (pasid >> 9 * level & 511));

		FIELD_IS(&e, "V", 1);
		table = value_of(&e, "address");
		if (!level)
			break;
	}
	CHECK_EQ(table, gcr3->root);
}

static void check_half(const struct explained *e, const struct iomt_cd *cd, unsigned n)
{
	static const char *const names[2][8] = {
		{"EPD0", "T0SZ", "TG0", "IR0", "OR0", "SH0", "TTB0", "HAD0"},
		{"EPD1", "T1SZ", "TG1", "IR1", "OR1", "SH1", "TTB1", "HAD1"}};
	const struct iomt_cd_half *half = &cd->half[n];

	FIELD_IS(e, names[n][0], !half->used);
	if (!half->used) {
		NO_FIELD(e, names[n][1]);
		NO_FIELD(e, names[n][6]);
		return;
	}
	FIELD_IS(e, names[n][1], half->tsz);
	FIELD_IS(e, names[n][2], half->tg);
	FIELD_IS(e, names[n][3], half->irgn);
	FIELD_IS(e, names[n][4], half->orgn);
	FIELD_IS(e, names[n][5], half->sh);
	FIELD_IS(e, names[n][6], half->ttb);
	FIELD_IS(e, names[n][7], half->had);
}

static void check_cd(struct provider *provider, const struct iomt_pasid_table_cfg *cfg,
		     const struct iomt_pasid_table_hw *hw, uint32_t pasid, const struct iomt_cd *cd)
{
	unsigned split = cfg->format == IOMT_PASID_TABLE_CD_4K	  ? 6
			 : cfg->format == IOMT_PASID_TABLE_CD_64K ? 10
								  : 20;
	uint64_t table = hw->root;
	struct explained e;

	if (hw->levels == 2) {
		e = entry_at(provider, "smmu_l1cd", table + 8 * (pasid >> split));
		table = value_of(&e, "L2Ptr");
	}
	e = entry_at(provider, "smmu_cd", table + 64 * (pasid & ((1u << split) - 1)));
	FIELD_IS(&e, "V", 1);
	FIELD_IS(&e, "AA64", 1);
	FIELD_IS(&e, "ASID", cd->asid);
	FIELD_IS(&e, "IPS", cd->ips);
	FIELD_IS(&e, "MAIR", cd->mair);
	FIELD_IS(&e, "AMAIR", cd->amair);
	FIELD_IS(&e, "DS", cd->ds);
	FIELD_IS(&e, "A", !!(cd->flags & IOMT_CD_A));
	FIELD_IS(&e, "R", !!(cd->flags & IOMT_CD_R));
	FIELD_IS(&e, "S", !!(cd->flags & IOMT_CD_S));
	FIELD_IS(&e, "HA", !!(cd->flags & IOMT_CD_HA));
	FIELD_IS(&e, "HD", !!(cd->flags & IOMT_CD_HD));
	check_half(&e, cd, 0);
	check_half(&e, cd, 1);
}

static void check_vtd(struct provider *provider, const struct iomt_pasid_table_hw *hw,
		      uint32_t pasid, const struct iomt_vtd_entry *vtd)
{
	struct explained e = entry_at(provider, "vtd_pasid_dir", hw->root + 8 * (pasid >> 6));
	bool first = vtd->stages == IOMT_VTD_FIRST || vtd->stages == IOMT_VTD_NESTED;
	bool second = vtd->stages == IOMT_VTD_SECOND || vtd->stages == IOMT_VTD_NESTED;

	e = entry_at(provider, "vtd_pasid", value_of(&e, "SMPTBLPTR") + 64 * (pasid & 63));
	FIELD_IS(&e, "P", 1);
	FIELD_IS(&e, "PGTT", vtd->stages);
	FIELD_IS(&e, "DID", vtd->domain);
	FIELD_IS(&e, "PWSNP", !!(vtd->flags & IOMT_VTD_ENTRY_PWSNP));
	FIELD_IS(&e, "WPE", !!(vtd->flags & IOMT_VTD_ENTRY_WPE));
	FIELD_IS(&e, "PAT", vtd->pat);
	if (first) {
		FIELD_IS(&e, "FSPTPTR", vtd->first);
		FIELD_IS(&e, "FSPM", vtd->fspm);
	}
	if (second) {
		FIELD_IS(&e, "SSPTPTR", vtd->second);
		FIELD_IS(&e, "AW", vtd->aw);
	}
}

static void no_sync(struct iomt_pasid_inv *inv)
{
	(void)inv;
}

static void pasid_tables(void)
{
	struct random random;

	random_init(&random, 1);
	for (size_t i = 0; i < table_kind_count; i++) {
		struct iomt_pasid_table_cfg cfg = table_kinds[i];
		struct iomt_pasid_inv inv = {.sync = no_sync};
		struct iomt_pasid_table table;
		struct provider provider;

		provider_init(&provider, PROVIDER_LINEAR);
		cfg.size = sizeof(cfg);
		cfg.mem = &provider.mem;
		CHECK_INT(iomt_pasid_table_init(&table, &cfg), 0);
		for (uint64_t n = 0; n < random_times(200); n++) {
			struct iomt_pasid_entry entry = table_entry(&random, cfg.format);
			uint32_t pasid = (uint32_t)random_below(&random, 1ULL << cfg.pasid_bits);
			struct iomt_pasid_table_hw hw;

			CHECK_INT(iomt_pasid_table_set(&table, pasid, &entry, IOMT_PASID_BREAK,
						       &inv),
				  0);
			iomt_pasid_table_hw(&table, &hw);
			if (cfg.format == IOMT_PASID_TABLE_GCR3)
				check_gcr3(&provider, &hw, pasid, &entry.gcr3);
			else if (cfg.format == IOMT_PASID_TABLE_VTD)
				check_vtd(&provider, &hw, pasid, &entry.vtd);
			else
				check_cd(&provider, &cfg, &hw, pasid, &entry.cd);
		}
		iomt_pasid_table_destroy(&table);
		provider_check_empty(&provider);
	}
}

static struct explained record(const char *format, const uint64_t *words)
{
	struct explained e = explain(format, DECODE_NO_LEVEL, words);

	NONE_RESERVED(&e);
	return e;
}

/* A fault of tables or of an entry, of a request that is as it may be. */
static struct iomt_device_fault some_fault(struct random *random, uint16_t code)
{
	static const uint32_t accesses[] = {IOMT_READ, IOMT_WRITE, IOMT_READ | IOMT_PRIV, IOMT_EXEC,
					    IOMT_READ | IOMT_WRITE};
	static const uint8_t kinds[] = {IOMT_WALK_FAULT_ABSENT, IOMT_WALK_FAULT_PERMISSION,
					IOMT_WALK_FAULT_RESERVED};
	bool has_pasid = random_below(random, 2);
	struct iomt_device_fault fault = {
		.request = {.device = (uint32_t)random_below(random, 65536),
			    .pasid = has_pasid ? (uint32_t)random_below(random, 1 << 20)
					       : IOMT_TLB_NO_PASID,
			    .iova = random_next(random),
			    .access = accesses[random_below(random, 5)]},
		.domain = (uint32_t)random_below(random, 65536),
		.at = IOMT_AT_PAGES,
		.kind = IOMT_DEVICE_FAULT_WALK,
		.code = code,
	};

	fault.walk = (struct iomt_walk_fault){
		.iova = fault.request.iova,
		.input = random_next(random) >> 16,
		.access = fault.request.access,
		.kind = kinds[random_below(random, 3)],
		.stage = (uint8_t)(1 + random_below(random, 2)),
	};
	return fault;
}

static void amd_events(void)
{
	struct random random;

	random_init(&random, 2);
	for (uint64_t i = 0; i < random_times(2000); i++) {
		struct iomt_device_fault fault = some_fault(&random, 2);
		struct iomt_walk_amd_event event;
		struct explained e;
		bool guest;

		/* a PASID has guest tables; with GIoV so has what has none */
		guest = fault.request.pasid != IOMT_TLB_NO_PASID || random_below(&random, 2);
		fault.guest = guest;
		event = iomt_device_amd_event(&fault);
		e = record("amd_event", event.word);
		CHECK_STR(e.layout->title, "IO_PAGE_FAULT");
		FIELD_IS(&e, "DeviceID", fault.request.device);
		FIELD_IS(&e, "Address", fault.request.iova);
		FIELD_IS(&e, "GN", guest);
		FIELD_IS(&e, "PR", fault.walk.kind != IOMT_WALK_FAULT_ABSENT);
		FIELD_IS(&e, "PE", fault.walk.kind == IOMT_WALK_FAULT_PERMISSION);
		FIELD_IS(&e, "RZ", fault.walk.kind == IOMT_WALK_FAULT_RESERVED);
		if (!guest)
			FIELD_IS(&e, "DomainID", fault.domain);
		else if (fault.request.pasid != IOMT_TLB_NO_PASID)
			FIELD_IS(&e, "PASID", fault.request.pasid);
	}
}

static const char *request_type(uint32_t access)
{
	switch (access & (IOMT_READ | IOMT_WRITE)) {
	case IOMT_READ | IOMT_WRITE:
		return "an atomic operation";
	case IOMT_WRITE:
		return "a write";
	default:
		return "a read";
	}
}

static void vtd_records(void)
{
	struct random random;

	random_init(&random, 3);
	for (uint64_t i = 0; i < random_times(2000); i++) {
		struct iomt_device_fault fault = some_fault(&random, 0x71);
		bool has_pasid = fault.request.pasid != IOMT_TLB_NO_PASID;
		struct explained e;
		uint64_t words[2];

		iomt_device_vtd_record(&fault, words);
		e = record("vtd_fault", words);
		FIELD_IS(&e, "F", 1);
		FIELD_IS(&e, "SID", fault.request.device);
		FIELD_IS(&e, "FI", fault.request.iova & ~0xfffULL);
		FIELD_IS(&e, "FR", 0x71);
		FIELD_IS(&e, "PP", has_pasid);
		FIELD_IS(&e, "EXE", !!(fault.request.access & IOMT_EXEC));
		FIELD_IS(&e, "PRIV", !!(fault.request.access & IOMT_PRIV));
		FIELD_SAYS(&e, "T2,T1", request_type(fault.request.access));
		if (has_pasid)
			FIELD_IS(&e, "PV", fault.request.pasid);
	}
}

static void smmu_records(void)
{
	static const uint16_t codes[] = {0x10, 0x11, 0x12, 0x13};
	struct random random;

	random_init(&random, 4);
	for (uint64_t i = 0; i < random_times(2000); i++) {
		struct iomt_device_fault fault = some_fault(&random, codes[i % 4]);
		bool has_substream = fault.request.pasid != IOMT_TLB_NO_PASID;
		struct explained e;
		uint64_t words[4];

		iomt_device_smmu_event(&fault, words);
		e = record("smmu_event", words);
		FIELD_IS(&e, "event", fault.code);
		FIELD_IS(&e, "StreamID", fault.request.device);
		FIELD_IS(&e, "SSV", has_substream);
		FIELD_IS(&e, "InputAddr", fault.request.iova);
		FIELD_IS(&e, "RnW", !(fault.request.access & IOMT_WRITE));
		FIELD_IS(&e, "InD", !!(fault.request.access & IOMT_EXEC));
		FIELD_IS(&e, "PnU", !!(fault.request.access & IOMT_PRIV));
		FIELD_IS(&e, "S2", fault.walk.stage == 2);
		if (has_substream)
			FIELD_IS(&e, "SubstreamID", fault.request.pasid);
		if (fault.walk.stage == 2)
			FIELD_IS(&e, "IPA", fault.walk.input & ~0xfffULL);
	}
}

/* F_STREAM_DISABLED and C_BAD_SUBSTREAMID have no SSV (IHI 0070, 7.3.7, 7.3.9). */
static void smmu_records_without_ssv(void)
{
	static const uint16_t codes[] = {0x06, 0x08};

	for (unsigned i = 0; i < 2; i++) {
		struct iomt_device_fault fault = {
			.request = {.device = 0x1234, .pasid = 0x56789, .access = IOMT_READ},
			.at = IOMT_AT_PROCESS,
			.kind = IOMT_DEVICE_FAULT_REFUSED,
			.code = codes[i],
		};
		struct explained e;
		uint64_t words[4];

		iomt_device_smmu_event(&fault, words);
		CHECK_EQ(words[0], 0x123456789000 + codes[i]);
		e = record("smmu_event", words);
		FIELD_IS(&e, "StreamID", 0x1234);
		FIELD_IS(&e, "SubstreamID", 0x56789);
		CHECK(!field_named(&e, "SSV"));
	}
}

static void riscv_records(void)
{
	static const uint16_t codes[] = {13, 15, 21, 23, 258};
	struct random random;

	random_init(&random, 5);
	for (uint64_t i = 0; i < random_times(2000); i++) {
		struct iomt_device_fault fault = some_fault(&random, codes[i % 5]);
		bool has_process = fault.request.pasid != IOMT_TLB_NO_PASID;
		struct explained e;
		uint64_t words[4];

		iomt_device_riscv_record(&fault, words);
		e = record("riscv_fault", words);
		FIELD_IS(&e, "CAUSE", fault.code);
		FIELD_IS(&e, "DID", fault.request.device);
		FIELD_IS(&e, "PV", has_process);
		FIELD_IS(&e, "iotval", fault.request.iova);
		if (has_process) {
			FIELD_IS(&e, "PID", fault.request.pasid);
			FIELD_IS(&e, "PRIV", !!(fault.request.access & IOMT_PRIV));
		}
		if (fault.request.access & IOMT_WRITE)
			FIELD_SAYS(&e, "TTYP", "untranslated: a write or AMO");
	}
}

TEST_SUITE(decode_records, TEST(pasid_tables), TEST(amd_events), TEST(vtd_records),
	   TEST(smmu_records), TEST(smmu_records_without_ssv), TEST(riscv_records));
