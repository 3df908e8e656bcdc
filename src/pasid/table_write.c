/* SPDX-License-Identifier: MIT */
/*
 * Changes of an entry that hardware can reach, store by store.
 *
 * Hardware looks at some bits of an entry, and which these are depends on others: nothing but the
 * valid bit of one that is not valid, no second-stage pointer where only a first stage translates.
 * Bits that it does not look at may be written at any time. Then one store of one word makes the new
 * entry of the old one, provided that hardware has forgotten what it read before. Where two words
 * matter to both entries there is no such store, and the entry must be made invalid between them.
 */
#include "table.h"

struct change {
	const struct iomt_pasid_table *table;
	const struct pasid_facts *f;
	u64 *entry;
	u64 before[PASID_WORDS];
	u64 after[PASID_WORDS]; /* what stands there in the end; some of it hardware ignores */
	unsigned words;		/* how many change in what hardware looks at now, */
	unsigned word;		/* and the last of them: it is stored last */
	bool prepared;		/* no other word has to be stored before it */
};

static void put(const struct change *c, unsigned word, u64 value)
{
	pasid_store(&c->entry[word], value);
	pasid_clean(c->table, &c->entry[word], sizeof(value));
}

/* Writes all words but "word" as they are to be: hardware ignores what changes. */
static void prepare(const struct change *c)
{
	if (c->prepared)
		return;
	for (unsigned i = 0; i < c->f->words; i++) {
		if (i != c->word && c->before[i] != c->after[i])
			pasid_store(&c->entry[i], c->after[i]);
	}
	pasid_clean(c->table, c->entry, c->f->words * sizeof(u64));
}

static void sync(struct iomt_pasid_inv *inv, uint32_t what, uint16_t tag)
{
	pasid_inv_set(inv, what, inv->pasid, tag);
	inv->sync(inv);
}

static void compare(struct change *c, const u64 *target)
{
	u64 used_before[PASID_WORDS] = {0}, used_after[PASID_WORDS] = {0};

	c->f->used(c->before, used_before);
	c->f->used(target, used_after);
	for (unsigned i = 0; i < c->f->words; i++) {
		c->after[i] = (target[i] & used_after[i]) | (c->before[i] & ~used_after[i]);
		if ((c->before[i] ^ c->after[i]) & used_before[i]) {
			c->words++;
			c->word = i;
		}
	}
}

/* Between two states in which the entry is not valid, all bits may become what they are to be. */
static void renew(struct change *c, const u64 *target)
{
	c->word = 0;
	for (unsigned i = 0; i < c->f->words; i++)
		c->after[i] = target[i];
}

static bool is_prepared(const struct change *c)
{
	for (unsigned i = 0; i < c->f->words; i++) {
		if (i != c->word && c->before[i] != c->after[i])
			return false;
	}
	return true;
}

/* An entry that is not valid becomes so by the store of its first word, the last one. */
static void make_valid(const struct change *c, struct iomt_pasid_inv *inv)
{
	uint16_t tag = 0;
	uint32_t what = c->f->fresh(c->table, c->after, &tag);

	prepare(c);
	if (c->f->any_order && !c->prepared)
		sync(inv, IOMT_PASID_INV_ENTRY, tag);
	put(c, 0, c->after[0]);
	pasid_inv_set(inv, what, inv->pasid, tag);
}

/* One word, after the others have been prepared and hardware has forgotten what it read of them. */
static void change_word(const struct change *c, struct iomt_pasid_inv *inv)
{
	uint16_t tag = 0;
	uint32_t what = c->words ? c->f->stale(c->before, c->after, &tag) : 0;

	prepare(c);
	if (!c->prepared)
		sync(inv, IOMT_PASID_INV_ENTRY, tag);
	if (c->before[c->word] != c->after[c->word])
		put(c, c->word, c->after[c->word]);
	pasid_inv_set(inv, what, inv->pasid, tag);
}

static void break_and_make(const struct change *c, struct iomt_pasid_inv *inv)
{
	static const u64 invalid[PASID_WORDS];
	uint16_t tag = 0;
	uint32_t what = c->f->stale(c->before, invalid, &tag);

	put(c, 0, c->before[0] & ~c->f->valid);
	sync(inv, what, tag);
	make_valid(c, inv);
}

int iomt_pasid_write(const struct iomt_pasid_table *table, u64 *entry, uint32_t pasid,
		     const u64 *target, bool may_break, struct iomt_pasid_inv *inv)
{
	struct change c = {.table = table, .f = pasid_facts(table), .entry = entry};
	bool valid, needs_sync;

	for (unsigned i = 0; i < c.f->words; i++)
		c.before[i] = pasid_load(&entry[i]);
	valid = c.before[0] & c.f->valid;
	compare(&c, target);
	if (valid && c.words > 1 && !may_break)
		return IOMT_EBUSY;
	if (!valid || c.words > 1)
		renew(&c, target);
	c.prepared = is_prepared(&c);
	needs_sync = !c.prepared && (valid || c.f->any_order);
	if (needs_sync && !inv->sync)
		return IOMT_EBUSY;
	inv->pasid = pasid;
	if (!valid)
		make_valid(&c, inv);
	else if (c.words > 1)
		break_and_make(&c, inv);
	else
		change_word(&c, inv);
	return 0;
}
