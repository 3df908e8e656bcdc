/* SPDX-License-Identifier: MIT */
/*
 * The walker for tables that a guest wrote: the engine over the same facts, with what it takes to
 * judge an entry that may hold anything.
 *
 * There are two ways down. The fast one knows tables as drivers write them: in the first region, all
 * that the hardware would want set, no bit that could matter; it looks at each entry once and gives up
 * at the first that differs. The whole one then begins anew. Both are compiled once for each format; the
 * fast one calls nothing but at its end, so that all it has fits into registers.
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
	uint8_t exec_shift;  /* from where usual_exec says to IOMT_EXEC; 0: it says nothing */
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
	 * granule, which users may read and write (usual_mask, usual_want; usual_exec is IOMT_EXEC where
	 * the bit that is exec_shift above may differ, and turns that over).
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
	/* as stage 1, where it and all its entries are usual; false leaves the walk to others */
	bool (*walk_nested)(const struct iomt_walker *walker, const struct iomt_walker *second,
			    u64 iova, uint32_t access, struct iomt_walk_leaf *leaf);
	/* as its stage 2: reads an entry, where that changes nothing */
	struct iomt_guest_word (*read)(const struct iomt_walker *walker, u64 address);

	void *reserved[9]; /* as in struct iomt_pt_format */
};
_Static_assert(sizeof(struct iomt_walk_format) == 16 * sizeof(void *), "the ABI's size");

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

/* What a request of this kind may do. A device's TLB has no execution without reading (PCIe 10.2.3). */
PT_INLINE uint32_t guest_rights(const struct guest_format *g, const struct iomt_walker *w,
				const struct guest_at *at, uint32_t access)
{
	uint32_t prot = g->rights(w, at->all, at->any, at->entry, access) & ~w->deny;

	return (access & IOMT_WALK_ATS) && !(prot & IOMT_READ) ? prot & ~IOMT_EXEC : prot;
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
	prot = guest_rights(g, w, &at, access);
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

/* An entry, or the address that it holds, moved to where addresses are. */
PT_INLINE u64 guest_in_place(const struct pt_format *f, u64 entry)
{
	return entry << f->entry_shift | entry >> (-f->entry_shift & 63);
}

/* Where usual entries are: in the first region, behind callbacks, or in what stage 2 makes of that. */
struct guest_tables {
	enum guest_way way;
	const struct iomt_walker *second;
};

/*
 * The table that an entry points to, where both are as usual: where it is mapped, or its guest address. Less
 * the bits that mean nothing, a usual entry is the address and what every table has: one addition makes
 * of it where the table is, whose offset shows at its low and its high bits that it is one. table_odd has
 * all of these but for some of a region's upper half.
 */
PT_INLINE bool guest_usual_child(const struct pt_format *f, const struct iomt_walker *w,
				 struct guest_tables tables, u64 entry, unsigned level, u64 *table)
{
	u64 more = guest_in_place(f, f->table(0, level) - f->table(0, 1)), odd = w->table_odd,
	    offset;

	*table = guest_in_place(f, entry & w->table_mask) + w->table_move - more;
	offset = *table - (tables.way == GUEST_NEAR ? w->tables : 0);
	return pt_likely(!(offset & odd)) ||
	       (!(offset & (pt_granule(f) - 1)) && offset <= w->last_table);
}

/* Entry number "index" of a table. */
PT_INLINE struct iomt_guest_word guest_usual_read(const struct iomt_walker *w,
						  struct guest_tables tables, u64 table, u64 index)
{
	if (tables.second)
		return tables.second->format->read(tables.second, table + 8 * index);
	if (tables.way == GUEST_FAR)
		return w->read64(w->ctx, table + 8 * index);
	return (struct iomt_guest_word){guest_load((const u64 *)(uintptr_t)table + index), 0};
}

/* Where the fast way ended: an entry that is no usual table, or none that could be read. */
struct guest_end {
	u64 entry;
	unsigned level;
	bool read;
};

PT_INLINE struct guest_end guest_usual_descend(const struct pt_format *f,
					       const struct iomt_walker *w,
					       struct guest_tables tables, u64 v)
{
	unsigned top_level = w->top_level;
	u64 table = w->top, index;
	struct iomt_guest_word word;

#pragma GCC unroll 6
	for (unsigned level = f->max_levels - 1u; level > 0; level--) {
		if (level >= f->min_levels && level > top_level)
			continue;
		index = pt_index(f, v, level);
		if (f->root_concat_lg2 &&
		    (level == f->max_levels - 1u || pt_unlikely(level == top_level)))
			index = v >> pt_unit_lg2(f, level);
		word = guest_usual_read(w, tables, table, index);
		if (pt_unlikely(word.err) ||
		    pt_unlikely(!guest_usual_child(f, w, tables, word.value, level, &table)))
			return (struct guest_end){word.value, level, !word.err};
	}
	index = f->root_concat_lg2 && !top_level ? v >> f->granule_lg2 : pt_index(f, v, 0);
	word = guest_usual_read(w, tables, table, index);
	return (struct guest_end){word.value, 0, !word.err};
}

/* What a usual leaf allows: of a granule that users may read and write. 0: it is none. */
PT_INLINE uint32_t guest_usual_prot(const struct guest_format *g, const struct iomt_walker *w,
				    u64 entry)
{
	uint32_t prot = w->usual.prot;

	if (g->exec_shift)
		prot ^= (uint32_t)(entry >> g->exec_shift) & w->usual_exec;
	return pt_likely((entry & w->usual_mask) == w->usual_want) ? prot : 0;
}

PT_INLINE u64 guest_usual_oa(const struct pt_format *f, const struct iomt_walker *w, u64 iova,
			     u64 entry)
{
	return (f->unpack(entry) & w->addr_mask) | (iova & (pt_granule(f) - 1));
}

PT_INLINE bool guest_usual_leaf(const struct guest_format *g, const struct iomt_walker *w, u64 iova,
				u64 entry, uint32_t access, struct iomt_walk_leaf *leaf)
{
	uint32_t prot = guest_usual_prot(g, w, entry);

	if (pt_unlikely(access & ~prot))
		return false;
	*leaf = (struct iomt_walk_leaf){
		.oa = guest_usual_oa(g->facts, w, iova, entry),
		.entry = entry,
		.prot = prot,
		.size_lg2 = w->usual.size_lg2,
		.level = w->usual.level,
		.type = w->usual.type,
		.clean = w->usual.clean,
	};
	return true;
}

/* v of an input address, or false: it is none, or the request is not for the fast way. */
PT_INLINE bool guest_usual_input(const struct guest_format *g, const struct iomt_walker *w,
				 u64 iova, uint32_t access, u64 *v)
{
	bool from_0 = !(g->flags & (IOMT_WALK_SIGNED | IOMT_WALK_UPPER));
	u64 input = g->flags & IOMT_WALK_TOP_BYTE ? guest_untag(w, iova) : iova;

	*v = from_0 ? input : input & w->va_mask;
	return pt_likely(input - (from_0 ? 0 : w->va_base) <= w->va_mask &&
			 access - 1 < GUEST_ASKED);
}

/*
 * Where the fast way stopped, as the functions below are told: the access that was asked for, and the
 * level of the entry.
 */
#define GUEST_LEVEL_SHIFT 8

/* What any leaf means below usual tables, if it is to be had and hardware would change nothing. */
PT_INLINE bool guest_other_leaf(const struct guest_format *g, const struct iomt_walker *w, u64 iova,
				uint32_t stopped, struct iomt_walk_leaf *leaf, u64 entry)
{
	uint32_t access = stopped & GUEST_ASKED, prot;
	unsigned level = stopped >> GUEST_LEVEL_SHIFT;

	if (g->judge(w, entry, level) != GUEST_LEAF)
		return false;
	prot = g->rights(w, ~0ULL, 0, entry, access) & ~w->deny;
	if ((access & ~prot) || guest_access_fault(g, w, entry) ||
	    guest_marked(g, w, entry, access) != entry)
		return false;
	guest_fill(g, w, guest_untag(w, iova) & w->va_mask, entry, level, prot, leaf);
	return true;
}

typedef bool guest_other_fn(const struct iomt_walker *w, u64 iova, uint32_t stopped,
			    struct iomt_walk_leaf *leaf, u64 entry);
typedef int guest_whole_fn(const struct iomt_walker *w, u64 iova, uint32_t access,
			   struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault);
typedef int guest_on_fn(const struct iomt_walker *w, u64 iova, uint32_t stopped,
			struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault, u64 entry);

/* The fast way, and what it leaves to others: all of the walk, or to go on from an entry. */
PT_INLINE int guest_walk_fast(const struct guest_format *g, guest_whole_fn *whole, guest_on_fn *on,
			      const struct iomt_walker *w, enum guest_way way, u64 iova,
			      uint32_t access, struct iomt_walk_leaf *leaf,
			      struct iomt_walk_fault *fault)
{
	struct guest_tables tables = {way, NULL};
	struct guest_end end;
	u64 v;

	if (!guest_usual_input(g, w, iova, access, &v))
		return whole(w, iova, access, leaf, fault);
	end = guest_usual_descend(g->facts, w, tables, v);
	if (pt_unlikely(!end.read))
		return whole(w, iova, access, leaf, fault);
	if (!end.level && guest_usual_leaf(g, w, iova, end.entry, access, leaf))
		return 0;
	return on(w, iova, access | end.level << GUEST_LEVEL_SHIFT, leaf, fault, end.entry);
}

PT_INLINE bool guest_walk_nested(const struct guest_format *g, guest_other_fn *other,
				 const struct iomt_walker *w, const struct iomt_walker *second,
				 u64 iova, uint32_t access, struct iomt_walk_leaf *leaf)
{
	struct guest_tables tables = {GUEST_FAR, second};
	struct guest_end end;
	u64 v;

	if (!guest_usual_input(g, w, iova, access, &v))
		return false;
	end = guest_usual_descend(g->facts, w, tables, v);
	if (pt_unlikely(!end.read))
		return false;
	if (!end.level && guest_usual_leaf(g, w, iova, end.entry, access, leaf))
		return true;
	return other(w, iova, access | end.level << GUEST_LEVEL_SHIFT, leaf, end.entry);
}

/* Reads the word at an input address; the fast way, or not. */
PT_INLINE struct iomt_guest_word guest_read_input(const struct guest_format *g,
						  guest_other_fn *other,
						  const struct iomt_walker *w, u64 address)
{
	struct guest_tables tables = {GUEST_NEAR, NULL};
	struct iomt_walk_leaf leaf;
	struct guest_end end;
	u64 v;

	if (!guest_usual_input(g, w, address, IOMT_READ, &v))
		return (struct iomt_guest_word){0, IOMT_EIO};
	end = guest_usual_descend(g->facts, w, tables, v);
	if (!end.level && pt_likely(guest_usual_prot(g, w, end.entry) & IOMT_READ))
		return guest_word(w, guest_usual_oa(g->facts, w, address, end.entry));
	if (!other(w, address, IOMT_READ | end.level << GUEST_LEVEL_SHIFT, &leaf, end.entry))
		return (struct iomt_guest_word){0, IOMT_EIO};
	return guest_word(w, leaf.oa);
}

/* Defines iomt_walk_<format>, for the facts in "value". */
/* clang-format off */
#define GUEST_FORMAT_ENTRY(format, value)                                                          \
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
	PT_NOINLINE bool format##_other(const struct iomt_walker *walker, u64 iova,                \
					uint32_t stopped, struct iomt_walk_leaf *leaf, u64 entry)  \
	{                                                                                          \
		return guest_other_leaf(&(value), walker, iova, stopped, leaf, entry);             \
	}                                                                                          \
	PT_NOINLINE int format##_walk_on(const struct iomt_walker *walker, u64 iova,               \
					 uint32_t stopped, struct iomt_walk_leaf *leaf,            \
					 struct iomt_walk_fault *fault, u64 entry)                 \
	{                                                                                          \
		if (format##_other(walker, iova, stopped, leaf, entry))                            \
			return 0;                                                                  \
		return format##_walk_whole(walker, iova, stopped & GUEST_ASKED, leaf, fault);      \
	}                                                                                          \
	static int format##_walk(const struct iomt_walker *walker, u64 iova, uint32_t access,      \
				 struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault)       \
	{                                                                                          \
		return guest_walk_fast(&(value), format##_walk_whole, format##_walk_on, walker,    \
				       GUEST_NEAR, iova, access, leaf, fault);                     \
	}                                                                                          \
	static int format##_walk_far(const struct iomt_walker *walker, u64 iova, uint32_t access,  \
				     struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault)   \
	{                                                                                          \
		return guest_walk_fast(&(value), format##_walk_whole, format##_walk_on, walker,    \
				       GUEST_FAR, iova, access, leaf, fault);                      \
	}                                                                                          \
	static bool format##_walk_nested(const struct iomt_walker *walker,                         \
					 const struct iomt_walker *second, u64 iova,               \
					 uint32_t access, struct iomt_walk_leaf *leaf)             \
	{                                                                                          \
		return guest_walk_nested(&(value), format##_other, walker, second, iova, access,   \
					 leaf);                                                    \
	}                                                                                          \
	static struct iomt_guest_word format##_read(const struct iomt_walker *walker, u64 address)      \
	{                                                                                          \
		return guest_read_input(&(value), format##_other, walker, address);                \
	}                                                                                          \
	const struct iomt_walk_format iomt_walk_##format = {                                       \
		.facts = &(value),                                                                 \
		.walk = {format##_walk, format##_walk_far, format##_walk_whole},                   \
		.walk_with_path = format##_walk_path,                                              \
		.walk_nested = format##_walk_nested,                                               \
		.read = format##_read,                                                             \
	}
/* clang-format on */

/* What the facts of several formats share. */

/* Bits high..low of an entry. */
#define GUEST_BITS(high, low) (pt_low_bits((high) + 1) & ~pt_low_bits(low))

#endif
