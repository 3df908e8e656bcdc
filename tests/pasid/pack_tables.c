/* SPDX-License-Identifier: MIT */
/* Tables that devices of one id share: plans step by step, what stands in memory, every error. */
#include "pasid_reader.h"
#include "provider.h"
#include "test.h"
#include <iomt/pack.h>

static struct provider provider;
static struct iomt_pack pack;
static enum iomt_pasid_format format;
static unsigned syncs;

static const struct iomt_pack_leaf a = {0x1000, {0, 0}}, b = {0x2000, {0, 0}};

/* Attribute 1 is a reason to refuse a leaf. */
static int make(void *ctx, uint32_t pasid, const struct iomt_pack_leaf *leaf,
		struct iomt_pasid_entry *entry)
{
	CHECK(ctx == &format);
	CHECK(pasid < 1u << 20);
	if (format == IOMT_PASID_TABLE_GCR3)
		entry->gcr3.root = leaf->root;
	else if (format == IOMT_PASID_TABLE_VTD)
		entry->vtd = (struct iomt_vtd_entry){.stages = IOMT_VTD_FIRST, .first = leaf->root};
	else
		entry->cd = (struct iomt_cd){
			.half[0] = {.ttb = leaf->root, .used = true, .tsz = 16}, .asid = 7};
	return leaf->attrs[0] == 1 ? IOMT_EACCES : 0;
}

static struct iomt_pack_tables_cfg tables_cfg(enum iomt_pasid_format of)
{
	format = of;
	return (struct iomt_pack_tables_cfg){.size = sizeof(struct iomt_pack_tables_cfg),
					     .table = {.size = sizeof(struct iomt_pasid_table_cfg),
						       .mem = &provider.mem,
						       .format = of,
						       .pasid_bits = 20},
					     .entry = make,
					     .ctx = &format,
					     .flags = IOMT_PACK_TAGGED_ENTRIES};
}

static void open_tables(const struct iomt_pack_tables_cfg *tables)
{
	struct iomt_pack_cfg cfg = {.size = sizeof(cfg),
				    .mem = &provider.mem,
				    .bits = 16,
				    .first_id = 1,
				    .last_id = 0xffff,
				    .tables = tables};

	CHECK_INT(iomt_pack_init(&pack, &cfg), 0);
}

static void open_pack(enum iomt_pasid_format of)
{
	struct iomt_pack_tables_cfg tables;

	provider_init(&provider, PROVIDER_LINEAR);
	tables = tables_cfg(of);
	open_tables(&tables);
}

static void check_bytes(void)
{
	struct iomt_pack_stats stats;

	iomt_pack_stats(&pack, &stats);
	CHECK_EQ(stats.bytes + stats.table_bytes, provider.live_bytes);
}

static void close_pack(void)
{
	check_bytes();
	iomt_pack_destroy(&pack);
	provider_check_empty(&provider);
}

static iomt_pack_device add(uint32_t flags)
{
	struct iomt_pack_device_cfg cfg = {.size = sizeof(cfg), .sends = 1u << 20, .flags = flags};
	iomt_pack_device device = 0;

	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), 0);
	return device;
}

static void sync(struct iomt_pasid_inv *inv)
{
	(void)inv;
	syncs++;
}

static uint32_t table_count(void)
{
	struct iomt_pack_stats stats;

	iomt_pack_stats(&pack, &stats);
	return stats.tables;
}

static bool is_of_table(const struct iomt_pack_step *step)
{
	return !step->device &&
	       (step->op == IOMT_PACK_CLEAR_ENTRY || step->op == IOMT_PACK_WRITE_ENTRY);
}

/* Commits, and does the steps of tables; what a plan says as a word: small letters are tables'. */
static struct iomt_pack_plan commit(const char *expected)
{
	static const char letters[] = {
		[IOMT_PACK_PUBLISH] = 'P',	[IOMT_PACK_RETRACT] = 'R',
		[IOMT_PACK_CLEAR_ENTRY] = 'C',	[IOMT_PACK_WRITE_ENTRY] = 'W',
		[IOMT_PACK_WRITE_DEVICE] = 'D', [IOMT_PACK_FLUSH_DEVICE] = 'F',
		[IOMT_PACK_FLUSH_ENTRY] = 'E',	[IOMT_PACK_FLUSH_KEY] = 'K',
		[IOMT_PACK_FLUSH_ID] = 'I',	[IOMT_PACK_FLUSH_ATS] = 'A',
		[IOMT_PACK_WAIT] = '.'};
	struct iomt_pasid_inv inv = {.sync = sync};
	struct iomt_pack_plan plan;
	char text[128] = "";

	CHECK_INT(iomt_pack_commit(&pack, &plan), 0);
	for (uint32_t i = 0; i < plan.count && i < sizeof(text) - 2; i++) {
		const struct iomt_pack_step *step = iomt_pack_step(&pack, i);
		char *letter = &text[i + (i >= plan.tail)];

		*letter = letters[step->op];
		if (!step->device && strchr("CWE", *letter))
			*letter |= 0x20;
		if (is_of_table(step))
			CHECK_INT(iomt_pack_table_step(&pack, i, &inv), 0);
	}
	if (plan.tail < plan.count)
		text[plan.tail] = '|';
	if (expected)
		CHECK_STR(text, expected);
	return plan;
}

static uint32_t id_of(iomt_pack_device device)
{
	uint32_t id = 0xdead;

	CHECK_INT(iomt_pack_id(&pack, device, &id), 0);
	return id;
}

/* What the entry of a device says, as hardware reads it; 0: nothing. VT-d: the domain is right. */
static uint64_t root_at(iomt_pack_device device, uint32_t pasid)
{
	struct iomt_pasid_table_hw hw;
	struct pasid_device reader = {.provider = &provider, .format = format};
	struct pasid_meaning meaning;

	iomt_pasid_table_hw(iomt_pack_table(&pack, id_of(device)), &hw);
	reader.word[0] = hw.word[0];
	reader.word[1] = hw.word[1];
	pasid_read(&reader, pasid, &meaning);
	CHECK(meaning.state != PASID_ILLEGAL);
	if (meaning.state == PASID_ABSENT)
		return 0;
	if (format == IOMT_PASID_TABLE_VTD)
		CHECK_EQ(meaning.field[5], id_of(device));
	return meaning.field[format == IOMT_PASID_TABLE_GCR3 ? 0 : 6];
}

/* The example of docs/packing.md. */
static void worked_example(void)
{
	iomt_pack_device one, two;
	const struct iomt_pasid_table *old;
	struct iomt_pack_plan plan;

	open_pack(IOMT_PASID_TABLE_GCR3);
	iomt_pack_begin(&pack);
	one = add(IOMT_PACK_ATS);
	two = add(0);
	iomt_pack_set(&pack, one, 3, &a);
	iomt_pack_set(&pack, two, 3, &a);
	commit("PPDFDF.");
	CHECK_EQ(id_of(one), 1);
	CHECK_EQ(id_of(two), 1);
	CHECK_EQ(table_count(), 1);
	CHECK_EQ(root_at(one, 3), 0x1000);
	CHECK_EQ(root_at(one, 5), 0);

	/* a PASID for both: one store */
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, one, 5, &b);
	iomt_pack_set(&pack, two, 5, &b);
	commit("PPw");
	CHECK_EQ(root_at(two, 5), 0x2000);

	/* one loses it: a copy without it; the other's table is as it was */
	old = iomt_pack_table(&pack, 1);
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, one, 5);
	plan = commit("PDF.A|.R");
	CHECK_EQ(id_of(one), 2);
	CHECK_EQ(iomt_pack_step(&pack, 1)->id, 2);
	CHECK_EQ(iomt_pack_step(&pack, 1)->was, 1);
	CHECK_EQ(iomt_pack_step(&pack, 2)->was, 1);
	CHECK_EQ(table_count(), 2);
	CHECK_EQ(root_at(one, 3), 0x1000);
	CHECK_EQ(root_at(one, 5), 0);
	CHECK(iomt_pack_table(&pack, 1) == old);
	CHECK_EQ(root_at(two, 5), 0x2000);
	CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);

	/* then the other: it joins, and its table waits for who may be walking it */
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, two, 5);
	plan = commit("PDF.I.|R");
	CHECK_EQ(id_of(two), 2);
	CHECK_EQ(table_count(), 2);
	CHECK(iomt_pack_table(&pack, 1) == old && old->root);
	CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
	CHECK_EQ(table_count(), 1);
	CHECK(!iomt_pack_table(&pack, 1));

	/* another leaf for a key: absent in between, in the one table */
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, one, 3, &b);
	iomt_pack_set(&pack, two, 3, &b);
	commit("PPce.K.A.w|RR");
	CHECK_EQ(root_at(one, 3), 0x2000);
	close_pack();
}

/* Who joins a table that is changing finds it without what goes. */
static void joins_a_changing_table(void)
{
	iomt_pack_device one, two;

	open_pack(IOMT_PASID_TABLE_GCR3);
	iomt_pack_begin(&pack);
	one = add(0);
	two = add(IOMT_PACK_ATS);
	iomt_pack_set(&pack, one, 3, &a);
	iomt_pack_set(&pack, one, 4, &a);
	iomt_pack_set(&pack, two, 3, &a);
	commit("PPDFDF.");
	CHECK(id_of(one) != id_of(two));
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, one, 4);
	iomt_pack_set(&pack, one, 5, &a);
	iomt_pack_clear(&pack, two, 3);
	iomt_pack_set(&pack, two, 5, &a);
	iomt_pack_set(&pack, two, 3, &a);
	commit("PPce.K.DF.I.Aw|.RR");
	CHECK_EQ(id_of(one), id_of(two));
	CHECK_EQ(root_at(two, 5), 0x1000);
	CHECK_EQ(root_at(two, 4), 0);
	close_pack();
}

/* Hardware of which nothing is known forgets all of the old table before it has the new one. */
static void by_way_of_no_table(void)
{
	struct iomt_pack_tables_cfg tables;
	iomt_pack_device one, two;

	provider_init(&provider, PROVIDER_LINEAR);
	tables = tables_cfg(IOMT_PASID_TABLE_GCR3);
	tables.flags = 0;
	open_tables(&tables);
	iomt_pack_begin(&pack);
	one = add(0);
	two = add(0);
	commit("PPDFDF.");
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, one, 3, &a);
	commit("PDF.DF.|R");
	CHECK_EQ(iomt_pack_step(&pack, 1)->id, IOMT_PACK_NO_ID);
	CHECK_EQ(iomt_pack_step(&pack, 1)->was, 1);
	CHECK_EQ(iomt_pack_step(&pack, 4)->id, 2);
	CHECK_EQ(iomt_pack_step(&pack, 4)->was, IOMT_PACK_NO_ID);
	CHECK(id_of(one) != id_of(two));
	close_pack();
}

/* Requests without a PASID are in the device's entry: one step for each, and for PASID 0 one. */
static void no_pasid(void)
{
	iomt_pack_device one, two;

	open_pack(IOMT_PASID_TABLE_GCR3);
	iomt_pack_begin(&pack);
	one = add(0);
	two = add(0);
	commit("PPDFDF.");
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, one, IOMT_PACK_RID, &a);
	iomt_pack_set(&pack, two, IOMT_PACK_RID, &a);
	iomt_pack_set(&pack, one, 0, &b);
	iomt_pack_set(&pack, two, 0, &b);
	commit("PPPPwWW");
	CHECK_EQ(root_at(one, 0), 0x2000);
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, one, IOMT_PACK_RID);
	iomt_pack_clear(&pack, two, IOMT_PACK_RID);
	commit("CECE.K|.RR");
	CHECK_INT(iomt_pack_begin(&pack), 0);
	iomt_pack_abort(&pack);
	close_pack();
}

/* A copy is whole in every format and at every level, and of the right domain; the original stays. */
static void copies(void)
{
	static const enum iomt_pasid_format formats[] = {IOMT_PASID_TABLE_GCR3,
							 IOMT_PASID_TABLE_CD_4K,
							 IOMT_PASID_TABLE_CD_64K,
							 IOMT_PASID_TABLE_VTD};
	static const uint32_t keys[] = {0, 1, 63, 64, 511, 512, 0x3ffff, 0x40000, 0xfffff};

	for (unsigned f = 0; f < 4; f++) {
		iomt_pack_device one, two;

		open_pack(formats[f]);
		iomt_pack_begin(&pack);
		one = add(0);
		two = add(0);
		for (unsigned i = 0; i < 9; i++) {
			struct iomt_pack_leaf leaf = {0x1000 * (i + 1), {0, 0}};

			CHECK_INT(iomt_pack_set(&pack, one, keys[i], &leaf), 0);
			CHECK_INT(iomt_pack_set(&pack, two, keys[i], &leaf), 0);
		}
		commit("PPDFDF.");
		iomt_pack_begin(&pack);
		iomt_pack_clear(&pack, one, 64);
		iomt_pack_set(&pack, one, 65, &b);
		iomt_pack_set(&pack, one, 0x20000, &b);
		iomt_pack_set(&pack, one, 0xfffff, &a);
		commit("PDF.|R");
		check_bytes();
		CHECK_EQ(root_at(one, 65), 0x2000);
		CHECK_EQ(root_at(one, 0x20000), 0x2000);
		CHECK_EQ(root_at(one, 0xfffff), 0x1000);
		CHECK_EQ(root_at(two, 65), 0);
		for (unsigned i = 0; i < 9; i++) {
			CHECK_EQ(root_at(two, keys[i]), 0x1000 * (i + 1));
			if (keys[i] != 64 && keys[i] != 0xfffff)
				CHECK_EQ(root_at(one, keys[i]), 0x1000 * (i + 1));
		}
		CHECK_EQ(root_at(one, 64), 0);
		close_pack();
	}
}

/* One key of one device: what is written, read and taken does not depend on how large maps are. */
static void costs_what_changes(void)
{
	enum { COUNT = 40 };
	iomt_pack_device devices[COUNT];
	uint64_t allocations = 0, token = 0;

	open_pack(IOMT_PASID_TABLE_GCR3);
	iomt_pack_begin(&pack);
	for (unsigned i = 0; i < COUNT; i++) {
		devices[i] = add(0);
		for (uint32_t key = 0; key < 256; key++)
			CHECK_INT(iomt_pack_set(&pack, devices[i], key, &a), 0);
	}
	commit(NULL);
	CHECK_EQ(table_count(), 1);
	/* the first takes the one copy */
	for (unsigned i = 0; i < COUNT; i++) {
		if (i == 1)
			allocations = provider.allocations;
		iomt_pack_begin(&pack);
		CHECK_INT(iomt_pack_set(&pack, devices[i], 300, &b), 0);
		token = commit(i < COUNT - 1 ? "PDF.|R" : "PDF.I|.R").token;
		CHECK_EQ(table_count(), 2);
	}
	CHECK_EQ(provider.allocations, allocations);
	CHECK_INT(iomt_pack_complete(&pack, token), 0);
	CHECK_EQ(table_count(), 1);
	CHECK_EQ(root_at(devices[0], 300), 0x2000);
	close_pack();
}

static void steps_in_order(void)
{
	struct iomt_pasid_inv inv = {0}, with = {.sync = sync};
	struct iomt_pack_plan plan;
	iomt_pack_device device;

	open_pack(IOMT_PASID_TABLE_CD_4K);
	iomt_pack_begin(&pack);
	device = add(0);
	commit("PDF.");
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, device, 1, &a);
	iomt_pack_set(&pack, device, 2, &b);
	CHECK_INT(iomt_pack_commit(&pack, &plan), 0);
	CHECK_INT(iomt_pack_begin(&pack), IOMT_EBUSY);
	CHECK_INT(iomt_pack_merge(&pack, &plan), IOMT_EBUSY);
	CHECK_INT(iomt_pack_table_step(&pack, 0, &with), IOMT_EINVAL);
	CHECK_INT(iomt_pack_table_step(&pack, 3, &with), IOMT_EINVAL);
	CHECK_INT(iomt_pack_table_step(&pack, 4, &with), IOMT_EINVAL);
	CHECK_INT(iomt_pack_table_step(&pack, 2, NULL), IOMT_EINVAL);
	/* a new table comes with its entry; the next descriptor of it becomes valid after a sync */
	syncs = 0;
	CHECK_INT(iomt_pack_table_step(&pack, 2, &inv), 0);
	CHECK_EQ(inv.what, IOMT_PASID_INV_ENTRY | IOMT_PASID_INV_TABLE);
	CHECK_INT(iomt_pack_table_step(&pack, 2, &inv), IOMT_EINVAL);
	CHECK_INT(iomt_pack_table_step(&pack, 3, &inv), IOMT_EBUSY);
	CHECK_EQ(root_at(device, 2), 0);
	CHECK_INT(iomt_pack_table_step(&pack, 3, &with), 0);
	CHECK_EQ(syncs, 1);
	CHECK_EQ(root_at(device, 2), 0x2000);
	CHECK_INT(iomt_pack_begin(&pack), 0);
	CHECK_INT(iomt_pack_table_step(&pack, 3, &with), IOMT_EINVAL);
	iomt_pack_abort(&pack);
	close_pack();
}

static void every_error(void)
{
	struct iomt_pack_leaf misaligned = {0x1001, {0, 0}}, far = {1ULL << 40, {0, 0}};
	struct iomt_pack_leaf refused = {0x1000, {1, 0}};
	struct iomt_pack_device_cfg giov = {.size = sizeof(giov), .flags = IOMT_PACK_GIOV};
	struct iomt_pack_tables_cfg tables;
	iomt_pack_device device, none = 0;

	provider_init(&provider, PROVIDER_LOW);
	tables = tables_cfg(IOMT_PASID_TABLE_VTD);
	tables.table.pasid_bits = 10;
	tables.table.oa_bits = 40;
	open_tables(&tables);
	iomt_pack_begin(&pack);
	device = add(0);
	CHECK_INT(iomt_pack_add(&pack, &giov, &none), IOMT_EINVAL);
	CHECK_INT(iomt_pack_set(&pack, device, 1023, &a), 0);
	CHECK_INT(iomt_pack_set(&pack, device, 1024, &a), IOMT_ERANGE);
	CHECK_INT(iomt_pack_set(&pack, device, 1, &misaligned), IOMT_EINVAL);
	CHECK_INT(iomt_pack_set(&pack, device, 1, &far), IOMT_ERANGE);
	CHECK_INT(iomt_pack_set(&pack, device, 1, &refused), IOMT_EACCES);
	CHECK_INT(iomt_pack_set(&pack, device, IOMT_PACK_RID, &far), 0);
	CHECK(!iomt_pack_table(&pack, 1));
	CHECK_INT(iomt_pack_next_device(&pack, 1, &none), IOMT_ENOENT);
	commit("PDF.");
	CHECK(iomt_pack_table(&pack, 1));
	CHECK(!iomt_pack_table(&pack, 0) && !iomt_pack_table(&pack, 2));
	CHECK(!iomt_pack_table(&pack, IOMT_PACK_NO_ID) && !iomt_pack_table(&pack, 0x10000));
	CHECK_INT(iomt_pack_next_device(&pack, 1, &none), 0);
	CHECK(none == device);
	CHECK_INT(iomt_pack_next_device(&pack, 2, &none), IOMT_ESTALE);
	CHECK_INT(iomt_pack_next_device(&pack, 1, &none), IOMT_ENOENT);
	none = device + (1ULL << 32);
	CHECK_INT(iomt_pack_next_device(&pack, 1, &none), IOMT_ESTALE);
	none = 0;
	CHECK_INT(iomt_pack_next_device(&pack, 0, &none), IOMT_ENOENT);
	CHECK_INT(iomt_pack_next_device(&pack, IOMT_PACK_NO_ID, &none), IOMT_ENOENT);
	close_pack();
}

static void configurations(void)
{
	struct iomt_pack_tables_cfg tables;
	struct iomt_pack_cfg good = {
		.size = sizeof(good), .mem = &provider.mem, .bits = 8, .last_id = 255};
	struct iomt_pack_cfg_error error;
	struct iomt_pack_cfg cfg;

	provider_init(&provider, PROVIDER_LINEAR);
#define REFUSED(of, change)                                                \
	do {                                                               \
		cfg = good;                                                \
		tables = tables_cfg(of);                                   \
		cfg.tables = &tables;                                      \
		CHECK_INT(iomt_pack_cfg_check(&cfg, NULL), 0);             \
		change;                                                    \
		CHECK_INT(iomt_pack_cfg_check(&cfg, &error), IOMT_EINVAL); \
		CHECK_STR(error.field, "tables");                          \
		CHECK_INT(iomt_pack_init(&pack, &cfg), IOMT_EINVAL);       \
	} while (0)
	REFUSED(IOMT_PASID_TABLE_GCR3, tables.size--);
	REFUSED(IOMT_PASID_TABLE_GCR3, tables.flags = 2);
	REFUSED(IOMT_PASID_TABLE_GCR3, tables.table.pasid_bits = 21);
	REFUSED(IOMT_PASID_TABLE_GCR3, tables.table.levels = 3);
	REFUSED(IOMT_PASID_TABLE_GCR3, cfg.relation = IOMT_PACK_ISOLATING);
	REFUSED(IOMT_PASID_TABLE_VTD, tables.entry = NULL);
	REFUSED(IOMT_PASID_TABLE_CD_4K, tables.entry = NULL);
	REFUSED(IOMT_PASID_TABLE_VTD, cfg.bits = 17);
	/* the caller's words need not stay */
	cfg = good;
	cfg.first_id = 1;
	tables = tables_cfg(IOMT_PASID_TABLE_GCR3);
	tables.entry = NULL;
	cfg.tables = &tables;
	CHECK_INT(iomt_pack_init(&pack, &cfg), 0);
	memset(&tables, 0x55, sizeof(tables));
	iomt_pack_begin(&pack);
	CHECK_INT(iomt_pack_set(&pack, add(0), 9, &b), 0);
	commit("PDF.");
	CHECK_EQ(table_count(), 1);
	close_pack();
}

/*
 * One parts from two and a third loses and gains, which takes a copy and tables for entries in place:
 * whichever allocation fails, all is as it was, and works afterwards.
 */
static void memory_runs_out(void)
{
	static const enum iomt_pasid_format formats[] = {IOMT_PASID_TABLE_GCR3,
							 IOMT_PASID_TABLE_VTD};

	for (unsigned f = 0; f < 2; f++) {
		int err = IOMT_ENOMEM;
		uint64_t n = 0;

		while (err) {
			iomt_pack_device one, two, third;
			struct iomt_pack_plan plan;

			CHECK(n < 100);
			open_pack(formats[f]);
			iomt_pack_begin(&pack);
			one = add(0);
			two = add(0);
			third = add(0);
			iomt_pack_set(&pack, one, 5, &a);
			iomt_pack_set(&pack, two, 5, &a);
			iomt_pack_set(&pack, third, 6, &a);
			commit("PPPDFDFDF.");
			iomt_pack_begin(&pack);
			for (uint32_t key = 0; key < 8; key++) {
				iomt_pack_set(&pack, one, 0x11111 * key, &b);
				iomt_pack_set(&pack, third, 0x1f000 * key + 1, &b);
			}
			iomt_pack_clear(&pack, third, 6);
			provider.fail_at = provider.allocations + ++n;
			err = iomt_pack_commit(&pack, &plan);
			provider.fail_at = 0;
			check_bytes();
			if (err) {
				CHECK_INT(err, IOMT_ENOMEM);
				CHECK_EQ(table_count(), 2);
				CHECK_EQ(id_of(one), id_of(two));
				CHECK_EQ(root_at(one, 5), 0x1000);
				CHECK_EQ(root_at(one, 0x11111), 0);
				CHECK_EQ(root_at(third, 6), 0x1000);
				CHECK_EQ(root_at(third, 1), 0);
				commit(NULL);
			} else {
				struct iomt_pasid_inv inv = {0};
				uint64_t allocations = provider.allocations;

				for (uint32_t i = 0; i < plan.count; i++) {
					if (is_of_table(iomt_pack_step(&pack, i)))
						CHECK_INT(iomt_pack_table_step(&pack, i, &inv), 0);
				}
				CHECK_EQ(provider.allocations, allocations);
			}
			check_bytes();
			CHECK_EQ(table_count(), 3);
			CHECK_EQ(root_at(one, 0x11111), 0x2000);
			CHECK_EQ(root_at(two, 0x11111), 0);
			CHECK_EQ(root_at(two, 5), 0x1000);
			CHECK_EQ(root_at(third, 6), 0);
			CHECK_EQ(root_at(third, 0x1f001), 0x2000);
			close_pack();
		}
		CHECK(n > 15);
	}
}

static int decision;

static int decide(void *ctx, const struct iomt_pack *of, const struct iomt_pack_plan *plan)
{
	CHECK(ctx == &decision && of == &pack && plan->count);
	return decision;
}

/* Tables that were made for a decision that the caller refuses go again, and those taken for its steps. */
static void refused_by_the_caller(void)
{
	struct iomt_pack_cfg cfg = {.size = sizeof(cfg),
				    .mem = &provider.mem,
				    .bits = 16,
				    .first_id = 1,
				    .last_id = 0xffff,
				    .accept = decide,
				    .ctx = &decision};
	struct iomt_pack_tables_cfg tables;
	iomt_pack_device one, two;
	struct iomt_pack_plan plan;

	provider_init(&provider, PROVIDER_LINEAR);
	tables = tables_cfg(IOMT_PASID_TABLE_GCR3);
	cfg.tables = &tables;
	CHECK_INT(iomt_pack_init(&pack, &cfg), 0);
	iomt_pack_begin(&pack);
	one = add(0);
	two = add(0);
	CHECK_INT(iomt_pack_set(&pack, one, 5, &a), 0);
	for (unsigned i = 0; i < 3; i++) { /* two tables are new */
		decision = i < 2 ? IOMT_EIO : 0;
		CHECK_INT(iomt_pack_commit(&pack, &plan), decision);
		CHECK_EQ(table_count(), decision ? 0 : 2);
		check_bytes();
	}
	CHECK_EQ(root_at(one, 5), 0x1000);
	for (unsigned i = 0; i < 3; i++) { /* one changes in place, and needs two more below it */
		decision = i < 2 ? IOMT_EIO : 0;
		CHECK_INT(iomt_pack_begin(&pack), 0);
		CHECK_INT(iomt_pack_set(&pack, two, 0xfffff, &b), 0);
		if (!decision) {
			commit("Pw");
		} else {
			CHECK_INT(iomt_pack_commit(&pack, &plan), decision);
			iomt_pack_abort(&pack);
		}
		check_bytes();
	}
	CHECK_EQ(root_at(two, 0xfffff), 0x2000);
	CHECK_INT(iomt_pack_begin(&pack), 0);
	iomt_pack_abort(&pack);
	close_pack();
}

TEST_SUITE(pack_tables, TEST(worked_example), TEST(joins_a_changing_table),
	   TEST(by_way_of_no_table), TEST(no_pasid), TEST(copies), TEST(costs_what_changes),
	   TEST(steps_in_order), TEST(every_error), TEST(configurations), TEST(memory_runs_out),
	   TEST(refused_by_the_caller));
