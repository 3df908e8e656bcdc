/* SPDX-License-Identifier: MIT */
/* Arguments, right and wrong, and what the library must say to them. */
#include "arena.h"
#include "operations.h"

void errors_add(struct errors *errors, int code)
{
	errors->codes[errors->count++] = code;
}

static bool on_granule(const struct player *player, uint64_t value)
{
	return !(value & ((1ULL << player->field.kind->granule_lg2) - 1));
}

void errors_of_range(struct errors *errors, const struct player *player, const struct args *args)
{
	uint64_t last = args->iova + args->length - 1;

	if (!args->length || !on_granule(player, args->iova | args->length))
		errors_add(errors, IOMT_EINVAL);
	else if (last < args->iova || args->iova < player->field.table_first ||
		 last > player->field.table_last)
		errors_add(errors, IOMT_ERANGE);
}

void errors_of_output(struct errors *errors, const struct player *player, uint64_t oa,
		      uint64_t length)
{
	if (!length || !on_granule(player, oa | length))
		errors_add(errors, IOMT_EINVAL);
	else if (oa > player->field.oa_last || length - 1 > player->field.oa_last - oa)
		errors_add(errors, IOMT_ERANGE);
}

void errors_of_prot(struct errors *errors, const struct player *player, uint32_t prot)
{
	const uint32_t access = IOMT_READ | IOMT_WRITE | IOMT_EXEC;
	const uint32_t known = access | IOMT_SNOOP | IOMT_PRIV | IOMT_GLOBAL | IOMT_MMIO |
			       IOMT_TYPE_UNCACHED | IOMT_TYPE_DEVICE;

	if ((prot & ~known) || !(prot & access) || (prot & IOMT_TYPE_MASK) == IOMT_TYPE_MASK)
		errors_add(errors, IOMT_EINVAL);
	else if (!aim_expresses(player->field.kind, prot))
		errors_add(errors, IOMT_EOPNOTSUPP);
}

/* Out of the address space, or so long that the range leaves it or wraps. */
static void go_far(const struct player *player, unsigned how, struct args *args)
{
	uint64_t granule = 1ULL << player->field.kind->granule_lg2;
	uint64_t first = player->field.table_first, last = player->field.table_last;

	if ((how & 3) == 0 && last != UINT64_MAX)
		args->iova = last + 1;
	else if ((how & 3) == 1 && first)
		args->iova = first - granule;
	else if ((how & 3) == 2 && args->iova > granule)
		args->length = 0 - granule;
	else if (args->iova || last != UINT64_MAX)
		args->length = last - args->iova + 1 + granule;
	else
		args->length = 0;
}

uint64_t spoilt_output(const struct player *player, const struct record *record, uint64_t oa,
		       uint64_t length)
{
	unsigned granule_lg2 = player->field.kind->granule_lg2;
	uint64_t end = player->field.oa_last + 1;

	if (record->oa_at & 1)
		return oa + (1ULL << record->oa_at % granule_lg2);
	if ((record->oa_at & 2) || length > end)
		return end;
	return end - length + (1ULL << granule_lg2);
}

static void spoil(const struct player *player, const struct record *record, struct args *args)
{
	static const uint32_t bad[4] = {0, 0x80, IOMT_READ | IOMT_TYPE_MASK, 1u << 31 | IOMT_READ};
	uint64_t odd = 1ULL << (record->oa_at % player->field.kind->granule_lg2);

	switch (RECORD_SPOIL(record->flags)) {
	case SPOIL_IOVA:
		args->iova += odd;
		break;
	case SPOIL_OA:
		args->oa = spoilt_output(player, record, args->oa, args->length);
		break;
	case SPOIL_LENGTH:
		args->length += odd;
		break;
	case SPOIL_EMPTY:
		args->length = 0;
		break;
	case SPOIL_FAR:
		go_far(player, record->oa_at, args);
		break;
	case SPOIL_PROT:
		args->prot = bad[record->prot & 3];
		break;
	default:
		break;
	}
}

struct args pick_args(struct player *player, const struct record *record, bool with_output)
{
	struct args args = {.range = aim_range(&player->field, &player->model, record)};

	if (with_output)
		args.oa = aim_output(&player->field, &player->model, record, &args.range);
	args.prot = aim_prot(player->field.kind, record,
			     with_output ? ~0u : IOMT_READ | IOMT_WRITE | IOMT_EXEC | IOMT_PRIV);
	args.iova = args.range.first;
	args.length = args.range.last - args.range.first + 1;
	player->field.recent = args.range;
	spoil(player, record, &args);
	return args;
}

/* Whether hardware wants the leaf across the beginning of "edge" gone before its parts appear. */
static bool needs_break(const struct player *player, const struct walker *walker, uint64_t edge)
{
	const struct kind *kind = player->field.kind;
	struct walk found = walk(walker, edge);

	if (found.result != WALK_MAPPED || !(edge & ((1ULL << found.size_lg2) - 1)))
		return false;
	return kind->bbm <
	       (aim_needs_tables(kind, iomt_pt_sizes(&player->table->pt), found.size_lg2, edge)
			? 2
			: 1);
}

void errors_of_cut(struct errors *errors, const struct player *player, const struct args *args,
		   const struct iomt_gather *gather)
{
	struct walker walker;

	if (errors->count || !kind_breaks(player->field.kind) || (gather && gather->sync))
		return;
	walker = table_walker(player->table, false);
	if (needs_break(player, &walker, args->range.first) ||
	    (args->range.last != player->field.table_last &&
	     needs_break(player, &walker, args->range.last + 1)))
		errors_add(errors, IOMT_EBUSY);
}

static bool one_of(const struct errors *errors, int code)
{
	for (unsigned i = 0; i < errors->count; i++) {
		if (errors->codes[i] == code)
			return true;
	}
	return false;
}

void call_begin(struct player *player, struct before *before)
{
	struct provider *provider = &player->table->provider;

	before->gather = *player->gather;
	before->syncs = player->table->syncs;
	if (!player->fail_at)
		return;
	before->sum = provider_checksum(provider);
	before->tops = player->table->tops;
	iomt_pt_stats(&player->table->pt, &before->stats);
	provider->fail_at = provider->allocations + player->fail_at;
	say(player, "%s.provider.fail_at = %s.provider.allocations + 0x%" PRIx64 ";",
	    player->table_name, player->table_name, player->fail_at);
}

/* A call that ran out of memory has changed nothing. */
static void check_unchanged(const struct player *player, const struct before *before,
			    const char *name)
{
	struct iomt_gather *gather = player->gather;
	struct iomt_pt_stats stats;

	iomt_pt_stats(&player->table->pt, &stats);
	EXPECT(player, provider_checksum(&player->table->provider) == before->sum,
	       "%s ran out of memory and changed some", name);
	EXPECT(player, !memcmp(&stats, &before->stats, sizeof(stats)),
	       "%s ran out of memory and changed the statistics", name);
	EXPECT(player,
	       gather->first == before->gather.first && gather->last == before->gather.last &&
		       gather->leaf_sizes == before->gather.leaf_sizes &&
		       gather->table_levels == before->gather.table_levels &&
		       gather->tables == before->gather.tables &&
		       gather->chunks_ == before->gather.chunks_,
	       "%s ran out of memory and gathered something", name);
	EXPECT(player, player->table->tops == before->tops,
	       "%s ran out of memory and changed the top", name);
}

enum outcome call_end(struct player *player, const struct before *before, const char *name, int got,
		      const struct errors *errors)
{
	struct provider *provider = &player->table->provider;
	uint64_t armed = player->fail_at;
	uint64_t fail_at = provider->fail_at & ~ARENA_FAIL_FROM;

	if (armed) {
		say(player, "%s.provider.fail_at = 0;", player->table_name);
		provider->fail_at = 0;
		player->fail_at = 0;
	}
	if (got == IOMT_ENOMEM && armed && provider->allocations >= fail_at) {
		if (!strcmp(name, "trim"))
			return PARTLY;
		check_unchanged(player, before, name);
		return REFUSED;
	}
	if (errors->count)
		EXPECT(player, one_of(errors, got), "%s gave %d, not %d", name, got,
		       errors->codes[0]);
	else
		EXPECT(player, !got, "%s gave %d, not 0", name, got);
	if (got && armed)
		check_unchanged(player, before, name);
	return got ? REFUSED : DONE;
}
