/* SPDX-License-Identifier: MIT */
/* The domain-id solver: worked examples, what is wrong with arguments, joint numbering. */
#include "random.h"
#include "repack_parts.h"
#include "repack_play.h"
#include "sharing.h"
#include "test.h"

#define RID	    IOMT_PACK_RID
#define KEYS(array) .keys = (array), .count = sizeof(array) / sizeof((array)[0])

/* Three devices, two of which say the same in another order of filling. */
static void equal_maps(void)
{
	static const struct iomt_repack_key a[] = {{1, 7}, {RID, 1}}, b[] = {{1, 7}, {RID, 1}},
					    c[] = {{1, 8}, {RID, 1}};
	const struct iomt_repack_device devices[] = {
		{KEYS(a), .sends = 8}, {KEYS(c), .sends = 8}, {KEYS(b), .sends = 8}};
	struct iomt_repack_result result;
	uint32_t ids[3];

	for (int relation = 0; relation < IOMT_REPACK_RELATIONS; relation++) {
		struct iomt_repack_cfg cfg = play_cfg((enum iomt_repack_relation)relation);

		CHECK_INT(play_solve(&cfg, devices, 3, ids, &result), 0);
		CHECK_EQ(result.ids, 2);
		CHECK_EQ(result.contents, 2);
		CHECK_EQ(result.bound, 2);
		CHECK(result.exact);
		CHECK_EQ(result.tags, 4);
		CHECK(ids[0] == ids[2] && ids[0] != ids[1]);
		CHECK(ids[0] + ids[1] == 3);
	}
}

/* One has PASID 5: another lacks it; may it share? */
static void who_lacks_a_key(void)
{
	static const struct iomt_repack_key more[] = {{5, 7}, {RID, 1}}, less[] = {{RID, 1}};
	static const struct {
		uint32_t sends, trust, trust_other;
		bool isolating;
	} cases[] = {
		{0, 0, 0, true},  /* it cannot send PASIDs */
		{5, 0, 0, true},  /* nor this one */
		{6, 0, 0, false}, /* it can, and would hit what is not its own */
		{6, 3, 3, true},  /* it is trusted */
		{6, 3, 4, false}, /* by others */
		{6, 3, 0, false},
	};
	struct iomt_repack_result result;
	uint32_t ids[2];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct iomt_repack_device devices[] = {
			{KEYS(more), .sends = 6, .trust = cases[i].trust_other},
			{KEYS(less), .sends = cases[i].sends, .trust = cases[i].trust}};
		struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_ISOLATING);

		CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
		CHECK_EQ(result.ids, cases[i].isolating ? 1 : 2);
		cfg.relation = IOMT_REPACK_COMPATIBLE;
		CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
		CHECK_EQ(result.ids, 1);
		cfg.relation = IOMT_REPACK_EQUIVALENT;
		CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
		CHECK_EQ(result.ids, 2);
	}
}

/* Requests without a PASID can be sent by all: who has no leaf for them shares with none that has. */
static void requests_without_a_pasid(void)
{
	static const struct iomt_repack_key with[] = {{RID, 1}}, zero[] = {{0, 1}};
	struct iomt_repack_device devices[2] = {{KEYS(with)}, {.keys = NULL}};
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_ISOLATING);
	struct iomt_repack_result result;
	uint32_t ids[2];

	CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
	CHECK_EQ(result.ids, 2);
	/* with GIOV they are PASID 0 */
	devices[0] = (struct iomt_repack_device){KEYS(zero), .sends = 1};
	devices[1].sends = 1;
	CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
	CHECK_EQ(result.ids, 2);
	devices[1].fixed = 1;
	cfg.relation = IOMT_REPACK_COMPATIBLE;
	CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
	CHECK_EQ(result.ids, 2);
	devices[0].fixed = 1;
	CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
	CHECK_EQ(result.ids, 1);
}

/*
 * With GIOV requests without a PASID are PASID 0: who has no leaf for them may share with who has
 * one, and the other way round where only one sends PASID 0.
 */
static void requests_as_pasid_0(void)
{
	static const struct iomt_repack_key with[] = {{RID, 1}}, zero[] = {{0, 1}},
					    both[] = {{0, 1}, {RID, 1}};
	static const struct {
		struct iomt_repack_device a, b;
		uint32_t ids;
	} cases[] = {
		{{KEYS(with)}, {.flags = IOMT_PACK_GIOV}, 1}, /* neither can send the other's */
		{{KEYS(with)}, {KEYS(zero), .flags = IOMT_PACK_GIOV}, 1},
		{{KEYS(with)}, {KEYS(zero), .sends = 1, .flags = IOMT_PACK_GIOV}, 1},
		/* it sends PASID 0 too, and has nothing there */
		{{KEYS(with), .sends = 1}, {KEYS(zero), .flags = IOMT_PACK_GIOV}, 2},
		{{KEYS(both), .sends = 1}, {KEYS(zero), .flags = IOMT_PACK_GIOV}, 1},
		/* PASID 0 is sent whatever the width */
		{{KEYS(both), .sends = 1}, {.flags = IOMT_PACK_GIOV}, 2},
		{{KEYS(both), .sends = 1, .trust = 3}, {.trust = 3, .flags = IOMT_PACK_GIOV}, 1},
		{{KEYS(zero), .flags = IOMT_PACK_GIOV},
		 {KEYS(zero), .sends = 1, .flags = IOMT_PACK_GIOV | IOMT_PACK_ATS},
		 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct iomt_repack_device devices[] = {cases[i].a, cases[i].b};
		struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_ISOLATING);
		struct iomt_repack_result result;
		uint32_t ids[2];

		CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
		CHECK_EQ(result.ids, cases[i].ids);
		ids[0] = 1;
		ids[1] = 1;
		CHECK_INT(play_check(IOMT_REPACK_ISOLATING, devices, 2, ids),
			  cases[i].ids == 1 ? 0 : IOMT_EPERM);
	}
}

/* Those who send requests without a PASID trust one another; one who does not is in nobody's way. */
static void trust_of_senders(void)
{
	static const struct iomt_repack_key with[] = {{RID, 1}};
	struct iomt_repack_device devices[] = {
		{.sends = 2, .flags = IOMT_PACK_GIOV}, {KEYS(with), .trust = 3}, {.trust = 3}};
	static const uint32_t ids[] = {1, 1, 1};

	CHECK_INT(play_check(IOMT_REPACK_ISOLATING, devices, 3, ids), 0);
	devices[2].trust = 4;
	CHECK_INT(play_check(IOMT_REPACK_ISOLATING, devices, 3, ids), IOMT_EPERM);
	devices[2].flags = IOMT_PACK_GIOV;
	CHECK_INT(play_check(IOMT_REPACK_ISOLATING, devices, 3, ids), 0);
}

/* A ring of five that each disagree with the next: three ids, though no three disagree. */
static void odd_ring(void)
{
	struct iomt_repack_key keys[5][2];
	struct iomt_repack_device devices[5];
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result;
	uint32_t ids[5];

	for (uint32_t i = 0; i < 5; i++) {
		uint32_t next = (i + 1) % 5, low = i < next ? i : next, high = i < next ? next : i;

		keys[i][0] = (struct iomt_repack_key){low, low == i};
		keys[i][1] = (struct iomt_repack_key){high, high == i};
		devices[i] = (struct iomt_repack_device){.keys = keys[i], .count = 2, .sends = 5};
	}
	CHECK_INT(play_solve(&cfg, devices, 5, ids, &result), 0);
	CHECK_EQ(result.ids, 3);
	CHECK_EQ(result.bound, 3);
	CHECK_EQ(result.clique, 2);
	CHECK(result.exact);
}

/* The solver's hash of a device, up to the last key (repack_input.c). */
static uint64_t hash_before(uint64_t fixed, uint32_t key, uint32_t leaf)
{
	uint64_t z = fixed + 0x9e3779b97f4a7c15ULL + ((uint64_t)key << 32 | leaf);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/*
 * Two maps with one hash: the second key makes up for what the first changes. They are two contents all
 * the same. That the hashes are really equal shows a planted fault, which believes in them.
 */
static void equal_hashes(void)
{
	struct iomt_repack_key a[2] = {{0, 0}, {IOMT_PACK_PASIDS - 1, 0}}, b[2];
	const struct iomt_repack_device devices[] = {{KEYS(a), .sends = IOMT_PACK_PASIDS},
						     {KEYS(b), .sends = IOMT_PACK_PASIDS}};
	uint64_t last = (uint64_t)a[1].key << 32, before = hash_before(0, 0, 0), word = 0;
	struct iomt_repack_result result;
	uint32_t ids[2], leaf = 0;

	while (!leaf || !(word >> 32) || word >> 32 >= IOMT_PACK_PASIDS) {
		CHECK(++leaf);
		word = last + before - hash_before(0, 0, leaf);
	}
	b[0] = (struct iomt_repack_key){0, leaf};
	b[1] = (struct iomt_repack_key){(uint32_t)(word >> 32), (uint32_t)word};
	for (int relation = 0; relation < IOMT_REPACK_RELATIONS; relation++) {
		struct iomt_repack_cfg cfg = play_cfg((enum iomt_repack_relation)relation);

		CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
		CHECK(result.contents == 2 && result.ids == 2);
	}
}

static void nothing(void)
{
	struct iomt_repack_device devices[2] = {{.sends = 4}, {.sends = 4}};
	struct iomt_repack_result result;
	uint32_t ids[2];

	for (int relation = 0; relation < IOMT_REPACK_RELATIONS; relation++) {
		struct iomt_repack_cfg cfg = play_cfg((enum iomt_repack_relation)relation);

		CHECK_INT(play_solve(&cfg, NULL, 0, ids, &result), 0);
		CHECK(!result.ids && !result.bound && !result.contents && result.exact);
		CHECK_INT(play_solve(&cfg, devices, 2, ids, &result), 0);
		CHECK(result.ids == 1 && ids[0] == 1 && ids[1] == 1);
	}
}

/* What is there stays where it may; a device that changed is the one that moves. */
static void present_ids(void)
{
	static const struct iomt_repack_key a[] = {{1, 7}}, b[] = {{2, 9}}, c[] = {{1, 8}};
	const struct iomt_repack_device devices[] = {{KEYS(a), .sends = 4},
						     {KEYS(b), .sends = 4},
						     {KEYS(c), .sends = 4},
						     {KEYS(a), .sends = 4},
						     {KEYS(c), .sends = 4}};
	static const uint32_t valid[] = {9, 4, 4, 9, 4}, split[] = {9, 4, 4, 5, 4},
			      broken[] = {9, 4, 4, 9, 9}, new[] = {9, 4, 4, 9, IOMT_REPACK_NO_ID};
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result;
	uint32_t ids[5];

	cfg.present = valid;
	CHECK_INT(play_solve(&cfg, devices, 5, ids, &result), 0);
	CHECK(!memcmp(ids, valid, sizeof(ids)) && !result.moves);
	cfg.present = broken;
	CHECK_INT(play_solve(&cfg, devices, 5, ids, &result), 0);
	CHECK(!memcmp(ids, valid, sizeof(ids)) && result.moves == 1);
	cfg.present = new;
	CHECK_INT(play_solve(&cfg, devices, 5, ids, &result), 0);
	CHECK(!memcmp(ids, valid, sizeof(ids)) && !result.moves);
	/* an id less is worth a move, or is not */
	cfg.present = split;
	CHECK_INT(play_solve(&cfg, devices, 5, ids, &result), 0);
	CHECK(result.ids == 2 && result.moves == 1 && ids[0] == ids[3]);
	cfg.id_cost = 1;
	cfg.move_cost = 2;
	CHECK_INT(play_solve(&cfg, devices, 5, ids, &result), 0);
	CHECK(!memcmp(ids, split, sizeof(ids)) && result.ids == 3 && result.fewest == 2);
}

/* New ids are those that nobody has, as long as there are such. */
static void fresh_ids(void)
{
	static const struct iomt_repack_key a[] = {{1, 7}}, b[] = {{1, 8}}, c[] = {{1, 9}};
	const struct iomt_repack_device devices[] = {
		{KEYS(a), .sends = 4}, {KEYS(b), .sends = 4}, {KEYS(c), .sends = 4}};
	static const uint32_t present[] = {2, 2, 2};
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result;
	uint32_t ids[3];

	cfg.present = present;
	cfg.last = 3;
	CHECK_INT(play_solve(&cfg, devices, 3, ids, &result), 0);
	CHECK_EQ(result.moves, 2);
	CHECK_EQ(ids[0] + ids[1] + ids[2], 6);
	cfg.last = 2;
	CHECK_INT(play_solve(&cfg, devices, 3, ids, &result), IOMT_ENOSPC);
}

/*
 * Weights and counts as large as they may be: 2^33 tags, of 2^13 devices with 2^20 keys, at 2^31 are
 * 2^64, and dearer than one id less.
 */
static void large_costs(void)
{
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_ISOLATING);
	struct iomt_repack_result most = {.ids = IOMT_REPACK_DEVICES,
					  .moves = IOMT_REPACK_DEVICES,
					  .tags = (uint64_t)IOMT_REPACK_DEVICES * IOMT_PACK_KEYS};
	struct iomt_repack_result tags = {.tags = 1ULL << 33}, ids = {.ids = 1};
	struct product cost;
	uint64_t all;

	cost = iomt_repack_cost(&cfg, &most);
	CHECK_EQ(cost.high, 0);
	CHECK_EQ(cost.low, ((uint64_t)IOMT_REPACK_DEVICES << 32) + IOMT_REPACK_DEVICES);
	cfg.tag_cost = 1u << 31;
	cfg.id_cost = UINT32_MAX;
	cost = iomt_repack_cost(&cfg, &tags);
	CHECK_EQ(cost.high, 1);
	CHECK_EQ(cost.low, 0);
	CHECK(product_less(iomt_repack_cost(&cfg, &ids), cost));
	cfg.tag_cost = UINT32_MAX;
	cfg.move_cost = UINT32_MAX;
	all = most.tags + most.ids + most.moves; /* times 2^32 - 1 */
	cost = iomt_repack_cost(&cfg, &most);
	CHECK_EQ(cost.high, (all >> 32) - ((all << 32) < all));
	CHECK_EQ(cost.low, (all << 32) - all);
}

/* Against results that were worked out by hand. */
static void products(void)
{
	struct product p = product_of(UINT64_MAX, UINT64_MAX); /* 2^128 - 2^65 + 1 */

	CHECK_EQ(p.high, UINT64_MAX - 1);
	CHECK_EQ(p.low, 1);
	p = product_add(p, p); /* modulo 2^128: -2^66 + 2 */
	CHECK_EQ(p.high, UINT64_MAX - 3);
	CHECK_EQ(p.low, 2);
	p = product_of(0x100000001, 0xffffffff); /* 2^64 - 1 */
	CHECK(product_equal(p, (struct product){0, UINT64_MAX}));
	p = product_add(p, (struct product){0, 1});
	CHECK(product_equal(p, (struct product){1, 0}));
	CHECK(product_less((struct product){0, UINT64_MAX}, p));
	CHECK(!product_less(p, p));
}

/* Devices with nothing in common stay apart while there is room. */
static void room_enough(void)
{
	static const struct iomt_repack_key a[] = {{1, 7}}, b[] = {{1, 7}, {2, 9}}, c[] = {{3, 9}};
	const struct iomt_repack_device devices[] = {
		{KEYS(a), .sends = 4}, {KEYS(b), .sends = 4}, {KEYS(c), .sends = 4}};
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result;
	uint32_t ids[3];

	for (cfg.enough = 0; cfg.enough < 5; cfg.enough++) {
		CHECK_INT(play_solve(&cfg, devices, 3, ids, &result), 0);
		CHECK_EQ(result.ids, cfg.enough < 2 ? 1 : 2);
		CHECK_EQ(ids[0], ids[1]);
		CHECK_EQ(result.fewest, 1);
	}
}

/* Each wrong argument: its own error, the place of the fault, nothing written. */
static int refused(const struct iomt_repack_cfg *cfg, const struct iomt_repack_device *devices,
		   uint32_t count, struct iomt_repack_fault *fault)
{
	static uint64_t memory[4096];
	struct iomt_repack_result result, untouched;
	uint32_t ids[4] = {99, 99, 99, 99};
	int err;

	memset(&result, 0x5a, sizeof(result));
	memset(&untouched, 0x5a, sizeof(untouched));
	*fault = (struct iomt_repack_fault){.reason = NULL};
	err = iomt_repack_solve(cfg, devices, count, memory, sizeof(memory), ids, NULL, &result,
				fault);
	CHECK(!memcmp(&result, &untouched, sizeof(result)));
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(ids[i], 99);
	return err;
}

static void wrong_devices(void)
{
	static const struct iomt_repack_key good[] = {{1, 7}, {2, 7}, {RID, 7}},
					    twice[] = {{1, 7}, {2, 7}, {2, 7}},
					    back[] = {{2, 7}, {1, 7}}, beyond[] = {{1, 7}, {8, 7}},
					    none[] = {{IOMT_PACK_RID + 1, 7}};
	static const struct {
		struct iomt_repack_device device;
		int err;
		uint32_t index;
	} cases[] = {
		{{KEYS(twice), .sends = 8}, IOMT_EINVAL, 2},
		{{KEYS(back), .sends = 8}, IOMT_EINVAL, 1},
		{{KEYS(beyond), .sends = 8}, IOMT_ERANGE, 1},
		{{KEYS(none), .sends = IOMT_PACK_PASIDS}, IOMT_ERANGE, 0},
		{{KEYS(good), .sends = IOMT_PACK_PASIDS + 1}, IOMT_ERANGE, 0},
		{{.keys = NULL, .count = 1, .sends = 8}, IOMT_EINVAL, 0},
		{{KEYS(good), .sends = 8, .flags = IOMT_PACK_GIOV}, IOMT_ERANGE, 2},
		{{KEYS(good), .sends = 8, .flags = 4}, IOMT_EINVAL, 0},
	};
	struct iomt_repack_fault fault;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int relation = 0; relation < IOMT_REPACK_RELATIONS; relation++) {
			struct iomt_repack_cfg cfg = play_cfg((enum iomt_repack_relation)relation);
			struct iomt_repack_device devices[3] = {{KEYS(good), .sends = 8},
								{KEYS(good), .sends = 8},
								cases[i].device};

			CHECK_INT(refused(&cfg, devices, 3, &fault), cases[i].err);
			CHECK(fault.reason && fault.device == 2);
			CHECK_EQ(fault.index, cases[i].index);
		}
	}
}

static void wrong_configurations(void)
{
	static const uint32_t present[] = {1, 5};
	struct iomt_repack_device devices[2] = {{.sends = 8}, {.sends = 8}};
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_ISOLATING), bad;
	struct iomt_repack_fault fault;
	struct {
		struct iomt_repack_cfg cfg;
		uint64_t more;
	} newer = {cfg, 1};

	bad = cfg;
	bad.size--;
	CHECK_INT(refused(&bad, devices, 2, &fault), IOMT_EINVAL);
	CHECK_EQ(iomt_repack_bytes(&bad, 2), 0);
	bad = cfg;
	bad.relation = IOMT_REPACK_RELATIONS;
	CHECK_INT(refused(&bad, devices, 2, &fault), IOMT_EINVAL);
	bad = cfg;
	bad.first = bad.last + 1;
	CHECK_INT(refused(&bad, devices, 2, &fault), IOMT_EINVAL);
	bad = cfg;
	bad.last = UINT32_MAX;
	CHECK_INT(refused(&bad, devices, 2, &fault), IOMT_EINVAL);
	CHECK_EQ(fault.device, 2);
	newer.cfg.size = sizeof(newer);
	CHECK_INT(refused(&newer.cfg, devices, 2, &fault), IOMT_EINVAL);
	bad = cfg;
	bad.present = present;
	bad.last = 4;
	CHECK_INT(refused(&bad, devices, 2, &fault), IOMT_ERANGE);
	CHECK_EQ(fault.device, 1);
	CHECK_INT(refused(&cfg, devices, IOMT_REPACK_DEVICES + 1, &fault), IOMT_EINVAL);
	CHECK_EQ(iomt_repack_bytes(&cfg, IOMT_REPACK_DEVICES + 1), 0);
	CHECK_INT(refused(NULL, devices, 2, &fault), IOMT_EINVAL);
	/* a newer caller that wants nothing new */
	newer.more = 0;
	CHECK(iomt_repack_bytes(&newer.cfg, 2));
}

/* Memory: exactly as much as is said; none of it beyond, and less is an error. */
static void memory(void)
{
	static const struct iomt_repack_key a[] = {{1, 7}}, b[] = {{1, 8}};
	struct iomt_repack_device devices[70];
	struct iomt_repack_result result;
	uint32_t ids[70];

	for (uint32_t i = 0; i < 70; i++)
		devices[i] = (struct iomt_repack_device){
			.keys = i % 2 ? a : b, .count = 1, .sends = 2 + i, .fixed = i / 8};
	for (int relation = 0; relation < IOMT_REPACK_RELATIONS; relation++) {
		struct iomt_repack_cfg cfg = play_cfg((enum iomt_repack_relation)relation);
		size_t bytes = iomt_repack_bytes(&cfg, 70);
		char *block = malloc(bytes + 8);

		CHECK(block);
		memset(ids, 0, sizeof(ids));
		CHECK_INT(iomt_repack_solve(&cfg, devices, 70, block, bytes - 1, ids, NULL, &result,
					    NULL),
			  IOMT_ENOMEM);
		CHECK_INT(iomt_repack_solve(&cfg, devices, 70, block + 4, bytes, ids, NULL, &result,
					    NULL),
			  IOMT_EINVAL);
		CHECK_INT(iomt_repack_solve(&cfg, devices, 70, NULL, bytes, ids, NULL, &result,
					    NULL),
			  IOMT_EINVAL);
		CHECK_EQ(ids[0], 0);
		memset(block + bytes, 0x77, 8);
		CHECK_INT(iomt_repack_solve(&cfg, devices, 70, block, bytes, ids, NULL, &result,
					    NULL),
			  0);
		for (unsigned i = 0; i < 8; i++)
			CHECK_EQ(block[bytes + i], 0x77);
		free(block);
	}
}

static void wrong_checks(void)
{
	static const struct iomt_repack_key a[] = {{1, 7}};
	const struct iomt_repack_device devices[] = {{KEYS(a), .sends = 4}};
	static const uint32_t ids[] = {1};
	size_t bytes = iomt_repack_check_bytes(devices, 1);
	uint64_t block[64];

	CHECK(bytes <= sizeof(block));
	CHECK_EQ(iomt_repack_check_bytes(devices, IOMT_REPACK_DEVICES + 1), 0);
	CHECK_INT(iomt_repack_check(IOMT_REPACK_ISOLATING, devices, 1, ids, block, bytes, NULL), 0);
	CHECK_INT(iomt_repack_check(IOMT_REPACK_ISOLATING, devices, 1, ids, block, bytes - 1, NULL),
		  IOMT_ENOMEM);
	CHECK_INT(iomt_repack_check(IOMT_REPACK_ISOLATING, devices, 1, ids, (char *)block + 4,
				    bytes, NULL),
		  IOMT_EINVAL);
	CHECK_INT(iomt_repack_check(IOMT_REPACK_ISOLATING, devices, 1, ids, NULL, bytes, NULL),
		  IOMT_EINVAL);
	CHECK_INT(iomt_repack_check(IOMT_REPACK_RELATIONS, devices, 1, ids, block, bytes, NULL),
		  IOMT_EINVAL);
}

static int number(const struct iomt_repack_binding *bindings, uint32_t count, uint32_t first,
		  uint32_t *pasids, uint32_t *leaf)
{
	size_t bytes = iomt_repack_number_bytes(count);
	void *block = malloc(bytes);
	int err;

	CHECK(block);
	err = iomt_repack_number(bindings, count, first, block, bytes, pasids, leaf);
	free(block);
	return err;
}

/* Leaf 30 is bound on a device of 2 PASIDs, leaf 20 of 4: they take 1 and 2, whoever came first. */
static void joint_numbers(void)
{
	static const struct iomt_repack_binding bindings[] = {{10, 1024}, {20, 1024}, {20, 4},
							      {30, 1024}, {30, 2},    {40, 16}};
	static const uint32_t wanted[] = {4, 2, 2, 1, 1, 3};
	uint32_t pasids[6] = {0}, leaf = 0;
	uint64_t block[16];

	CHECK_INT(number(bindings, 6, 1, pasids, &leaf), 0);
	CHECK(!memcmp(pasids, wanted, sizeof(pasids)));
	CHECK_INT(number(bindings, 6, 2, pasids, &leaf), IOMT_ENOSPC);
	CHECK_EQ(leaf, 30);
	CHECK(!memcmp(pasids, wanted, sizeof(pasids)));
	CHECK_INT(number(bindings, 0, 1, pasids, NULL), 0);
	CHECK_INT(number(bindings, 6, IOMT_PACK_PASIDS, pasids, NULL), IOMT_ERANGE);
	CHECK_INT(iomt_repack_number(bindings, 6, 1, block, iomt_repack_number_bytes(6) - 1, pasids,
				     NULL),
		  IOMT_ENOMEM);
	CHECK_INT(iomt_repack_number(bindings, 6, 1, NULL, 99, pasids, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_repack_number(bindings, 6, 1, (char *)block + 1, 99, pasids, NULL),
		  IOMT_EINVAL);
}

#define LEAVES 6u

/* Whether leaves from this one on find PASIDs: all ways are tried. */
static bool find_numbers(const uint32_t *limits, uint32_t leaf, uint32_t first, uint32_t taken)
{
	if (leaf == LEAVES)
		return true;
	for (uint32_t pasid = first; pasid < limits[leaf]; pasid++) {
		if (!(taken >> pasid & 1) &&
		    find_numbers(limits, leaf + 1, first, taken | 1u << pasid))
			return true;
	}
	return false;
}

/* Succeeds exactly when there is a way; then one PASID a leaf, that all its devices can send. */
static void random_numbers(void)
{
	struct random random;
	uint32_t found = 0;

	random_init(&random, 5);
	for (unsigned i = 0; i < 20000; i++) {
		struct iomt_repack_binding bindings[2 * LEAVES];
		uint32_t limits[LEAVES], pasids[2 * LEAVES], by_leaf[LEAVES] = {0};
		uint32_t first = (uint32_t)random_below(&random, 3);
		bool can;
		int err;

		for (uint32_t l = 0; l < LEAVES; l++)
			limits[l] = UINT32_MAX;
		for (uint32_t b = 0; b < 2 * LEAVES; b++) {
			uint32_t leaf = b < LEAVES ? b : (uint32_t)random_below(&random, LEAVES);
			uint32_t sends = 1u + (uint32_t)random_below(&random, 14);

			bindings[b] = (struct iomt_repack_binding){leaf, sends};
			limits[leaf] = sends < limits[leaf] ? sends : limits[leaf];
		}
		can = find_numbers(limits, 0, first, 0);
		err = number(bindings, 2 * LEAVES, first, pasids, NULL);
		CHECK_INT(err, can ? 0 : IOMT_ENOSPC);
		found += can;
		for (uint32_t b = 0; can && b < 2 * LEAVES; b++) {
			CHECK(pasids[b] >= first && pasids[b] < bindings[b].sends);
			CHECK(b < LEAVES || pasids[b] == by_leaf[bindings[b].leaf]);
			by_leaf[bindings[b].leaf] = pasids[b];
		}
		if (can)
			CHECK_EQ(sharing_distinct(by_leaf, LEAVES), LEAVES);
	}
	CHECK(found > 2000 && found < 18000);
}

TEST_SUITE(repack, TEST(equal_maps), TEST(who_lacks_a_key), TEST(requests_without_a_pasid),
	   TEST(requests_as_pasid_0), TEST(trust_of_senders), TEST(odd_ring), TEST(equal_hashes),
	   TEST(nothing), TEST(present_ids), TEST(fresh_ids), TEST(large_costs), TEST(products),
	   TEST(room_enough), TEST(wrong_devices), TEST(wrong_configurations), TEST(memory),
	   TEST(wrong_checks), TEST(joint_numbers), TEST(random_numbers));
