/* SPDX-License-Identifier: MIT */
/* Random transactions in small packers beside a plain model, whose plans an IOMMU carries out. */
#include "packing.h"
#include "provider.h"
#include "test.h"

#define STEPS 8000u

struct play {
	struct packing packing;
	struct provider provider;
	struct random random;
	unsigned likely;	/* leaves */
	unsigned devices, keys; /* that are used */
	unsigned device, key;	/* changed again and again for a while */
};

static uint32_t one_hash(const uint32_t *words, size_t n)
{
	(void)words;
	(void)n;
	return 7;
}

static uint32_t two_hashes(const uint32_t *words, size_t n)
{
	return words[0] & n & 1;
}

static void choose(struct play *play)
{
	if (!random_below(&play->random, 4))
		play->device = (unsigned)random_below(&play->random, play->devices);
	if (!random_below(&play->random, 4))
		play->key = (unsigned)random_below(&play->random, play->keys);
}

/* Given and taken in turns: flushes that are not over yet are of one tag. */
static void flip(struct play *play)
{
	unsigned leaf = 1 + (unsigned)random_below(&play->random, play->likely);

	choose(play);
	if (!play->packing.devices[play->device].handle)
		return;
	if (packing_clear(&play->packing, play->device, play->key))
		(void)packing_set(&play->packing, play->device, play->key, leaf);
}

static void some_change(struct play *play)
{
	static const uint32_t widths[] = {0, 1, 2, 16, 0x200, 1u << 16, 1u << 20, 1u << 20};
	struct random *random = &play->random;
	struct packing *packing = &play->packing;
	unsigned leaf = 1 + (unsigned)random_below(random, play->likely), device, key;

	choose(play);
	device = play->device;
	key = play->key;
	switch (random_below(random, 16)) {
	case 0:
		if (packing->devices[device].handle)
			(void)packing_remove(packing, device);
		break;
	case 1:
	case 2:
	case 3:
		(void)packing_add(packing, device, widths[random_below(random, 8)],
				  (uint32_t)random_below(random, 4),
				  (uint32_t)random_below(random, 3), random_below(random, 8) == 0);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		if (packing->devices[device].handle)
			(void)packing_clear(packing, device, key);
		break;
	default:
		/* often of all devices: that is what makes them alike */
		for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
			if (packing->devices[i].handle && (i == device || leaf % 2))
				(void)packing_set(packing, i, key, leaf);
		}
	}
}

/* Ids of others, and any. */
static void move_some(struct play *play)
{
	const struct iomt_pack_cfg *cfg = &play->packing.cfg;
	uint32_t ids[TAGGED_DEVICES];
	int err;

	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		const struct packing_device *other =
			&play->packing.devices[random_below(&play->random, TAGGED_DEVICES)];

		ids[i] = cfg->first_id +
			 (uint32_t)random_below(&play->random, cfg->last_id - cfg->first_id + 1);
		if (other->there && random_below(&play->random, 4))
			ids[i] = other->id;
	}
	err = packing_apply(&play->packing, ids, random_below(&play->random, 2));
	if (cfg->relation == IOMT_PACK_EQUIVALENT)
		CHECK_INT(err, IOMT_EOPNOTSUPP);
	else
		CHECK(!err || err == IOMT_ENOMEM || err == IOMT_EBUSY);
}

static void play_one(struct play *play)
{
	struct random *random = &play->random;
	struct packing *packing = &play->packing;
	int err;

	if (!random_below(random, 3))
		packing_finish(packing, !random_below(random, 4));
	if (!random_below(random, 3))
		packing_tell(packing);
	if (!random_below(random, 6))
		play->provider.fail_at = play->provider.allocations + 1 + random_below(random, 4);
	if (!random_below(random, 12)) {
		(void)packing_merge(packing, random_below(random, 2));
		play->provider.fail_at = 0;
		return;
	}
	if (!random_below(random, 12)) {
		move_some(play);
		play->provider.fail_at = 0;
		return;
	}
	packing_begin(packing);
	if (!random_below(random, 3)) {
		flip(play);
	} else {
		for (uint64_t i = 1 + random_below(random, 4); i; i--)
			some_change(play);
	}
	if (!random_below(random, 10)) {
		packing_abort(packing);
	} else {
		err = packing_commit(packing, !random_below(random, 6));
		play->provider.fail_at = 0;
		if (err == IOMT_ENOMEM)
			err = packing_commit(packing, false);
		if (err == IOMT_EBUSY) {
			while (packing->tail_count)
				packing_finish(packing, false);
			packing_tell(packing);
			err = packing_commit(packing, true);
		}
		if (err) {
			CHECK_INT(err, IOMT_ENOSPC);
			packing_abort(packing);
		}
	}
	play->provider.fail_at = 0;
}

/* Whose tables are shared, and how hardware finds what it has cached of them. */
struct sharing {
	bool shared, giov;
	enum tagged_tables tables;
	enum iomt_pasid_format format;
};

static void run(struct iomt_pack_cfg cfg, const struct sharing *sharing, unsigned likely, bool few,
		uint64_t seed)
{
	static struct play play;
	uint64_t steps = random_times(STEPS);
	struct iomt_pack_stats stats;

	random_init(&play.random, seed);
	provider_init(&play.provider, seed % 3 ? PROVIDER_LINEAR : PROVIDER_INCOHERENT);
	play.likely = likely;
	play.devices = few ? 3 : TAGGED_DEVICES;
	play.keys = few ? 2 : TAGGED_KEYS;
	play.device = 0;
	play.key = 0;
	cfg.size = sizeof(cfg);
	cfg.mem = &play.provider.mem;
	if (sharing->shared)
		packing_share(&play.packing, &cfg, &play.provider, sharing->tables, sharing->format,
			      sharing->giov);
	packing_open(&play.packing, &cfg, play.random.seed);
	for (uint64_t i = 0; i < steps; i++)
		play_one(&play);
	iomt_pack_stats(&play.packing.pack, &stats);
	CHECK_EQ(stats.bytes + stats.table_bytes, play.provider.live_bytes);
	CHECK(play.packing.plans > steps / 2);
	CHECK(play.packing.hw.hits > steps && play.packing.hw.walks > steps / 8);
	CHECK(cfg.relation == IOMT_PACK_EQUIVALENT || play.packing.moved > steps / 100);
	packing_close(&play.packing);
	provider_check_empty(&play.provider);
}

/* Many ids, few, alike and not, many devices and few, with every hash. */
static void run_all(struct iomt_pack_cfg cfg, struct sharing sharing, uint64_t seed)
{
	static const iomt_pack_hash hashes[] = {NULL, one_hash, two_hashes};

	for (unsigned i = 0; i < 12; i++) {
		cfg.bits = 4;
		cfg.first_id = i % 2;
		cfg.last_id = i % 4 == 3 ? 4 : 15;
		cfg.hash = hashes[i / 4];
		sharing.giov = i / 2 % 2;
		run(cfg, &sharing, 1 + i % 5, i % 3 > 0, seed + i);
	}
}

static const struct sharing own;

static void equivalent(void)
{
	run_all((struct iomt_pack_cfg){.relation = IOMT_PACK_EQUIVALENT}, own, 100);
}

static void equivalent_lazy(void)
{
	run_all((struct iomt_pack_cfg){.merging = IOMT_PACK_LAZY}, own, 200);
}

static void equivalent_by_cost(void)
{
	run_all((struct iomt_pack_cfg){.merging = IOMT_PACK_COST, .key_gain = 2, .move_cost = 3},
		own, 300);
}

static void isolating(void)
{
	run_all((struct iomt_pack_cfg){.relation = IOMT_PACK_ISOLATING}, own, 400);
}

/* AMD, hardware that finds cached entries by domain id. */
static void shared_by_id(void)
{
	run_all((struct iomt_pack_cfg){0},
		(struct sharing){true, false, TAGGED_BY_ID, IOMT_PASID_TABLE_GCR3}, 500);
}

/* AMD, hardware of which nothing is known. */
static void shared_by_device(void)
{
	run_all((struct iomt_pack_cfg){0},
		(struct sharing){true, false, TAGGED_BY_DEVICE, IOMT_PASID_TABLE_GCR3}, 600);
}

static void shared_with_id_vtd(void)
{
	run_all((struct iomt_pack_cfg){0},
		(struct sharing){true, false, TAGGED_WITH_ID, IOMT_PASID_TABLE_VTD}, 700);
}

static void shared_with_id_smmu(void)
{
	run_all((struct iomt_pack_cfg){0},
		(struct sharing){true, false, TAGGED_WITH_ID, IOMT_PASID_TABLE_CD_4K}, 800);
}

/* Ids with equal tables, which become one id later. */
static void shared_lazy(void)
{
	run_all((struct iomt_pack_cfg){.merging = IOMT_PACK_LAZY},
		(struct sharing){true, false, TAGGED_BY_ID, IOMT_PASID_TABLE_GCR3}, 900);
}

TEST_SUITE(pack_random, TEST(equivalent), TEST(equivalent_lazy), TEST(equivalent_by_cost),
	   TEST(isolating), TEST(shared_by_id), TEST(shared_by_device), TEST(shared_with_id_vtd),
	   TEST(shared_with_id_smmu), TEST(shared_lazy));
