/* SPDX-License-Identifier: MIT */
/* Looking at ids without changing them. */
#include "ids_tree.h"

int iomt_ids_test(const struct iomt_ids *ids, uint32_t id)
{
	struct iomt_ids_path path;
	uint64_t word, bit = 1ULL << id % IDS_WORD;

	if (id > ids->last)
		return IOMT_ERANGE;
	ids_walk(ids, id, &path);
	if (!path.word)
		return path.below ? IOMT_IDS_RESERVED : IOMT_IDS_FREE;
	word = ids_load(path.word);
	if (!(word & bit))
		return IOMT_IDS_FREE;
	return word & bit << IDS_HANDED ? IOMT_IDS_ALLOCATED : IOMT_IDS_RESERVED;
}

static uint64_t allocated(uint64_t word)
{
	return word & word >> IDS_HANDED & IDS_IN_USE;
}

/* Without the compiler's own, which on some machines is a function of its library. */
static unsigned count(uint64_t bits)
{
	unsigned n = 0;

	for (; bits; bits &= bits - 1)
		n++;
	return n;
}

int iomt_ids_next(const struct iomt_ids *ids, uint64_t from, uint32_t *id)
{
	struct ids_piece piece;

	for (; from <= ids->last; from = piece.last + 1) {
		ids_piece_at(ids, from, ids->last, &piece);
		for (; piece.path.word && from <= piece.last; from = ids_after_word(from)) {
			uint64_t there = allocated(ids_load(ids_word_of(&piece, from))) &
					 ids_mask(from, piece.last);

			if (there) {
				*id = (uint32_t)(from & ~(IDS_WORD - 1ULL)) +
				      (uint32_t)__builtin_ctzll(there);
				return 0;
			}
		}
	}
	return IOMT_ENOENT;
}

void iomt_ids_stats(const struct iomt_ids *ids, struct iomt_ids_stats *stats)
{
	struct ids_piece piece;

	*stats = (struct iomt_ids_stats){.bytes = ids_load(&ids->bytes)};
	for (uint64_t from = 0; from <= ids->last; from = piece.last + 1) {
		ids_piece_at(ids, from, ids->last, &piece);
		if (!piece.path.word && piece.path.below)
			stats->reserved += piece.last - piece.first + 1;
		for (; piece.path.word && from <= piece.last; from = ids_after_word(from)) {
			uint64_t word = ids_load(ids_word_of(&piece, from));

			stats->allocated += count(allocated(word));
			stats->reserved += count(ids_reserved(word));
		}
	}
}
