/* SPDX-License-Identifier: MIT */
/* Memory that runs out at every allocation of every call: nothing changes, then it succeeds. */
#include "device_play.h"
#include "test.h"
#include <iomt/gather.h>

static struct provider provider;

static void no_sync(struct iomt_device_inv *inv)
{
	(void)inv;
}

enum call { INIT, SET, RESERVE };

static int make(struct iomt_device_table *table, const struct iomt_device_table_cfg *cfg,
		enum call call, struct iomt_device_inv *inv)
{
	uint32_t last = (uint32_t)((1ULL << cfg->id_bits) - 1);
	struct random random = {.state = 1};
	struct iomt_device_entry entry = device_entry(&random, cfg->format);

	switch (call) {
	case INIT:
		return iomt_device_table_init(table, cfg);
	case SET:
		return iomt_device_table_set(table, last, &entry, 0, inv);
	default:
		return iomt_device_table_reserve(table, last / 2, last, inv);
	}
}

/* Fails the n-th allocation of a call for all n. Returns how many it has. */
static uint64_t fail_each(struct iomt_device_table_cfg cfg, enum call call)
{
	struct iomt_device_table table, before;
	struct iomt_device_inv inv = {.sync = no_sync, .what = 77}, same = inv;
	uint64_t n = 0, at, sum;
	int err = IOMT_ENOMEM;

	provider_init(&provider, PROVIDER_LINEAR);
	cfg.size = sizeof(cfg);
	cfg.mem = &provider.mem;
	memset(&table, 0, sizeof(table));
	if (call != INIT)
		CHECK_INT(iomt_device_table_init(&table, &cfg), 0);
	while (err) {
		before = table;
		at = provider.allocations;
		sum = provider_checksum(&provider);
		provider.fail_at = at + ++n;
		err = make(&table, &cfg, call, &inv);
		provider.fail_at = 0;
		if (!err)
			break;
		CHECK_INT(err, IOMT_ENOMEM);
		CHECK_EQ(provider_checksum(&provider), sum);
		CHECK(!memcmp(&same, &inv, sizeof(inv)));
		CHECK(call == INIT || !memcmp(&before, &table, sizeof(table)));
	}
	CHECK_EQ(provider.allocations - at, n - 1);
	iomt_device_table_destroy(&table);
	provider_check_empty(&provider);
	return n - 1;
}

static void every_allocation(void)
{
	static const struct {
		struct iomt_device_table_cfg cfg;
		uint64_t set, reserve;
	} rows[] = {
		{{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 8}, 0, 0},
		{{.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 8}, 0, 0},
		{{.format = IOMT_DEVICE_TABLE_SMMU_6, .id_bits = 9}, 1, 4 + 1},
		{{.format = IOMT_DEVICE_TABLE_SMMU_8, .id_bits = 11}, 1, 4 + 1},
		{{.format = IOMT_DEVICE_TABLE_SMMU_10, .id_bits = 13}, 1, 4 + 1},
		{{.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16}, 1, 128 + 1},
		{{.format = IOMT_DEVICE_TABLE_VTD_SCALABLE, .id_bits = 16}, 1, 256 + 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(fail_each(rows[i].cfg, INIT), 1);
		CHECK_EQ(fail_each(rows[i].cfg, SET), rows[i].set);
		CHECK_EQ(fail_each(rows[i].cfg, RESERVE), rows[i].reserve);
	}
}

/* What was reserved is set without memory, and the bookkeeping of a gather may be short of it. */
static void reserved(void)
{
	struct random random = {.state = 1};
	struct iomt_device_table_cfg cfg = {.size = sizeof(cfg),
					    .mem = &provider.mem,
					    .format = IOMT_DEVICE_TABLE_SMMU_6,
					    .id_bits = 12};
	struct iomt_device_inv inv = {.sync = no_sync};
	struct iomt_device_entry entry;
	struct iomt_device_table table;
	struct iomt_gather gather;
	uint64_t before;

	provider_init(&provider, PROVIDER_LINEAR);
	iomt_gather_init(&gather);
	CHECK_INT(iomt_device_table_init(&table, &cfg), 0);
	CHECK_INT(iomt_device_table_reserve(&table, 64, 4095, &inv), 0);
	CHECK_EQ(inv.what, IOMT_DEVICE_INV_SPAN);
	CHECK_EQ(inv.span_lg2, 32);
	before = provider.allocations;
	for (uint32_t id = 64; id < 4096; id++) {
		entry = device_entry(&random, cfg.format);
		CHECK_INT(iomt_device_table_set(&table, id, &entry, 0, &inv), 0);
	}
	CHECK_EQ(provider.allocations, before);
	for (uint32_t id = 128; id < 4096; id++)
		CHECK_INT(iomt_device_table_clear(&table, id, &inv), 0);
	provider.fail_at = before + 1;
	CHECK_INT(iomt_device_table_trim(&table, 0, 4095, &inv, &gather), IOMT_ENOMEM);
	CHECK_EQ(gather.tables, IOMT_GATHER_INLINE_TABLES);
	CHECK_EQ(inv.what, IOMT_DEVICE_INV_SPAN);
	CHECK_INT(iomt_device_table_trim(&table, 0, 4095, &inv, &gather), 0);
	CHECK_EQ(gather.tables, 62);
	CHECK_EQ(inv.span_lg2, 32);
	iomt_gather_release(&gather);
	CHECK_EQ(provider.live_pages, 2);
	iomt_device_table_destroy(&table);
	provider_check_empty(&provider);
}

TEST_SUITE(device_table_memory, TEST(every_allocation), TEST(reserved));
