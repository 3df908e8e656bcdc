/* SPDX-License-Identifier: MIT */
/* Memory that runs out at every allocation of every call: nothing changes, then it succeeds. */
#include "table_play.h"
#include "test.h"
#include <iomt/gather.h>

static struct provider provider;

static void root_changed(void *ctx, struct iomt_pasid_table *table)
{
	(void)table;
	++*(unsigned *)ctx;
}

static void no_sync(struct iomt_pasid_inv *inv)
{
	(void)inv;
}

enum call { INIT, SET, RESERVE };

static int make(struct iomt_pasid_table *table, const struct iomt_pasid_table_cfg *cfg,
		enum call call, struct iomt_pasid_inv *inv)
{
	uint32_t last = (uint32_t)((1ULL << cfg->pasid_bits) - 1);
	struct random random = {.state = 1};
	struct iomt_pasid_entry entry = table_entry(&random, cfg->format);

	switch (call) {
	case INIT:
		return iomt_pasid_table_init(table, cfg);
	case SET:
		return iomt_pasid_table_set(table, last, &entry, 0, inv);
	default:
		return iomt_pasid_table_reserve(table, last / 2, last, inv);
	}
}

/* Fails the n-th allocation of a call for all n. Returns how many it has. */
static uint64_t fail_each(struct iomt_pasid_table_cfg cfg, enum call call)
{
	struct iomt_pasid_table table, before;
	struct iomt_pasid_inv inv = {.sync = no_sync, .what = 77}, same = inv;
	unsigned told = 0;
	uint64_t n = 0, at, sum;
	int err = IOMT_ENOMEM;

	provider_init(&provider, PROVIDER_LINEAR);
	cfg.size = sizeof(cfg);
	cfg.mem = &provider.mem;
	if (cfg.root_changed) {
		cfg.root_changed = root_changed;
		cfg.ctx = &told;
	}
	memset(&table, 0, sizeof(table));
	if (call != INIT)
		CHECK_INT(iomt_pasid_table_init(&table, &cfg), 0);
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
		CHECK_EQ(told, 0);
		CHECK(!memcmp(&same, &inv, sizeof(inv)));
		CHECK(call == INIT || !memcmp(&before, &table, sizeof(table)));
	}
	CHECK_EQ(provider.allocations - at, n - 1);
	CHECK_EQ(told, cfg.root_changed && call != INIT);
	iomt_pasid_table_destroy(&table);
	provider_check_empty(&provider);
	return n - 1;
}

static void every_allocation(void)
{
	static const struct {
		struct iomt_pasid_table_cfg cfg;
		uint64_t set, reserve;
	} rows[] = {
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 9}, 0, 0},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 12}, 1, 4 + 1},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 19}, 2, 512 + 1 + 1 + 1},
		/* two tables above the root; the lower of them is what leads to the first half */
		{{.format = IOMT_PASID_TABLE_GCR3,
		  .pasid_bits = 19,
		  .levels = 1,
		  .root_changed = root_changed},
		 4,
		 2 + 512 + 1 + 1},
		{{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 5}, 0, 0},
		{{.format = IOMT_PASID_TABLE_CD_4K, .pasid_bits = 9}, 1, 4 + 1},
		{{.format = IOMT_PASID_TABLE_CD_64K, .pasid_bits = 13}, 1, 4 + 1},
		{{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 9}, 1, 4 + 1},
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
	struct iomt_pasid_table_cfg cfg = {.size = sizeof(cfg),
					   .mem = &provider.mem,
					   .format = IOMT_PASID_TABLE_VTD,
					   .pasid_bits = 12};
	struct iomt_pasid_inv inv = {.sync = NULL};
	struct iomt_pasid_entry entry;
	struct iomt_pasid_table table;
	struct iomt_gather gather;
	uint64_t before;

	provider_init(&provider, PROVIDER_LINEAR);
	iomt_gather_init(&gather);
	CHECK_INT(iomt_pasid_table_init(&table, &cfg), 0);
	CHECK_INT(iomt_pasid_table_reserve(&table, 64, 4095, &inv), 0);
	CHECK_EQ(inv.what, 0);
	before = provider.allocations;
	for (uint32_t pasid = 64; pasid < 4096; pasid++) {
		entry = table_entry(&random, cfg.format);
		CHECK_INT(iomt_pasid_table_set(&table, pasid, &entry, 0, &inv), 0);
	}
	CHECK_EQ(provider.allocations, before);
	for (uint32_t pasid = 128; pasid < 4096; pasid++)
		CHECK_INT(iomt_pasid_table_clear(&table, pasid, &inv), 0);
	provider.fail_at = before + 1;
	CHECK_INT(iomt_pasid_table_trim(&table, 0, 4095, &inv, &gather), IOMT_ENOMEM);
	CHECK_EQ(gather.tables, IOMT_GATHER_INLINE_TABLES);
	CHECK_EQ(inv.what, IOMT_PASID_INV_ALL);
	CHECK_INT(iomt_pasid_table_trim(&table, 0, 4095, &inv, &gather), 0);
	CHECK_EQ(gather.tables, 62);
	iomt_gather_release(&gather);
	CHECK_EQ(provider.live_pages, 2);
	iomt_pasid_table_destroy(&table);
	provider_check_empty(&provider);
}

TEST_SUITE(pasid_table_memory, TEST(every_allocation), TEST(reserved));
