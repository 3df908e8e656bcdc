/* SPDX-License-Identifier: MIT */
/*
 * What a format is: the facts that the engine needs of it, as one constant value.
 *
 * A format file fills one static const struct pt_format per layout and ends with PT_FORMAT_ENTRY
 * (entry.h), which compiles the engine for it: with the struct a constant, every field and function
 * below folds into the code. Functions are pure, know one entry at a time, and walk nothing.
 *
 * Levels: 0 is the level whose plain leaf is one granule. "Unit" of a level: the bytes that one
 * slot of a table at that level translates. A leaf larger than the unit is a run: it fills 2^n
 * slots.
 */
#ifndef PT_FORMAT_H
#define PT_FORMAT_H

#include <iomt/cursor.h>
#include <iomt/formats.h>
#include <iomt/pt.h>

typedef iomt_word u64;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hardware reads little-endian words");

#define PT_INLINE   static inline __attribute__((always_inline))
#define PT_NOINLINE static __attribute__((noinline))

enum pt_kind {
	PT_EMPTY,
	PT_TABLE,
	PT_LEAF,
};

struct pt_format {
	/* log2 of the granule, and index bits of a table: 12 and 9, 14 and 11, 16 and 13 */
	uint8_t granule_lg2;
	uint8_t index_lg2;

	uint8_t min_levels;
	uint8_t max_levels;
	uint8_t root_min_lg2;	 /* log2 of the smallest size and alignment of a top table */
	uint8_t root_concat_lg2; /* log2 of how many tables may stand side by side as the top */
	bool grows;		 /* the top may gain levels while in use */

	uint8_t min_iova_bits;
	uint8_t max_iova_bits;
	uint8_t usual_iova_bits;
	uint8_t usual_oa_bits;
	u64 oa_widths;	     /* bit k: an output address of k bits can be configured */
	uint8_t linear_lg2;  /* entries of neighbours differ by a constant below this oa boundary */
	bool iova_within_oa; /* the input is at most as wide as the output (stage 2) */
	bool exact_levels;   /* the width of the input alone decides the levels */
	bool canonical;	     /* the levels' top bit is a sign: it is 0 without IOMT_PT_SIGNED */

	u64 sizes; /* leaf sizes, bit k for 2^k; size k stands at level (k - granule)/index */
	u64 sizes_unusual; /* those among them that are used only when asked for by name */
	u64 sizes_wide;	   /* those that need the widest output address */
	bool repeats;	   /* a run holds the same entry in each slot; else the address grows */
	bool whole_runs;   /* hardware never remembers a run slot by slot */
	bool resizes;	   /* leaves may change size in place; else iomt_pt_cfg.bbm tells */
	bool encrypts;	   /* iomt_pt_cfg.enc_bit has a meaning */

	/*
	 * The bits below the granule's tell a table's entry from all else, and below 2^48 its
	 * address is in place, or entry_shift bits lower. Walks are faster then.
	 */
	bool plain_tables;
	uint8_t entry_shift;
	uint32_t flags; /* IOMT_PT_* that have a meaning */

	u64 synced; /* a bit of table entries that hardware ignores: the entry was cleaned */
	u64 held;  /* PT_EMPTY but not 0: keeps a leaf's place while it is broken to be made anew */
	u64 attrs; /* bits of a leaf that hold neither address nor size, but the encryption bit */

	enum pt_kind (*kind)(u64 entry, unsigned level);

	/* Moves the address into place in an entry, and back; garbage in other bits is masked
	 * later. */
	u64 (*pack)(u64 addr);
	u64 (*unpack)(u64 entry);

	/* An entry at "level" that points to the table at packed address "addr", a level below. */
	u64 (*table)(u64 addr, unsigned level);

	/* A leaf (or each slot of a run) without attributes. "oa" is not packed. */
	u64 (*leaf)(u64 oa, unsigned level, unsigned size_lg2);

	/* log2 of the size of a leaf or of the run that it belongs to */
	unsigned (*leaf_lg2)(u64 entry, unsigned level);

	/*
	 * From the AND and the OR of some entries: surely all are leaves of one unit. May say no
	 * where the answer is yes.
	 */
	bool (*all_single)(u64 all, u64 any, unsigned level);

	/* From the AND and the OR: surely none is dirty. */
	bool (*none_dirty)(u64 all, u64 any);

	/* Attributes of "prot", known to hold only listed bits; false when it has no entry. */
	bool (*encode)(uint32_t prot, uint32_t flags, uint64_t *attrs);
	uint32_t (*decode)(u64 entry, uint32_t flags);

	/* The bits that READ, WRITE, EXEC and PRIV decide. */
	u64 (*permissions)(uint32_t flags);

	bool (*dirty)(u64 entry);
	u64 (*make_dirty)(u64 entry);
	u64 (*make_clean)(u64 entry);

	/* Fills hw->u; hw->root, levels and widths are set already. */
	void (*hw)(const struct iomt_pt *pt, struct iomt_pt_hw *hw);
};

struct pt_chain;
struct pt_mapping;
struct pt_stop;
struct pt_top;

/*
 * Looks at up to n slots at "level", the first of which begins at v, and returns how many it went
 * through. It stops, with 0 or more, at a table.
 */
typedef u64 (*pt_visitor)(struct iomt_pt *pt, u64 *slot, u64 n, unsigned level, u64 v, void *ctx);

/* A format as those see it who do not know which it is: its facts, and what is compiled for them. */
struct iomt_pt_format {
	const char *name;
	const struct pt_format *facts;
	int (*map)(struct iomt_pt *pt, u64 iova, u64 oa, u64 length, uint32_t prot,
		   struct iomt_gather *gather);
	int (*unmap)(struct iomt_pt *pt, u64 iova, u64 length, uint64_t *unmapped,
		     struct iomt_gather *gather);
	int (*translate)(const struct iomt_pt *pt, u64 iova, struct iomt_pt_leaf *leaf);
	int (*oa)(const struct iomt_pt *pt, u64 iova, uint64_t *oa);
	int (*cursor_map)(struct iomt_pt_cursor *cursor, u64 iova, u64 oa, u64 length,
			  uint32_t prot, struct iomt_gather *gather);
	int (*cursor_unmap)(struct iomt_pt_cursor *cursor, u64 iova, u64 length, uint64_t *unmapped,
			    struct iomt_gather *gather);
	int (*cursor_translate)(struct iomt_pt_cursor *cursor, u64 iova, struct iomt_pt_leaf *leaf);

	/*
	 * Steps of the engine for those of its parts that are compiled once, which take one for each
	 * table: pt_walk_down, pt_walk_build, pt_look, pt_write and so on, of this format.
	 */
	struct pt_stop (*walk)(const struct iomt_pt *pt, u64 v);
	u64 *(*build)(struct iomt_pt *pt, struct pt_top top, u64 v, unsigned target,
		      struct pt_chain *chain);
	int (*look)(struct pt_mapping *m, u64 v, u64 last, u64 oa);
	void (*write)(struct pt_mapping *m, struct pt_top top, u64 v, u64 last, u64 oa);
	bool (*list)(const struct pt_mapping *m);
	pt_visitor clear;
	pt_visitor change;
	pt_visitor harvest;
	int (*leaf_at)(const struct iomt_pt *pt, u64 v, u64 entry, unsigned level,
		       struct iomt_pt_leaf *leaf);
	size_t (*batch)(const struct iomt_pt *pt, const uint64_t *iovas, unsigned n,
			struct iomt_pt_leaf *leaves);

	/* programs may hold a copy of it (copy relocations), so that it cannot become larger */
	void *reserved[13];
};
_Static_assert(sizeof(struct iomt_pt_format) == 32 * sizeof(void *), "the ABI's size");

/* Shifts and widths of a level. A shift of 64 or more means the whole address space. */
PT_INLINE unsigned pt_unit_lg2(const struct pt_format *f, unsigned level)
{
	return f->granule_lg2 + f->index_lg2 * level;
}

PT_INLINE unsigned pt_level_of_size(const struct pt_format *f, unsigned size_lg2)
{
	return (size_lg2 - f->granule_lg2) / f->index_lg2;
}

PT_INLINE u64 pt_low_bits(unsigned count)
{
	return count < 64 ? (1ULL << count) - 1 : ~0ULL;
}

PT_INLINE u64 pt_granule(const struct pt_format *f)
{
	return 1ULL << f->granule_lg2;
}

/* The last address that shares a slot at "level" with v; one level up: that shares its table. */
PT_INLINE u64 pt_slot_last(const struct pt_format *f, u64 v, unsigned level)
{
	return v | pt_low_bits(pt_unit_lg2(f, level));
}

#endif
