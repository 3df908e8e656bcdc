/* SPDX-License-Identifier: MIT */
/*
 * Changes of an entry that hardware can reach, store by store.
 *
 * Hardware looks at some bits of an entry, and which these are depends on others: nothing but the
 * valid bit of one that is not valid, no second-stage pointer where only a first stage translates.
 * Bits that it does not look at may be written at any time. Then one store makes the new entry of the
 * old one, provided that hardware has forgotten what it read before. Where more than one store would
 * change what matters to both entries, the entry must be made invalid between them.
 *
 * A store holds a unit: one word, or two.
 */
#include "entry.h"

struct change {
	const struct entry_writer *w;
	u64 *entry;
	u64 before[ENTRY_WORDS];
	u64 after[ENTRY_WORDS]; /* what stands there in the end; some of it hardware ignores */
	unsigned units;		/* how many change in what hardware looks at now, */
	unsigned unit;		/* and the last of them: it is stored last */
	bool prepared;		/* no other unit has to be stored before it */
};

static bool differs(const struct change *c, unsigned unit)
{
	for (unsigned i = unit * c->w->unit; i < (unit + 1) * c->w->unit; i++) {
		if (c->before[i] != c->after[i])
			return true;
	}
	return false;
}

static void put(const struct change *c, unsigned unit)
{
	unsigned i = unit * c->w->unit;

	if (c->w->unit == 2)
		entry_store_wide(&c->entry[i], c->after[i], c->after[i + 1]);
	else
		entry_store(&c->entry[i], c->after[i]);
}

static void put_last(const struct change *c)
{
	unsigned i = c->unit * c->w->unit;

	put(c, c->unit);
	entry_clean(c->w->mem, &c->entry[i], c->w->unit * sizeof(u64));
}

static unsigned count_units(const struct change *c)
{
	return c->w->facts->words / c->w->unit;
}

static bool is_prepared(const struct change *c)
{
	for (unsigned unit = 0; unit < count_units(c); unit++) {
		if (unit != c->unit && differs(c, unit))
			return false;
	}
	return true;
}

/* Writes all units but the last as they are to be: hardware ignores what changes. */
static void prepare(const struct change *c)
{
	if (c->prepared)
		return;
	for (unsigned unit = 0; unit < count_units(c); unit++) {
		if (unit != c->unit && differs(c, unit))
			put(c, unit);
	}
	entry_clean(c->w->mem, c->entry, c->w->facts->words * sizeof(u64));
}

static void sync(const struct change *c, enum entry_ask ask, const u64 *before, const u64 *after)
{
	c->w->ask(c->w->ctx, ask, before, after);
	c->w->sync(c->w->ctx);
}

static void compare(struct change *c, const u64 *target)
{
	u64 used_before[ENTRY_WORDS] = {0}, used_after[ENTRY_WORDS] = {0};

	c->w->facts->used(c->before, used_before);
	c->w->facts->used(target, used_after);
	for (unsigned i = 0; i < c->w->facts->words; i++) {
		c->after[i] = (target[i] & used_after[i]) | (c->before[i] & ~used_after[i]);
		if (!((c->before[i] ^ c->after[i]) & used_before[i]))
			continue;
		if (!c->units || c->unit != i / c->w->unit)
			c->units++;
		c->unit = i / c->w->unit;
	}
}

/* Between two states in which the entry is not valid, all bits may become what they are to be. */
static void renew(struct change *c, const u64 *target)
{
	c->unit = 0;
	for (unsigned i = 0; i < c->w->facts->words; i++)
		c->after[i] = target[i];
}

/* An entry that is not valid becomes so by the store of its first unit, the last one. */
static void make_valid(const struct change *c)
{
	prepare(c);
	if (c->w->facts->any_order && !c->prepared)
		sync(c, ENTRY_ALONE, NULL, c->after);
	put_last(c);
	c->w->ask(c->w->ctx, ENTRY_ALL, NULL, c->after);
}

/* One unit, after the others have been prepared and hardware has forgotten what it read of them. */
static void change_unit(const struct change *c)
{
	prepare(c);
	if (!c->prepared)
		sync(c, ENTRY_ALONE, c->before, c->after);
	if (differs(c, c->unit))
		put_last(c);
	c->w->ask(c->w->ctx, c->units ? ENTRY_ALL : ENTRY_NOTHING, c->before, c->after);
}

static void break_and_make(const struct change *c)
{
	static const u64 invalid[ENTRY_WORDS];

	entry_store(&c->entry[0], c->before[0] & c->w->facts->stays);
	entry_clean(c->w->mem, &c->entry[0], sizeof(u64));
	sync(c, ENTRY_ALL, c->before, invalid);
	make_valid(c);
}

int iomt_entry_write(const struct entry_writer *writer, u64 *entry, const u64 *target)
{
	struct change c = {.w = writer, .entry = entry};
	const struct entry_facts *f = writer->facts;
	bool valid;

	for (unsigned i = 0; i < f->words; i++)
		c.before[i] = entry_load(&entry[i]);
	valid = c.before[0] & f->valid;
	compare(&c, target);
	if (valid && c.units > 1 && !writer->may_break)
		return IOMT_EBUSY;
	if (!valid || c.units > 1)
		renew(&c, target);
	c.prepared = is_prepared(&c);
	if (!writer->may_sync && !c.prepared && (valid || f->any_order))
		return IOMT_EBUSY;
	if (!valid)
		make_valid(&c);
	else if (c.units > 1)
		break_and_make(&c);
	else
		change_unit(&c);
	return 0;
}
