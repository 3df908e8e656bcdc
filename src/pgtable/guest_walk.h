/* SPDX-License-Identifier: MIT */
/*
 * The walker for tables that a guest wrote: the engine over the same facts, with what it takes to
 * judge an entry that may hold anything.
 *
 * There are two ways down. The fast one knows tables as drivers write them: in the first region, all
 * that the hardware would want set, no bit that could matter; it compares each entry once and gives up
 * at the first that differs. The whole one then begins anew. Both are compiled once for each format.
 */
#ifndef PT_GUEST_WALK_H
#define PT_GUEST_WALK_H

#include "guest.h"

/* What an entry is: these, or an enum iomt_walk_fault_kind. */
enum guest_judged {
	GUEST_TABLE = 0x40,
	GUEST_LEAF,
};

#define GUEST_ASKED   (IOMT_READ | IOMT_WRITE | IOMT_EXEC)
#define GUEST_ACCESS  (GUEST_ASKED | IOMT_PRIV | IOMT_WALK_ATS | IOMT_WALK_LOOK)
#define GUEST_RETRIES 64 /* walks that end because an entry changed under a compare-and-swap */

/* What the walker needs of a format beyond its facts. */
struct guest_format {
	const struct pt_format *facts;
	uint32_t flags;	 /* IOMT_WALK_* that have a meaning */
	uint32_t always; /* those that need not be said */
	uint8_t stage;
	bool whole_input;    /* no bit less of input than the levels translate */
	bool skips;	     /* a table entry names the level of its table */
	bool access_faults;  /* a clear accessed bit is a fault where hardware does not set it */
	bool user_faults;    /* a user on a privileged page has a fault of its own */
	bool output_faults;  /* so has an address beyond the output, the root's too */
	bool types_override; /* a memory type of stage 1 takes the place of stage 2's */
	u64 accessed;	     /* the accessed bit of leaves */
	u64 accessed_table;  /* and of tables */
	uint8_t narrow_bits; /* address bits of entries below an output of 52 bits; 0: as many */
	u64 ignored;	     /* bits of leaves that mean nothing to hardware */

	unsigned (*judge)(const struct iomt_walker *w, u64 entry, unsigned level);

	/* The level of the table that an entry names; where format.skips. */
	unsigned (*next)(u64 entry);

	/* log2 of the leaf's size, which the walker may pass on: v is the input */
	unsigned (*leaf_lg2)(const struct iomt_walker *w, u64 entry, unsigned level, u64 v);

	/* prot, from the AND and the OR of the table entries, for the privilege in "access" */
	uint32_t (*rights)(const struct iomt_walker *w, u64 all, u64 any, u64 leaf,
			   uint32_t access);

	/* the leaf after a write through it */
	u64 (*dirtied)(u64 leaf);

	uint8_t (*type)(const struct iomt_walker *w, u64 leaf, unsigned level);

	/*
	 * For the fast way: what usual tables look like (table_mask, table_want), and the usual leaf of a
	 * granule, which users may read and write (usual_mask, usual_want; in usual_no_exec the one bit
	 * that may differ).
	 */
	void (*usual)(struct iomt_walker *w);
};

/* Where the tables of a walker are, as far as that is known before. */
enum guest_way {
	GUEST_NEAR, /* the top lies in the first region */
	GUEST_FAR,  /* all memory is behind callbacks */
	GUEST_ANYWHERE,
};

/* A format as a walker sees it. */
struct iomt_walk_format {
	const struct guest_format *facts;
	/* in the first region, behind callbacks, anywhere: enum guest_way */
	int (*walk[3])(const struct iomt_walker *walker, u64 iova, uint32_t access,
		       struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault);
	int (*walk_with_path)(const struct iomt_walker *walker, u64 iova, uint32_t access,
			      struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault,
			      struct iomt_walk_path *path);
};

typedef bool guest_other_leaf_fn(const struct iomt_walker *w, u64 v, u64 entry, unsigned level,
				 uint32_t access, struct iomt_walk_leaf *leaf);

/* Where a walk is. */
struct guest_at {
	u64 v;
	u64 table;
	u64 address; /* of the entry; 0: none was read */
	u64 entry;
	u64 all; /* of table entries: their AND, and their OR */
	u64 any;
	unsigned level;
};

/* Ignored bits at the top are copies of the one below. */
PT_INLINE u64 guest_untag(const struct iomt_walker *w, u64 iova)
{
	return (u64)((int64_t)(iova << w->tag_bits) >> w->tag_bits);
}

/* Bits of v that a table entry leaves to no table: levels between next and level, both not counted. */
PT_INLINE u64 guest_skipped(const struct pt_format *f, unsigned level, unsigned next)
{
	return pt_low_bits(pt_unit_lg2(f, level)) & ~pt_low_bits(pt_unit_lg2(f, next + 1));
}

/*
 * Goes down to the entry that ends the walk, and says what it is. A table's level is below that of its
 * entry, whatever the bytes say: judge sees to it.
 */
PT_INLINE unsigned guest_descend(const struct guest_format *g, const struct iomt_walker *w,
				 struct guest_at *at, struct iomt_walk_path *path)
{
	const struct pt_format *f = g->facts;
	u64 index = at->v >> pt_unit_lg2(f, at->level);

	for (;;) {
		unsigned judged, next;

		at->address = at->table + 8 * index;
		if (pt_unlikely(!guest_read(w, at->address, &at->entry))) {
			at->entry = 0;
			return IOMT_WALK_FAULT_TABLE;
		}
		path->steps[path->count].address = at->address;
		path->steps[path->count].entry = at->entry;
		path->steps[path->count++].level = (uint8_t)at->level;
		judged = g->judge(w, at->entry, at->level);
		if (judged != GUEST_TABLE)
			return judged;
		next = g->skips ? g->next(at->entry) : at->level - 1;
		if (g->skips && pt_unlikely(at->v & guest_skipped(f, at->level, next)))
			return IOMT_WALK_FAULT_SKIPPED;
		at->all &= at->entry;
		at->any |= at->entry;
		at->table = f->unpack(at->entry) & w->addr_mask;
		at->level = next;
		index = pt_index(f, at->v, next);
	}
}

PT_INLINE int guest_fault(const struct guest_format *g, const struct iomt_walker *w,
			  const struct guest_at *at, unsigned kind, u64 iova, uint32_t access,
			  struct iomt_walk_fault *fault)
{
	*fault = (struct iomt_walk_fault){
		.iova = iova,
		.input = iova,
		.address = at->address,
		.entry = at->entry,
		.access = access,
		.kind = (uint8_t)kind,
		.level = (uint8_t)at->level,
		.top = at->level == w->top_level,
		.stage = g->stage,
	};
	return IOMT_EFAULT;
}

/* Whether a write through a leaf would still change it. */
PT_INLINE bool guest_is_clean(const struct guest_format *g, const struct iomt_walker *w, u64 entry,
			      uint32_t prot)
{
	return (w->flags & IOMT_WALK_DIRTY) && (prot & IOMT_WRITE) && g->dirtied(entry) != entry;
}

/* A leaf that may be used: what it means, once hardware has marked it. */
PT_INLINE void guest_fill(const struct guest_format *g, const struct iomt_walker *w, u64 v,
			  u64 entry, unsigned level, uint32_t prot, struct iomt_walk_leaf *leaf)
{
	const struct pt_format *f = g->facts;
	unsigned size_lg2 = g->leaf_lg2(w, entry, level, v);
	u64 within = pt_low_bits(size_lg2);

	leaf->oa = (f->unpack(entry) & w->addr_mask & ~within) | (v & within);
	leaf->entry = entry;
	leaf->prot = prot;
	leaf->size_lg2 = (uint8_t)size_lg2;
	leaf->level = (uint8_t)level;
	leaf->type = g->type(w, entry, level);
	leaf->clean =
		(w->flags & IOMT_WALK_DIRTY) && (prot & IOMT_WRITE) && g->dirtied(entry) != entry;
}

/* Nobody sets the accessed bit, and hardware minds. */
PT_INLINE bool guest_access_fault(const struct guest_format *g, const struct iomt_walker *w,
				  u64 entry)
{
	return g->access_faults && !(entry & g->accessed) &&
	       !(w->flags & (IOMT_WALK_ACCESSED | IOMT_WALK_NO_ACCESS_FAULT));
}

/* VT-d's extended accessed bit goes with the accessed bit. */
#define GUEST_EXTENDED_ACCESSED (1ULL << 10)

PT_INLINE u64 guest_extended(const struct iomt_walker *w)
{
	return w->flags & IOMT_WALK_EXTENDED_ACCESSED ? GUEST_EXTENDED_ACCESSED : 0;
}

/* The leaf as hardware leaves it after an access that was granted. */
PT_INLINE u64 guest_marked(const struct guest_format *g, const struct iomt_walker *w, u64 entry,
			   uint32_t granted)
{
	if (w->flags & IOMT_WALK_ACCESSED)
		entry |= g->accessed | guest_extended(w);
	if ((w->flags & IOMT_WALK_DIRTY) && (granted & IOMT_WRITE))
		entry = g->dirtied(entry);
	return entry;
}

/* Marks all entries of the path, from the top on. Where one cannot be, *at is there. */
PT_INLINE int guest_mark(const struct guest_format *g, const struct iomt_walker *w,
			 const struct iomt_walk_path *path, u64 leaf, struct guest_at *at)
{
	u64 table = g->accessed_table ? g->accessed_table | guest_extended(w) : 0;

	for (unsigned i = 0; i < path->count; i++) {
		u64 was = path->steps[i].entry, now = i + 1 < path->count ? was | table : leaf;
		int err;

		if (now == was)
			continue;
		err = guest_replace(w, path->steps[i].address, was, now);
		if (!err)
			continue;
		at->address = path->steps[i].address;
		at->entry = was;
		at->level = path->steps[i].level;
		return err == IOMT_EAGAIN ? IOMT_EAGAIN : IOMT_EFAULT;
	}
	return 0;
}

PT_INLINE unsigned guest_denied(const struct guest_format *g, uint32_t prot, uint32_t access)
{
	return g->user_faults && (prot & IOMT_PRIV) && !(access & IOMT_PRIV)
		       ? IOMT_WALK_FAULT_USER
		       : IOMT_WALK_FAULT_PERMISSION;
}

/* One walk, with any entries. */
PT_INLINE int guest_walk_once(const struct guest_format *g, const struct iomt_walker *w, u64 iova,
			      uint32_t access, struct iomt_walk_leaf *leaf,
			      struct iomt_walk_fault *fault, struct iomt_walk_path *path)
{
	u64 input = guest_untag(w, iova), marked;
	struct guest_at at = {.v = input & w->va_mask, .table = w->root, .all = ~0ULL};
	uint32_t prot, granted;
	unsigned judged;
	int err;

	at.level = w->top_level;
	path->count = 0;
	if (pt_unlikely(input - w->va_base > w->va_mask))
		return guest_fault(g, w, &at, IOMT_WALK_FAULT_INPUT, iova, access, fault);
	if (g->output_faults && pt_unlikely(w->root & w->beyond))
		return guest_fault(g, w, &at, IOMT_WALK_FAULT_OUTPUT, iova, access, fault);
	judged = guest_descend(g, w, &at, path);
	if (pt_unlikely(judged != GUEST_LEAF))
		return guest_fault(g, w, &at, judged, iova, access, fault);
	if (guest_access_fault(g, w, at.entry))
		return guest_fault(g, w, &at, IOMT_WALK_FAULT_ACCESSED, iova, access, fault);
	prot = g->rights(w, at.all, at.any, at.entry, access) & ~w->deny;
	if (pt_unlikely(access & GUEST_ASKED & ~prot) && !(access & IOMT_WALK_ATS)) {
		guest_fault(g, w, &at, guest_denied(g, prot, access), iova, access, fault);
		fault->denied = access & GUEST_ASKED & ~prot;
		return IOMT_EFAULT;
	}
	granted = access & GUEST_ASKED & prot;
	marked = at.entry;
	if (granted && !(access & IOMT_WALK_LOOK)) {
		marked = guest_marked(g, w, at.entry, granted);
		if (w->flags & IOMT_WALK_ACCESSED) {
			err = guest_mark(g, w, path, marked, &at);
			if (err == IOMT_EFAULT)
				guest_fault(g, w, &at, IOMT_WALK_FAULT_UPDATE, iova, access, fault);
			if (err)
				return err;
		}
	}
	guest_fill(g, w, at.v, marked, at.level, prot, leaf);
	return 0;
}

PT_INLINE int guest_walk_any(const struct guest_format *g, const struct iomt_walker *w, u64 iova,
			     uint32_t access, struct iomt_walk_leaf *leaf,
			     struct iomt_walk_fault *fault, struct iomt_walk_path *path)
{
	int err = IOMT_EAGAIN;

	if (!(access & GUEST_ASKED) || (access & ~GUEST_ACCESS))
		return IOMT_EINVAL;
	for (int i = 0; i < GUEST_RETRIES && err == IOMT_EAGAIN; i++)
		err = guest_walk_once(g, w, iova, access, leaf, fault, path);
	return err;
}

/* Whether the address of a table's entry can be had by one subtraction. */
PT_INLINE bool guest_in_place(const struct pt_format *f)
{
	return f->plain_tables && !f->entry_shift;
}

/*
 * The table that an entry points to, where both are as usual: its offset in the first region. Less the
 * bits that mean nothing, a usual entry is the address and what every table has: one subtraction gives
 * the offset, and shows at its alignment and size that it is one.
 */
PT_INLINE bool guest_usual_child(const struct guest_format *g, const struct iomt_walker *w,
				 u64 entry, unsigned level, u64 *table)
{
	const struct pt_format *f = g->facts;
	u64 more = f->table(0, level) - f->table(0, 1);

	if (guest_in_place(f)) {
		*table = (entry & w->table_mask) - w->table_offset - more;
	} else {
		if ((entry ^ (w->table_want + more)) & w->table_mask)
			return false;
		*table = (f->unpack(entry) & w->addr_mask) - w->base;
	}
	return pt_likely(!(*table & (pt_granule(f) - 1)) && *table <= w->last_table);
}

/* Entry number "index" of the table at an offset: in the first region, or behind callbacks. */
PT_INLINE bool guest_usual_read(const struct iomt_walker *w, u64 table, u64 index, bool far,
				u64 *entry)
{
	if (far)
		return !w->read64(w->ctx, table + 8 * index, entry);
	*entry = pt_load((const u64 *)(w->host + table) + index);
	return true;
}

/* What any leaf means below usual tables, if it is to be had and hardware would change nothing. */
PT_INLINE bool guest_other_leaf(const struct guest_format *g, const struct iomt_walker *w, u64 v,
				u64 entry, unsigned level, uint32_t access,
				struct iomt_walk_leaf *leaf)
{
	uint32_t prot;

	if (g->judge(w, entry, level) != GUEST_LEAF)
		return false;
	prot = g->rights(w, ~0ULL, 0, entry, access) & ~w->deny;
	if ((access & ~prot) || guest_access_fault(g, w, entry) ||
	    guest_marked(g, w, entry, access) != entry)
		return false;
	guest_fill(g, w, v, entry, level, prot, leaf);
	return true;
}

/* What a leaf of a granule means that users may read and write. */
PT_INLINE bool guest_usual_leaf(const struct guest_format *g, const struct iomt_walker *w, u64 v,
				u64 entry, uint32_t access, struct iomt_walk_leaf *leaf)
{
	const struct pt_format *f = g->facts;
	uint32_t prot = w->usual_prot ^ (entry & w->usual_no_exec ? IOMT_EXEC : 0);

	if (pt_unlikely((entry & w->usual_mask) != w->usual_want || (access & ~prot)))
		return false;
	leaf->oa = (f->unpack(entry) & w->addr_mask) | (v & (pt_granule(f) - 1));
	leaf->entry = entry;
	leaf->prot = prot;
	leaf->size_lg2 = f->granule_lg2;
	leaf->level = 0;
	leaf->type = w->usual_type;
	leaf->clean = false;
	return true;
}

/*
 * The usual case of guest_walk_any; false leaves it to that. far: memory is behind callbacks alone, an
 * offset is an address. other: guest_other_leaf of the format, out of the way.
 */
PT_INLINE bool guest_walk_usual(const struct guest_format *g, guest_other_leaf_fn *other,
				const struct iomt_walker *w, u64 iova, uint32_t access, bool far,
				struct iomt_walk_leaf *leaf)
{
	const struct pt_format *f = g->facts;
	u64 input = guest_untag(w, iova), v = input & w->va_mask, entry, index;
	u64 table = w->top;

	if (pt_unlikely(input - w->va_base > w->va_mask || access - 1 >= GUEST_ASKED))
		return false;
#pragma GCC unroll 6
	for (unsigned level = f->max_levels - 1u; level > 0; level--) {
		if (level >= f->min_levels && level > w->top_level)
			continue;
		index = pt_index(f, v, level);
		if (f->root_concat_lg2 &&
		    (level == f->max_levels - 1u || pt_unlikely(level == w->top_level)))
			index = v >> pt_unit_lg2(f, level);
		if (!guest_usual_read(w, table, index, far, &entry))
			return false;
		if (!guest_usual_child(g, w, entry, level, &table))
			return other(w, v, entry, level, access, leaf);
	}
	index = f->root_concat_lg2 && !w->top_level ? v >> f->granule_lg2 : pt_index(f, v, 0);
	if (!guest_usual_read(w, table, index, far, &entry))
		return false;
	return guest_usual_leaf(g, w, v, entry, access, leaf) ||
	       other(w, v, entry, 0, access, leaf);
}

/* Defines iomt_walk_<format>, for the facts in "value". */
/* clang-format off */
#define GUEST_FORMAT_ENTRY(format, value)                                                          \
	PT_NOINLINE bool format##_other_leaf(const struct iomt_walker *walker, u64 v, u64 entry,   \
					     unsigned level, uint32_t access,                      \
					     struct iomt_walk_leaf *leaf)                          \
	{                                                                                          \
		return guest_other_leaf(&(value), walker, v, entry, level, access, leaf);          \
	}                                                                                          \
	PT_NOINLINE int format##_walk_path(const struct iomt_walker *walker, u64 iova,             \
					   uint32_t access, struct iomt_walk_leaf *leaf,           \
					   struct iomt_walk_fault *fault,                          \
					   struct iomt_walk_path *path)                            \
	{                                                                                          \
		return guest_walk_any(&(value), walker, iova, access, leaf, fault, path);          \
	}                                                                                          \
	PT_NOINLINE int format##_walk_whole(const struct iomt_walker *walker, u64 iova,            \
					    uint32_t access, struct iomt_walk_leaf *leaf,          \
					    struct iomt_walk_fault *fault)                         \
	{                                                                                          \
		struct iomt_walk_path path;                                                        \
                                                                                                   \
		return format##_walk_path(walker, iova, access, leaf, fault, &path);               \
	}                                                                                          \
	static int format##_walk(const struct iomt_walker *walker, u64 iova, uint32_t access,      \
				 struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault)       \
	{                                                                                          \
		if (pt_likely(guest_walk_usual(&(value), format##_other_leaf, walker, iova, access, false, leaf)))      \
			return 0;                                                                  \
		return format##_walk_whole(walker, iova, access, leaf, fault);                     \
	}                                                                                          \
	static int format##_walk_far(const struct iomt_walker *walker, u64 iova, uint32_t access,  \
				     struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault)   \
	{                                                                                          \
		if (pt_likely(guest_walk_usual(&(value), format##_other_leaf, walker, iova, access, true, leaf)))       \
			return 0;                                                                  \
		return format##_walk_whole(walker, iova, access, leaf, fault);                     \
	}                                                                                          \
	const struct iomt_walk_format iomt_walk_##format = {                                       \
		.facts = &(value),                                                                 \
		.walk = {format##_walk, format##_walk_far, format##_walk_whole},                   \
		.walk_with_path = format##_walk_path,                                              \
	}
/* clang-format on */

/* What the facts of several formats share. */

/* Bits high..low of an entry. */
#define GUEST_BITS(high, low) (pt_low_bits((high) + 1) & ~pt_low_bits(low))

#endif
