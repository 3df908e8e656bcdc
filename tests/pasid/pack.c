/* SPDX-License-Identifier: MIT */
/* The packer by hand: plans step by step, every error, quarantine, policies, memory that runs out. */
#include "provider.h"
#include "test.h"
#include <iomt/pack.h>

static struct provider provider;
static struct iomt_pack pack;

static const struct iomt_pack_leaf a = {0x1000, {0, 0}}, b = {0x2000, {0, 0}};
static const struct iomt_pack_leaf a_other = {0x1000, {0, 1ULL << 63}};

static void open_pack(struct iomt_pack_cfg cfg)
{
	provider_init(&provider, PROVIDER_LINEAR);
	cfg.size = sizeof(cfg);
	cfg.mem = &provider.mem;
	if (!cfg.bits) {
		cfg.bits = 16;
		cfg.first_id = 1;
		cfg.last_id = 0xffff;
	}
	CHECK_INT(iomt_pack_init(&pack, &cfg), 0);
}

static void close_pack(void)
{
	struct iomt_pack_stats stats;

	iomt_pack_stats(&pack, &stats);
	CHECK_EQ(stats.bytes, provider.live_bytes);
	iomt_pack_destroy(&pack);
	provider_check_empty(&provider);
}

static iomt_pack_device add(struct iomt_pack_device_cfg cfg)
{
	iomt_pack_device device = 0;

	cfg.size = sizeof(cfg);
	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), 0);
	return device;
}

#define ADD(...) add((struct iomt_pack_device_cfg){__VA_ARGS__})

static struct iomt_pack_plan commit(void)
{
	struct iomt_pack_plan plan;

	CHECK_INT(iomt_pack_commit(&pack, &plan), 0);
	return plan;
}

static uint32_t id_of(iomt_pack_device device)
{
	uint32_t id = 0xdead;

	CHECK_INT(iomt_pack_id(&pack, device, &id), 0);
	return id;
}

static void check_ids(uint32_t used, uint32_t quarantine)
{
	struct iomt_pack_stats stats;

	iomt_pack_stats(&pack, &stats);
	CHECK_EQ(stats.ids, used);
	CHECK_EQ(stats.quarantine, quarantine);
}

/* The last plan, as a word of letters: see "letters". */
static void check_plan(const struct iomt_pack_plan *plan, const char *expected)
{
	static const char letters[] = {
		[IOMT_PACK_PUBLISH] = 'p',	[IOMT_PACK_RETRACT] = 'r',
		[IOMT_PACK_CLEAR_ENTRY] = 'c',	[IOMT_PACK_WRITE_ENTRY] = 'e',
		[IOMT_PACK_WRITE_DEVICE] = 'd', [IOMT_PACK_FLUSH_DEVICE] = 'D',
		[IOMT_PACK_FLUSH_ENTRY] = 'E',	[IOMT_PACK_FLUSH_KEY] = 'K',
		[IOMT_PACK_FLUSH_ID] = 'I',	[IOMT_PACK_FLUSH_ATS] = 'A',
		[IOMT_PACK_WAIT] = '.'};
	char text[64] = "";
	uint32_t i;

	for (i = 0; i < plan->count && i < sizeof(text) - 2; i++)
		text[i + (i >= plan->tail)] = letters[iomt_pack_step(&pack, i)->op];
	if (plan->tail < plan->count)
		text[plan->tail] = '|';
	CHECK_STR(text, expected);
	CHECK(!iomt_pack_step(&pack, plan->count));
}

/* The example of docs/packing.md. */
static void worked_example(void)
{
	iomt_pack_device one, two;
	struct iomt_pack_plan plan;

	open_pack((struct iomt_pack_cfg){0});
	iomt_pack_begin(&pack);
	one = ADD(.sends = 16, .flags = IOMT_PACK_ATS);
	two = ADD(.sends = 16);
	iomt_pack_set(&pack, one, IOMT_PACK_RID, &a);
	iomt_pack_set(&pack, two, IOMT_PACK_RID, &a);
	plan = commit();
	check_plan(&plan, "ppdDdD.ee");
	CHECK_EQ(id_of(one), 1);
	CHECK_EQ(id_of(two), 1);

	/* a PASID for both: the class stays as it is */
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, one, 5, &b);
	iomt_pack_set(&pack, two, 5, &b);
	plan = commit();
	check_plan(&plan, "ppee");
	CHECK_EQ(iomt_pack_step(&pack, 0)->id, 1);
	CHECK_EQ(iomt_pack_step(&pack, 0)->key, 5);
	CHECK_EQ(iomt_pack_step(&pack, 0)->leaf.root, 0x2000);
	CHECK(iomt_pack_step(&pack, 0)->device == one);

	/* one loses it, and another id with it; the other's entries stay: no flush of key or id */
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, one, 5);
	plan = commit();
	check_plan(&plan, "pcE.dD.A|.r");
	CHECK_EQ(id_of(one), 2);
	CHECK_EQ(iomt_pack_step(&pack, 4)->id, 2);
	CHECK_EQ(iomt_pack_step(&pack, plan.count - 1)->id, 1);
	check_ids(2, 0);

	/* then the other: it joins the first, and its id waits */
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, two, 5);
	plan = commit();
	check_plan(&plan, "pcE.dD.I.|r");
	CHECK_EQ(id_of(two), 2);
	CHECK_EQ(iomt_pack_step(&pack, 7)->id, 1);
	check_ids(1, 1);
	CHECK_INT(iomt_pack_complete(&pack, plan.token - 1), 0);
	check_ids(1, 1);
	CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
	check_ids(1, 0);
	CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
	CHECK_INT(iomt_pack_complete(&pack, plan.token + 1), IOMT_EINVAL);

	/* another leaf for a key: absent in between */
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, one, IOMT_PACK_RID, &b);
	iomt_pack_set(&pack, two, IOMT_PACK_RID, &b);
	plan = commit();
	check_plan(&plan, "ppcEcE.K.A.ee|rr");
	CHECK_EQ(id_of(one), 2);

	iomt_pack_begin(&pack);
	iomt_pack_remove(&pack, one);
	plan = commit();
	check_plan(&plan, "dD.A|.r");
	CHECK_EQ(iomt_pack_step(&pack, 0)->id, IOMT_PACK_NO_ID);
	close_pack();
}

/* A key that was cleared is not written again before its flush is known to be complete. */
static void key_in_quarantine(void)
{
	iomt_pack_device device;
	struct iomt_pack_plan plan;
	struct iomt_pack_stats stats;

	for (uint32_t relation = 0; relation <= IOMT_PACK_ISOLATING; relation++) {
		open_pack((struct iomt_pack_cfg){.relation = relation});
		iomt_pack_begin(&pack);
		device = ADD(.sends = 16);
		iomt_pack_set(&pack, device, 3, &a);
		commit();
		for (int told = 0; told < 2; told++) {
			iomt_pack_begin(&pack);
			iomt_pack_clear(&pack, device, 3);
			plan = commit();
			check_plan(&plan, "cE.K|.r");
			iomt_pack_stats(&pack, &stats);
			CHECK_EQ(stats.keys, 1);
			if (told)
				CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
			iomt_pack_begin(&pack);
			iomt_pack_set(&pack, device, 3, &a);
			plan = commit();
			check_plan(&plan, told ? "pe" : "p.e");
			CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
			iomt_pack_stats(&pack, &stats);
			CHECK_EQ(stats.keys, 0);
		}
		close_pack();
	}
}

/* Cleared again before the first time is known to be over: that is no news of the second. */
static void key_in_quarantine_twice(void)
{
	struct iomt_pack_plan first, second;
	iomt_pack_device device;

	open_pack((struct iomt_pack_cfg){0});
	iomt_pack_begin(&pack);
	device = ADD(.sends = 16);
	iomt_pack_set(&pack, device, 3, &a);
	commit();
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, device, 3);
	first = commit();
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, device, 3, &a);
	second = commit();
	check_plan(&second, "p.e");
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, device, 3);
	second = commit();
	CHECK_INT(iomt_pack_complete(&pack, first.token), 0);
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, device, 3, &a);
	second = commit();
	check_plan(&second, "p.e");
	close_pack();
}

/* Who comes meanwhile waits for it, too, whatever keys it has: it can send that one. */
static void key_in_quarantine_of_others(void)
{
	iomt_pack_device one, two;
	struct iomt_pack_plan plan;

	for (uint32_t relation = 0; relation <= IOMT_PACK_ISOLATING; relation++) {
		for (int told = 0; told < 2; told++) {
			open_pack((struct iomt_pack_cfg){.relation = relation});
			iomt_pack_begin(&pack);
			one = ADD(.sends = 16);
			iomt_pack_set(&pack, one, 3, &a);
			iomt_pack_set(&pack, one, 4, &b);
			commit();
			iomt_pack_begin(&pack);
			iomt_pack_clear(&pack, one, 3);
			plan = commit();
			if (told)
				CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
			iomt_pack_begin(&pack);
			two = ADD(.sends = 16);
			iomt_pack_set(&pack, two, 4, &b);
			plan = commit();
			CHECK_EQ(id_of(one), id_of(two));
			check_plan(&plan, told ? "pdD.e" : "p.dD.e");
			close_pack();
		}
	}
}

/* Full is one thing, in quarantine another; either leaves all as it was. */
static void ids_run_out(void)
{
	iomt_pack_device one, two;
	struct iomt_pack_plan plan, again;

	open_pack((struct iomt_pack_cfg){.bits = 2, .first_id = 1, .last_id = 2});
	iomt_pack_begin(&pack);
	one = ADD(.sends = 16);
	two = ADD(.sends = 16);
	iomt_pack_set(&pack, one, IOMT_PACK_RID, &a);
	commit();
	check_ids(2, 0);
	iomt_pack_begin(&pack);
	ADD(.sends = 16, .fixed = 1);
	CHECK_INT(iomt_pack_commit(&pack, &again), IOMT_ENOSPC);
	iomt_pack_abort(&pack);
	check_ids(2, 0);
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, one, IOMT_PACK_RID);
	plan = commit();
	check_ids(1, 1);
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, two, 1, &b);
	CHECK_INT(iomt_pack_commit(&pack, &again), IOMT_EBUSY);
	CHECK_EQ(id_of(one), id_of(two));
	CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
	commit();
	CHECK(id_of(one) != id_of(two));
	check_ids(2, 0);
	close_pack();
}

/*
 * ASIDs: whoever uses a table is a device with one key. All 256 in use, then one without users: the
 * generation rolls over when everything was flushed, and those in use stay.
 */
static void tags_of_8_bits(void)
{
	iomt_pack_device first[256], second[256], more;
	struct iomt_pack_plan plan;
	uint64_t token;

	open_pack((struct iomt_pack_cfg){.bits = 8, .first_id = 0, .last_id = 255});
	iomt_pack_begin(&pack);
	for (unsigned i = 0; i < 256; i++) {
		struct iomt_pack_leaf table = {0x1000 * i, {i % 2, 0}};

		first[i] = ADD(.sends = 0);
		second[i] = ADD(.sends = 0);
		iomt_pack_set(&pack, first[i], IOMT_PACK_RID, &table);
		iomt_pack_set(&pack, second[i], IOMT_PACK_RID, &table);
	}
	commit();
	for (unsigned i = 0; i < 256; i++) {
		CHECK_EQ(id_of(first[i]), i);
		CHECK_EQ(id_of(second[i]), i);
	}
	iomt_pack_begin(&pack);
	more = ADD(.sends = 0);
	iomt_pack_set(&pack, more, IOMT_PACK_RID, &a_other);
	CHECK_INT(iomt_pack_commit(&pack, &plan), IOMT_ENOSPC);
	iomt_pack_abort(&pack);
	iomt_pack_begin(&pack);
	iomt_pack_remove(&pack, first[77]);
	iomt_pack_remove(&pack, second[77]);
	token = commit().token;
	iomt_pack_begin(&pack);
	more = ADD(.sends = 0);
	iomt_pack_set(&pack, more, IOMT_PACK_RID, &a_other);
	CHECK_INT(iomt_pack_commit(&pack, &plan), IOMT_EBUSY);
	CHECK_INT(iomt_pack_complete(&pack, token), 0);
	commit();
	CHECK_EQ(id_of(more), 77);
	CHECK_EQ(id_of(first[78]), 78);
	close_pack();
}

/* Neither the same map with another word, nor another bit of an attribute. */
static void words_and_attributes(void)
{
	iomt_pack_device device[6];

	open_pack((struct iomt_pack_cfg){0});
	iomt_pack_begin(&pack);
	for (int i = 0; i < 6; i++) {
		device[i] = ADD(.sends = 16, .fixed = i % 2 ? 1ULL << 40 : 0);
		iomt_pack_set(&pack, device[i], 1, i < 4 ? &a : &a_other);
	}
	commit();
	CHECK_EQ(id_of(device[0]), id_of(device[2]));
	CHECK_EQ(id_of(device[1]), id_of(device[3]));
	CHECK(id_of(device[0]) != id_of(device[1]));
	CHECK(id_of(device[4]) != id_of(device[0]));
	CHECK(id_of(device[5]) != id_of(device[4]));
	check_ids(4, 0);
	close_pack();
}

/* With GIOV no PASID is PASID 0: one key. */
static void no_pasid_is_pasid_0(void)
{
	iomt_pack_device guest, host;
	struct iomt_pack_leaf leaf;

	open_pack((struct iomt_pack_cfg){0});
	iomt_pack_begin(&pack);
	guest = ADD(.sends = 0, .flags = IOMT_PACK_GIOV);
	host = ADD(.sends = 1);
	CHECK_INT(iomt_pack_set(&pack, guest, IOMT_PACK_RID, &a), 0);
	CHECK_INT(iomt_pack_get(&pack, guest, 0, &leaf), 0);
	CHECK_INT(iomt_pack_clear(&pack, guest, 0), 0);
	CHECK_INT(iomt_pack_clear(&pack, guest, IOMT_PACK_RID), IOMT_ENOENT);
	CHECK_INT(iomt_pack_set(&pack, guest, 0, &a), 0);
	CHECK_INT(iomt_pack_set(&pack, guest, 1, &a), IOMT_ERANGE);
	CHECK_INT(iomt_pack_set(&pack, host, 0, &a), 0);
	CHECK_INT(iomt_pack_get(&pack, host, IOMT_PACK_RID, &leaf), IOMT_ENOENT);
	commit();
	CHECK_EQ(id_of(guest), id_of(host));
	close_pack();
}

/* What only one has, the other must not be able to send, or they trust each other. */
static void isolating(void)
{
	iomt_pack_device wide, narrow, friend;
	struct iomt_pack_plan plan;

	open_pack((struct iomt_pack_cfg){.relation = IOMT_PACK_ISOLATING});
	iomt_pack_begin(&pack);
	wide = ADD(.sends = 32, .trust = 1);
	iomt_pack_set(&pack, wide, IOMT_PACK_RID, &a);
	iomt_pack_set(&pack, wide, 15, &b);
	iomt_pack_set(&pack, wide, 16, &b);
	narrow = ADD(.sends = 16, .trust = 2);
	iomt_pack_set(&pack, narrow, IOMT_PACK_RID, &a);
	iomt_pack_set(&pack, narrow, 15, &b);
	friend = ADD(.sends = 32, .trust = 1, .flags = IOMT_PACK_ATS);
	iomt_pack_set(&pack, friend, IOMT_PACK_RID, &a);
	iomt_pack_set(&pack, friend, 15, &b);
	commit();
	CHECK_EQ(id_of(narrow), id_of(wide));
	CHECK_EQ(id_of(friend), id_of(wide));
	/* 15 could be sent by all three: the friend may see what the narrow has not, not so the narrow */
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, narrow, 15);
	commit();
	CHECK(id_of(narrow) != id_of(wide));
	CHECK_EQ(id_of(friend), id_of(wide));
	/* the friend's own TLB may hold 16, which it never had */
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, wide, 16);
	plan = commit();
	check_plan(&plan, "cE.K.A|.r");
	CHECK(iomt_pack_step(&pack, 5)->device == friend);
	CHECK_EQ(iomt_pack_step(&pack, 5)->key, 16);
	/* another leaf for 15 alone: they part */
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, friend, 15, &a);
	commit();
	CHECK(id_of(friend) != id_of(wide));
	close_pack();
}

/*
 * A device's own TLB has what the device had before it moved until somebody waits: nothing else is
 * written there before.
 */
static void own_tlb_after_a_move(void)
{
	iomt_pack_device one, two;
	struct iomt_pack_plan plan;

	for (int told = 0; told < 2; told++) {
		open_pack((struct iomt_pack_cfg){0});
		iomt_pack_begin(&pack);
		one = ADD(.sends = 16, .flags = IOMT_PACK_ATS);
		two = ADD(.sends = 16);
		iomt_pack_set(&pack, one, 5, &b);
		iomt_pack_set(&pack, two, 5, &b);
		commit();
		iomt_pack_begin(&pack);
		iomt_pack_clear(&pack, one, 5);
		plan = commit();
		check_plan(&plan, "pcE.dD.A|.r");
		CHECK(id_of(one) != id_of(two));
		if (told)
			CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
		iomt_pack_begin(&pack);
		iomt_pack_set(&pack, one, 5, &a);
		plan = commit();
		check_plan(&plan, told ? "pe" : "p.e");
		close_pack();
	}
}

/* Devices that trust each other hit each other's keys: one's goes before another has it. */
static void leaves_of_trusted_devices(void)
{
	iomt_pack_device one, two;
	struct iomt_pack_plan plan;

	open_pack((struct iomt_pack_cfg){.relation = IOMT_PACK_ISOLATING});
	iomt_pack_begin(&pack);
	one = ADD(.sends = 16, .trust = 1);
	two = ADD(.sends = 16, .trust = 1, .flags = IOMT_PACK_ATS);
	iomt_pack_set(&pack, one, 1, &a);
	iomt_pack_set(&pack, two, 1, &a);
	iomt_pack_set(&pack, one, 5, &a);
	commit();
	CHECK_EQ(id_of(one), id_of(two));
	/* from hand to hand: in the IOTLB, and in the own TLB of the second */
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, one, 5);
	iomt_pack_set(&pack, two, 5, &b);
	plan = commit();
	check_plan(&plan, "pcE.K.A.e|r");
	CHECK_EQ(id_of(one), id_of(two));
	/* back, and then another leaf, for which the second has to move: its own TLB may have a */
	iomt_pack_begin(&pack);
	iomt_pack_clear(&pack, two, 5);
	iomt_pack_set(&pack, one, 5, &a);
	plan = commit();
	CHECK_EQ(id_of(one), id_of(two));
	CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
	iomt_pack_begin(&pack);
	iomt_pack_set(&pack, two, 5, &b);
	plan = commit();
	check_plan(&plan, "pdD.A.e|r");
	CHECK(id_of(one) != id_of(two));
	close_pack();
}

/* Two devices that become alike: at once, never, or when enough keys are worth the move. */
static void policies(void)
{
	static const uint32_t ids[] = {
		[IOMT_PACK_EAGER] = 1, [IOMT_PACK_LAZY] = 2, [IOMT_PACK_COST] = 1};
	struct iomt_pack_plan plan;

	for (uint32_t policy = 0; policy <= IOMT_PACK_COST; policy++) {
		iomt_pack_device one, two;

		open_pack(
			(struct iomt_pack_cfg){.merging = policy, .key_gain = 10, .move_cost = 20});
		iomt_pack_begin(&pack);
		one = ADD(.sends = 16);
		two = ADD(.sends = 16);
		iomt_pack_set(&pack, one, 1, &a);
		commit();
		iomt_pack_begin(&pack);
		iomt_pack_set(&pack, two, 1, &a);
		commit();
		/* one key is not worth a move */
		check_ids(policy ? 2 : 1, policy ? 0 : 1);
		iomt_pack_begin(&pack);
		iomt_pack_set(&pack, one, 2, &a);
		commit();
		iomt_pack_begin(&pack);
		iomt_pack_set(&pack, two, 2, &a);
		plan = commit();
		check_ids(ids[policy], policy == IOMT_PACK_LAZY ? 0 : policy ? 1 : 2);
		CHECK_INT(iomt_pack_complete(&pack, plan.token), 0);
		CHECK_INT(iomt_pack_merge(&pack, &plan), 0);
		check_plan(&plan, policy == IOMT_PACK_LAZY ? "pdD.I|.r" : "");
		check_ids(1, policy == IOMT_PACK_LAZY);
		close_pack();
	}
}

/* To ids that were found elsewhere. */
static void given_ids(void)
{
	iomt_pack_device devices[2];
	uint32_t first[] = {1, 1}, fifth[] = {5, 5}, second[] = {1, 2}, far[] = {0x1000, 0x1000},
		 beyond[] = {1, 0x10000};
	struct iomt_pack_plan plan;

	open_pack((struct iomt_pack_cfg){.relation = IOMT_PACK_ISOLATING});
	iomt_pack_begin(&pack);
	for (uint32_t i = 0; i < 2; i++) {
		devices[i] = ADD(.sends = 16, .trust = 1);
		iomt_pack_set(&pack, devices[i], i, i ? &a : &b);
	}
	CHECK_INT(iomt_pack_apply(&pack, devices, first, 2, &plan), IOMT_EBUSY);
	commit();
	CHECK_EQ(id_of(devices[0]), 1);
	CHECK_EQ(id_of(devices[1]), 2);
	CHECK_INT(iomt_pack_apply(&pack, devices, first, 2, &plan), 0);
	check_plan(&plan, "pdD.I|.r");
	CHECK_EQ(id_of(devices[1]), 1);
	CHECK_INT(iomt_pack_apply(&pack, devices, first, 2, &plan), 0);
	check_plan(&plan, "");
	CHECK_INT(iomt_pack_apply(&pack, devices, second, 2, &plan), IOMT_EBUSY);
	CHECK_INT(iomt_pack_apply(&pack, devices, beyond, 2, &plan), IOMT_ERANGE);
	CHECK_INT(iomt_pack_apply(&pack, devices, fifth, 2, &plan), 0);
	check_plan(&plan, "ppdDdD.I|.rr");
	CHECK_EQ(id_of(devices[0]), 5);
	CHECK_EQ(id_of(devices[1]), 5);
	/* an id far above all that were ever in use */
	CHECK_INT(iomt_pack_apply(&pack, devices, far, 2, &plan), 0);
	check_plan(&plan, "ppdDdD.I|.rr");
	CHECK_EQ(id_of(devices[1]), 0x1000);
	devices[1]++;
	CHECK_INT(iomt_pack_apply(&pack, devices, fifth, 2, &plan), IOMT_ESTALE);
	close_pack();
	open_pack((struct iomt_pack_cfg){0});
	CHECK_INT(iomt_pack_apply(&pack, NULL, NULL, 0, &plan), IOMT_EOPNOTSUPP);
	close_pack();
}

static void every_error(void)
{
	struct iomt_pack_device_cfg cfg = {.size = sizeof(cfg), .sends = 16};
	struct iomt_pack_plan plan;
	struct iomt_pack_leaf leaf;
	iomt_pack_device device, other;
	uint32_t id;

	open_pack((struct iomt_pack_cfg){0});
	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), IOMT_EINVAL);
	CHECK_INT(iomt_pack_commit(&pack, &plan), IOMT_EINVAL);
	iomt_pack_begin(&pack);
	CHECK_INT(iomt_pack_begin(&pack), IOMT_EBUSY);
	CHECK_INT(iomt_pack_merge(&pack, &plan), IOMT_EBUSY);
	cfg.sends = 3;
	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), IOMT_EINVAL);
	cfg.sends = 1u << 21;
	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), IOMT_EINVAL);
	cfg.sends = 16;
	cfg.flags = 4;
	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), IOMT_EINVAL);
	cfg.flags = 0;
	cfg.trust = IOMT_PACK_MAX_TRUST + 1;
	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), IOMT_EINVAL);
	cfg.trust = 0;
	cfg.size--;
	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), IOMT_EINVAL);
	cfg.size++;
	CHECK_INT(iomt_pack_add(&pack, NULL, &device), IOMT_EINVAL);
	CHECK_INT(iomt_pack_add(&pack, &cfg, &device), 0);
	CHECK_INT(iomt_pack_id(&pack, device, &id), 0);
	CHECK_EQ(id, IOMT_PACK_NO_ID);
	CHECK_INT(iomt_pack_set(&pack, device, 15, &a), 0);
	CHECK_INT(iomt_pack_set(&pack, device, 16, &a), IOMT_ERANGE);
	CHECK_INT(iomt_pack_set(&pack, device, IOMT_PACK_RID + 1, &a), IOMT_ERANGE);
	CHECK_INT(iomt_pack_set(&pack, device, 1, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pack_clear(&pack, device, 14), IOMT_ENOENT);
	CHECK_INT(iomt_pack_clear(&pack, device, 16), IOMT_ERANGE);
	CHECK_INT(iomt_pack_get(&pack, device, 14, &leaf), IOMT_ENOENT);
	CHECK_INT(iomt_pack_get(&pack, device, IOMT_PACK_ALL, &leaf), IOMT_ERANGE);
	CHECK_INT(iomt_pack_set(&pack, 0, 1, &a), IOMT_ESTALE);
	CHECK_INT(iomt_pack_set(&pack, UINT64_MAX, 1, &a), IOMT_ESTALE);
	commit();
	CHECK_INT(iomt_pack_set(&pack, device, 1, &a), IOMT_EINVAL);
	iomt_pack_begin(&pack);
	CHECK_INT(iomt_pack_remove(&pack, device), 0);
	CHECK_INT(iomt_pack_remove(&pack, device), IOMT_ESTALE);
	CHECK_INT(iomt_pack_set(&pack, device, 1, &a), IOMT_ESTALE);
	commit();
	CHECK_INT(iomt_pack_id(&pack, device, &id), IOMT_ESTALE);
	iomt_pack_begin(&pack);
	other = ADD(.sends = 1);
	CHECK(other != device && (uint32_t)other == (uint32_t)device);
	CHECK_INT(iomt_pack_set(&pack, device, 0, &a), IOMT_ESTALE);
	CHECK_INT(iomt_pack_next(&pack, device, 0, &id, &leaf), IOMT_ESTALE);
	iomt_pack_abort(&pack);
	CHECK_INT(iomt_pack_id(&pack, other, &id), IOMT_ESTALE);
	close_pack();
}

static void configurations(void)
{
	struct iomt_pack_cfg good = {
		.size = sizeof(good), .mem = &provider.mem, .bits = 8, .last_id = 255};
	struct iomt_pack_cfg_error error;
	struct iomt_pack_cfg cfg;

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_pack_cfg_check(&good, &error), 0);
	CHECK_INT(iomt_pack_cfg_check(NULL, NULL), IOMT_EINVAL);
#define REFUSED(change, name)                                              \
	do {                                                               \
		cfg = good;                                                \
		change;                                                    \
		CHECK_INT(iomt_pack_cfg_check(&cfg, &error), IOMT_EINVAL); \
		CHECK_STR(error.field, name);                              \
		CHECK_INT(iomt_pack_init(&pack, &cfg), IOMT_EINVAL);       \
	} while (0)
	REFUSED(cfg.size--, "size");
	REFUSED(cfg.mem = NULL, "mem");
	REFUSED(cfg.bits = 0, "bits");
	REFUSED(cfg.bits = 21, "bits");
	REFUSED(cfg.last_id = 256, "last_id");
	REFUSED(cfg.first_id = 256, "first_id");
	REFUSED(cfg.relation = 2, "relation");
	REFUSED(cfg.merging = 3, "merging");
}

/* What the caller is shown before it is true: the plan, the id of PUBLISH, and what the device will have. */
static int decision;
static iomt_pack_device newcomer;

static int accept(void *ctx, const struct iomt_pack *of, const struct iomt_pack_plan *plan)
{
	struct iomt_pack_leaf leaf;
	uint32_t key, id;

	CHECK(ctx == &decision && of == &pack);
	check_plan(plan, "pdD.e");
	CHECK_EQ(iomt_pack_step(of, 0)->id, 1);
	CHECK_INT(iomt_pack_next(of, newcomer, 0, &key, &leaf), 0);
	CHECK_EQ(key, 5);
	CHECK_EQ(leaf.root, a.root);
	CHECK_INT(iomt_pack_id(of, newcomer, &id), 0);
	CHECK_EQ(id, IOMT_PACK_NO_ID);
	return decision;
}

static void refused_by_the_caller(void)
{
	for (unsigned relation = 0; relation < 2; relation++) {
		struct iomt_pack_plan plan = {.token = 77};

		open_pack((struct iomt_pack_cfg){
			.relation = relation, .accept = accept, .ctx = &decision});
		CHECK_INT(iomt_pack_begin(&pack), 0);
		newcomer = ADD(.sends = 16);
		CHECK_INT(iomt_pack_set(&pack, newcomer, 5, &a), 0);
		decision = IOMT_EIO;
		CHECK_INT(iomt_pack_commit(&pack, &plan), IOMT_EIO);
		CHECK_EQ(plan.token, 77);
		check_ids(0, 0);
		decision = 0;
		plan = commit();
		CHECK_EQ(plan.token, 1);
		CHECK_EQ(id_of(newcomer), 1);
		close_pack();
	}
}

/* One transaction that takes memory for everything, its n-th allocation failing, for all n. */
static void memory_runs_out(void)
{
	for (uint32_t relation = 0; relation <= IOMT_PACK_ISOLATING; relation++) {
		uint64_t n = 0;
		int err = IOMT_ENOMEM;

		while (err) {
			struct iomt_pack_device_cfg cfg = {.size = sizeof(cfg), .sends = 1u << 20};
			struct iomt_pack_plan plan;
			iomt_pack_device device[40];

			CHECK(n < 200);
			open_pack((struct iomt_pack_cfg){.relation = relation});
			iomt_pack_begin(&pack);
			provider.fail_at = provider.allocations + ++n;
			err = 0;
			for (unsigned i = 0; i < 40 && !err; i++)
				err = iomt_pack_add(&pack, &cfg, &device[i]);
			for (unsigned i = 0; i < 40 && !err; i++) {
				for (uint32_t key = 0; key < 0xff000 && !err; key += 0x8421)
					err = iomt_pack_set(&pack, device[i], key + i % 4, &a);
			}
			if (!err) {
				err = iomt_pack_commit(&pack, &plan);
				if (err)
					check_ids(0, 0);
				else
					check_ids(4, 0);
			}
			provider.fail_at = 0;
			if (err)
				CHECK_INT(err, IOMT_ENOMEM);
			iomt_pack_abort(&pack);
			close_pack();
		}
		CHECK(n > 20);
	}
}

TEST_SUITE(pack, TEST(worked_example), TEST(key_in_quarantine), TEST(key_in_quarantine_of_others),
	   TEST(key_in_quarantine_twice), TEST(ids_run_out), TEST(tags_of_8_bits),
	   TEST(words_and_attributes), TEST(no_pasid_is_pasid_0), TEST(own_tlb_after_a_move),
	   TEST(leaves_of_trusted_devices), TEST(isolating), TEST(policies), TEST(given_ids),
	   TEST(every_error), TEST(configurations), TEST(refused_by_the_caller),
	   TEST(memory_runs_out));
