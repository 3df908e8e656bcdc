/* SPDX-License-Identifier: MIT */
/*
 * Two stages. Where all is usual, stage 1's fast way reads its entries by stage 2's. Else stage 1 is walked
 * as any table behind callbacks is; the callbacks ask stage 2, and what they have to say of a fault is with
 * the call.
 */
#include "guest_walk.h"
#include <iomt/walk_nested.h>

#define FLAGS (IOMT_NESTED_PROTECTED | IOMT_NESTED_KEEP | IOMT_NESTED_FIRST)

/* One walk. */
struct nested {
	const struct iomt_walker *second;
	bool overrides; /* a type of stage 1 takes the place of stage 2's */
	uint32_t flags;
	uint32_t look; /* IOMT_WALK_LOOK or 0 */
	bool marks;    /* bits of stage 1 may be set */
	bool refused;  /* one was to be, and was not */
	int err;       /* of stage 2, for the last address */
	u64 output;    /* of that address */
	struct iomt_walk_fault fault;
};

/* Tables must not be device memory, where that is asked for. */
PT_NOINLINE int refuse_device(struct nested *nested, const struct iomt_walk_leaf *leaf, u64 address,
			      uint32_t access)
{
	if (!(leaf->prot & IOMT_TYPE_DEVICE))
		return 0;
	nested->err = IOMT_EFAULT;
	nested->fault = (struct iomt_walk_fault){
		.input = address,
		.entry = leaf->entry,
		.denied = access,
		.kind = IOMT_WALK_FAULT_PERMISSION,
		.level = leaf->level,
		.top = leaf->level == nested->second->top_level,
		.stage = 2,
	};
	return IOMT_EFAULT;
}

PT_INLINE int translate(struct nested *nested, u64 address, uint32_t access)
{
	const struct iomt_walker *second = nested->second;
	struct iomt_walk_leaf leaf;
	int err = second->walk(second, address, access | nested->look, &leaf, &nested->fault);

	nested->err = err;
	if (pt_unlikely(err))
		return err;
	nested->output = leaf.oa;
	if (pt_unlikely(nested->flags & IOMT_NESTED_PROTECTED))
		return refuse_device(nested, &leaf, address, access);
	return 0;
}

static struct iomt_guest_word read_entry(void *ctx, uint64_t address)
{
	struct nested *nested = ctx;

	if (!nested || translate(nested, address, IOMT_READ))
		return (struct iomt_guest_word){0, IOMT_EIO};
	return guest_word(nested->second, nested->output);
}

static int replace_entry(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	struct nested *nested = ctx;

	if (!nested)
		return IOMT_EIO;
	nested->err = 0;
	nested->refused = !nested->marks;
	if (nested->refused || translate(nested, address, IOMT_READ | IOMT_WRITE))
		return IOMT_EACCES;
	return guest_replace(nested->second, nested->output, *expected, desired);
}

const struct iomt_guest_mem iomt_walk_by_stage_2 = {
	.size = sizeof(struct iomt_guest_mem), .read64 = read_entry, .cas64 = replace_entry};

/* What stage 1's fault was in truth. */
static int explain(const struct nested *nested, struct iomt_walk_fault *fault)
{
	struct iomt_walk_fault first = *fault;

	if (first.kind != IOMT_WALK_FAULT_TABLE && first.kind != IOMT_WALK_FAULT_UPDATE)
		return IOMT_EFAULT;
	if (nested->err == IOMT_EAGAIN)
		return IOMT_EAGAIN;
	if (!nested->err) {
		fault->address = nested->output;
		return IOMT_EFAULT;
	}
	*fault = nested->fault;
	fault->iova = first.iova;
	fault->access = first.access;
	fault->on_table = true;
	fault->on_top = first.top;
	fault->on_update = first.kind == IOMT_WALK_FAULT_UPDATE;
	return IOMT_EFAULT;
}

/* Stage 1 where nothing is unusual, in the tables of either. */
static bool walk_usual(const struct iomt_walker *first, const struct iomt_walker *second,
		       uint32_t flags, u64 iova, uint32_t access, struct iomt_walk_leaf *leaf)
{
	return !(flags & IOMT_NESTED_PROTECTED) && first->walk == first->format->walk[GUEST_FAR] &&
	       second->walk == second->format->walk[GUEST_NEAR] &&
	       first->format->walk_nested(first, second, iova, access, leaf);
}

static int walk_first(const struct iomt_walker *first, struct nested *nested, u64 iova,
		      uint32_t access, struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault)
{
	struct iomt_guest_mem mem = iomt_walk_by_stage_2;
	struct iomt_walker walker = *first;
	int err;

	mem.ctx = nested;
	walker.mem = &mem;
	walker.ctx = nested;
	nested->refused = false;
	err = walker.walk(&walker, iova, access, leaf, fault);
	return err == IOMT_EFAULT && !nested->refused ? explain(nested, fault) : err;
}

/* The stronger type; for RISC-V the first's, where it has one ("Svpbmt"). */
PT_INLINE uint32_t combine_types(const struct nested *nested, uint32_t first, uint32_t second)
{
	if (nested->overrides)
		return first ? first : second;
	return first > second ? first : second;
}

/* What both mean together. */
PT_INLINE void combine(const struct nested *nested, const struct iomt_walk_leaf *second,
		       struct iomt_walk_leaf *leaf)
{
	uint32_t prot = leaf->prot & ~IOMT_TYPE_MASK & (~GUEST_ASKED | second->prot);

	prot |= combine_types(nested, leaf->prot & IOMT_TYPE_MASK, second->prot & IOMT_TYPE_MASK);
	leaf->prot = prot | (second->prot & IOMT_SNOOP);
	if (nested->overrides && !leaf->type)
		leaf->type = second->type;
	if (!(nested->flags & IOMT_NESTED_KEEP))
		leaf->oa = second->oa;
	if (second->size_lg2 < leaf->size_lg2)
		leaf->size_lg2 = second->size_lg2;
	leaf->clean = leaf->clean || second->clean;
}

static int walk_second(const struct nested *nested, u64 iova, uint32_t access,
		       struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault)
{
	uint32_t allowed = access & (~GUEST_ASKED | leaf->prot); /* less for ATS alone */
	const struct iomt_walker *second = nested->second;
	struct iomt_walk_fault found;
	struct iomt_walk_leaf output;
	int err;

	if (!(allowed & GUEST_ASKED) || (nested->flags & IOMT_NESTED_FIRST))
		return 0;
	err = second->walk(second, leaf->oa, allowed, &output, &found);
	if (!err)
		combine(nested, &output, leaf);
	if (err == IOMT_EFAULT) {
		*fault = found;
		fault->iova = iova;
		fault->access = access;
	}
	return err;
}

/* Bits of stage 1 are to be set: are they, by hardware that has looked at both stages? */
static int may_mark(const struct iomt_walker *first, struct nested *nested, u64 iova,
		    uint32_t access, struct iomt_walk_fault *fault)
{
	struct iomt_walk_leaf leaf;
	int err;

	nested->look = IOMT_WALK_LOOK;
	err = walk_first(first, nested, iova, access | IOMT_WALK_LOOK, &leaf, fault);
	if (!err)
		err = walk_second(nested, iova, access | IOMT_WALK_LOOK, &leaf, fault);
	nested->look = access & IOMT_WALK_LOOK;
	fault->access = access;
	return err;
}

/* Stage 1 with whatever there is. */
static int walk_tables(const struct iomt_walker *first, struct nested *nested, u64 iova,
		       uint32_t access, struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault)
{
	int err;

	nested->look = access & IOMT_WALK_LOOK;
	nested->marks = false;
	nested->err = 0;
	nested->output = 0;
	err = walk_first(first, nested, iova, access, leaf, fault);
	if (pt_likely(err != IOMT_EFAULT || !nested->refused))
		return err;
	err = may_mark(first, nested, iova, access, fault);
	nested->marks = true;
	return err ? err : walk_first(first, nested, iova, access, leaf, fault);
}

int iomt_walk_nested(const struct iomt_walker *first, const struct iomt_walker *second,
		     uint32_t flags, uint64_t iova, uint32_t access, struct iomt_walk_leaf *leaf,
		     struct iomt_walk_fault *fault)
{
	struct iomt_walk_fault found;
	struct iomt_walk_leaf both;
	struct nested nested;
	int err;

	if ((flags & ~FLAGS) || pt_unlikely(first->read64 != read_entry))
		return IOMT_EINVAL;
	nested.second = second;
	nested.overrides = first->format->facts->types_override;
	nested.flags = flags;
	err = walk_usual(first, second, flags, iova, access, &both)
		      ? 0
		      : walk_tables(first, &nested, iova, access, &both, &found);
	if (pt_likely(!err))
		err = walk_second(&nested, iova, access, &both, &found);
	if (!err)
		*leaf = both;
	if (err == IOMT_EFAULT)
		*fault = found;
	return err;
}

int iomt_guest_read64(const struct iomt_guest_mem *mem, uint64_t address, uint64_t *value)
{
	struct iomt_walker memory = {.mem = mem};
	struct iomt_guest_word word;

	if (address & 7)
		return IOMT_EINVAL;
	word = guest_word_far(&memory, address);
	if (word.err)
		return IOMT_EIO;
	*value = word.value;
	return 0;
}

int iomt_walk_read64(const struct iomt_walker *walker, const struct iomt_guest_mem *mem,
		     uint64_t address, uint32_t access, uint64_t *value,
		     struct iomt_walk_fault *fault)
{
	struct iomt_walk_leaf leaf = {.oa = address};
	int err;

	if ((address & 7) || (access & ~(IOMT_READ | IOMT_PRIV | IOMT_WALK_LOOK)))
		return IOMT_EINVAL;
	err = walker ? iomt_walk(walker, address, access, &leaf, fault) : 0;
	if (err)
		return err;
	err = iomt_guest_read64(walker ? walker->mem : mem, leaf.oa, value);
	if (err)
		fault->address = leaf.oa;
	return err;
}
