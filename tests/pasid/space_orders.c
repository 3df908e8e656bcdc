/* SPDX-License-Identifier: MIT */
/*
 * Calls on a few PASIDs, by three who have one each at most, that overlap as lots decide: nobody
 * gets what another has, or what hardware still knows; nobody is told that all are in use; and when
 * all is quiet, nothing waits for an invalidation that was reported.
 *
 * Between its calls each of them is alone, so what the test notes is true at that moment.
 */
#include "overlap.h"
#include "provider.h"
#include "random.h"
#include "test.h"
#include <iomt/pasid.h>

#define COUNT  5u /* of which the last is reserved, or not */
#define KEPT   (COUNT - 1)
#define ACTS   8u
#define ROUNDS 40000u

static struct provider provider;
static struct iomt_pasid_space space;
static struct iomt_pasid_set sets[OVERLAP_THREADS];
static struct random lots;
static unsigned users[COUNT];
static bool remembered[COUNT];	 /* by hardware, which any of its users makes look */
static uint64_t taken, reported; /* the highest token */
static uint64_t freed[COUNT];	 /* the highest token that was taken when the last put was over */

static uint64_t draw(void *ctx, uint64_t below)
{
	return random_below(ctx, below);
}

/* Everything is dropped, or each that waits. */
static void flush(bool each)
{
	uint64_t token = iomt_pasid_quarantine_token(&space);
	uint32_t pasid;

	taken = token;
	if (!each) {
		for (unsigned i = 0; i < COUNT; i++)
			remembered[i] = users[i];
	}
	for (uint32_t from = 0; each && !iomt_pasid_quarantine_next(&space, token, from, &pasid);
	     from = pasid + 1)
		remembered[pasid] = users[pasid];
	CHECK_INT(iomt_pasid_quarantine_done(&space, token), 0);
	reported = token > reported ? token : reported;
}

static bool take(unsigned thread, uint32_t *pasid)
{
	uint32_t at = (uint32_t)random_below(&lots, COUNT);
	int err;

	*pasid = at;
	switch (random_below(&lots, 4)) {
	case 0:
		err = iomt_pasid_alloc_at(&space, &sets[thread], at);
		break;
	case 1:
		err = iomt_pasid_get(&space, at);
		if (!err)
			users[at]++;
		CHECK(!err || err == IOMT_ENOENT || err == IOMT_ESTALE || err == IOMT_EPERM);
		return !err;
	case 2:
		err = iomt_pasid_alloc_next(&space, NULL, 0, KEPT - 1, pasid);
		break;
	default:
		err = iomt_pasid_alloc_wide(&space, &sets[thread], 0, KEPT - 1, pasid);
	}
	CHECK(!err || err == IOMT_EAGAIN || err == IOMT_EEXIST || err == IOMT_EDQUOT ||
	      (err == IOMT_EPERM && at == KEPT));
	if (err)
		return false;
	CHECK(!users[*pasid] && !remembered[*pasid]);
	users[*pasid] = 1;
	remembered[*pasid] = true;
	return true;
}

/* One is reserved and released, by one of them; while it is, the others do not get it. */
static bool take_kept(uint32_t *pasid)
{
	int err;

	*pasid = KEPT;
	switch (random_below(&lots, 3)) {
	case 0:
		err = iomt_pasid_reserve(&space, KEPT, KEPT);
		CHECK(!err || err == IOMT_EPERM || err == IOMT_EEXIST || err == IOMT_EAGAIN);
		return false;
	case 1:
		err = iomt_pasid_release(&space, KEPT, KEPT);
		CHECK(!err || err == IOMT_ENOENT || err == IOMT_EEXIST || err == IOMT_EAGAIN);
		return false;
	default:
		err = iomt_pasid_alloc_reserved(&space, &sets[0], KEPT);
	}
	CHECK(!err || err == IOMT_ENOENT || err == IOMT_EEXIST || err == IOMT_EAGAIN);
	if (!err) {
		CHECK(!users[KEPT] && !remembered[KEPT]);
		users[KEPT] = 1;
		remembered[KEPT] = true;
	}
	return !err;
}

static void put(uint32_t pasid)
{
	remembered[pasid] = true;
	users[pasid]--;
	CHECK_INT(iomt_pasid_put(&space, pasid), 0);
	freed[pasid] = taken;
}

static void act(unsigned thread)
{
	bool has = false;
	uint32_t pasid = 0;

	for (unsigned i = 0; i < ACTS; i++) {
		switch (random_below(&lots, 5)) {
		case 0:
			flush(random_below(&lots, 2));
			break;
		case 1:
			if (!has)
				break;
			CHECK_INT(iomt_pasid_get(&space, pasid), 0);
			users[pasid]++;
			put(pasid);
			break;
		case 2:
			if (has)
				iomt_pasid_set_join(&sets[thread], pasid);
			break;
		default:
			if (has)
				put(pasid);
			if (has)
				has = false;
			else if (!thread && random_below(&lots, 2))
				has = take_kept(&pasid);
			else
				has = take(thread, &pasid);
		}
	}
	if (has)
		put(pasid);
}

/* All is quiet. */
static void check_quiet(void)
{
	uint32_t pasid;

	for (unsigned i = 0; i < OVERLAP_THREADS; i++)
		CHECK_EQ(iomt_pasid_set_count(&sets[i]), 0);
	for (uint32_t from = 0; !iomt_pasid_quarantine_next(&space, UINT64_MAX, from, &pasid);
	     from = pasid + 1)
		CHECK(freed[pasid] >= reported);
	flush(false);
	CHECK_EQ(iomt_pasid_quarantined(&space), 0);
	iomt_pasid_release(&space, KEPT, KEPT);
	for (uint32_t i = 0; i < COUNT; i++)
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, i), 0);
}

static void open_space(uint32_t quarantine)
{
	struct iomt_pasid_cfg cfg = {
		.size = sizeof(cfg), .mem = &provider.mem, .bits = 3, .quarantine = quarantine};

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_pasid_init(&space, &cfg), 0);
}

static void close_space(void)
{
	iomt_pasid_destroy(&space);
	provider_check_empty(&provider);
}

static void round_of(uint32_t quarantine)
{
	open_space(quarantine);
	for (unsigned i = 0; i < OVERLAP_THREADS; i++)
		iomt_pasid_set_init(&sets[i], &space, 2);
	memset(users, 0, sizeof(users));
	memset(remembered, 0, sizeof(remembered));
	taken = reported = 0;
	overlap_play(act);
	check_quiet();
	close_space();
}

static void orders(void)
{
	unsigned rounds = (unsigned)random_times(ROUNDS);

	random_init(&lots, 11);
	overlap = (struct overlap){.draw = draw, .ctx = &lots};
	for (unsigned round = 0; round < rounds; round++) {
		overlap.patience = 1 + (unsigned)random_below(&lots, 20);
		round_of(round % 4 ? UINT32_MAX : 2);
	}
}

/* As soon as it may be, a PASID that was reserved is free and somebody's. */
static bool grabbed;

static void grab(void)
{
	if (!grabbed && !iomt_pasid_release(&space, KEPT, KEPT)) {
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, KEPT), 0);
		grabbed = true;
	}
}

/* It stays whose it is, though the call that ended its quarantine goes on. */
static void released_at_once(void)
{
	random_init(&lots, 12);
	overlap = (struct overlap){.draw = draw, .ctx = &lots, .patience = 1};
	open_space(UINT32_MAX);
	CHECK_INT(iomt_pasid_reserve(&space, KEPT, KEPT), 0);
	CHECK_INT(iomt_pasid_alloc_reserved(&space, NULL, KEPT), 0);
	CHECK_INT(iomt_pasid_put(&space, KEPT), 0);
	grabbed = false;
	overlap.meddle = grab;
	flush(false);
	overlap.meddle = NULL;
	CHECK(grabbed);
	CHECK_INT(iomt_pasid_test(&space, KEPT), IOMT_PASID_ALLOCATED);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, KEPT), IOMT_EEXIST);
	close_space();
}

/* What "between" does, once, at any access of "call", in many rounds. */
static bool (*between)(void);

static void once(void)
{
	if (between())
		overlap.meddle = NULL;
}

static int disturbed(bool (*what)(void), int (*call)(void))
{
	int err;

	between = what;
	overlap.meddle = once;
	err = call();
	overlap.meddle = NULL;
	return err;
}

static uint64_t due;

static bool report(void)
{
	CHECK_INT(iomt_pasid_quarantine_done(&space, due), 0);
	return true;
}

static int ask(void)
{
	return iomt_pasid_alloc_at(&space, NULL, 0);
}

/* Nobody has it: it is in quarantine, then free. */
static void asked_while_reported(void)
{
	random_init(&lots, 13);
	overlap = (struct overlap){.draw = draw, .ctx = &lots, .patience = 8};
	for (unsigned round = 0; round < 2000; round++) {
		int err;

		open_space(UINT32_MAX);
		CHECK_INT(ask(), 0);
		CHECK_INT(iomt_pasid_put(&space, 0), 0);
		due = iomt_pasid_quarantine_token(&space);
		err = disturbed(report, ask);
		CHECK_MSG(!err || err == IOMT_EAGAIN, "%d", err);
		close_space();
	}
}

static bool reserve_some(void)
{
	int err = iomt_pasid_reserve(&space, 0, 2);

	CHECK_MSG(!err || err == IOMT_EAGAIN, "%d", err);
	return true;
}

static bool ask_once(void)
{
	int err = ask();

	CHECK_MSG(!err || err == IOMT_EAGAIN, "%d", err);
	return true;
}

static int end(void)
{
	return iomt_pasid_quarantine_done(&space, due);
}

/* The same, in the middle of its becoming free. */
static void asked_while_released(void)
{
	bool (*const calls[])(void) = {reserve_some, ask_once};

	random_init(&lots, 16);
	overlap = (struct overlap){.draw = draw, .ctx = &lots, .patience = 8};
	for (unsigned round = 0; round < 2000; round++) {
		open_space(UINT32_MAX);
		CHECK_INT(ask(), 0);
		CHECK_INT(iomt_pasid_put(&space, 0), 0);
		due = iomt_pasid_quarantine_token(&space);
		CHECK_INT(disturbed(calls[round % 2], end), 0);
		close_space();
	}
}

static bool ask_too(void)
{
	return !ask();
}

static int get_it(void)
{
	return iomt_pasid_get(&space, 0);
}

static int put_it(void)
{
	return iomt_pasid_put(&space, 0);
}

static int free_it(void)
{
	return iomt_pasid_free(&space, NULL, 0);
}

static int join_it(void)
{
	return iomt_pasid_set_join(&sets[0], 0);
}

/* A PASID that was freed is stale until it is allocated, whenever that is. */
static void late_calls(void)
{
	int (*const calls[])(void) = {get_it, put_it, free_it, join_it};

	random_init(&lots, 14);
	overlap = (struct overlap){.draw = draw, .ctx = &lots, .patience = 4};
	for (unsigned round = 0; round < 4000; round++) {
		int err;

		open_space(UINT32_MAX);
		iomt_pasid_set_init(&sets[0], &space, 1);
		CHECK_INT(ask(), 0);
		CHECK_INT(put_it(), 0);
		flush(false);
		err = disturbed(ask_too, calls[round % 4]);
		CHECK_MSG(!err || err == IOMT_ESTALE, "%d", err);
		close_space();
	}
}

static bool take_reserved(void)
{
	CHECK_INT(iomt_pasid_reserve(&space, KEPT, KEPT), 0);
	CHECK_INT(iomt_pasid_alloc_reserved(&space, NULL, KEPT), 0);
	return true;
}

static int count(void)
{
	struct iomt_pasid_stats stats;

	iomt_pasid_stats(&space, &stats);
	CHECK(stats.reserved <= 1);
	return 0;
}

/* What is counted while it changes may be off by what changes, and no more. */
static void counted_while_reserved(void)
{
	random_init(&lots, 17);
	overlap = (struct overlap){.draw = draw, .ctx = &lots, .patience = 8};
	for (unsigned round = 0; round < 1000; round++) {
		open_space(UINT32_MAX);
		CHECK_INT(ask(), 0);
		disturbed(take_reserved, count);
		close_space();
	}
}

static void join_or_put(unsigned thread)
{
	if (!thread)
		iomt_pasid_set_join(&sets[0], 1);
	else
		CHECK_INT(iomt_pasid_put(&space, thread == 1), 0);
}

/* To join without a reference is wrong; the set, and what waits in quarantine, stay whole. */
static void joined_while_freed(void)
{
	random_init(&lots, 15);
	overlap = (struct overlap){.draw = draw, .ctx = &lots, .patience = 4};
	for (unsigned round = 0; round < 8000; round++) {
		open_space(round % 2 ? UINT32_MAX : 0);
		iomt_pasid_set_init(&sets[0], &space, 1);
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 0), 0);
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 1), 0);
		overlap_play(join_or_put);
		CHECK_EQ(iomt_pasid_set_count(&sets[0]), 0);
		flush(false);
		CHECK_EQ(iomt_pasid_quarantined(&space), 0);
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 0), 0);
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 1), 0);
		close_space();
	}
}

TEST_SUITE(space_orders, TEST(orders), TEST(released_at_once), TEST(asked_while_reported),
	   TEST(asked_while_released), TEST(late_calls), TEST(counted_while_reserved),
	   TEST(joined_while_freed));
