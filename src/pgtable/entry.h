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

/* A format as the general handle sees it: its facts, and the functions that are worth folding. */
struct iomt_pt_format {
	const char *name;
	const struct pt_format *facts;
	int (*map)(struct iomt_pt *pt, u64 iova, u64 oa, u64 length, uint32_t prot,
		   struct iomt_gather *gather);
	int (*map_sg)(struct iomt_pt *pt, u64 iova, const struct iomt_seg *segs, size_t count,
		      uint32_t prot, struct iomt_gather *gather);
	int (*unmap)(struct iomt_pt *pt, u64 iova, u64 length, uint64_t *unmapped,
		     struct iomt_gather *gather);
	int (*protect)(struct iomt_pt *pt, u64 iova, u64 length, uint32_t prot,
		       struct iomt_gather *gather);
	int (*translate)(const struct iomt_pt *pt, u64 iova, struct iomt_pt_leaf *leaf);
	int (*oa)(const struct iomt_pt *pt, u64 iova, uint64_t *oa);
	size_t (*translate_many)(const struct iomt_pt *pt, const uint64_t *iovas, size_t count,
				 struct iomt_pt_leaf *leaves);
	int (*dirty)(struct iomt_pt *pt, u64 iova, u64 length, u64 page_size, uint64_t *bitmap,
		     uint32_t flags, struct iomt_gather *gather);
	int (*cursor_map)(struct iomt_pt_cursor *cursor, u64 iova, u64 oa, u64 length,
			  uint32_t prot, struct iomt_gather *gather);
	int (*cursor_unmap)(struct iomt_pt_cursor *cursor, u64 iova, u64 length, uint64_t *unmapped,
			    struct iomt_gather *gather);
	int (*cursor_translate)(struct iomt_pt_cursor *cursor, u64 iova, struct iomt_pt_leaf *leaf);
};

/*
 * Defines iomt_<format>_map and so on, and the format's object, for the facts in "value". What one
 * page needs stands alone in a small function, with the rest out of its way. It needs no register
 * that it would have to give back: a restored register waits, on some processors, for the walk of the
 * call before, and calls that follow one another take three times as long.
 */
/* clang-format off */
#define PT_FORMAT_ENTRY(format, value)                                                             \
	PT_NOINLINE int format##_map_segs(struct pt_mapping *m)                                    \
	{                                                                                          \
		return pt_map_segs(&(value), m);                                                   \
	}                                                                                          \
	PT_NOINLINE int format##_map_range(struct iomt_pt *pt, u64 iova, u64 oa, u64 length,       \
					   uint32_t prot, struct iomt_gather *gather)              \
	{                                                                                          \
		return pt_map_range(&(value), format##_map_segs, pt, iova, oa, length, prot,       \
				    gather);                                                       \
	}                                                                                          \
	PT_NOINLINE int format##_map_few(struct iomt_pt *pt, u64 iova, u64 oa, u64 length,        \
					  uint32_t prot, struct iomt_gather *gather)               \
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
		return pt_map_sg(&(value), format##_map_segs, pt, iova, segs, count, prot,         \
				 gather);                                                          \
	}                                                                                          \
	PT_NOINLINE int format##_unmap_mixed(struct iomt_pt *pt, u64 v, u64 last, u64 delta,       \
					     struct pt_touched *removed,                           \
					     struct iomt_gather *gather)                           \
	{                                                                                          \
		return pt_unmap_mixed(&(value), pt, v, last, delta, removed, gather);              \
	}                                                                                          \
	PT_NOINLINE int format##_unmap_range(struct iomt_pt *pt, u64 iova, u64 length,             \
					     uint64_t *unmapped, struct iomt_gather *gather)            \
	{                                                                                          \
		return pt_unmap_range(&(value), format##_unmap_mixed, pt, iova, length, unmapped,  \
				      gather);                                                     \
	}                                                                                          \
	PT_NOINLINE int format##_unmap_few(struct iomt_pt *pt, u64 iova, u64 length,              \
					    uint64_t *unmapped, struct iomt_gather *gather)             \
	{                                                                                          \
		if (pt_likely(pt_unmap_few(&(value), pt, iova, length, unmapped, gather)))         \
			return 0;                                                                  \
		return format##_unmap_range(pt, iova, length, unmapped, gather);                   \
	}                                                                                          \
	int iomt_##format##_unmap(struct iomt_pt *pt, u64 iova, u64 length, uint64_t *unmapped,         \
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
		return pt_protect(&(value), pt, iova, length, prot, gather);                       \
	}                                                                                          \
	PT_NOINLINE int format##_translate_any(const struct iomt_pt *pt, u64 iova,                 \
					       struct iomt_pt_leaf *leaf)                          \
	{                                                                                          \
		return pt_translate_any(&(value), pt, iova, leaf);                                 \
	}                                                                                          \
	int iomt_##format##_translate(const struct iomt_pt *pt, u64 iova,                          \
				      struct iomt_pt_leaf *leaf)                                   \
	{                                                                                          \
		if (pt_likely(pt_translate_one(&(value), pt, iova, leaf)))                         \
			return 0;                                                                  \
		return format##_translate_any(pt, iova, leaf);                                     \
	}                                                                                          \
	PT_NOINLINE int format##_oa_any(const struct iomt_pt *pt, u64 iova, uint64_t *oa)               \
	{                                                                                          \
		struct iomt_pt_leaf leaf;                                                          \
		int err = format##_translate_any(pt, iova, &leaf);                                 \
                                                                                                   \
		if (!err)                                                                          \
			*oa = leaf.oa;                                                             \
		return err;                                                                        \
	}                                                                                          \
	int iomt_##format##_oa(const struct iomt_pt *pt, u64 iova, uint64_t *oa)                        \
	{                                                                                          \
		if (pt_likely(pt_oa_one(&(value), pt, iova, oa)))                                  \
			return 0;                                                                  \
		return format##_oa_any(pt, iova, oa);                                              \
	}                                                                                          \
	size_t iomt_##format##_translate_many(const struct iomt_pt *pt, const uint64_t *iovas,          \
					      size_t count, struct iomt_pt_leaf *leaves)           \
	{                                                                                          \
		return pt_translate_many(&(value), pt, iovas, count, leaves);                      \
	}                                                                                          \
	int iomt_##format##_dirty(struct iomt_pt *pt, u64 iova, u64 length, u64 page_size,         \
				  uint64_t *bitmap, uint32_t flags, struct iomt_gather *gather)         \
	{                                                                                          \
		return pt_dirty(&(value), pt, iova, length, page_size, bitmap, flags, gather);     \
	}                                                                                          \
	PT_NOINLINE void format##_cursor_move(struct iomt_pt_cursor *cursor, u64 iova)             \
	{                                                                                          \
		pt_cursor_move(&(value), cursor, iova);                                            \
	}                                                                                          \
	PT_NOINLINE int format##_cursor_map_any(struct iomt_pt_cursor *cursor, u64 iova, u64 oa,   \
						u64 length, uint32_t prot,                         \
						struct iomt_gather *gather)                        \
	{                                                                                          \
		int err = format##_map_range(cursor->pt, iova, oa, length, prot, gather);          \
                                                                                                   \
		format##_cursor_move(cursor, iova);                                                \
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
						  u64 length, uint64_t *unmapped,                       \
						  struct iomt_gather *gather)                      \
	{                                                                                          \
		int err = format##_unmap_range(cursor->pt, iova, length, unmapped, gather);        \
                                                                                                   \
		format##_cursor_move(cursor, iova);                                                \
		return err;                                                                        \
	}                                                                                          \
	int iomt_##format##_cursor_unmap(struct iomt_pt_cursor *cursor, u64 iova, u64 length,      \
					 uint64_t *unmapped, struct iomt_gather *gather)                \
	{                                                                                          \
		DEBUG_CLAIM(cursor->pt, iova, length);                                             \
		if (pt_likely(pt_cursor_unmap_one(&(value), cursor, iova, length, unmapped,        \
						  gather)))                                        \
			return 0;                                                                  \
		return format##_cursor_unmap_any(cursor, iova, length, unmapped, gather);          \
	}                                                                                          \
	PT_NOINLINE int format##_cursor_translate_any(struct iomt_pt_cursor *cursor, u64 iova,     \
						      struct iomt_pt_leaf *leaf)                   \
	{                                                                                          \
		format##_cursor_move(cursor, iova);                                                \
		return format##_translate_any(cursor->pt, iova, leaf);                             \
	}                                                                                          \
	int iomt_##format##_cursor_translate(struct iomt_pt_cursor *cursor, u64 iova,              \
					     struct iomt_pt_leaf *leaf)                            \
	{                                                                                          \
		if (pt_likely(pt_cursor_translate_one(&(value), cursor, iova, leaf)))              \
			return 0;                                                                  \
		return format##_cursor_translate_any(cursor, iova, leaf);                          \
	}                                                                                          \
	const struct iomt_pt_format iomt_##format = {                                              \
		.name = #format,                                                                   \
		.facts = &(value),                                                                 \
		.map = iomt_##format##_map,                                                        \
		.map_sg = iomt_##format##_map_sg,                                                  \
		.unmap = iomt_##format##_unmap,                                                    \
		.protect = iomt_##format##_protect,                                                \
		.translate = iomt_##format##_translate,                                            \
		.oa = iomt_##format##_oa,                                                          \
		.translate_many = iomt_##format##_translate_many,                                  \
		.dirty = iomt_##format##_dirty,                                                    \
		.cursor_map = iomt_##format##_cursor_map,                                          \
		.cursor_unmap = iomt_##format##_cursor_unmap,                                      \
		.cursor_translate = iomt_##format##_cursor_translate,                              \
	}
/* clang-format on */

#endif
