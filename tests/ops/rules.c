/* SPDX-License-Identifier: MIT */
/* Callers who break the rules: builds that look for it (iomt/debug.h) say so, others know nothing of it. */
#include "kinds.h"
#include "test.h"
#include <pthread.h>
#include <setjmp.h>

#define RW (IOMT_READ | IOMT_WRITE)

static unsigned reports[IOMT_RULE_OVERLAP + 1];
static const void *reported_at;

static void count(void *ctx, enum iomt_rule rule, const void *where)
{
	REQUIRE(ctx == reports);
	REQUIRE(rule >= IOMT_RULE_RELEASED_EARLY && rule <= IOMT_RULE_OVERLAP);
	__atomic_fetch_add(&reports[rule], 1, __ATOMIC_RELAXED);
	__atomic_store_n(&reported_at, where, __ATOMIC_RELAXED);
}

/* All values between are rules, and each has a text of its own. */
static void texts(void)
{
	for (int a = 0; a <= IOMT_RULE_OVERLAP + 1; a++) {
		bool rule = a >= IOMT_RULE_RELEASED_EARLY && a <= IOMT_RULE_OVERLAP;

		CHECK_INT(strcmp(iomt_rule_text((enum iomt_rule)a), "no rule") != 0, rule);
		for (int b = IOMT_RULE_RELEASED_EARLY; b < a && rule; b++)
			CHECK(strcmp(iomt_rule_text((enum iomt_rule)a),
				     iomt_rule_text((enum iomt_rule)b)) != 0);
	}
}

#ifndef IOMT_DEBUG

static void not_looked_for(void)
{
	struct iomt_gather gather;
	struct table t;

	CHECK_INT(iomt_debug_report(count, reports), IOMT_EOPNOTSUPP);
	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	gather = t.gather; /* without tables, a copy is harmless */
	table_close(&t);
	iomt_gather_release(&gather);
	CHECK(!reported_at);
}

TEST_SUITE(rules, TEST(texts), TEST(not_looked_for));

#else

static void listen(void)
{
	memset(reports, 0, sizeof(reports));
	reported_at = NULL;
	CHECK_INT(iomt_debug_report(count, reports), 0);
}

static void expect(enum iomt_rule rule, unsigned times, const void *where)
{
	for (int i = IOMT_RULE_RELEASED_EARLY; i <= IOMT_RULE_OVERLAP; i++)
		CHECK_EQ(reports[i], i == (int)rule ? times : 0);
	if (where)
		CHECK(reported_at == where);
	listen();
}

/* A provider that leaves what it was given as it was, until the end of the test. */
#define MOST_KEPT 64u

struct keeper {
	struct table t;
	struct iomt_mem mem;
	void *kept[MOST_KEPT];
	size_t bytes[MOST_KEPT];
	unsigned count;
};

static void keep(void *ctx, void *memory, size_t bytes)
{
	struct keeper *k = ctx;

	REQUIRE(k->count < MOST_KEPT);
	for (unsigned i = 0; i < k->count; i++)
		REQUIRE(k->kept[i] != memory); /* never twice, whatever the caller did */
	k->kept[k->count] = memory;
	k->bytes[k->count++] = bytes;
}

static void *take_from(void *ctx, size_t bytes)
{
	struct keeper *k = ctx;

	return k->t.provider.mem.alloc(&k->t.provider, bytes);
}

static void open_keeper(struct keeper *k, const struct kind *kind)
{
	memset(k, 0, sizeof(*k));
	table_open(&k->t, kind, PROVIDER_LINEAR);
	iomt_pt_destroy(&k->t.pt);
	k->mem = k->t.provider.mem;
	k->mem.alloc = take_from;
	k->mem.free = keep;
	k->mem.ctx = k;
	k->t.cfg.mem = &k->mem;
	CHECK_INT(iomt_pt_init(&k->t.pt, &k->t.cfg), 0);
	listen();
}

/* What is destroyed already when this is called may stay so. */
static void close_keeper(struct keeper *k)
{
	if (k->t.pt.top)
		iomt_pt_destroy(&k->t.pt);
	while (k->count--)
		k->t.provider.mem.free(&k->t.provider, k->kept[k->count], k->bytes[k->count]);
	provider_check_empty(&k->t.provider);
	expect((enum iomt_rule)0, 0, NULL);
	iomt_debug_report(NULL, NULL);
}

/* Everything empty into the gather. Whole tables, as far as the space reaches. */
static void trim_all(struct keeper *k)
{
	uint64_t first, last;

	iomt_pt_bounds(&k->t.pt, &first, &last);
	CHECK_INT(iomt_pt_trim(&k->t.pt, first, last - first + 1 ? last - first + 1 : 1ULL << 63,
			       &k->t.gather),
		  0);
}

/*
 * A reader has loaded the top's entry when the table below it is trimmed, and its gather released. Here
 * the entry is put back for it. In every format: the poison is noticed, and means nothing.
 */
static void released_early(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		static struct keeper k;
		struct iomt_pt_cursor cursor;
		struct iomt_pt_leaf leaf;
		struct iomt_pt_run run;
		uint64_t *slot, entry, oa, bytes, iova;

		open_keeper(&k, &kinds[i]);
		iova = k.t.first;
		iomt_pt_cursor_init(&cursor, &k.t.pt);
		table_map(&k.t, iova, 0x40000000, k.t.granule, RW);
		table_unmap(&k.t, iova, k.t.granule, k.t.granule);
		slot = (uint64_t *)(k.t.pt.top & ~(uintptr_t)7);
		entry = *slot;
		if (!(k.t.pt.top & 7)) { /* no table below the top */
			close_keeper(&k);
			continue;
		}
		trim_all(&k);
		CHECK(k.t.gather.tables && !*slot);
		iomt_gather_release(&k.t.gather);
		expect((enum iomt_rule)0, 0, NULL);
		*slot = entry;
		CHECK_INT(iomt_pt_translate(&k.t.pt, iova, &leaf), IOMT_ENOENT);
		CHECK(reports[IOMT_RULE_RELEASED_EARLY]);
		expect(IOMT_RULE_RELEASED_EARLY, reports[IOMT_RULE_RELEASED_EARLY], NULL);
		CHECK_INT(iomt_pt_oa(&k.t.pt, iova, &oa), IOMT_ENOENT);
		CHECK(reports[IOMT_RULE_RELEASED_EARLY]);
		CHECK_INT(iomt_pt_cursor_translate(&cursor, iova, &leaf), IOMT_ENOENT);
		listen();
		CHECK_INT(iomt_pt_next(&k.t.pt, iova, iova + k.t.granule - 1, &run), IOMT_ENOENT);
		CHECK(reports[IOMT_RULE_RELEASED_EARLY]);
		listen();
		CHECK_EQ(iomt_pt_translate_many(&k.t.pt, &iova, 1, &leaf), 0);
		CHECK(reports[IOMT_RULE_RELEASED_EARLY]);
		listen();
		CHECK_INT(iomt_pt_unmap(&k.t.pt, iova, k.t.granule, &bytes, NULL), 0);
		CHECK(reports[IOMT_RULE_RELEASED_EARLY] && !bytes);
		*slot = 0;
		listen();
		close_keeper(&k);
	}
}

/* A gather that was copied, and both released; in itself, and by pages of addresses. */
static void released_twice(void)
{
	static struct keeper k;
	struct iomt_gather copy;
	uint64_t unit;

	open_keeper(&k, kind_named("x86_64_4"));
	unit = k.t.granule << 9;
	CHECK_INT(iomt_pt_reserve(&k.t.pt, k.t.first, 2 * unit), 0);
	trim_all(&k);
	copy = k.t.gather;
	CHECK_EQ(copy.tables, 4);
	iomt_gather_release(&k.t.gather);
	expect((enum iomt_rule)0, 0, NULL);
	iomt_gather_release(&copy);
	expect(IOMT_RULE_RELEASED_TWICE, 4, NULL);
	iomt_gather_release(&copy); /* it is empty now: that is no break */
	expect((enum iomt_rule)0, 0, NULL);
	close_keeper(&k);
}

static void table_added_twice(void)
{
	static struct keeper k;
	struct iomt_gather gather;
	void *table;

	open_keeper(&k, kind_named("amdv1"));
	table = take_from(&k, 4096);
	iomt_gather_init(&gather);
	CHECK_INT(iomt_gather_reserve(&gather, &k.mem, 2), 0);
	iomt_gather_add_table(&gather, table, 4096);
	iomt_gather_add_table(&gather, table, 4096);
	iomt_gather_release(&gather);
	expect(IOMT_RULE_RELEASED_TWICE, 1, table);
	close_keeper(&k);
}

/* More tables than were reserved for, without any, and past the first page of addresses. */
static void no_room(void)
{
	static struct keeper k;
	struct iomt_gather gather;
	static uint64_t table[16] __attribute__((aligned(128)));

	open_keeper(&k, kind_named("amdv1"));
	iomt_gather_init(&gather);
	iomt_gather_add_table(&gather, table, sizeof(table));
	expect(IOMT_RULE_NO_ROOM, 1, &gather);
	CHECK_INT(iomt_gather_reserve(&gather, &k.mem, 1), 0);
	for (unsigned i = 0; i < IOMT_GATHER_INLINE_TABLES; i++)
		iomt_gather_add_table(&gather, take_from(&k, 64), 64);
	expect((enum iomt_rule)0, 0, NULL);
	iomt_gather_add_table(&gather, table, sizeof(table));
	expect(IOMT_RULE_NO_ROOM, 1, &gather);
	CHECK_EQ(gather.tables, IOMT_GATHER_INLINE_TABLES);
	iomt_gather_release(&gather);
	close_keeper(&k);
}

/* A call that cannot go on. */
static jmp_buf away;

static void leave(void *ctx, enum iomt_rule rule, const void *where)
{
	count(ctx, rule, where);
	longjmp(away, 1);
}

static struct iomt_pt_cursor old;

static void lookup(struct iomt_pt *pt)
{
	struct iomt_pt_leaf leaf;

	iomt_pt_translate(pt, 0, &leaf);
}

static void mapping(struct iomt_pt *pt)
{
	iomt_pt_map(pt, 0, 0, 1 << 21, RW, NULL);
}

static void by_cursor(struct iomt_pt *pt)
{
	struct iomt_pt_leaf leaf;

	(void)pt;
	iomt_pt_cursor_translate(&old, 0, &leaf);
}

static void destroyed(void)
{
	static void (*const calls[])(struct iomt_pt *) = {lookup, mapping, by_cursor,
							  iomt_pt_destroy};
	struct iomt_pt_leaf leaf;
	static struct keeper k;

	open_keeper(&k, kind_named("x86_64_4"));
	table_map(&k.t, 0, 0, k.t.granule, RW);
	iomt_pt_cursor_init(&old, &k.t.pt);
	CHECK_INT(iomt_pt_cursor_translate(&old, 0, &leaf), 0);
	CHECK(old.size);
	iomt_pt_destroy(&k.t.pt);
	expect((enum iomt_rule)0, 0, NULL);
	for (volatile unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		iomt_debug_report(leave, reports);
		if (!setjmp(away)) {
			calls[i](&k.t.pt);
			CHECK(!"reached");
		}
		expect(IOMT_RULE_DESTROYED, 1, &k.t.pt);
	}
	close_keeper(&k);
}

/* The page table's place has another one: the cursor's count alone does not tell. */
static void old_cursor(void)
{
	struct iomt_pt_leaf leaf;
	static struct keeper k;

	open_keeper(&k, kind_named("x86_64_4"));
	iomt_pt_cursor_init(&old, &k.t.pt);
	for (unsigned again = 0; again < 2; again++) {
		table_map(&k.t, 0, 0, k.t.granule, RW);
		CHECK_INT(iomt_pt_cursor_translate(&old, 0, &leaf), 0);
		if (again)
			break;
		expect((enum iomt_rule)0, 0, NULL);
		iomt_pt_destroy(&k.t.pt);
		CHECK_INT(iomt_pt_init(&k.t.pt, &k.t.cfg), 0);
	}
	CHECK(reports[IOMT_RULE_OLD_CURSOR] && reported_at == &old);
	listen();
	CHECK_INT(iomt_pt_cursor_translate(&old, 0, &leaf), 0); /* it has found its place again */
	expect((enum iomt_rule)0, 0, NULL);
	iomt_pt_cursor_init(&old, &k.t.pt); /* as one should */
	close_keeper(&k);
}

/*
 * A call that writes, in the middle of which, where its gather's hook is called or memory is taken,
 * another begins.
 */
static struct keeper *outer;
static void (*inner)(struct iomt_pt *pt);

static void *begin_inner(void *ctx, size_t bytes)
{
	void (*call)(struct iomt_pt *) = inner;

	inner = NULL;
	if (call)
		call(&outer->t.pt);
	return take_from(ctx, bytes);
}

#define TWO_MIB (2ULL << 20)

static void map_inside(struct iomt_pt *pt)
{
	iomt_pt_map(pt, TWO_MIB, TWO_MIB, 0x1000, RW, NULL);
}

static void map_list(struct iomt_pt *pt)
{
	const struct iomt_seg segs[] = {{0x1000, 0x1000}, {0x5000, 0x1000}};

	iomt_pt_map_sg(pt, TWO_MIB - 0x1000, segs, 2, RW, NULL);
}

static void unmap_inside(struct iomt_pt *pt)
{
	iomt_pt_unmap(pt, TWO_MIB, 0x1000, NULL, NULL);
}

static void protect_inside(struct iomt_pt *pt)
{
	iomt_pt_protect(pt, TWO_MIB, 0x1000, IOMT_READ, NULL);
}

static void trim_inside(struct iomt_pt *pt)
{
	iomt_pt_trim(pt, 0, 4 * TWO_MIB, &outer->t.gather);
}

static void reserve_inside(struct iomt_pt *pt)
{
	iomt_pt_reserve(pt, TWO_MIB, 0x1000);
}

static void harvest_inside(struct iomt_pt *pt)
{
	uint64_t bitmap = 0;

	iomt_pt_dirty(pt, TWO_MIB, 0x1000, 0x1000, &bitmap, 0, &outer->t.gather);
}

static void cursor_inside(struct iomt_pt *pt)
{
	struct iomt_pt_cursor cursor;

	iomt_pt_cursor_init(&cursor, pt);
	iomt_pt_cursor_map(&cursor, TWO_MIB + 0x1000, 0, 0x1000, RW, NULL);
	iomt_pt_cursor_unmap(&cursor, TWO_MIB + 0x1000, 0x1000, NULL, NULL);
}

static void beside(struct iomt_pt *pt)
{
	uint64_t bitmap = 0;

	iomt_pt_map(pt, 0, 0, TWO_MIB, RW, NULL);
	iomt_pt_map(pt, TWO_MIB + 0x2000, 0, 0x1000, RW, NULL);
	iomt_pt_unmap(pt, 0, TWO_MIB, NULL, NULL);
	iomt_pt_unmap(pt, TWO_MIB + 0x2000, 0x1000, NULL, NULL);
	iomt_pt_map(pt, UINT64_MAX - 0xfff, 0, 0x4000000000, RW, NULL);		    /* that wraps */
	iomt_pt_dirty(pt, TWO_MIB, 0x1000, 0x1000, &bitmap, IOMT_DIRTY_KEEP, NULL); /* reads */
	lookup(pt);
}

static void overlaps(void)
{
	static void (*const calls[])(
		struct iomt_pt *) = {map_inside,  map_list,	  unmap_inside,	  protect_inside,
				     trim_inside, reserve_inside, harvest_inside, cursor_inside};
	static const unsigned times[] = {1, 1, 1, 1, 1, 1, 1, 2};

	for (unsigned i = 0; i <= sizeof(calls) / sizeof(calls[0]); i++) {
		static struct keeper k;
		bool other = i == sizeof(calls) / sizeof(calls[0]);

		open_keeper(&k, kind_named("amdv1_dirty"));
		outer = &k;
		inner = other ? beside : calls[i];
		k.mem.alloc = begin_inner;
		iomt_pt_map(&k.t.pt, TWO_MIB, TWO_MIB, 0x2000, RW, NULL);
		CHECK(!inner);
		k.mem.alloc = take_from;
		expect(IOMT_RULE_OVERLAP, other ? 0 : times[i], other ? NULL : &k.t.pt);
		unmap_inside(&k.t.pt); /* alone */
		iomt_gather_release(&k.t.gather);
		close_keeper(&k);
	}
}

/* The same of threads, which meet by chance: one maps and unmaps where another does. */
static bool stop;

static void *meddle(void *arg)
{
	struct table *t = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		iomt_pt_map(&t->pt, 0, 0, 0x200000, RW, NULL);
		iomt_pt_unmap(&t->pt, 0, 0x200000, NULL, NULL);
	}
	return NULL;
}

static void threads_overlap(void)
{
	static struct table t;
	pthread_t threads[2];

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	CHECK_INT(iomt_pt_reserve(&t.pt, 0, 0x200000), 0);
	listen();
	stop = false;
	for (unsigned i = 0; i < 2; i++)
		CHECK(!pthread_create(&threads[i], NULL, meddle, &t));
	while (!__atomic_load_n(&reports[IOMT_RULE_OVERLAP], __ATOMIC_RELAXED))
		continue;
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(reported_at == &t.pt);
	iomt_debug_report(NULL, NULL);
	iomt_gather_release(&t.gather);
	iomt_pt_destroy(&t.pt);
}

TEST_SUITE(rules, TEST(texts), TEST(released_early), TEST(released_twice), TEST(table_added_twice),
	   TEST(no_room), TEST(destroyed), TEST(old_cursor), TEST(overlaps), TEST(threads_overlap));

#endif
