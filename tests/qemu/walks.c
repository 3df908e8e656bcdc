/* SPDX-License-Identifier: MIT */
#include "walks.h"
#include "test.h"
#include <stdio.h>

#define BYTES 64u /* in one DMA */

uint64_t *walks_word(const struct walks *t, uint64_t address)
{
	return guest_at(&t->w->guest, address, 8);
}

/* Addresses where neither board has memory or a device's registers. */
static bool is_nothing(uint64_t address)
{
	return (address >= 1ULL << 35 && address < 1ULL << 38) || address >= 1ULL << 41;
}

bool walks_may_read(const struct walks *t, uint64_t address)
{
	return is_nothing(address) ||
	       (address >= t->w->guest.board->data && guest_at(&t->w->guest, address, 8));
}

static bool may_access(const struct walks *t, const struct answer *answer)
{
	if (answer->untold)
		return false;
	return !answer->passes || is_nothing(answer->oa) ||
	       guest_data(&t->w->guest, answer->oa, BYTES);
}

static bool may_walk(const struct walks *t)
{
	for (unsigned i = 0; i < t->path.count; i++) {
		if (!walks_may_read(t, t->path.steps[i].address))
			return false;
	}
	return t->fault.kind != IOMT_WALK_FAULT_TABLE || walks_may_read(t, t->fault.address);
}

struct answer walks_ask(struct walks *t, const struct iomt_walker *walker, uint64_t iova,
			uint32_t access)
{
	struct answer answer = {.iova = iova & ~0xfffULL};
	struct iomt_walk_leaf leaf = {0}, quick = {0};
	int err;

	t->fault = (struct iomt_walk_fault){0};
	err = iomt_walk(walker, iova, access, &quick, &t->fault);
	CHECK(!err || err == IOMT_EFAULT);
	CHECK_INT(iomt_walk_with_path(walker, iova, access, &leaf, &t->fault, &t->path), err);
	CHECK_EQ(quick.oa, leaf.oa);
	answer.passes = !err;
	answer.recorded = err && t->kind->record;
	answer.oa = err ? 0 : leaf.oa;
	if (answer.recorded)
		t->kind->record(&t->fault, &answer);
	return answer;
}

/* Takes all records: a DMA is made in pieces, and each may have its own, but all are the same. */
static void take_records(struct walks *t, bool write, struct answer *answer)
{
	struct witness *w = t->w;
	struct fault fault;

	while (t->kind->record && w->iommu->fault(w, &fault)) {
		struct answer record = {.reason = fault.reason,
					.iova = fault.iova & ~0xfffULL,
					.fetch = fault.fetch,
					.cls = fault.cls};

		CHECK_EQ(fault.rid, w->edu.rid);
		CHECK_EQ(fault.write, write);
		CHECK(!answer->recorded ||
		      (answer->reason == record.reason && answer->iova == record.iova));
		record.recorded = true;
		record.passes = answer->passes;
		record.oa = answer->oa;
		*answer = record;
	}
}

/* Whether it arrives is looked for at one address. Where nothing is, it may have. */
static struct answer access_now(struct walks *t, bool write, uint64_t iova, uint64_t oa)
{
	struct answer answer = {.oa = oa, .iova = iova & ~0xfffULL};

	witness_forget(t->w);
	if (is_nothing(oa)) {
		if (write)
			edu_write(&t->w->edu, iova, 0, BYTES);
		else
			edu_read(&t->w->edu, iova, WITNESS_BYTES_MAX, BYTES);
	} else {
		answer.passes = write ? witness_try_write(t->w, iova, oa, BYTES)
				      : witness_try_read(t->w, iova, oa, BYTES);
	}
	take_records(t, write, &answer);
	return answer;
}

static bool same(const struct answer *got, const struct answer *said)
{
	if (got->recorded != said->recorded)
		return false;
	if (got->recorded && (got->reason != said->reason || got->iova != said->iova ||
			      got->fetch != said->fetch || got->cls != said->cls))
		return false;
	if (said->passes && got->oa != said->oa)
		return false;
	return is_nothing(got->oa) || got->passes == said->passes;
}

/* Names are kept when they are not met any more, too. */
void walks_known(struct walks *t, const char *what, bool met)
{
	unsigned i = 0;

	while (t->known[i].what && t->known[i].what != what)
		CHECK(++i < WALKS_KNOWN);
	t->known[i].what = what;
	t->known[i].met += met;
}

static void differ(const struct walks *t, const struct iomt_walk_fault *fault, uint64_t iova,
		   bool write, const struct answer *said, const struct answer *got)
{
	WITNESS(t->w, false,
		"%s at 0x%" PRIx64 ", last entry 0x%" PRIx64
		": %s, record %d, reason %x, class %u, fetch 0x%" PRIx64
		"; the walker: %s at level %u, reason %x, class %u, fetch 0x%" PRIx64,
		write ? "write" : "read", iova, fault->entry,
		got->passes ? "passed" : "did not pass", got->recorded, got->reason, got->cls,
		got->fetch, said->passes ? "no fault" : iomt_walk_fault_text(fault->kind),
		fault->level, said->reason, said->cls, said->fetch);
}

/* One access to tables as they are now, by both. */
static void try_access(struct walks *t, uint64_t iova, bool write)
{
	struct answer said, known, got;
	struct iomt_walk_fault fault;
	const char *what;
	bool may, right;

	said = walks_ask(t, &t->walker, iova, write ? IOMT_WRITE : IOMT_READ);
	fault = t->fault;
	may = may_walk(t) && may_access(t, &said);
	known = said;
	what = said.passes ? NULL : t->kind->known(t, write, &known);
	if (!may || !may_walk(t) || !may_access(t, &known)) {
		t->left++;
		return;
	}
	got = access_now(t, write, iova, known.passes ? known.oa : t->oa);
	right = same(&got, &said);
	if (!right && !(what && same(&got, &known)))
		differ(t, &fault, iova, write, &said, &got);
	if (what)
		walks_known(t, what, !right);
	if (t->kind->after)
		t->kind->after(t, write, said.passes ? NULL : &fault, !known.passes);
	t->tried++;
	t->faults += !said.passes;
}

static void repair(struct walks *t)
{
	for (unsigned i = 0; i < t->whole.count; i++)
		*walks_word(t, t->whole.steps[i].address) = t->whole.steps[i].entry;
}

static void damage(struct walks *t, unsigned step, unsigned bit)
{
	*walks_word(t, t->whole.steps[step].address) ^= 1ULL << bit;
}

void walks_open(struct walks *t, struct witness *w, const struct walks_kind *kind, uint64_t iova,
		uint8_t oa_bits)
{
	unsigned char *ram = w->guest.ram;
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_pt_hw hw;
	struct answer answer;

	*t = (struct walks){.w = w, .kind = kind, .iova = iova};
	for (unsigned i = 0; i < BOARD_BANKS && w->guest.board->banks[i].bytes; i++) {
		const struct bank *bank = &w->guest.board->banks[i];

		t->regions[i] = (struct iomt_guest_region){
			.base = bank->base, .size = bank->bytes, .host = ram};
		ram += bank->bytes;
		t->mem.count++;
	}
	t->mem.size = sizeof(t->mem);
	t->mem.regions = t->regions;
	iomt_pt_hw(&w->pt, &hw);
	t->cfg = (struct iomt_walk_cfg){.size = sizeof(t->cfg),
					.format = kind->format,
					.mem = &t->mem,
					.root = hw.root,
					.flags = kind->flags,
					.levels = hw.levels,
					.iova_bits = hw.iova_bits,
					.oa_bits = oa_bits,
					.mair = kind->arm ? hw.u.arm.mair : 0};
	WITNESS(w, !iomt_walker_init(&t->walker, &t->cfg, &error), "%s: %s", error.field,
		error.reason);
	answer = walks_ask(t, &t->walker, iova, IOMT_READ | IOMT_WRITE);
	CHECK(answer.passes);
	t->whole = t->path;
	t->oa = answer.oa;
	try_access(t, iova, false);
	try_access(t, iova, true);
	CHECK_EQ(t->tried, 2);
	CHECK_EQ(t->faults, 0);
}

void walks_other(struct walks *t, uint64_t iova)
{
	try_access(t, iova, false);
	try_access(t, iova, true);
}

void walks_bits(struct walks *t)
{
	for (unsigned step = 0; step < t->whole.count; step++) {
		for (unsigned bit = 0; bit < 64; bit++) {
			damage(t, step, bit);
			walks_other(t, t->iova);
			repair(t);
		}
	}
}

/* Of the low and the high bits more often, as these say the most. */
static unsigned pick_bit(struct walks *t)
{
	switch (witness_below(t->w, 3)) {
	case 0:
		return (unsigned)witness_below(t->w, 12);
	case 1:
		return 52 + (unsigned)witness_below(t->w, 12);
	default:
		return (unsigned)witness_below(t->w, 64);
	}
}

void walks_random(struct walks *t, unsigned rounds)
{
	while (rounds--) {
		unsigned count = 2 + (unsigned)witness_below(t->w, 3);

		while (count--)
			damage(t, (unsigned)witness_below(t->w, t->whole.count), pick_bit(t));
		try_access(t, t->iova, witness_below(t->w, 2));
		repair(t);
	}
}

void walks_close(struct walks *t, uint64_t faults)
{
	WITNESS(t->w, t->faults >= faults, "only %" PRIu64 " faults", t->faults);
	for (unsigned i = 0; i < WALKS_KNOWN && t->known[i].what; i++)
		witness_known(t->w, !t->known[i].met, t->known[i].met, t->known[i].what);
	printf("%s: %" PRIu64 " walks of damaged tables checked by QEMU %s %s, %" PRIu64
	       " faults; %" PRIu64 " left alone\n",
	       t->w->iommu->suite, t->tried, t->w->version, t->w->iommu->model, t->faults, t->left);
}
