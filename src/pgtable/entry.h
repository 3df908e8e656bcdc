/* SPDX-License-Identifier: MIT */
/* Where the engine and a format's facts become functions. */
#ifndef PT_ENTRY_H
#define PT_ENTRY_H

#include "cursor.h"
#include "dirty.h"
#include "map.h"
#include "protect.h"
#include "translate.h"
#include "unmap.h"

/*
 * Defines iomt_<format>_map and so on, and the format's object, for the facts in "value". What one
 * page needs stands alone in a small function, with the rest out of its way. It needs no register
 * that it would have to give back: a restored register waits, on some processors, for the walk of the
 * call before, and calls that follow one another take three times as long.
 */
/* clang-format off */
#define PT_FORMAT_ENTRY(format, value)                                                             \
	PT_NOINLINE struct pt_stop format##_walk_down(const struct iomt_pt *pt, u64 v)             \
	{                                                                                          \
		return pt_walk_down(&(value), pt, v);                                              \
	}                                                                                          \
	static struct pt_stop format##_walk(const struct iomt_pt *pt, u64 v)                       \
	{                                                                                          \
		struct pt_stop stop;                                                               \
                                                                                                   \
		if (pt_likely(pt_walk_known(&(value), pt, v, &stop)))                              \
			return stop;                                                               \
		return format##_walk_down(pt, v);                                                  \
	}                                                                                          \
	PT_NOINLINE u64 *format##_build(struct iomt_pt *pt, struct pt_top top, u64 v,              \
					unsigned target, struct pt_chain *chain)                   \
	{                                                                                          \
		return pt_walk_build(&(value), pt, top, v, target, chain);                         \
	}                                                                                          \
	static int format##_look(struct pt_mapping *m, u64 v, u64 last, u64 oa)                    \
	{                                                                                          \
		return pt_look(&(value), m, v, last, oa);                                          \
	}                                                                                          \
	static void format##_write(struct pt_mapping *m, struct pt_top top, u64 v, u64 last,       \
				   u64 oa)                                                         \
	{                                                                                          \
		pt_write(&(value), format##_build, m, top, v, last, oa);                           \
	}                                                                                          \
	static bool format##_list(const struct pt_mapping *m)                                      \
	{                                                                                          \
		return pt_map_list(&(value), m);                                                   \
	}                                                                                          \
	static u64 format##_clear(struct iomt_pt *pt, u64 *slot, u64 n, unsigned level, u64 v,     \
				  void *ctx)                                                       \
	{                                                                                          \
		return pt_clear_slots(&(value), pt, slot, n, level, v, ctx);                       \
	}                                                                                          \
	static u64 format##_change(struct iomt_pt *pt, u64 *slot, u64 n, unsigned level, u64 v,    \
				   void *ctx)                                                      \
	{                                                                                          \
		return pt_protect_slots(&(value), pt, slot, n, level, v, ctx);                     \
	}                                                                                          \
	static u64 format##_harvest(struct iomt_pt *pt, u64 *slot, u64 n, unsigned level, u64 v,   \
				    void *ctx)                                                     \
	{                                                                                          \
		return pt_harvest_slots(&(value), pt, slot, n, level, v, ctx);                     \
	}                                                                                          \
	PT_NOINLINE int format##_leaf_at(const struct iomt_pt *pt, u64 v, u64 entry,               \
					 unsigned level, struct iomt_pt_leaf *leaf)                \
	{                                                                                          \
		return pt_leaf_at(&(value), pt, v, entry, level, leaf);                            \
	}                                                                                          \
	static size_t format##_batch(const struct iomt_pt *pt, const uint64_t *iovas, unsigned n,  \
				     struct iomt_pt_leaf *leaves)                                  \
	{                                                                                          \
		return pt_translate_batch(&(value), format##_leaf_at, pt, iovas, n, leaves);       \
	}                                                                                          \
	PT_NOINLINE int format##_map_range(struct iomt_pt *pt, u64 iova, u64 oa, u64 length,       \
					   uint32_t prot, struct iomt_gather *gather)              \
	{                                                                                          \
		if (pt_likely(pt_map_piece(&(value), pt, iova, oa, length, prot)))                 \
			return 0;                                                                  \
		return pt_map_any(pt, iova, oa, length, prot, gather);                             \
	}                                                                                          \
	PT_NOINLINE int format##_map_few(struct iomt_pt *pt, u64 iova, u64 oa, u64 length,         \
					 uint32_t prot, struct iomt_gather *gather)                \
	{                                                                                          \
		if (pt_likely(pt_map_few(&(value), pt, iova, oa, length, prot)))                   \
			return 0;                                                                  \
		return format##_map_range(pt, iova, oa, length, prot, gather);                     \
	}                                                                                          \
	int iomt_##format##_map(struct iomt_pt *pt, u64 iova, u64 oa, u64 length, uint32_t prot,   \
				struct iomt_gather *gather)                                        \
	{                                                                                          \
		DEBUG_CLAIM(pt, iova, length);                                                     \
		if (pt_unlikely(length != pt_granule(&(value))))                                   \
			return format##_map_few(pt, iova, oa, length, prot, gather);               \
		if (pt_likely(pt_map_one(&(value), pt, iova, oa, prot)))                           \
			return 0;                                                                  \
		return format##_map_few(pt, iova, oa, pt_granule(&(value)), prot, gather);         \
	}                                                                                          \
	int iomt_##format##_map_sg(struct iomt_pt *pt, u64 iova, const struct iomt_seg *segs,      \
				   size_t count, uint32_t prot, struct iomt_gather *gather)        \
	{                                                                                          \
		return pt_map_sg(pt, iova, segs, count, prot, gather);                             \
	}                                                                                          \
	PT_NOINLINE int format##_unmap_range(struct iomt_pt *pt, u64 iova, u64 length,             \
					     uint64_t *unmapped, struct iomt_gather *gather)       \
	{                                                                                          \
		if (pt_likely(pt_unmap_alike(&(value), pt, iova, length, unmapped, gather)))       \
			return 0;                                                                  \
		return pt_unmap_any(pt, iova, length, unmapped, gather);                           \
	}                                                                                          \
	PT_NOINLINE int format##_unmap_few(struct iomt_pt *pt, u64 iova, u64 length,               \
					   uint64_t *unmapped, struct iomt_gather *gather)         \
	{                                                                                          \
		if (pt_likely(pt_unmap_few(&(value), pt, iova, length, unmapped, gather)))         \
			return 0;                                                                  \
		return format##_unmap_range(pt, iova, length, unmapped, gather);                   \
	}                                                                                          \
	int iomt_##format##_unmap(struct iomt_pt *pt, u64 iova, u64 length, uint64_t *unmapped,    \
				  struct iomt_gather *gather)                                      \
	{                                                                                          \
		DEBUG_CLAIM(pt, iova, length);                                                     \
		if (pt_unlikely(length != pt_granule(&(value))))                                   \
			return format##_unmap_few(pt, iova, length, unmapped, gather);             \
		if (pt_likely(pt_unmap_one(&(value), pt, iova, unmapped, gather)))                 \
			return 0;                                                                  \
		return format##_unmap_few(pt, iova, pt_granule(&(value)), unmapped, gather);       \
	}                                                                                          \
	int iomt_##format##_protect(struct iomt_pt *pt, u64 iova, u64 length, uint32_t prot,       \
				    struct iomt_gather *gather)                                    \
	{                                                                                          \
		return pt_protect(pt, iova, length, prot, gather);                                 \
	}                                                                                          \
	int iomt_##format##_translate(const struct iomt_pt *pt, u64 iova,                          \
				      struct iomt_pt_leaf *leaf)                                   \
	{                                                                                          \
		return pt_translate(&(value), format##_leaf_at, pt, iova, leaf);                   \
	}                                                                                          \
	int iomt_##format##_oa(const struct iomt_pt *pt, u64 iova, uint64_t *oa)                   \
	{                                                                                          \
		if (pt_likely(pt_oa_one(&(value), pt, iova, oa)))                                  \
			return 0;                                                                  \
		return pt_oa_any(pt, iova, oa);                                                    \
	}                                                                                          \
	size_t iomt_##format##_translate_many(const struct iomt_pt *pt, const uint64_t *iovas,     \
					      size_t count, struct iomt_pt_leaf *leaves)           \
	{                                                                                          \
		return pt_translate_many(pt, iovas, count, leaves);                                \
	}                                                                                          \
	int iomt_##format##_dirty(struct iomt_pt *pt, u64 iova, u64 length, u64 page_size,         \
				  uint64_t *bitmap, uint32_t flags, struct iomt_gather *gather)    \
	{                                                                                          \
		return pt_dirty(pt, iova, length, page_size, bitmap, flags, gather);               \
	}                                                                                          \
	PT_NOINLINE int format##_cursor_map_any(struct iomt_pt_cursor *cursor, u64 iova, u64 oa,   \
						u64 length, uint32_t prot,                         \
						struct iomt_gather *gather)                        \
	{                                                                                          \
		int err = format##_map_few(cursor->pt, iova, oa, length, prot, gather);            \
                                                                                                   \
		pt_cursor_move(cursor, iova);                                                      \
		return err;                                                                        \
	}                                                                                          \
	int iomt_##format##_cursor_map(struct iomt_pt_cursor *cursor, u64 iova, u64 oa,            \
				       u64 length, uint32_t prot, struct iomt_gather *gather)      \
	{                                                                                          \
		DEBUG_CLAIM(cursor->pt, iova, length);                                             \
		if (pt_unlikely(length != pt_granule(&(value))))                                   \
			return format##_cursor_map_any(cursor, iova, oa, length, prot, gather);    \
		if (pt_likely(pt_cursor_map_one(&(value), cursor, iova, oa, prot)))                \
			return 0;                                                                  \
		return format##_cursor_map_any(cursor, iova, oa, pt_granule(&(value)), prot,       \
					       gather);                                            \
	}                                                                                          \
	PT_NOINLINE int format##_cursor_unmap_any(struct iomt_pt_cursor *cursor, u64 iova,         \
						  u64 length, uint64_t *unmapped,                  \
						  struct iomt_gather *gather)                      \
	{                                                                                          \
		int err = format##_unmap_few(cursor->pt, iova, length, unmapped, gather);          \
                                                                                                   \
		pt_cursor_move(cursor, iova);                                                      \
		return err;                                                                        \
	}                                                                                          \
	int iomt_##format##_cursor_unmap(struct iomt_pt_cursor *cursor, u64 iova, u64 length,      \
					 uint64_t *unmapped, struct iomt_gather *gather)           \
	{                                                                                          \
		DEBUG_CLAIM(cursor->pt, iova, length);                                             \
		if (pt_likely(pt_cursor_unmap_one(&(value), cursor, iova, length, unmapped,        \
						  gather)))                                        \
			return 0;                                                                  \
		return format##_cursor_unmap_any(cursor, iova, length, unmapped, gather);          \
	}                                                                                          \
	int iomt_##format##_cursor_translate(struct iomt_pt_cursor *cursor, u64 iova,              \
					     struct iomt_pt_leaf *leaf)                            \
	{                                                                                          \
		if (pt_likely(pt_cursor_translate_one(&(value), cursor, iova, leaf)))              \
			return 0;                                                                  \
		return pt_cursor_translate_any(cursor, iova, leaf);                                \
	}                                                                                          \
	const struct iomt_pt_format iomt_##format = {                                              \
		.name = #format,                                                                   \
		.facts = &(value),                                                                 \
		.map = iomt_##format##_map,                                                        \
		.unmap = iomt_##format##_unmap,                                                    \
		.translate = iomt_##format##_translate,                                            \
		.oa = iomt_##format##_oa,                                                          \
		.cursor_map = iomt_##format##_cursor_map,                                          \
		.cursor_unmap = iomt_##format##_cursor_unmap,                                      \
		.cursor_translate = iomt_##format##_cursor_translate,                              \
		.walk = format##_walk,                                                             \
		.build = format##_build,                                                           \
		.look = format##_look,                                                             \
		.write = format##_write,                                                           \
		.list = format##_list,                                                             \
		.clear = format##_clear,                                                           \
		.change = format##_change,                                                         \
		.harvest = format##_harvest,                                                       \
		.leaf_at = format##_leaf_at,                                                       \
		.batch = format##_batch,                                                           \
	}
/* clang-format on */

#endif
