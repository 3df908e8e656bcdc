/* SPDX-License-Identifier: MIT */
/* Tags in use and in quarantine. */
#include "pack_parts.h"

static uint64_t name_of(uint32_t class, uint32_t key)
{
	return (uint64_t) class << PACK_KEY_BITS | key;
}

static uint32_t hash_name(const struct iomt_pack *pack, uint64_t name)
{
	const uint32_t words[2] = {(uint32_t)name, (uint32_t)(name >> 32)};

	return pack_hash(pack, words, 2);
}

static uint32_t rehash(const struct iomt_pack *pack, uint32_t number)
{
	return hash_name(pack, pack_tag(pack, number)->name & ~PACK_MARKED);
}

static uint32_t *next_of(const struct iomt_pack *pack, uint32_t number)
{
	return &pack_tag(pack, number)->next;
}

static const struct pack_chain chain = {rehash, next_of};

uint32_t iomt_pack_tag_find(const struct iomt_pack *pack, uint32_t class, uint32_t key)
{
	uint64_t name = name_of(class, key);
	uint32_t number = *pack_head(&pack->tag_heads, hash_name(pack, name));

	while (number && (pack_tag(pack, number)->name & ~PACK_MARKED) != name)
		number = pack_tag(pack, number)->next;
	return number;
}

static uint32_t make(struct iomt_pack *pack, uint32_t class, uint32_t key)
{
	uint32_t number = iomt_pack_take(pack, &pack->tags, PACK_TAG_LG2);
	uint64_t name = name_of(class, key);

	if (!number)
		return 0;
	*pack_tag(pack, number) = (struct pack_tag){.name = name};
	iomt_pack_link(pack, &pack->tag_heads, &chain, hash_name(pack, name), number);
	return number;
}

uint32_t iomt_pack_tag_mark(struct iomt_pack *pack, uint32_t class, uint32_t key)
{
	uint32_t number = iomt_pack_tag_find(pack, class, key);
	struct pack_tag *tag;

	if (number && pack_tag(pack, number)->name & PACK_MARKED)
		return number;
	if (pack_reach(pack, &pack->marked, PACK_WORD_LG2, pack->marked_count))
		return 0;
	if (!number)
		number = make(pack, class, key);
	if (!number)
		return 0;
	tag = pack_tag(pack, number);
	tag->was = tag->refs ? tag->leaf : 0;
	tag->name |= PACK_MARKED;
	*(uint32_t *)pack_at(&pack->marked, pack->marked_count++, PACK_WORD_LG2) = number;
	return number;
}

void iomt_pack_tag_free(struct iomt_pack *pack, uint32_t number)
{
	iomt_pack_unlink(pack, &pack->tag_heads, &chain, rehash(pack, number), number);
	iomt_pack_give(&pack->tags, PACK_TAG_LG2, number);
}

void iomt_pack_tags_settle(struct iomt_pack *pack)
{
	while (pack->marked_count) {
		uint32_t number =
			*(uint32_t *)pack_at(&pack->marked, --pack->marked_count, PACK_WORD_LG2);
		struct pack_tag *tag = pack_tag(pack, number);

		tag->name &= ~PACK_MARKED;
		if (!tag->refs && !pack_is_waiting(pack, tag))
			iomt_pack_tag_free(pack, number);
	}
}

/* Those that wait stand in a row; what has gone from its beginning makes room when it is half. */
static void move_down(struct iomt_pack *pack)
{
	if (!pack->waiting_first || pack->waiting_first < pack->waiting_end / 2)
		return;
	for (uint32_t i = pack->waiting_first; i < pack->waiting_end; i++)
		*(struct pack_waiting *)pack_at(&pack->waiting, i - pack->waiting_first,
						PACK_WAITING_LG2) =
			*(struct pack_waiting *)pack_at(&pack->waiting, i, PACK_WAITING_LG2);
	pack->waiting_end -= pack->waiting_first;
	pack->waiting_first = 0;
}

int iomt_pack_quarantine_room(struct iomt_pack *pack, uint32_t count)
{
	int err;

	move_down(pack);
	err = iomt_pack_room(pack, &pack->waiting, PACK_WAITING_LG2, pack->waiting_end + count);
	return err ? err : iomt_pack_room(pack, &pack->tags, PACK_TAG_LG2, count);
}

void iomt_pack_quarantine(struct iomt_pack *pack, uint32_t class, uint32_t key)
{
	uint32_t number = iomt_pack_tag_find(pack, class, key);

	if (!number)
		number = make(pack, class, key);
	pack_tag(pack, number)->token = pack->token;
	pack_class(pack, class)->token = pack->token;
	*(struct pack_waiting *)pack_at(&pack->waiting, pack->waiting_end++, PACK_WAITING_LG2) =
		(struct pack_waiting){pack->token, class, key};
}

static void release(struct iomt_pack *pack, const struct pack_waiting *waiting)
{
	uint32_t number = iomt_pack_tag_find(pack, waiting->class, waiting->key);
	const struct pack_tag *tag;

	if (!number)
		return;
	tag = pack_tag(pack, number);
	if (!tag->refs && tag->token == waiting->token)
		iomt_pack_tag_free(pack, number);
}

static void drain(struct iomt_pack *pack, uint32_t class)
{
	pack->first_drained = pack_class(pack, class)->next;
	if (!pack->first_drained)
		pack->last_drained = 0;
	pack->in_quarantine--;
	if (pack->shares)
		iomt_pack_table_free(pack, class);
	(void)iomt_ids_free(&pack->ids, pack_id(pack, class)); /* allocated: cannot fail */
}

int iomt_pack_complete(struct iomt_pack *pack, uint64_t token)
{
	if (token > pack->token)
		return IOMT_EINVAL;
	if (token <= pack->completed)
		return 0;
	for (; pack->waiting_first < pack->waiting_end; pack->waiting_first++) {
		const struct pack_waiting *waiting =
			pack_at(&pack->waiting, pack->waiting_first, PACK_WAITING_LG2);

		if (waiting->token > token)
			break;
		release(pack, waiting);
	}
	pack->completed = token;
	while (pack->first_drained && pack_class(pack, pack->first_drained)->token <= token)
		drain(pack, pack->first_drained);
	return 0;
}
