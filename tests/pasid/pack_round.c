/* SPDX-License-Identifier: MIT */
/*
 * Round and round: what a packer has is read, solved anew, checked, and carried out, while an IOMMU
 * watches that no device gets what its table never gave.
 */
#include "packing.h"
#include "provider.h"
#include "repack_play.h"
#include "sharing.h"
#include "test.h"

#define ROUNDS 300u
#define TURNS  100u /* of one round: an answer that holds takes fewer */

struct round {
	struct packing packing;
	struct provider provider;
	struct random random;
	/* the snapshot: devices that are there, with the places that they have in the model */
	struct iomt_repack_device devices[TAGGED_DEVICES];
	struct iomt_repack_key keys[TAGGED_DEVICES][TAGGED_KEYS];
	uint32_t present[TAGGED_DEVICES], goals[TAGGED_DEVICES];
	unsigned place[TAGGED_DEVICES];
	uint32_t count;
	uint64_t saved, returns; /* ids; devices that had to step aside */
};

/* giov: how many of four devices */
static void change(struct round *round, unsigned giov)
{
	static const uint32_t widths[] = {0, 16, 0x200, 1u << 20};
	struct random *random = &round->random;
	struct packing *packing = &round->packing;
	unsigned device = (unsigned)random_below(random, TAGGED_DEVICES);
	unsigned key = (unsigned)random_below(random, TAGGED_KEYS);
	uint32_t flags = (random_below(random, 2) ? IOMT_PACK_ATS : 0) |
			 (random_below(random, 4) < giov ? IOMT_PACK_GIOV : 0);

	packing_begin(packing);
	if (packing->devices[device].there && !random_below(random, 4))
		(void)packing_remove(packing, device);
	else if (!packing->devices[device].there)
		(void)packing_add(packing, device, widths[random_below(random, 4)], flags,
				  (uint32_t)random_below(random, 3), !random_below(random, 8));
	else if (random_below(random, 3))
		(void)packing_set(packing, device, key, 1 + (unsigned)random_below(random, 2));
	else
		(void)packing_clear(packing, device, key);
	CHECK_INT(packing_commit(packing, !random_below(random, 3)), 0);
}

/* By the calls that anybody would make. */
static void take_snapshot(struct round *round)
{
	const struct packing *packing = &round->packing;

	round->count = 0;
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		const struct packing_device *from = &packing->devices[i];
		struct iomt_repack_device *device = &round->devices[round->count];
		struct iomt_repack_key *keys = round->keys[round->count];
		struct iomt_pack_leaf leaf;
		uint32_t key;

		if (!from->there)
			continue;
		*device = (struct iomt_repack_device){.keys = keys,
						      .sends = from->cfg.sends,
						      .flags = from->cfg.flags,
						      .trust = from->cfg.trust,
						      .fixed = from->cfg.fixed};
		for (uint32_t at = 0;
		     !iomt_pack_next(&packing->pack, from->handle, at, &key, &leaf); at = key + 1)
			keys[device->count++] = (struct iomt_repack_key){key, tagged_number(&leaf)};
		CHECK_INT(iomt_pack_id(&packing->pack, from->handle, &round->present[round->count]),
			  0);
		round->place[round->count++] = i;
	}
}

/* Asks for ids until nobody moves any more; who had to wait for a completion asks again. */
static void ask(struct round *round, const uint32_t ids[TAGGED_DEVICES])
{
	struct packing *packing = &round->packing;
	uint64_t moved;

	do {
		int err;

		moved = packing->moved;
		err = packing_apply(packing, ids, !random_below(&round->random, 3));
		if (err == IOMT_EBUSY) {
			while (packing->tail_count)
				packing_finish(packing, true);
			err = packing_apply(packing, ids, false);
		}
		CHECK_INT(err, 0);
	} while (packing->moved != moved);
}

/* Who stands where another should be that may not share with it; somebody does, if not all is done. */
static unsigned find_blocking(const struct round *round)
{
	const struct packing_device *devices = round->packing.devices;

	for (uint32_t i = 0; i < round->count; i++) {
		if (devices[round->place[i]].id == round->goals[i])
			continue;
		for (uint32_t j = 0; j < round->count; j++) {
			if (devices[round->place[j]].id == round->goals[i] &&
			    !sharing_may(IOMT_REPACK_ISOLATING, &round->devices[i],
					 &round->devices[j]))
				return round->place[j];
		}
		CHECK_MSG(false, "device %u did not move to id %u, where it may be",
			  round->place[i], round->goals[i]);
	}
	return TAGGED_DEVICES;
}

/* An id that nobody has or should have. */
static uint32_t find_free(const struct round *round)
{
	uint32_t id = round->packing.cfg.first_id;

	for (uint32_t i = 0; i < round->count; i++) {
		if (round->packing.devices[round->place[i]].id == id || round->goals[i] == id) {
			id++;
			i = UINT32_MAX;
		}
	}
	return id;
}

static void carry_out(struct round *round)
{
	uint32_t ids[TAGGED_DEVICES] = {0};
	unsigned blocking;

	for (unsigned turn = 0;; turn++) {
		CHECK(turn < TURNS);
		for (uint32_t i = 0; i < round->count; i++)
			ids[round->place[i]] = round->goals[i];
		ask(round, ids);
		blocking = find_blocking(round);
		if (blocking == TAGGED_DEVICES)
			return;
		for (uint32_t i = 0; i < round->count; i++)
			ids[round->place[i]] = round->packing.devices[round->place[i]].id;
		ids[blocking] = find_free(round);
		ask(round, ids);
		round->returns++;
	}
}

static void run(unsigned giov, uint64_t seed)
{
	static struct round round;
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_ISOLATING);
	struct iomt_pack_cfg pack = {.size = sizeof(pack),
				     .mem = &round.provider.mem,
				     .bits = 5,
				     .first_id = 0,
				     .last_id = TAGGED_IDS - 1,
				     .relation = IOMT_PACK_ISOLATING};

	memset(&round, 0, sizeof(round));
	random_init(&round.random, seed);
	provider_init(&round.provider, PROVIDER_LINEAR);
	packing_open(&round.packing, &pack, round.random.seed);
	cfg.first = pack.first_id;
	cfg.last = pack.last_id;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct iomt_repack_result result;
		struct iomt_pack_stats before, after;

		for (uint64_t n = 1 + random_below(&round.random, 12); n; n--)
			change(&round, giov);
		take_snapshot(&round);
		iomt_pack_stats(&round.packing.pack, &before);
		/* without regard to what is, devices change places with each other */
		cfg.present = random_below(&round.random, 2) ? round.present : NULL;
		CHECK_INT(play_solve(&cfg, round.devices, round.count, round.goals, &result), 0);
		CHECK(result.exact && result.ids <= before.ids);
		carry_out(&round);
		iomt_pack_stats(&round.packing.pack, &after);
		CHECK_EQ(after.ids, result.ids);
		round.saved += before.ids - after.ids;
	}
	CHECK(round.saved > ROUNDS / 10);
	CHECK(round.returns);
	packing_close(&round.packing);
	provider_check_empty(&round.provider);
}

static void no_pasid(void)
{
	for (uint64_t seed = 500; seed < 510; seed++)
		run(0, seed);
}

static void giov(void)
{
	for (uint64_t seed = 600; seed < 610; seed++)
		run(4, seed);
}

static void mixed(void)
{
	for (uint64_t seed = 700; seed < 710; seed++)
		run(2, seed);
}

TEST_SUITE(pack_round, TEST(no_pasid), TEST(giov), TEST(mixed));
