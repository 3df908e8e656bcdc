/* SPDX-License-Identifier: MIT */
/*
 * The software IOTLB from inside: ids that run out and come back, more address spaces than there is
 * room for, and sets whose lock another thread holds.
 */
#include "cache.h"
#include "tlb_parts.h"

/* More PASIDs than slots: each is itself as soon as it is inserted into, and finds nothing else. */
static void more_spaces_than_room(void)
{
	struct iomt_tlb_space space;
	unsigned resident = 0;
	struct cache c;

	cache_open(&c, 3000, 48, 0);
	for (uint32_t pasid = 0; pasid < 50000; pasid++) {
		space = space_of(&c, 1, 1, pasid, 1);
		CHECK(!hits(&space, 0x1000));
		CHECK_INT(insert(&space, 0x1000, (uint64_t)pasid << 12, RW, 12), 0);
		expect(&space, 0x1000, (uint64_t)pasid << 12, RW, 12);
	}
	for (uint32_t pasid = 0; pasid < 50000; pasid++) {
		space = space_of(&c, 1, 1, pasid, 1);
		if (!hits(&space, 0x1000))
			continue;
		expect(&space, 0x1000, (uint64_t)pasid << 12, RW, 12);
		resident++;
	}
	CHECK_MSG(resident > 40 && resident <= 56, "%u spaces are resident", resident);
	cache_close(&c);
}

/* A name that was made before its slot went to another space. */
static void slots_change_hands(void)
{
	struct iomt_tlb_space first, space;
	struct cache c;

	cache_open(&c, 3000, 1, 0);
	first = space_of(&c, 1, 1, 0, 1);
	CHECK_INT(insert(&first, 0x1000, 0x1000, RW, 12), 0);
	for (uint32_t pasid = 1; pasid < 1000; pasid++) {
		space = space_of(&c, 1, 1, pasid, 1);
		CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	}
	CHECK(!hits(&first, 0x1000));
	iomt_tlb_invalidate_range(&first, 0x1000, 0x1000);
	CHECK_INT(insert(&first, 0x1000, 0x3000, RW, 12), 0);
	expect(&first, 0x1000, 0x3000, RW, 12);
	cache_close(&c);
}

/* Uses up serials until this is the last one, without an entry for any of them. */
static void use_up(struct cache *c, uint64_t serial)
{
	const struct iomt_tlb_entry entry = {.oa = 0, .prot = RW, .size_lg2 = 12};
	struct iomt_tlb_space space = space_of(c, 9, 9, 9, 1);

	while (c->tlb->serial < serial) {
		iomt_tlb_invalidate_pasid(&space);
		CHECK_INT(iomt_tlb_insert(&space, 0, 0x1000, &entry), IOMT_EAGAIN);
	}
}

/* After 2^23 serials an id is there again. What had it before is not. */
static void ids_come_back(void)
{
	struct iomt_tlb_space space, heir, name;
	struct cache c;

	cache_open(&c, 3000, 30, 0);
	space = space_of(&c, 1, 1, 1, 1);
	heir = space_of(&c, 2, 2, 2, 1);
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	CHECK_EQ(c.tlb->serial, 1);
	name = space;
	iomt_tlb_invalidate_pasid(&space);
	use_up(&c, IDS);
	CHECK_INT(insert(&heir, 0x5000, 0x6000, RW, 12), 0);
	CHECK_EQ(c.tlb->serial, IDS + 1);
	CHECK_EQ(heir.low_, 1);
	CHECK_EQ(heir.high_, 0);
	CHECK(hits(&heir, 0x5000));
	CHECK(!hits(&heir, 0x1000)); /* the same key, and the same value */
	CHECK(!hits(&name, 0x1000) && !hits(&name, 0x5000));
	cache_close(&c);
}

/* A name that is not used for so long, and whose slot went to others, hears of it. */
static void lost_slots_are_news(void)
{
	const struct iomt_tlb_entry entry = {.oa = 0, .prot = RW, .size_lg2 = 12};
	struct iomt_tlb_space first, others[2 * SLOTS];
	struct cache c;

	cache_open(&c, 3000, 1, 0);
	first = space_of(&c, 1, 1, 100, 1);
	CHECK_INT(insert(&first, 0x1000, 0x2000, RW, 12), 0);
	for (uint32_t i = 0; i < 2 * SLOTS; i++)
		others[i] = space_of(&c, 1, 1, i, 1);
	while (c.tlb->serial < IDS)
		CHECK_INT(iomt_tlb_insert(&others[c.tlb->serial % (2 * SLOTS)], UINT64_MAX, 0,
					  &entry),
			  IOMT_EAGAIN);
	CHECK_INT(insert(&others[IDS % (2 * SLOTS)], 0x5000, 0x6000, RW, 12), 0);
	CHECK_EQ(others[IDS % (2 * SLOTS)].low_, 1);
	CHECK_EQ(others[IDS % (2 * SLOTS)].high_, 0);
	CHECK(!hits(&first, 0x5000));
	cache_close(&c);
}

/* A space in use loses its id when that is old, and gets another. */
static void old_ids_are_taken(void)
{
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 3000, 30, 0);
	space = space_of(&c, 1, 1, 1, 1);
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	use_up(&c, IDS / 4);
	CHECK(hits(&space, 0x1000));
	use_up(&c, IDS / 4 + 100);
	CHECK(!hits(&space, 0x1000));
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	CHECK_EQ(space.serial_, IDS / 4 + 101);
	cache_close(&c);
}

static struct set *set_for(struct iomt_tlb_space *space, uint64_t iova)
{
	struct tlb_size size = size_of(space, 0x800);

	return set_of(space->tlb, (iova & size.mask) + size.tag);
}

/* An insert gives way. An invalidation does not: it forgets the whole space. */
static void locked_sets(void)
{
	struct iomt_tlb_space space, other;
	struct cache c;

	cache_open(&c, 3000, 1000, 0);
	space = space_of(&c, 1, 1, 1, 1);
	other = space_of(&c, 1, 1, 2, 1);
	for (unsigned few = 0; few < 2; few++) {
		CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
		CHECK_INT(insert(&space, 0x9000, 0x2000, RW, 12), 0);
		CHECK_INT(insert(&other, 0x1000, 0x2000, RW, 12), 0);
		CHECK(set_for(&space, 0x1000) != set_for(&space, 0x9000));
		set_for(&space, 0x1000)->lock = 1;
		CHECK_INT(insert(&space, 0x1000, 0x3000, RW, 12), IOMT_EAGAIN);
		expect(&space, 0x1000, 0x2000, RW, 12);
		iomt_tlb_invalidate_range(&space, 0x1000, few ? 0x1fff : UINT64_MAX);
		set_for(&space, 0x1000)->lock = 0;
		CHECK(!hits(&space, 0x1000) && !hits(&space, 0x9000) && hits(&other, 0x1000));
		for (struct set *set = c.tlb->sets; set < c.tlb->sets + 1024; set++)
			set->lock = 0;
	}
	cache_close(&c);
}

/* No serial is given out before the set whose turn it is was looked at. */
static void locked_set_in_turn(void)
{
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 3000, 100, 0);
	space = space_of(&c, 1, 1, 1, 1);
	c.tlb->sets[1].lock = 1;
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), IOMT_EAGAIN);
	CHECK_EQ(c.tlb->serial, 0);
	CHECK(!hits(&space, 0x1000));
	c.tlb->sets[1].lock = 0;
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	CHECK(hits(&space, 0x1000));
	c.tlb->busy = 1;
	iomt_tlb_invalidate_pasid(&space);
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), IOMT_EAGAIN);
	c.tlb->busy = 0;
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	cache_close(&c);
}

/*
 * A serial is old and was taken, but no other was given out, because a set is locked. Readers have not
 * heard of it; an invalidation tells them.
 */
static void taken_and_not_given(void)
{
	struct iomt_tlb_space space, other, fresh;
	struct cache c;

	cache_open(&c, 3000, 1, 0);
	space = space_of(&c, 1, 1, 1, 1);
	other = space_of(&c, 2, 2, 2, 1);
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	use_up(&c, IDS / 4);
	CHECK(hits(&space, 0x1000));
	c.tlb->sets[(IDS / 4 + 1) % 1024].lock = 1;
	CHECK_INT(insert(&other, 0x1000, 0x3000, RW, 12), IOMT_EAGAIN);
	fresh = space_of(&c, 1, 1, 1, 1);
	iomt_tlb_invalidate_range(&fresh, 0x1000, 0x1000);
	CHECK(!hits(&space, 0x1000));
	cache_close(&c);
}

/* Another thread stands still in an invalidation of the PASID, or of one with the same counter. */
static void half_an_invalidation(void)
{
	struct iomt_tlb_space space, fresh;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	space = space_of(&c, 1, 1, 1, 1);
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	raise(pasid_of(&space)); /* and not yet the news */
	CHECK(hits(&space, 0x1000));
	fresh = space_of(&c, 1, 1, 1, 1);
	iomt_tlb_invalidate_range(&fresh, 0x1000, 0x1000);
	CHECK(!hits(&space, 0x1000));
	cache_close(&c);
}

/* Another thread stands still after it gave a size; one that saw it inserts, one that did not forgets. */
static void size_that_is_no_news(void)
{
	struct iomt_tlb_space space, name;
	uint64_t serial;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	space = space_of(&c, 1, 1, 1, 1);
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	raise(&c.tlb->changing);
	raise(&c.tlb->news);
	CHECK(hits(&space, 0x1000));
	name = space;				 /* has learnt meanwhile */
	find(&space, &serial)->sizes |= 1 << 20; /* and not yet the news */
	space = space_of(&c, 1, 1, 1, 1);
	CHECK_INT(insert(&space, 0x200000, 0x400000, RW, 21), 0);
	iomt_tlb_invalidate_range(&name, 0x200000, 0x200000);
	CHECK(!hits(&space, 0x200000));
	cache_close(&c);
}

/* A reader in the middle of an insert finds nothing: another version, or no key. */
static void readers_and_versions(void)
{
	struct iomt_tlb_space space;
	struct set *set;
	struct cache c;

	cache_open(&c, 3000, 100, 0);
	space = space_of(&c, 1, 1, 1, 1);
	CHECK_INT(insert(&space, 0x1000, 0x2000, RW, 12), 0);
	set = set_for(&space, 0x1000);
	CHECK_EQ(set->version, 4); /* in way 0 */
	CHECK_INT(insert(&space, 0x1000, 0x3000, RW, 12), 0);
	CHECK_EQ(set->version, 8);
	iomt_tlb_invalidate_range(&space, 0x1000, 0x1000);
	for (unsigned i = 0; i < WAYS; i++)
		CHECK_EQ(set->keys[i], 0);
	CHECK_EQ(set->lock, 0);
	cache_close(&c);
}

TEST_SUITE(tlb_ids, TEST(more_spaces_than_room), TEST(slots_change_hands), TEST(ids_come_back),
	   TEST(lost_slots_are_news), TEST(old_ids_are_taken), TEST(locked_sets),
	   TEST(locked_set_in_turn), TEST(taken_and_not_given), TEST(half_an_invalidation),
	   TEST(size_that_is_no_news), TEST(readers_and_versions));
