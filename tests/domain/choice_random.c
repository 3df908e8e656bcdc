/* SPDX-License-Identifier: MIT */
/*
 * Random sets of devices: the planner against a plain model of every rule, in every order of the
 * devices; and hostile bytes.
 */
#include "choice_model.h"
#include "provider.h"
#include "random.h"
#include "test.h"
#include "units.h"

#define MOST	12
#define ALL_OF	5 /* devices whose orders are all tried */
#define REGIONS 3
#define TEXT	16384
#define ROUNDS	20000u

static struct random rnd;

struct play {
	struct iomt_iommu_caps units[MOST];
	struct iomt_region regions[MOST][REGIONS];
	struct iomt_device_caps devices[MOST];
	const struct iomt_device_caps *order[MOST];
	struct set set;
	struct iomt_domain_choice choice;
	int err;
	size_t length;
	char text[TEXT];
};

static unsigned rounds(void)
{
	return (unsigned)random_times(ROUNDS);
}

static bool one_in(unsigned n)
{
	return !random_below(&rnd, n);
}

static void change_stage(struct iomt_iommu_stage *s, const struct iomt_iommu_kind *kind)
{
	static const uint64_t sizes[] = {0, 0x201000, 0x40201000, 0x1000, 0x3000, 0x7ff000};
	uint8_t oa_bits[] = {32, 36, 40, 42, 44, 48, 52, (uint8_t)(32 + random_below(&rnd, 21))};

	if (!s->formats)
		return;
	if (one_in(3))
		s->flags &= (uint32_t)random_next(&rnd);
	if (one_in(6))
		s->flags |= IOMT_STAGE_CACHES_ABSENT;
	if (one_in(6))
		s->flags |= IOMT_STAGE_ACCESSED | IOMT_STAGE_DIRTY;
	if (one_in(3))
		s->levels &= (uint8_t)random_next(&rnd);
	if (one_in(3))
		s->iova_bits = (uint8_t)(32 + random_below(&rnd, 33));
	if (one_in(3))
		s->oa_bits = oa_bits[random_below(&rnd, 8)];
	if (one_in(4))
		s->page_sizes = sizes[random_below(&rnd, 6)];
	if (kind == &iomt_iommu_kind_smmu && one_in(2))
		s->formats &= (uint32_t)random_next(&rnd);
	if (one_in(16))
		memset(s, 0, sizeof(*s));
}

/* A valid unit: a ready one, with some of it changed. */
static void draw_unit(struct iomt_iommu_caps *unit, size_t first, size_t last)
{
	static const uint8_t enc_bits[] = {0, 47, 51, 36};

	do {
		*unit = *units[first + random_below(&rnd, last - first + 1)];
		if (one_in(3))
			continue;
		if (one_in(3))
			unit->flags &= (uint32_t)random_next(&rnd);
		if (one_in(3))
			unit->errata = (uint32_t)random_below(&rnd, 16);
		if (one_in(3))
			unit->pasid_bits = (uint8_t)random_below(&rnd, 21);
		if (one_in(3))
			unit->bbm = (uint8_t)random_below(&rnd, 3);
		if (one_in(8))
			unit->enc_bit = enc_bits[random_below(&rnd, 4)];
		change_stage(&unit->stage[0], unit->kind);
		change_stage(&unit->stage[1], unit->kind);
	} while (iomt_iommu_caps_check(unit, NULL));
}

static void draw_regions(struct iomt_region *regions)
{
	for (size_t i = 0; i < REGIONS; i++) {
		uint64_t first = random_next(&rnd) >> random_below(&rnd, 64);

		if (!one_in(4))
			first &= ~0xffffULL;
		regions[i].first = first;
		regions[i].last = first | (one_in(2) ? 0xffff : one_in(2) ? 0xfff : 0);
		regions[i].kind = (enum iomt_region_kind)random_below(&rnd, 3);
	}
}

static void draw_device(struct play *p, size_t i, size_t unit_count)
{
	struct iomt_device_caps *d = &p->devices[i];

	draw_regions(p->regions[i]);
	*d = (struct iomt_device_caps){
		.size = sizeof(*d),
		.iommu = &p->units[random_below(&rnd, unit_count)],
		.id = (uint32_t)random_below(&rnd, 8),
		.flags = one_in(4) ? 0 : IOMT_DEVICE_TRUSTED,
		.pasid_bits = (uint8_t)(one_in(2) ? random_below(&rnd, 21) : 0),
		.regions = p->regions[i],
		.region_count = one_in(8) ? random_below(&rnd, REGIONS + 1) : 0,
	};
	if (one_in(4))
		d->dma_last = random_next(&rnd) >> random_below(&rnd, 40);
	if (one_in(4))
		d->dma_last = ~0ULL >> random_below(&rnd, 40);
	p->order[i] = d;
}

static void draw_req(struct iomt_domain_req *req)
{
	static const uint64_t sizes[] = {0x1000,     0x40201000, 0x10000, 1ULL << 39,
					 1ULL << 42, 0x4000,	 0x201000};
	static const uint32_t flags[] = {IOMT_DOMAIN_NEST_PARENT, IOMT_DOMAIN_DIRTY,
					 IOMT_DOMAIN_TRUSTED, IOMT_DOMAIN_COHERENT};

	*req = (struct iomt_domain_req){.size = sizeof(*req)};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		req->flags |= one_in(5) ? flags[i] : 0;
	if (one_in(3))
		req->flags |= IOMT_DOMAIN_PASID | (one_in(3) ? IOMT_DOMAIN_RID : 0);
	else if (one_in(3))
		req->flags |= IOMT_DOMAIN_NO_PASID;
	if ((req->flags & IOMT_DOMAIN_PASID) && one_in(3))
		req->pasid_bits = (uint8_t)random_below(&rnd, 21);
	if (one_in(6))
		req->format = (enum iomt_format)random_below(&rnd, IOMT_FORMATS);
	if (one_in(3))
		req->iova_bits = (uint8_t)random_below(&rnd, 65);
	if (one_in(4))
		req->oa_bits = (uint8_t)random_below(&rnd, 53);
	if (one_in(4))
		req->page_sizes = sizes[random_below(&rnd, 7)];
}

/* One vendor, as a rule: the ready units from first to last are one's. */
static void draw(struct play *p, size_t count)
{
	static const size_t first[] = {0, 3, 5, 0}, last[] = {2, 4, UNITS - 1, UNITS - 1};
	size_t vendor = one_in(16) ? 3 : random_below(&rnd, 3);
	size_t unit_count = 1 + random_below(&rnd, 3);

	for (size_t i = 0; i < unit_count; i++)
		draw_unit(&p->units[i], first[vendor], last[vendor]);
	for (size_t i = 0; i < count; i++)
		draw_device(p, i, unit_count);
	p->set.devices = p->order;
	p->set.count = count;
	do
		draw_req(&p->set.req);
	while (iomt_domain_choose(&p->set.req, p->order, count, &p->choice) == IOMT_EINVAL);
}

#define SAME(expected, actual)                                                               \
	CHECK_MSG((expected) == (actual), "seed %#" PRIx64 ": %s: %llu, not %llu", rnd.seed, \
		  #actual, (unsigned long long)(actual), (unsigned long long)(expected))

static void ask(struct play *p)
{
	memset(&p->choice, 0x5a, sizeof(p->choice));
	p->err = iomt_domain_choose(&p->set.req, p->order, p->set.count, &p->choice);
	p->length = iomt_domain_explain(&p->set.req, p->order, p->set.count, p->text, TEXT);
	CHECK(p->length < TEXT && strlen(p->text) == p->length);
}

static void compare_choice(const struct iomt_domain_choice *c, const struct model_format *m)
{
	SAME(m->facts->stage, c->stage);
	SAME(m->levels, c->levels);
	SAME(m->iova_bits, c->iova_bits);
	SAME(m->oa_bits, c->oa_bits);
	SAME(m->pasid_bits, c->pasid_bits);
	SAME(m->where, c->where);
	SAME(m->quirks, c->quirks);
	SAME(m->sizes, c->page_sizes);
	SAME(m->dma_last, c->dma_last);
	SAME(m->bbm, c->cfg.bbm);
	SAME(m->nx, !!(c->cfg.flags & IOMT_PT_NX));
}

/* The planner says what the model says, of each candidate. */
static void compare(const struct play *p)
{
	const struct iomt_domain_choice *c = &p->choice;
	struct model_answer answer;
	size_t candidates = 0;

	model_choose(&p->set, &answer);
	SAME(answer.best ? 0 : IOMT_EOPNOTSUPP, p->err);
	SAME(answer.best, c->format);
	SAME(answer.lack, c->lack);
	SAME(answer.device_known, c->device_known);
	SAME(answer.device, c->device);
	for (size_t i = 1; i < IOMT_FORMATS; i++)
		candidates += answer.formats[i].candidate;
	SAME(candidates, c->candidate_count);
	for (size_t i = 0; i < candidates; i++) {
		const struct model_format *m = &answer.formats[c->candidates[i].format];

		SAME(true, m->candidate);
		SAME(m->lacks, c->candidates[i].lacks);
	}
	if (answer.best)
		compare_choice(c, &answer.formats[answer.best]);
}

/* What was chosen is at least what was asked for, and can be made. */
static void make(const struct play *p)
{
	const struct iomt_domain_choice *c = &p->choice;
	static struct provider provider;
	struct iomt_pt_cfg cfg = c->cfg;
	struct iomt_pt_cfg_error error = {NULL, NULL};
	uint64_t top = c->dma_last & -(c->page_sizes & -c->page_sizes);
	uint64_t granule = c->page_sizes & -c->page_sizes, oa;
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	provider_init(&provider, PROVIDER_LOW);
	cfg.mem = &provider.mem;
	CHECK_MSG(!iomt_pt_cfg_check(&cfg, &error), "seed %#" PRIx64 ": %s: %s", rnd.seed,
		  error.field, error.reason);
	CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
	iomt_pt_hw(&pt, &hw);
	SAME(c->levels, hw.levels);
	SAME(c->iova_bits, hw.iova_bits);
	SAME(c->oa_bits, hw.oa_bits);
	SAME(c->page_sizes, iomt_pt_sizes(&pt));
	SAME(p->set.req.page_sizes & c->page_sizes, p->set.req.page_sizes);
	CHECK(c->iova_bits >= p->set.req.iova_bits && c->oa_bits >= p->set.req.oa_bits);
	SAME(!!(p->set.req.flags & IOMT_DOMAIN_DIRTY), !!(cfg.flags & IOMT_PT_DIRTY));
	if (c->dma_last < granule - 1)
		top = 0;
	CHECK_INT(iomt_pt_map(&pt, top, 0, granule, IOMT_READ, NULL), 0);
	CHECK_INT(iomt_pt_oa(&pt, top, &oa), 0);
	iomt_pt_destroy(&pt);
	provider_check_empty(&provider);
}

static bool same_cfg(const struct iomt_pt_cfg *a, const struct iomt_pt_cfg *b)
{
	return a->size == b->size && a->format == b->format && a->mem == b->mem &&
	       a->flags == b->flags && a->iova_bits == b->iova_bits && a->oa_bits == b->oa_bits &&
	       a->levels == b->levels && a->enc_bit == b->enc_bit && a->bbm == b->bbm &&
	       a->page_sizes == b->page_sizes && a->top_changed == b->top_changed &&
	       a->ctx == b->ctx;
}

static bool same_choice(const struct iomt_domain_choice *a, const struct iomt_domain_choice *b)
{
	return a->format == b->format && a->name == b->name && a->stage == b->stage &&
	       a->levels == b->levels && a->iova_bits == b->iova_bits && a->oa_bits == b->oa_bits &&
	       a->pasid_bits == b->pasid_bits && a->where == b->where && a->quirks == b->quirks &&
	       a->page_sizes == b->page_sizes && a->dma_last == b->dma_last &&
	       same_cfg(&a->cfg, &b->cfg) && a->lack == b->lack && a->device == b->device &&
	       a->device_known == b->device_known && a->error.field == b->error.field &&
	       a->error.reason == b->error.reason && a->candidate_count == b->candidate_count &&
	       !memcmp(a->candidates, b->candidates, sizeof(a->candidates));
}

/* Asks again in the order of this moment. */
static void expect_same(const struct play *p)
{
	struct iomt_domain_choice choice;
	char text[TEXT];

	memset(&choice, 0x3c, sizeof(choice));
	SAME(p->err, iomt_domain_choose(&p->set.req, p->order, p->set.count, &choice));
	SAME(true, same_choice(&choice, &p->choice));
	SAME(p->length,
	     iomt_domain_explain(&p->set.req, p->order, p->set.count, text, sizeof(text)));
	SAME(0, memcmp(text, p->text, p->length + 1));
}

static void swap(struct play *p, size_t a, size_t b)
{
	const struct iomt_device_caps *kept = p->order[a];

	p->order[a] = p->order[b];
	p->order[b] = kept;
}

/* Every order of the first n. Returns how many there were. */
static unsigned all_orders(struct play *p, size_t n)
{
	unsigned orders = 0;

	if (n < 2) {
		expect_same(p);
		return 1;
	}
	for (size_t i = 0; i < n; i++) {
		swap(p, i, n - 1);
		orders += all_orders(p, n - 1);
		swap(p, i, n - 1);
	}
	return orders;
}

static void shuffle(struct play *p)
{
	for (size_t i = p->set.count; i > 1; i--)
		swap(p, i - 1, random_below(&rnd, i));
}

/* The rules, each plainly (M1). */
static void against_model(void)
{
	static struct play p;
	unsigned chosen = 0, refused = 0;

	random_init(&rnd, 1);
	for (unsigned i = 0; i < rounds(); i++) {
		draw(&p, 1 + random_below(&rnd, 4));
		ask(&p);
		compare(&p);
		if (p.err) {
			refused++;
		} else {
			chosen++;
			make(&p);
		}
	}
	CHECK(chosen > rounds() / 8 && refused > rounds() / 8);
}

/* All orders of up to five devices of all sorts (M2). */
static void every_order(void)
{
	static const unsigned factorial[] = {1, 1, 2, 6, 24, 120};
	static struct play p;

	random_init(&rnd, 2);
	for (unsigned i = 0; i < rounds() / 40; i++) {
		size_t count = 2 + i % (ALL_OF - 1);

		draw(&p, count);
		ask(&p);
		CHECK_EQ(all_orders(&p, count), factorial[count]);
	}
}

/* Random orders of more, some of them twice. */
static void many_devices(void)
{
	static struct play p;

	random_init(&rnd, 3);
	for (unsigned i = 0; i < rounds() / 20; i++) {
		size_t count = ALL_OF + 1 + random_below(&rnd, MOST - ALL_OF - 1);

		draw(&p, count);
		ask(&p);
		for (unsigned k = 0; k < 8; k++) {
			shuffle(&p);
			expect_same(&p);
		}
		p.order[count] = p.order[random_below(&rnd, count)];
		p.set.count++;
		shuffle(&p);
		expect_same(&p);
	}
}

static void spoil(void *memory, size_t bytes, size_t first, size_t last)
{
	unsigned char *at = memory;

	for (size_t i = first; i < last && i < bytes; i++) {
		if (one_in(12))
			at[i] = (unsigned char)random_next(&rnd);
	}
}

/* Spoils what is not an address and not a size: those are the caller's word. */
static void spoil_all(struct play *p)
{
	struct iomt_iommu_caps *unit = &p->units[random_below(&rnd, 3)];
	struct iomt_device_caps *device = &p->devices[random_below(&rnd, p->set.count)];
	struct iomt_region *region = p->regions[device - p->devices];

	if (one_in(2))
		spoil(unit, sizeof(*unit), offsetof(struct iomt_iommu_caps, flags), sizeof(*unit));
	if (one_in(2))
		spoil(&p->set.req, sizeof(p->set.req), offsetof(struct iomt_domain_req, flags),
		      sizeof(p->set.req));
	if (one_in(2)) {
		spoil(device, sizeof(*device), offsetof(struct iomt_device_caps, id),
		      offsetof(struct iomt_device_caps, regions));
		spoil(region, sizeof(*region), 0, sizeof(*region));
	}
}

/* Any bytes are judged, alike in any order; what passes is what the model says. */
static void hostile(void)
{
	static struct play p;
	unsigned malformed = 0;

	random_init(&rnd, 4);
	for (unsigned i = 0; i < rounds(); i++) {
		draw(&p, 1 + random_below(&rnd, 4));
		spoil_all(&p);
		ask(&p);
		CHECK(!p.err || p.err == IOMT_EINVAL || p.err == IOMT_EOPNOTSUPP);
		CHECK_EQ(p.err == IOMT_EINVAL, p.choice.error.field != NULL);
		malformed += p.err == IOMT_EINVAL;
		if (p.err != IOMT_EINVAL)
			compare(&p);
		if (!p.err)
			make(&p);
		shuffle(&p);
		expect_same(&p);
	}
	CHECK(malformed > rounds() / 8 && malformed < rounds());
}

TEST_SUITE(domain_choice_random, TEST(against_model), TEST(every_order), TEST(many_devices),
	   TEST(hostile));
