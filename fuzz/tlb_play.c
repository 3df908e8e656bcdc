/* SPDX-License-Identifier: MIT */
#include "tlb_play.h"
#include "test.h"

enum {
	OP_LOOK,
	OP_INSERT,
	OP_BEGIN,
	OP_END,
	OP_RANGE,
	OP_PASID,
	OP_DOMAIN,
	OP_UNIT,
	OP_ALL,
	OPERATIONS
};

struct iomt_tlb *tlb_open(const struct tlb_header *header)
{
	static _Alignas(IOMT_TLB_ALIGN) uint8_t memory[1 << 20];
	struct iomt_tlb_cfg cfg = {
		.size = sizeof(cfg),
		.entries = 1u << header->entries % 12,
		.spaces = 1u << header->spaces % 10,
	};
	struct iomt_tlb *tlb;

	CHECK(iomt_tlb_bytes(&cfg) <= sizeof(memory));
	CHECK_INT(iomt_tlb_init(&tlb, &cfg, memory), 0);
	return tlb;
}

void tlb_start(struct tlb_player *player, struct iomt_tlb *tlb, bool alone, uint8_t space_first)
{
	player->tlb = tlb;
	player->alone = alone;
	player->space_first = space_first;
	player->list.count = 0;
	player->walking = false;
	memset(player->has, 0, sizeof(player->has));
}

static uint8_t own_space(const struct tlb_player *player, uint8_t number)
{
	return player->alone ? number : (uint8_t)((number & 0x7f) | player->space_first);
}

static struct translation space_numbered(uint8_t number)
{
	static const uint32_t units[] = {0, 1, 16, IOMT_TLB_MAX_UNIT};
	static const uint32_t domains[] = {0, 1, 256, IOMT_TLB_MAX_DOMAIN};
	static const uint32_t pasids[] = {IOMT_TLB_NO_PASID, 0, IOMT_TLB_MAX_PASID, 1};

	return (struct translation){.unit = units[number & 3],
				    .domain = domains[number >> 2 & 3],
				    .stage = number >> 4 & 3,
				    .pasid = pasids[number >> 6]};
}

/* The name that is kept for a space, or a fresh one that knows nothing. */
static struct iomt_tlb_space *name(struct tlb_player *player, uint8_t number, bool fresh)
{
	struct iomt_tlb_space *space = &player->kept[number];
	struct translation s = space_numbered(number);

	if (fresh || !player->has[number])
		CHECK_INT(iomt_tlb_space_init(space, player->tlb, s.unit, s.domain, s.pasid,
					      s.stage),
			  0);
	player->has[number] = true;
	return space;
}

static uint64_t address(const struct tlb_record *record)
{
	static const uint64_t places[] = {0, 0x7ffffffff000, 0x8000000000000000, UINT64_MAX};

	return places[record->place & 3] + ((uint64_t)record->page << (record->place >> 2)) +
	       record->offset;
}

/* A range that never wraps. */
static uint64_t last_of(const struct tlb_record *record, uint64_t first)
{
	uint64_t length = (uint64_t)(record->length & 0xffffff) << (record->length >> 24) % 41;

	return length > UINT64_MAX - first ? UINT64_MAX : first + length;
}

static bool look(struct tlb_player *player, uint8_t number, uint64_t iova)
{
	struct translation space = space_numbered(number);
	struct iomt_tlb_entry entry;

	if (iomt_tlb_lookup(name(player, number, false), iova, &entry))
		return false;
	CHECK(entry.size_lg2 >= 12 && entry.size_lg2 <= 64);
	CHECK_MSG(translations_allow(&player->list, &space, iova, entry.oa, entry.prot,
				     UINT64_MAX >> (64 - entry.size_lg2)),
		  "space 0x%x, 0x%" PRIx64 " is 0x%" PRIx64 ", prot 0x%x, size 2^%u", number, iova,
		  entry.oa, entry.prot, entry.size_lg2);
	return true;
}

static bool is_good(const struct iomt_tlb_entry *entry, uint64_t iova)
{
	uint64_t low;

	if (entry->size_lg2 < 12 || entry->size_lg2 > 64 || entry->prot > IOMT_TLB_PROT_MASK)
		return false;
	low = UINT64_MAX >> (64 - entry->size_lg2);
	return (entry->oa & low) == (iova & low) && entry->oa - (iova & low) < 1ULL << 52;
}

/* The entry of a record, for its address. Most are good; sizes beyond 64 spoil something. */
static struct iomt_tlb_entry entry_of(const struct tlb_record *record, uint64_t iova)
{
	struct iomt_tlb_entry entry = {.prot = record->length & IOMT_TLB_PROT_MASK};
	unsigned size = record->size % 80;
	uint64_t low;

	entry.size_lg2 = (uint8_t)(size <= 64 ? (size < 12 ? size + 12 : size) : 12);
	low = UINT64_MAX >> (64 - entry.size_lg2);
	entry.oa = (((uint64_t)record->length << 20) & ~low) | (iova & low);
	if (size == 65)
		entry.size_lg2 = record->size;
	else if (size == 66)
		entry.prot = record->length;
	else if (size == 67)
		entry.oa = record->length;
	else if (size == 68)
		entry.oa |= 1ULL << (record->page & 63);
	return entry;
}

static void insert(struct tlb_player *player, uint8_t number, uint64_t token, bool stale,
		   const struct tlb_record *record)
{
	uint64_t iova = address(record), low;
	struct iomt_tlb_entry entry = entry_of(record, iova);
	struct translation one = space_numbered(number);
	int err;

	if (!is_good(&entry, iova)) {
		CHECK_INT(iomt_tlb_insert(name(player, number, false), token, iova, &entry),
			  IOMT_EINVAL);
		return;
	}
	low = UINT64_MAX >> (64 - entry.size_lg2);
	one.first = iova & ~low;
	one.last = iova | low;
	one.oa = entry.oa - (iova & low);
	one.prot = entry.prot;
	err = iomt_tlb_insert(name(player, number, false), token, iova, &entry);
	if (stale)
		CHECK_INT(err, IOMT_EAGAIN);
	if (!err)
		CHECK(translations_add(&player->list, &one));
	else
		CHECK_INT(err, IOMT_EAGAIN);
	if (look(player, number, iova) || err)
		return;
	CHECK(!player->alone);
}

/* Whether a walk of a space is made stale by an invalidation of another with this scope. */
static bool concerns(uint8_t walked, uint8_t number, enum scope scope)
{
	struct translation a = space_numbered(walked), b = space_numbered(number);

	return (scope < SCOPE_UNIT || a.unit == b.unit) &&
	       (scope < SCOPE_DOMAIN || a.domain == b.domain) &&
	       (scope < SCOPE_PASID || a.pasid == b.pasid) &&
	       (scope < SCOPE_STAGE || a.stage == b.stage);
}

static void forget(struct tlb_player *player, uint8_t number, enum scope scope, uint64_t first,
		   uint64_t last)
{
	struct translation space = space_numbered(number);

	translations_remove(&player->list, scope, &space, first, last);
	player->stale |= concerns(player->token_space, number, scope);
	look(player, number, first);
	look(player, number, last);
}

void tlb_step(struct tlb_player *player, const struct tlb_record *record)
{
	uint8_t number = own_space(player, record->space);
	struct iomt_tlb_space *space = name(player, number, record->operation & 0x80);
	uint64_t first = address(record), last = last_of(record, first);

	switch ((record->operation & 0x7f) % OPERATIONS) {
	case OP_INSERT:
		insert(player, number, iomt_tlb_begin(space), false, record);
		break;
	case OP_BEGIN:
		player->token = iomt_tlb_begin(space);
		player->token_space = number;
		player->walking = true;
		player->stale = false;
		break;
	case OP_END:
		if (player->walking)
			insert(player, player->token_space, player->token, player->stale, record);
		break;
	case OP_RANGE:
		iomt_tlb_invalidate_range(space, first, last);
		forget(player, number, SCOPE_STAGE, first, last);
		break;
	case OP_PASID:
		iomt_tlb_invalidate_pasid(space);
		forget(player, number, SCOPE_PASID, 0, UINT64_MAX);
		break;
	case OP_DOMAIN:
		iomt_tlb_invalidate_domain(space);
		forget(player, number, SCOPE_DOMAIN, 0, UINT64_MAX);
		break;
	case OP_UNIT:
		iomt_tlb_invalidate_unit(space);
		forget(player, number, SCOPE_UNIT, 0, UINT64_MAX);
		break;
	case OP_ALL:
		iomt_tlb_invalidate_all(player->tlb);
		forget(player, number, SCOPE_ALL, 0, UINT64_MAX);
		break;
	default:
		look(player, number, first);
		break;
	}
}

void tlb_finish(struct tlb_player *player)
{
	for (unsigned number = 0; number < 256; number++) {
		if (!player->has[number])
			continue;
		for (size_t i = 0; i < player->list.count; i++) {
			look(player, (uint8_t)number, player->list.list[i].first);
			look(player, (uint8_t)number, player->list.list[i].last);
		}
	}
}
