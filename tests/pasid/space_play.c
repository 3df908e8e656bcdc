/* SPDX-License-Identifier: MIT */
#include "space_play.h"
#include "test.h"

enum { NOBODY, FOREIGN = PLAY_SETS + 1 }; /* sets that are none of ours */
enum how { SMALLEST, NEXT, WIDE };

static struct space_play_one *one_of(struct space_play *play, uint32_t pasid)
{
	CHECK(pasid >= play->base && pasid <= play->last);
	return &play->ones[pasid - play->base];
}

static struct iomt_pasid_set *set_of(struct space_play *play, unsigned set)
{
	return set ? &play->sets[set] : NULL;
}

void space_play_open(struct space_play *play, const struct space_header *header)
{
	struct iomt_pasid_cfg cfg = {.size = sizeof(cfg),
				     .mem = &play->provider.mem,
				     .bits = 1 + header->bits % IOMT_PASID_BITS,
				     .flags = header->flags % 2,
				     .quarantine = header->quarantine};

	memset(play, 0, sizeof(*play));
	if (cfg.quarantine == 255)
		cfg.quarantine = UINT32_MAX;
	provider_init(&play->provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_pasid_init(&play->space, &cfg), 0);
	CHECK_INT(iomt_pasid_init(&play->other, &cfg), 0);
	play->last = (1u << cfg.bits) - 1;
	play->count = play->last < PLAY_COUNT ? play->last + 1 : PLAY_COUNT;
	play->base = play->last - play->count + 1;
	play->bound = cfg.quarantine;
	play->open = 1;
	for (unsigned set = 1; set <= FOREIGN; set++) {
		play->quotas[set] = 1u << 3 * set;
		iomt_pasid_set_init(&play->sets[set], set == FOREIGN ? &play->other : &play->space,
				    play->quotas[set]);
	}
}

/* What the array says of an allocation before it looks for one. */
static int refuse(const struct space_play *play, unsigned set, uint32_t min, uint32_t max)
{
	if (min > max)
		return IOMT_EINVAL;
	if (max > play->last)
		return IOMT_ERANGE;
	if (set == FOREIGN)
		return IOMT_EACCES;
	if (play->bound && play->quarantined >= play->bound)
		return IOMT_EAGAIN;
	return 0;
}

static int refuse_quota(const struct space_play *play, unsigned set)
{
	return set && play->counts[set] >= play->quotas[set] ? IOMT_EDQUOT : 0;
}

static void hand_out(struct space_play *play, unsigned set, uint32_t pasid)
{
	struct space_play_one *one = one_of(play, pasid);

	one->state = IOMT_PASID_ALLOCATED;
	one->refs = 1;
	one->set = (uint8_t)set;
	one->freed = false;
	play->counts[set] += set != NOBODY;
}

static bool smallest(struct space_play *play, uint32_t min, uint32_t max, uint32_t *pasid)
{
	for (uint32_t at = min; at <= max; at++) {
		if (one_of(play, at)->state == IOMT_PASID_FREE) {
			*pasid = at;
			return true;
		}
	}
	return false;
}

/* Down from the numbers with as many bits as max. */
static bool widest(struct space_play *play, uint32_t min, uint32_t max, uint32_t *pasid)
{
	for (int bit = 19; bit >= 0; bit--) {
		uint32_t first = 1u << bit, last = 2 * first - 1;

		if (smallest(play, first < min ? min : first, last > max ? max : last, pasid))
			return true;
	}
	return smallest(play, min, min, pasid);
}

static bool choose(struct space_play *play, enum how how, uint32_t min, uint32_t max,
		   uint32_t *pasid)
{
	uint32_t last = *pasid;

	if (how == WIDE)
		return widest(play, min, max, pasid);
	if (how == NEXT && last >= min && last < max && smallest(play, last + 1, max, pasid))
		return true;
	return smallest(play, min, max, pasid);
}

static int expect_alloc(struct space_play *play, unsigned set, enum how how, uint32_t min,
			uint32_t max, uint32_t *pasid)
{
	int err = refuse(play, set, min, max);

	if (!err)
		err = refuse_quota(play, set);
	if (err)
		return err;
	if (choose(play, how, min, max, pasid)) {
		hand_out(play, set, *pasid);
		return 0;
	}
	for (uint32_t at = min; at <= max; at++) {
		if (one_of(play, at)->state == IOMT_PASID_QUARANTINED)
			return IOMT_EAGAIN;
	}
	return IOMT_ENOSPC;
}

static int expect_at(struct space_play *play, unsigned set, uint32_t pasid, bool reserved)
{
	const struct space_play_one *one;
	int err = refuse(play, set, pasid, pasid);

	if (err)
		return err;
	one = one_of(play, pasid);
	if (reserved && !one->reserved)
		return IOMT_ENOENT;
	err = refuse_quota(play, set);
	if (err)
		return err;
	if (!reserved && one->reserved)
		return IOMT_EPERM;
	if (one->state == IOMT_PASID_ALLOCATED)
		return IOMT_EEXIST;
	if (one->state == IOMT_PASID_QUARANTINED)
		return IOMT_EAGAIN;
	hand_out(play, set, pasid);
	return 0;
}

/* Why nobody has a reference; 0 when somebody has. */
static int gone(const struct space_play_one *one)
{
	switch (one->state) {
	case IOMT_PASID_ALLOCATED:
		return 0;
	case IOMT_PASID_QUARANTINED:
		return IOMT_ESTALE;
	case IOMT_PASID_RESERVED:
		return IOMT_EPERM;
	default:
		return one->freed ? IOMT_ESTALE : IOMT_ENOENT;
	}
}

static void settle(struct space_play *play, struct space_play_one *one)
{
	one->state = one->reserved ? IOMT_PASID_RESERVED : IOMT_PASID_FREE;
	play->quarantined--;
}

static void retire(struct space_play *play, struct space_play_one *one)
{
	play->counts[one->set] -= one->set != NOBODY;
	play->quarantined++;
	*one = (struct space_play_one){.state = IOMT_PASID_QUARANTINED,
				       .reserved = one->reserved,
				       .freed = true,
				       .generation = play->open};
	if (!play->bound)
		settle(play, one);
}

static int expect_put(struct space_play *play, uint32_t pasid)
{
	struct space_play_one *one;
	int err;

	if (pasid > play->last)
		return IOMT_ERANGE;
	one = one_of(play, pasid);
	err = gone(one);
	if (!err && !--one->refs)
		retire(play, one);
	return err;
}

static int expect_get(struct space_play *play, uint32_t pasid)
{
	struct space_play_one *one;
	int err;

	if (pasid > play->last)
		return IOMT_ERANGE;
	one = one_of(play, pasid);
	err = gone(one);
	one->refs += !err;
	return err;
}

static int expect_free(struct space_play *play, unsigned set, uint32_t pasid)
{
	struct space_play_one *one;
	int err;

	if (pasid > play->last)
		return IOMT_ERANGE;
	one = one_of(play, pasid);
	err = gone(one);
	if (err)
		return err;
	if (one->set != set)
		return IOMT_EACCES;
	if (one->refs > 1)
		return IOMT_EBUSY;
	retire(play, one);
	return 0;
}

static int expect_join(struct space_play *play, unsigned set, uint32_t pasid)
{
	struct space_play_one *one;
	int err;

	if (pasid > play->last)
		return IOMT_ERANGE;
	one = one_of(play, pasid);
	err = gone(one);
	if (err)
		return err;
	if (one->set)
		return one->set == set ? IOMT_EEXIST : IOMT_EACCES;
	err = refuse_quota(play, set);
	if (err)
		return err;
	one->set = (uint8_t)set;
	play->counts[set]++;
	return 0;
}

static int expect_set_free(struct space_play *play, unsigned set)
{
	for (uint32_t i = 0; i < play->count; i++) {
		if (play->ones[i].set == set && play->ones[i].refs > 1)
			return IOMT_EBUSY;
	}
	for (uint32_t i = 0; i < play->count; i++) {
		if (play->ones[i].set == set)
			retire(play, &play->ones[i]);
	}
	return 0;
}

static int expect_range(struct space_play *play, uint32_t first, uint32_t last, bool reserve)
{
	int err = 0;

	if (first > last)
		return IOMT_EINVAL;
	if (last > play->last)
		return IOMT_ERANGE;
	for (uint32_t at = first; at <= last; at++) {
		const struct space_play_one *one = one_of(play, at);

		if (one->state == IOMT_PASID_ALLOCATED)
			return IOMT_EEXIST;
		if (one->state == IOMT_PASID_QUARANTINED)
			err = IOMT_EAGAIN;
		else if (!err && one->reserved == reserve)
			err = reserve ? IOMT_EPERM : IOMT_ENOENT;
	}
	for (uint32_t at = first; !err && at <= last; at++) {
		one_of(play, at)->reserved = reserve;
		one_of(play, at)->state = reserve ? IOMT_PASID_RESERVED : IOMT_PASID_FREE;
	}
	return err;
}

static int expect_done(struct space_play *play, uint64_t token)
{
	if (!token || token >= play->open)
		return IOMT_EINVAL;
	if (token > play->completed)
		play->completed = token;
	for (uint32_t i = 0; i < play->count; i++) {
		if (play->ones[i].state == IOMT_PASID_QUARANTINED &&
		    play->ones[i].generation <= play->completed)
			settle(play, &play->ones[i]);
	}
	return 0;
}

static int expect_waiting(struct space_play *play, uint64_t token, uint32_t from, uint32_t *pasid)
{
	for (uint32_t at = from; at <= play->last; at++) {
		if (one_of(play, at)->state == IOMT_PASID_QUARANTINED &&
		    one_of(play, at)->generation <= token) {
			*pasid = at;
			return 0;
		}
	}
	return IOMT_ENOENT;
}

static int expect_member(struct space_play *play, unsigned set, uint32_t from, uint32_t *pasid)
{
	for (uint32_t at = from; at <= play->last; at++) {
		if (one_of(play, at)->set == set) {
			*pasid = at;
			return 0;
		}
	}
	return IOMT_ENOENT;
}

/* What was freed is forgotten where all of 256 are free or reserved. */
static void trim(struct space_play *play)
{
	uint32_t part = play->count < 256 ? play->count : 256;

	iomt_pasid_trim(&play->space);
	for (uint32_t i = 0; i < play->count; i += part) {
		bool idle = true;

		for (uint32_t j = i; j < i + part; j++)
			idle = idle && play->ones[j].state != IOMT_PASID_ALLOCATED &&
			       play->ones[j].state != IOMT_PASID_QUARANTINED;
		for (uint32_t j = i; idle && j < i + part; j++)
			play->ones[j].freed = false;
	}
}

static void compare(struct space_play *play)
{
	uint64_t counts[4] = {0};
	struct iomt_pasid_stats stats, none;

	for (uint32_t i = 0; i < play->count; i++) {
		const struct space_play_one *one = &play->ones[i];

		counts[one->state]++;
		CHECK_INT(iomt_pasid_test(&play->space, play->base + i), one->state);
		CHECK_EQ(iomt_pasid_refs(&play->space, play->base + i), one->refs);
	}
	iomt_pasid_stats(&play->space, &stats);
	iomt_pasid_stats(&play->other, &none);
	CHECK_EQ(stats.allocated, counts[IOMT_PASID_ALLOCATED]);
	CHECK_EQ(stats.reserved, counts[IOMT_PASID_RESERVED]);
	CHECK_EQ(stats.quarantined, counts[IOMT_PASID_QUARANTINED]);
	CHECK_EQ(stats.bytes, play->provider.live_bytes);
	CHECK_EQ(none.bytes, 0);
	CHECK_EQ(iomt_pasid_quarantined(&play->space), play->quarantined);
	for (unsigned set = 1; set <= PLAY_SETS; set++)
		CHECK_EQ(iomt_pasid_set_count(&play->sets[set]), play->counts[set]);
}

/* One call on both. Where memory is out, nothing changed, and it is made again. */
#define BOTH(call, expected)                \
	do {                                \
		int err_ = call;            \
                                            \
		play->provider.fail_at = 0; \
		if (err_ == IOMT_ENOMEM) {  \
			compare(play);      \
			err_ = call;        \
		}                           \
		CHECK_INT(err_, expected);  \
	} while (0)

static void alloc(struct space_play *play, const struct space_record *record, uint32_t min,
		  uint32_t max)
{
	unsigned set = record->set % (FOREIGN + 1);
	struct iomt_pasid_space *space = &play->space;
	uint32_t pasid = play->near, same = pasid;

	switch (record->operation % 4) {
	case 0:
		BOTH(iomt_pasid_alloc_next(space, set_of(play, set), min, max, &pasid),
		     expect_alloc(play, set, NEXT, min, max, &same));
		break;
	case 1:
		BOTH(iomt_pasid_alloc_wide(space, set_of(play, set), min, max, &pasid),
		     expect_alloc(play, set, WIDE, min, max, &same));
		break;
	default:
		BOTH(iomt_pasid_alloc(space, set_of(play, set), min, max, &pasid),
		     expect_alloc(play, set, SMALLEST, min, max, &same));
	}
	CHECK_EQ(pasid, same);
	play->near = pasid;
}

static void look(struct space_play *play, const struct space_record *record, uint32_t pasid)
{
	unsigned set = 1 + record->set % PLAY_SETS;
	uint64_t token = play->open - record->max % 4; /* it wraps: then for all that waits */
	uint32_t found = 0xdead, same = found;

	CHECK_INT(iomt_pasid_test(&play->space, pasid),
		  pasid > play->last ? IOMT_ERANGE : one_of(play, pasid)->state);
	if (pasid > play->last)
		return;
	CHECK_INT(iomt_pasid_set_next(&play->sets[set], pasid, &found),
		  expect_member(play, set, pasid, &same));
	CHECK_EQ(found, same);
	CHECK_INT(iomt_pasid_quarantine_next(&play->space, token, pasid, &found),
		  expect_waiting(play, token, pasid, &same));
	CHECK_EQ(found, same);
}

void space_play_step(struct space_play *play, const struct space_record *record)
{
	uint32_t min = play->base + record->min % play->count;
	uint32_t max = play->base + record->max % play->count;
	struct iomt_pasid_space *space = &play->space;
	unsigned set = record->set % (PLAY_SETS + 1), one_set = 1 + record->set % PLAY_SETS;
	uint32_t pasid;

	if (record->where % 4 == 1) {
		min = play->base;
		max = play->last;
	}
	pasid = record->where >= 250 ? play->last + 1 : record->where & 4 ? min : play->near;
	if (pasid < play->base)
		pasid = min;
	play->near = pasid;
	if (record->fail)
		play->provider.fail_at = play->provider.allocations + record->fail;
	switch (record->operation % 32) {
	case 0:
		BOTH(iomt_pasid_alloc_at(space, set_of(play, record->set % (FOREIGN + 1)), pasid),
		     expect_at(play, record->set % (FOREIGN + 1), pasid, false));
		break;
	case 1:
		BOTH(iomt_pasid_alloc_reserved(space, set_of(play, record->set % (FOREIGN + 1)),
					       pasid),
		     expect_at(play, record->set % (FOREIGN + 1), pasid, true));
		break;
	case 2:
		BOTH(iomt_pasid_reserve(space, min, max), expect_range(play, min, max, true));
		break;
	case 3:
		BOTH(iomt_pasid_release(space, min, max), expect_range(play, min, max, false));
		break;
	case 4:
	case 5:
	case 6:
		BOTH(iomt_pasid_get(space, pasid), expect_get(play, pasid));
		break;
	case 7:
	case 8:
		BOTH(iomt_pasid_free(space, set_of(play, set), pasid),
		     expect_free(play, set, pasid));
		break;
	case 9:
		BOTH(iomt_pasid_set_join(&play->sets[one_set], pasid),
		     expect_join(play, one_set, pasid));
		break;
	case 10:
		BOTH(iomt_pasid_set_free(&play->sets[one_set]), expect_set_free(play, one_set));
		break;
	case 11:
		CHECK_INT(iomt_pasid_set_destroy(&play->sets[one_set]),
			  play->counts[one_set] ? IOMT_EBUSY : 0);
		break;
	case 12:
		iomt_pasid_set_quota(&play->sets[one_set], record->max);
		play->quotas[one_set] = record->max;
		break;
	case 13:
	case 14:
		CHECK_EQ(iomt_pasid_quarantine_token(space), play->open);
		play->open++;
		break;
	case 15:
	case 16:
		BOTH(iomt_pasid_quarantine_done(space, play->open - record->max % 4),
		     expect_done(play, play->open - record->max % 4));
		break;
	case 17:
		look(play, record, pasid);
		break;
	case 18:
		trim(play);
		break;
	case 19:
	case 20:
	case 21:
	case 22:
	case 23:
		BOTH(iomt_pasid_put(space, pasid), expect_put(play, pasid));
		break;
	default:
		alloc(play, record, min, max);
	}
	play->provider.fail_at = 0;
}

void space_play_close(struct space_play *play)
{
	compare(play);
	iomt_pasid_destroy(&play->space);
	iomt_pasid_destroy(&play->other);
	provider_check_empty(&play->provider);
}
