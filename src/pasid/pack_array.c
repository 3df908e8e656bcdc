/* SPDX-License-Identifier: MIT */
/* Elements in pieces that never move, and chains of them. */
#include "pack_parts.h"

#define LEAST_LIST    64u	 /* bytes of a list of pieces: what providers give at least */
#define MOST_CAPACITY (1u << 17) /* 1 MiB of 64-bit pointers */
#define MOST_HEADS    (1u << 26)

static int grow_list(struct iomt_pack *pack, struct iomt_pack_array *array)
{
	const struct iomt_mem *mem = pack->cfg.mem;
	unsigned char **pieces;
	uint32_t capacity =
		array->capacity ? 2 * array->capacity : (uint32_t)(LEAST_LIST / sizeof(*pieces));

	if (capacity > MOST_CAPACITY)
		return IOMT_ENOMEM;
	pieces = mem->alloc(mem->ctx, capacity * sizeof(*pieces));
	if (!pieces)
		return IOMT_ENOMEM;
	if (array->capacity) {
		__builtin_memcpy(pieces, array->pieces, array->count * sizeof(*pieces));
		mem->free(mem->ctx, array->pieces, array->capacity * sizeof(*pieces));
	}
	pack->bytes += (capacity - array->capacity) * sizeof(*pieces);
	array->pieces = pieces;
	array->capacity = capacity;
	return 0;
}

static int add_piece(struct iomt_pack *pack, struct iomt_pack_array *array)
{
	const struct iomt_mem *mem = pack->cfg.mem;
	void *piece;
	int err = array->count == array->capacity ? grow_list(pack, array) : 0;

	if (err)
		return err;
	piece = mem->alloc(mem->ctx, PACK_PIECE);
	if (!piece)
		return IOMT_ENOMEM;
	__builtin_memset(piece, 0, PACK_PIECE);
	array->pieces[array->count++] = piece;
	pack->bytes += PACK_PIECE;
	return 0;
}

int iomt_pack_room(struct iomt_pack *pack, struct iomt_pack_array *array, unsigned lg2,
		   uint32_t count)
{
	uint64_t want = (uint64_t)array->used + 1; /* number 0 is none */
	int err = 0;

	if (count > array->free_count)
		want += count - array->free_count;
	while (!err && (uint64_t)array->count << (PACK_PIECE_LG2 - lg2) < want)
		err = add_piece(pack, array);
	return err;
}

uint32_t iomt_pack_take(struct iomt_pack *pack, struct iomt_pack_array *array, unsigned lg2)
{
	uint32_t number = array->free;

	if (number) {
		array->free = *(uint32_t *)pack_at(array, number, lg2);
		array->free_count--;
		return number;
	}
	if (iomt_pack_room(pack, array, lg2, 1))
		return 0;
	return ++array->used;
}

void iomt_pack_give(struct iomt_pack_array *array, unsigned lg2, uint32_t number)
{
	*(uint32_t *)pack_at(array, number, lg2) = array->free;
	array->free = number;
	array->free_count++;
}

void iomt_pack_drop(struct iomt_pack *pack, struct iomt_pack_array *array)
{
	const struct iomt_mem *mem = pack->cfg.mem;

	for (uint32_t i = 0; i < array->count; i++)
		mem->free(mem->ctx, array->pieces[i], PACK_PIECE);
	if (array->capacity)
		mem->free(mem->ctx, array->pieces, array->capacity * sizeof(*array->pieces));
	pack->bytes -=
		(uint64_t)array->count * PACK_PIECE + array->capacity * sizeof(*array->pieces);
	*array = (struct iomt_pack_array){0};
}

int iomt_pack_heads_init(struct iomt_pack *pack, struct iomt_pack_heads *heads)
{
	heads->mask = (PACK_PIECE >> PACK_WORD_LG2) - 1;
	return add_piece(pack, &heads->words);
}

/* Twice as many heads; when there is no memory for them, chains become longer and that is all. */
static void grow_heads(struct iomt_pack *pack, struct iomt_pack_heads *heads,
		       const struct pack_chain *chain)
{
	struct iomt_pack_heads fresh = {.mask = 2 * heads->mask + 1, .entries = heads->entries};

	while ((fresh.words.count << (PACK_PIECE_LG2 - PACK_WORD_LG2)) <= fresh.mask) {
		if (add_piece(pack, &fresh.words)) {
			iomt_pack_drop(pack, &fresh.words);
			return;
		}
	}
	for (uint32_t i = 0; i <= heads->mask; i++) {
		uint32_t number = *pack_head(heads, i);

		while (number) {
			uint32_t *next = chain->next(pack, number), after = *next;
			uint32_t *head = pack_head(&fresh, chain->hash(pack, number));

			*next = *head;
			*head = number;
			number = after;
		}
	}
	iomt_pack_drop(pack, &heads->words);
	*heads = fresh;
}

void iomt_pack_link(struct iomt_pack *pack, struct iomt_pack_heads *heads,
		    const struct pack_chain *chain, uint32_t hash, uint32_t number)
{
	uint32_t *head;

	if (heads->entries > heads->mask && heads->mask < MOST_HEADS - 1)
		grow_heads(pack, heads, chain);
	head = pack_head(heads, hash);
	*chain->next(pack, number) = *head;
	*head = number;
	heads->entries++;
}

void iomt_pack_unlink(struct iomt_pack *pack, struct iomt_pack_heads *heads,
		      const struct pack_chain *chain, uint32_t hash, uint32_t number)
{
	uint32_t *at = pack_head(heads, hash);

	while (*at != number)
		at = chain->next(pack, *at);
	*at = *chain->next(pack, number);
	heads->entries--;
}
