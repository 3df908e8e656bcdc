/* SPDX-License-Identifier: MIT */
/* Hardware that writes, and the harvest of what it wrote. */
#include "gathered.h"
#include "operations.h"

#define MOST_BITS 1024u

/* Hardware writes to an address, if something is there that it may write to. */
static void write_at(struct player *player, const struct walker *walker, uint64_t at)
{
	struct walk found = walk(walker, at);
	uint64_t size;

	if (found.result != WALK_MAPPED || !found.write)
		return;
	say(player, "hardware_writes(&%s, 0x%" PRIx64 ");", player->table_name, at);
	walk_mark_dirty(walker, &found);
	if (player->shadow)
		player->table->provider.mem.clean(&player->table->provider, found.slot, 8);
	size = (1ULL << found.size_lg2) - 1;
	if (player->alone)
		model_set_dirty(&player->model, at & ~size, at | size, true);
}

void play_write(struct player *player, const struct record *record)
{
	struct range range = aim_range(&player->field, &player->model, record);
	const struct interval *next = model_next(&player->model, range.first);
	struct walker walker;

	if (!(player->field.kind->flags & IOMT_PT_DIRTY))
		return;
	walker = table_walker(player->table, false);
	if (next && next->first > range.first)
		range.first = next->first;
	if (range.last < range.first)
		range.last = range.first;
	write_at(player, &walker, range.first);
	write_at(player, &walker, range.last);
	range.first &= ~(player->table->granule - 1);
	range.last |= player->table->granule - 1;
	player->field.recent = range;
}

/* The range without the leaves across its edges: they stay dirty. False when nothing is left. */
static bool whole_leaves(const struct player *player, struct range *range)
{
	struct walker walker = table_walker(player->table, false);
	struct walk front = walk(&walker, range->first), back = walk(&walker, range->last);
	uint64_t size = (1ULL << front.size_lg2) - 1;

	if (front.result == WALK_MAPPED && (range->first & size)) {
		if ((range->first | size) >= range->last)
			return false;
		range->first = (range->first | size) + 1;
	}
	size = (1ULL << back.size_lg2) - 1;
	if (back.result == WALK_MAPPED && (~range->last & size)) {
		if ((range->last & ~size) <= range->first)
			return false;
		range->last = (range->last & ~size) - 1;
	}
	return true;
}

static void set_bits(uint64_t *bitmap, uint64_t from, uint64_t to)
{
	for (; from <= to; from++)
		bitmap[from / 64] |= 1ULL << (from % 64);
}

/* The bitmap that the model would give. */
static void expect_bits(const struct player *player, const struct range *range, unsigned page_lg2,
			uint64_t *bitmap)
{
	const struct interval *interval = model_next(&player->model, range->first);

	for (; interval && interval->first <= range->last;
	     interval = model_next(&player->model, interval->last + 1)) {
		uint64_t from = interval->first > range->first ? interval->first : range->first;
		uint64_t to = interval->last < range->last ? interval->last : range->last;

		if (interval->dirty)
			set_bits(bitmap, (from - range->first) >> page_lg2,
				 (to - range->first) >> page_lg2);
		if (interval->last >= range->last)
			return;
	}
}

static unsigned pick_page(const struct player *player, const struct record *record,
			  const struct range *range)
{
	unsigned page_lg2 = player->field.kind->granule_lg2 + record->oa_shift % 20;

	while ((range->last - range->first) >> page_lg2 >= MOST_BITS)
		page_lg2++;
	return page_lg2;
}

static void errors_of_dirty(struct errors *errors, const struct player *player,
			    const struct args *args, uint64_t page,
			    const struct iomt_gather *gather, uint32_t flags)
{
	errors_of_range(errors, player, args);
	if (page >> player->field.kind->granule_lg2 == 0 || (page & (page - 1)) ||
	    (flags & ~IOMT_DIRTY_KEEP) || (!(flags & IOMT_DIRTY_KEEP) && !gather))
		errors_add(errors, IOMT_EINVAL);
	if (!(player->field.kind->flags & IOMT_PT_DIRTY))
		errors_add(errors, IOMT_EOPNOTSUPP);
}

void play_dirty(struct player *player, const struct record *record)
{
	uint64_t bitmap[MOST_BITS / 64] = {0}, want[MOST_BITS / 64] = {0};
	struct args args = pick_args(player, record, false);
	struct iomt_gather *gather = player_gather(player, record);
	unsigned page_lg2 = pick_page(player, record, &args.range);
	uint64_t page = 1ULL << page_lg2;
	uint32_t flags = record->flags & RECORD_KEEP ? IOMT_DIRTY_KEEP : 0;
	struct errors errors = {.count = 0};
	struct owed owed = OWED_NOTHING;
	struct before before;
	int got;

	if (RECORD_SPOIL(record->flags) == SPOIL_OA)
		page = record->oa_at & 1 ? 1ULL << (record->oa_at >> 5) : page | page >> 1;
	if (RECORD_SPOIL(record->flags) == SPOIL_PROT)
		flags |= 2u << record->prot % 31;
	errors_of_dirty(&errors, player, &args, page, gather, flags);
	call_begin(player, &before);
	say(player,
	    "%s(iomt_pt_dirty(&%s.pt, 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
	    ", bitmap, 0x%x, %s), %d);",
	    say_check(player), player->table_name, args.iova, args.length, page, flags,
	    say_gather(player, record), errors.count ? errors.codes[0] : 0);
	got = iomt_pt_dirty(&player->table->pt, args.iova, args.length, page, bitmap, flags,
			    gather);
	if (call_end(player, &before, "dirty", got, &errors) != DONE || !player->alone)
		return;
	expect_bits(player, &args.range, page_lg2, want);
	for (unsigned i = 0; i < MOST_BITS / 64; i++)
		EXPECT(player, bitmap[i] == want[i],
		       "dirty pages from %u on are 0x%" PRIx64 ", not 0x%" PRIx64, 64 * i,
		       bitmap[i], want[i]);
	if ((flags & IOMT_DIRTY_KEEP) || !whole_leaves(player, &args.range))
		return;
	owe_cleaned(&owed, player, &args.range);
	check_owed(player, &owed);
	model_set_dirty(&player->model, args.range.first, args.range.last, false);
}
